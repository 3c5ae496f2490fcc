"""The front of the endpoint: what clients meet, with limits on what they may take."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from typing import IO

import pyoxigraph as ox
from aiohttp import web

from kg.errors import GraphError
from kg.serve.answering import Answering
from kg.serve.describe import (
    FORMATS,
    examples,
    serialised,
    service_description,
    vocabulary,
    void,
)
from kg.serve.protocol import Asked, RefusedError, read_request
from kg.serve.reconciling import Reconciling
from kg.serve.settings import Settings

__all__ = ["announce", "application"]

_PIECE = 1 << 16
_STATIC = {"query.css": "text/css", "query.js": "text/javascript", "index.html": "text/html"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# the explorer carries its scripts in itself
_EXPLORER = "default-src 'unsafe-inline' data: blob:; frame-ancestors 'self'"

_SETTINGS = web.AppKey("settings", Settings)
_ANSWERING = web.AppKey("answering", Answering)
_RECONCILING = web.AppKey("reconciling", Reconciling)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(settings: Settings) -> web.Application:
    """Return the web application that serves a graph, and follows its folder as it is rebuilt."""
    app = web.Application(client_max_size=settings.limits.body, middlewares=[_common])
    app[_SETTINGS] = settings
    app[_RECONCILING] = Reconciling(settings.output)
    app.cleanup_ctx.append(_answering)
    for path in ("/query", "/sparql"):
        app.router.add_get(path, _query)
        app.router.add_post(path, _query)
        app.router.add_options(path, _preflight)
    for path in ("/update", "/store"):
        app.router.add_route("*", path, _read_only)
    app.router.add_get("/", _page)
    app.router.add_get("/graph.html", _explorer)
    app.router.add_get("/void", _void)
    app.router.add_get("/.well-known/void", _void)
    app.router.add_get("/examples.json", _examples)
    app.router.add_get("/vocabulary.json", _vocabulary)
    app.router.add_get("/static/{name}", _static)
    for method in ("GET", "POST"):
        app.router.add_route(method, "/reconcile{tail:.*}", _reconcile)
    return app


def announce(app: web.Application, url: str) -> None:
    """Let ``kg query`` on this machine know that *app* answers at *url*."""
    app[_ANSWERING].announce(url)


async def _answering(app: web.Application) -> AsyncIterator[None]:
    app[_ANSWERING] = Answering(app[_SETTINGS])
    async with app[_ANSWERING].running():
        yield


async def _query(request: web.Request) -> web.StreamResponse:
    """Answer a query, or describe the service to who asks nothing."""
    asked = await _read(request)
    if asked.text is None:
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther("./")
        return _described(request, service_description(str(request.url.with_query(None))))
    accept = request.headers.get("Accept", "*/*")
    with tempfile.SpooledTemporaryFile(1 << 22) as answer:
        kind = await request.app[_ANSWERING].answer(asked, accept, answer)
        return await _send(request, kind, answer)


async def _read(request: web.Request) -> Asked:
    body = await _body(request)
    kind = request.headers.get("Content-Type", "")
    return read_request(request.method, request.rel_url.raw_query_string, kind, body)


async def _body(request: web.Request) -> bytes:
    limits = request.app[_SETTINGS].limits
    if (request.content_length or 0) > limits.body:
        raise RefusedError(413, f"a request holds {limits.body} bytes at most")
    try:
        async with asyncio.timeout(limits.sending):
            return await request.read()
    except TimeoutError as error:
        raise RefusedError(408, "the request came too slowly") from error


async def _reconcile(request: web.Request) -> web.StreamResponse:
    """Answer OpenRefine, which reconciles a column of names with the entities."""
    return await request.app[_RECONCILING].answer(request, await _body(request))


async def _send(request: web.Request, kind: str, answer: IO[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={**_HEADERS, "Content-Type": kind, "Vary": "Accept"})
    response.content_length = answer.seek(0, 2)
    answer.seek(0)
    _allow(request, response)
    try:
        # a client that is gone when its answer comes is nobody's error
        with suppress(ConnectionResetError):
            async with asyncio.timeout(request.app[_SETTINGS].limits.fetching):
                await response.prepare(request)
                while piece := answer.read(_PIECE):
                    await response.write(piece)
                await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return response


async def _void(request: web.Request) -> web.StreamResponse:
    url = f"{request.url.origin()}/query"
    return _described(request, void(url, await request.app[_ANSWERING].counted()))


async def _vocabulary(request: web.Request) -> web.StreamResponse:
    answering = request.app[_ANSWERING]
    return web.json_response(vocabulary(await answering.counted(), answering.prefixes))


async def _examples(request: web.Request) -> web.StreamResponse:
    return web.json_response(examples(request.app[_ANSWERING].prefixes))


async def _explorer(request: web.Request) -> web.StreamResponse:
    page = request.app[_SETTINGS].output / "graph.html"
    if not page.is_file():
        raise RefusedError(404, "the folder holds no graph.html")
    return web.FileResponse(page, headers={"Content-Security-Policy": _EXPLORER})


async def _page(_request: web.Request) -> web.StreamResponse:
    return _file("index.html")


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in _STATIC:
        raise RefusedError(404, "no such file")
    return _file(name)


def _file(name: str) -> web.Response:
    body = (files("kg") / "serve" / "static" / name).read_bytes()
    return web.Response(body=body, content_type=_STATIC[name], charset="utf-8")


async def _read_only(_request: web.Request) -> web.StreamResponse:
    raise RefusedError(403, "this endpoint is read-only")


async def _preflight(request: web.Request) -> web.StreamResponse:
    response = web.Response(status=204)
    if _allow(request, response):
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _described(request: web.Request, triples: list[ox.Triple]) -> web.Response:
    accept = request.headers.get("Accept", "*/*")
    kind = next((kind for kind in FORMATS if kind in accept), "text/turtle")
    body = serialised(triples, FORMATS[kind])
    return web.Response(body=body, content_type=kind, charset="utf-8", headers={"Vary": "Accept"})


def _allow(request: web.Request, response: web.StreamResponse) -> bool:
    """Let pages of the allowed origin read *response*, and tell whether this one is."""
    cors = request.app[_SETTINGS].cors
    origin = request.headers.get("Origin")
    if not cors or not origin or cors not in {"*", origin}:
        return False
    response.headers["Access-Control-Allow-Origin"] = cors
    if cors != "*":
        response.headers.add("Vary", "Origin")
    return True


@web.middleware
async def _common(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except RefusedError as error:
        response = web.Response(status=error.status, text=f"{error}\n")
        if error.status in {408, 413}:
            response.force_close()
    except GraphError as error:
        response = web.Response(status=503, text=f"{error}\n")
    if not response.prepared:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        _allow(request, response)
    return response

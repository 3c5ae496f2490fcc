"""OpenRefine's Reconciliation API beside the endpoint: ``kg.reconcile`` behind the front."""

import asyncio
import io
from pathlib import Path

from aiohttp import web

from kg.reconcile import Index, application

__all__ = ["Reconciling"]


class Reconciling:
    """Answers below one path from the graph in *output*, read anew once a build has replaced it."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._index: Index | None = None
        self._stamp: tuple[int, int] | None = None
        self._reading = asyncio.Lock()

    async def answer(self, request: web.Request, body: bytes) -> web.Response:
        """Return what ``kg.reconcile`` answers; raise ``GraphError`` if there is no graph."""
        index = await self._current()
        return await asyncio.to_thread(_called, index, request, body)

    async def _current(self) -> Index:
        async with self._reading:
            stamp = await asyncio.to_thread(_stamp_of, self._output)
            if self._index is None or stamp != self._stamp:
                self._index = await asyncio.to_thread(Index.of, self._output)
                self._stamp = stamp
            return self._index


def _stamp_of(output: Path) -> tuple[int, int] | None:
    try:
        found = (output / "run.json").stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _called(index: Index, request: web.Request, body: bytes) -> web.Response:
    said: dict[str, object] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        said["status"] = int(status.split(maxsplit=1)[0])
        said["headers"] = {n: v for n, v in headers if n != "Content-Length"}

    environ = {
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.rel_url.raw_query_string,
        "SCRIPT_NAME": "/reconcile",
        "PATH_INFO": "/" + request.match_info["tail"].strip("/"),
        "HTTP_HOST": request.host,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(body),
    }
    content = b"".join(application(index)(environ, start))
    return web.Response(body=content, **said)  # type: ignore[arg-type]

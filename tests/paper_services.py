"""Services of papers on loopback that answer in the form of the real ones, and misbehave on order.

The papers are made up; the forms are those of arXiv's Atom feed, the Daily Papers API, OpenAlex and
Semantic Scholar's bulk search.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

Fault = Callable[["Handler", bytes], None]


@dataclass
class Service:
    """What a service lists, what it was asked, and the faults to come, one a request."""

    count: int = 7
    page: int = 3
    faults: list[Fault | None] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    valid: str = "t"
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answer as the service of the path would."""

    protocol_version = "HTTP/1.1"
    service: Service

    def do_GET(self) -> None:
        """Note what is asked, and answer it, or as the next fault does."""
        service = self.service
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        service.asked.append(asked)
        service.headers.append(dict(self.headers))
        service.times.append(time.monotonic())
        answer = ANSWERS[parts.path](service, asked)
        if isinstance(answer, int):
            self.reply(b'{"error": "no such cursor"}', answer)
            return
        fault = service.faults.pop(0) if service.faults else None
        if fault is None:
            self.reply(answer)
        else:
            fault(self, answer)
        service.times.append(time.monotonic())

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Let *service* answer at its ``url`` while the context lasts."""
    handler = type("Bound", (Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # clients that hang up are what is tested
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, **headers: str) -> Fault:
    """Return a fault that answers with *code*."""
    return lambda handler, _: handler.reply(b"busy", code, **headers)


def short_body(handler: Handler, body: bytes) -> None:
    """Break off before the announced length."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def cut_body(handler: Handler, body: bytes) -> None:
    """Send half of the answer as if it were all of it."""
    handler.reply(body[: len(body) // 2])


def hang_up(handler: Handler, _: bytes) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def late(seconds: float) -> Fault:
    """Return a fault that answers after *seconds*."""

    def fault(handler: Handler, body: bytes) -> None:
        time.sleep(seconds)
        try:
            handler.reply(body)
        except OSError:  # the client did not wait
            handler.close_connection = True

    return fault


def other(body: bytes) -> Fault:
    """Return a fault that answers *body* in place of the page."""
    return lambda handler, _: handler.reply(body)


def title(number: int) -> str:
    """Return the title of a made-up paper."""
    return f"Quillon-{number}: Sparse Adapters & Their Limits"


def abstract(number: int) -> str:
    """Return its abstract; the words come back, as in any text, and have characters to escape."""
    return (
        f"We present Quillon-{number}, a sparse adapter, and we compare it with LoRA on GLUE. "
        f"It keeps p < 0.0{number + 1} of the weights. Code: https://github.com/quillon/q{number}"
    )


def _arxiv(service: Service, asked: dict[str, str]) -> bytes:
    start = int(asked["start"])
    numbers = range(
        start, min(start + int(asked["max_results"]), start + service.page, service.count)
    )
    entries = "".join(
        f"""<entry><id>http://arxiv.org/abs/2601.{n:05}v2</id><updated>2026-01-09T00:00:00Z</updated>
        <published>2026-01-{n % 28 + 1:02}T17:00:00Z</published><title>
  {escape(title(n)).replace(" S", " " * 3 + "S")}</title><summary>  {escape(abstract(n))}
</summary><author><name>Ada Quill</name></author><author><name>Bo Nib</name></author>
        <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.5555/Q.{n}</arxiv:doi>
        <link href="http://arxiv.org/abs/2601.{n:05}v2" rel="alternate"/></entry>"""
        for n in numbers
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">
    <title type="html">ArXiv Query</title><id>http://arxiv.org/api/x</id>
    <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{service.count}\
</opensearch:totalResults>{entries}</feed>""".encode()


def _daily(service: Service, asked: dict[str, str]) -> bytes:
    # weekends have no page; other days have all papers on pages that may be short
    if asked["date"] in ("2026-11-21", "2026-11-22"):
        return b"[]"
    start = int(asked["p"]) * service.page
    shift = 100 * int(asked["date"][-2:])
    numbers = (shift + n for n in range(start, min(start + service.page, service.count)))
    return _dump(
        [
            {
                "paper": {
                    "id": f"2601.{n:05}",
                    "authors": [
                        {"_id": "a", "name": "Ada Quill", "hidden": False},
                        {"name": "Bo Nib"},
                    ],
                    "publishedAt": "2026-01-04T17:00:00.000Z",
                    "title": title(n),
                    "summary": abstract(n),
                    "upvotes": 12,
                    "projectPage": f"https://quillon.example.org/{n}",
                },
                "publishedAt": "2026-01-04T12:00:00.000Z",
                "title": title(n),
                "summary": abstract(n),
                "numComments": 2,
                "submittedBy": {"fullname": "Cy Reed", "name": "cy"},
            }
            for n in numbers
        ]
    )


def _openalex(service: Service, asked: dict[str, str]) -> bytes | int:
    size = int(asked["per_page"])
    if "cursor" in asked:
        if "api_key" not in asked:
            return 401
        if asked["cursor"] != "*" and not asked["cursor"].startswith(service.valid):
            return 400
        start = 0 if asked["cursor"] == "*" else int(asked["cursor"][len(service.valid) :])
    else:
        start = (int(asked["page"]) - 1) * size
    numbers = range(start, min(start + size, service.count))
    meta: dict[str, Any] = {"count": service.count, "per_page": size}
    if "cursor" in asked:
        meta["next_cursor"] = f"{service.valid}{start + size}" if numbers else None
    return _dump({"meta": meta, "results": [_work(n) for n in numbers], "group_by": []})


def _work(number: int) -> dict[str, Any]:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(abstract(number).split()):
        places.setdefault(word, []).append(place)
    landing = {"landing_page_url": f"https://arxiv.org/abs/2601.{number:05}", "is_oa": True}
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.5555/q.{number}",
        "title": title(number),
        "publication_date": "2026-01-04",
        "ids": {"openalex": f"https://openalex.org/W{number}"},
        "authorships": [
            {"author": {"display_name": "Ada Quill"}, "raw_author_name": "A. Quill"},
            {"author": {"display_name": "Bo Nib"}},
        ],
        "primary_location": {**landing, "source": {"display_name": "Journal of Nibs"}},
        "locations": [landing],
        "abstract_inverted_index": places,
    }


def _semantic(service: Service, asked: dict[str, str]) -> bytes | int:
    token = asked.get("token", f"{service.valid}0")
    if not token.startswith(service.valid):
        return 400
    start = int(token[len(service.valid) :])
    numbers = range(start, min(start + service.page, service.count))
    answer: dict[str, Any] = {"total": service.count, "data": [_found(n) for n in numbers]}
    if start + service.page < service.count:
        answer["token"] = f"{service.valid}{start + service.page}"
    return _dump(answer)


def _found(number: int) -> dict[str, Any]:
    return {
        "paperId": f"{number:040x}",
        "externalIds": {"ArXiv": f"2601.{number:05}", "DOI": f"10.5555/Q.{number}", "CorpusId": 9},
        "url": f"https://www.semanticscholar.org/paper/{number:040x}",
        "title": title(number),
        "abstract": None if number == 5 else abstract(number),
        "venue": "Journal of Nibs",
        "year": 2026,
        "publicationDate": "2026-01-04",
        "authors": [{"authorId": "1", "name": "Ada Quill"}, {"authorId": "2", "name": "Bo Nib"}],
    }


def _dump(value: object) -> bytes:
    return json.dumps(value).encode()


ANSWERS: dict[str, Callable[[Service, dict[str, str]], bytes | int]] = {
    "/arxiv": _arxiv,
    "/hf-daily": _daily,
    "/openalex": _openalex,
    "/semantic-scholar": _semantic,
}


def arguments(service: Service, source: str, *more: str) -> list[str]:
    """Return the words of a ``kg fetch`` that asks *service* in haste; *more* go before them."""
    asks = ["--date", "2026-11-20"] if source == "hf-daily" else ["low-rank adaptation"]
    if "--from" in more:
        asks = []
    given = {"-o": "papers.jsonl", "--interval": "0.01", "--url": f"{service.url}/{source}"}
    rest = [word for name, value in given.items() if name not in more for word in (name, value)]
    return ["fetch", source, *asks, *rest, *more]

"""The graph sent to another store by the SPARQL 1.1 Graph Store HTTP Protocol.

Each paper's evidence is a graph of its own there, and the plain statements are one more. A graph
carries the hash of its content, so that the next run sends just what changed, and one that was cut
short goes on where it stopped.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import (
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    Request,
    parse_http_list,
    parse_keqv_list,
    urlopen,
)

import pyoxigraph as ox

from kg.errors import ExportError
from kg.query import Options, ask, prefixes_of
from kg.store import open_store
from kg.vocab import KGO

__all__ = ["Pushed", "Target", "push"]

#: The name of the graph of plain statements, beside those of the papers.
PLAIN = "plain"

_HASH = ox.NamedNode(KGO + "contentHash")
# stores differ in how much they take at once; Virtuoso's Turtle reader slows beyond this
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Target:
    """A store to send to: its Graph Store *url*, its *query_url*, and who we are there."""

    url: str
    query_url: str
    user: str | None = None
    password: str = ""
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did, in numbers of graphs."""

    sent: int
    unchanged: int
    removed: int


def push(output: Path, target: Target, *, tell: Callable[[int, int], object]) -> Pushed:
    """Make *target* hold the graph in *output*: send what is new or changed, remove what is gone.

    Only graphs whose names begin as ours do are touched. *tell* gets the number of graphs done and
    of all. Raise ``GraphError`` if the folder holds no graph, ``ExportError`` if the store refuses,
    ``QueryError`` if it cannot be asked what it holds.
    """
    store = open_store(output)
    known = prefixes_of(output)
    names = [ox.NamedNode(known["kgg"] + PLAIN)]
    named = (g for g in store.named_graphs() if isinstance(g, ox.NamedNode))
    names += sorted(named, key=lambda graph: graph.value)
    there = _hashes(target, known["kgg"])
    client = _Client(target)
    sent = 0
    for done, name in enumerate(names):
        tell(done, len(names))
        source = ox.DefaultGraph() if done == 0 else name
        lines = sorted(_lines(store, source))
        digest = sha256(b"".join(lines)).hexdigest()
        if there.pop(name.value, None) != digest:
            _send(client, name.value, lines, digest)
            sent += 1
    for gone in sorted(there):
        client.send("DELETE", gone)
    tell(len(names), len(names))
    return Pushed(sent, len(names) - sent, len(there))


def _hashes(target: Target, space: str) -> dict[str, str]:
    """Return the hash of each graph of ours that the store holds; empty if it is not whole."""
    text = f"""SELECT ?graph ?hash WHERE {{
      GRAPH ?graph {{ ?graph <{_HASH.value}> ?hash }}
      FILTER (STRSTARTS(STR(?graph), {ox.Literal(space)})) }}"""
    with ask(target.query_url, text, Options(seconds=target.seconds)) as answer:
        return {row["graph"].value: row["hash"].value for row in answer.solutions()}


def _lines(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[bytes]:
    for quad in store.quads_for_pattern(None, None, None, graph):
        yield f"{quad.triple} .\n".encode()


def _send(client: "_Client", name: str, lines: list[bytes], digest: str) -> None:
    # the hash comes with the last part: a graph that has none is sent again
    lines = [*lines, f'<{name}> {_HASH} "{digest}" .\n'.encode()]
    for begin in range(0, len(lines), _AT_ONCE):
        body = b"".join(lines[begin : begin + _AT_ONCE])
        client.send("POST" if begin else "PUT", name, body)


class _Client:
    """Requests to a graph store, with our name on each.

    The challenge is fetched beforehand by a request without a body: some stores close the
    connection on a body that comes without credentials.
    """

    def __init__(self, target: Target) -> None:
        if urlsplit(target.url).scheme not in {"http", "https"}:
            raise ExportError(f"{target.url}: a store is an http: or https: address")
        self._target = target
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, target.url, target.user or "", target.password)
        self._digest = HTTPDigestAuthHandler(passwords)
        self._challenge = ""
        if target.user is not None:
            self._challenge = self._challenged()

    def send(self, method: str, name: str, body: bytes | None = None) -> None:
        """Do *method* to the graph *name*."""
        request = self._request(method, name, body)
        if self._challenge:
            request.add_header("Authorization", self._authorization(request))
        try:
            with urlopen(request, timeout=self._target.seconds):  # noqa: S310
                return
        except HTTPError as error:
            told = error.read(500).decode(errors="replace").strip()
            what = f"{method} {name}: HTTP {error.code} {error.reason}: {told}"
            raise ExportError(f"{self._target.url} refused {what}") from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise ExportError(f"{self._target.url} cannot be reached: {reason}") from error

    def _request(self, method: str, name: str, body: bytes | None) -> Request:
        url = f"{self._target.url}?graph={quote(name, safe='')}"
        # N-Triples are Turtle, and every store takes that
        headers = {"Content-Type": "text/turtle; charset=utf-8", "User-Agent": "papers-kg"}
        return Request(url, body, headers, method=method)  # noqa: S310 (the scheme is checked)

    def _challenged(self) -> str:
        request = self._request("DELETE", f"{KGO}no-such-graph", None)
        try:
            with urlopen(request, timeout=self._target.seconds):  # noqa: S310
                return ""
        except HTTPError as error:
            return error.headers.get("WWW-Authenticate", "") if error.code == 401 else ""
        except OSError as error:
            raise ExportError(f"{self._target.url} cannot be reached: {error}") from error

    def _authorization(self, request: Request) -> str:
        kind, _, rest = self._challenge.partition(" ")
        if kind.lower() == "digest":
            challenge = parse_keqv_list(parse_http_list(rest))
            return f"Digest {self._digest.get_authorization(request, challenge)}"
        both = f"{self._target.user}:{self._target.password}".encode()
        return f"Basic {b64encode(both).decode()}"

"""A query sent to a SPARQL endpoint by the SPARQL 1.1 Protocol."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pyoxigraph as ox

from kg.errors import QueryError
from kg.sparql import diagnose, form_of, prologue

if TYPE_CHECKING:
    from kg.query import Options

__all__ = ["ask_endpoint"]

# one kind for each form: asked for both, some stores answer a CONSTRUCT with a table
_ROWS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
_LINES = "text/tab-separated-values"
_TRIPLES = "application/n-triples, text/turtle;q=0.5"
_PIECE = 1 << 16
_IN_MEMORY = 1 << 24


@contextmanager
def ask_endpoint(
    url: str, text: str, options: "Options", *, is_ours: bool = False
) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the form of the answer of the endpoint *url* and its lines, as those of a worker.

    One that *is_ours* answers in these lines; others are asked for JSON, which more write well.
    Raise ``QueryError`` if the endpoint cannot be reached, refuses the query, or is too slow.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise QueryError(f"{url}: an endpoint is an http: or https: address")
    whole = prologue(text, options.prefixes) + text
    body = urlencode({"query": whole}).encode()
    form = form_of(text)
    accept = _TRIPLES if form in {"CONSTRUCT", "DESCRIBE"} else _ROWS
    if is_ours and form == "SELECT":
        accept = _LINES
    headers = {"Accept": accept, "User-Agent": "papers-kg"}
    request = Request(url, body, headers)  # noqa: S310 (the scheme is checked)
    end = time.monotonic() + options.seconds if options.seconds else None
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as raw, tempfile.TemporaryFile() as lines:
        try:
            with urlopen(request, timeout=options.seconds) as response:  # noqa: S310
                _read(response, raw, end)
                kind = response.headers.get_content_type()
        except HTTPError as error:
            told = error.read(2000).decode(errors="replace").strip()
            if error.code == 400:
                raise QueryError(f"{url}: {diagnose(text, told, options.prefixes)}") from error
            raise QueryError(f"{url}: HTTP {error.code} {error.reason}: {told}") from error
        except TimeoutError as error:
            raise QueryError(f"{url} did not answer within {options.seconds:g} s") from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise QueryError(f"{url} cannot be reached: {reason}") from error
        raw.seek(0)
        if kind == _LINES:
            yield "SELECT", raw
            return
        form = _convert(raw, kind, lines)
        lines.seek(0)
        yield form, lines


def _read(response: HTTPResponse, raw: IO[bytes], end: float | None) -> None:
    while piece := response.read1(_PIECE):
        raw.write(piece)
        if end and time.monotonic() > end:
            raise TimeoutError


def _convert(raw: IO[bytes], kind: str, lines: IO[bytes]) -> str:
    """Write the answer in the lines that a worker writes, and return its form."""
    if "sparql-results" in kind:
        found = ox.parse_query_results(raw, ox.QueryResultsFormat.from_media_type(kind))
        if isinstance(found, ox.QueryBoolean):
            lines.write(b"true" if found else b"false")
            return "ASK"
        if [variable.value for variable in found.variables] == ["__ASK_RETVAL"]:
            # Virtuoso 7 answers an ASK with a table, of one row or none
            lines.write(b"true" if list(found) else b"false")
            return "ASK"
        found.serialize(lines, ox.QueryResultsFormat.TSV)
        return "SELECT"
    format_ = ox.RdfFormat.from_media_type(kind)
    if format_ is None:
        raise QueryError(f"the endpoint answered in {kind}, which is no form of an answer")
    triples = (quad.triple for quad in ox.parse(raw, format_))
    ox.serialize(triples, lines, ox.RdfFormat.N_TRIPLES)
    return "GRAPH"

"""A request of the SPARQL 1.1 Protocol, read; and what may not be asked."""

import codecs
from dataclasses import dataclass
from urllib.parse import parse_qsl

__all__ = ["Asked", "RefusedError", "read_request"]

_FORM = "application/x-www-form-urlencoded"
_TEXT = "application/sparql-query"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with its dataset, as a request gave it; *text* is None if it asked nothing."""

    text: str | None
    graphs: tuple[tuple[str, str], ...] = ()


class RefusedError(Exception):
    """A request that is not answered: the HTTP *status* to say so with."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def read_request(method: str, url_query: str, content_type: str, body: bytes) -> Asked:
    """Return what a request asks, by section 2.1 of the SPARQL 1.1 Protocol.

    Raise ``RefusedError`` if it is none of the three forms of a query, or an update.
    """
    pairs = _pairs(url_query)
    text = None
    if method == "POST":
        kind, charset = _kind(content_type)
        decoded = _decoded(body, charset)
        if kind == _FORM:
            pairs += _pairs(decoded)
        elif kind == _TEXT:
            text = decoded
        elif kind == "application/sparql-update":
            raise RefusedError(403, "this endpoint is read-only: it takes no updates")
        else:
            raise RefusedError(415, f"a query is posted as {_FORM} or {_TEXT}")
    names = [name for name, _ in pairs]
    if "update" in names:
        raise RefusedError(403, "this endpoint is read-only: it takes no updates")
    if names.count("query") + (text is not None) > 1:
        raise RefusedError(400, "a request holds one query")
    if text is None:
        text = dict(pairs).get("query")
    if text is None and method == "POST":
        raise RefusedError(400, "the request holds no query")
    graphs = [p for p in pairs if p[0] in {"default-graph-uri", "named-graph-uri"}]
    return Asked(text, tuple(graphs))


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError) as error:
        raise RefusedError(400, "the parameters are not percent-encoded UTF-8") from error


def _kind(content_type: str) -> tuple[str, str]:
    kind, _, rest = content_type.partition(";")
    options = dict(p.strip().partition("=")[::2] for p in rest.split(";"))
    charset = options.get("charset", "utf-8").strip('"')
    try:
        codecs.lookup(charset)
    except LookupError as error:
        raise RefusedError(415, f"the charset {charset!r} is not known") from error
    return kind.strip().lower(), charset


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise RefusedError(400, f"the body is not {charset}") from error

"""The table of services: the first request, how to page, and where the papers lie in an answer.

How a paper is made of an item is known to ``kg.read``, which reads the same items from files; so a
further service is one entry of :data:`SOURCES`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kg.errors import FetchError, RecordError
from kg.read.bibliography import atom_fields
from kg.read.fields import Record, to_paper

__all__ = ["SOURCES", "MalformedError", "Page", "Params", "Source", "Wanted", "record_of"]

Params = dict[str, str | int]
_ATOM = "{http://www.w3.org/2005/Atom}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


class MalformedError(ValueError):
    """An answer is cut or not of the form that its service gives; asking again may help."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a service: equal values are one request, to be continued if it broke off."""

    source: str
    query: str = ""
    filters: tuple[str, ...] = ()
    first_day: str = ""
    last_day: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one answer, what to ask next (None at the end), how many there are in all."""

    items: Sequence[Mapping[str, Any]]
    next: Params | None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A service.

    *interval* is the time in seconds between two requests that it asks for; *most* and
    *most_with_key* how many papers one request can lead to; *key_in* tells where the key of the
    environment variable *key* goes: ``header:NAME`` or ``parameter:NAME``. A filter is a name and a
    value with *filter_sign* between them.
    """

    url: str
    interval: float
    first: Callable[[Wanted, bool], Params]
    read: Callable[[bytes, Params, Wanted], Page]
    most: int | None = None
    most_with_key: int | None = None
    key: str = ""
    key_in: str = ""
    by_day: bool = False
    filter_sign: str = ""


def record_of(item: Mapping[str, Any], source: str) -> dict[str, Any] | None:
    """Return the record of *item* as it is written, or None if it has no title or abstract."""
    try:
        paper = to_paper(Record(None, item), source)
    except RecordError:
        return None
    named = {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "date": paper.date,
        "authors": paper.authors,
        "urls": paper.urls,
        "venue": paper.venue,
        "source": source,
    }
    return {name: value for name, value in named.items() if value}


def _json(body: bytes, of: type) -> Any:  # noqa: ANN401 - any JSON
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"is no whole JSON ({error})") from error
    if not isinstance(value, of):
        raise MalformedError(f"is JSON of another form: {body[:80].decode(errors='replace')}")
    return value


def _items(value: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - any JSON
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedError("holds no list of papers")
    return value


def _number(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    return int(value) if str(value).isdecimal() else None


# https://info.arxiv.org/help/api/user-manual.html, 3.1.1.2: slices of 2,000 at most, 30,000 in all.
def _arxiv_first(wanted: Wanted, _: bool) -> Params:
    newest: Params = {"sortBy": "submittedDate", "sortOrder": "descending"}
    return {"search_query": wanted.query, "start": 0, "max_results": 200, **newest}


def _arxiv(body: bytes, asked: Params, _: Wanted) -> Page:
    try:
        feed = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise MalformedError(f"is no whole XML ({error})") from error
    if feed.tag != f"{_ATOM}feed":
        raise MalformedError(f"is no Atom feed but <{feed.tag}>")
    items = [*map(atom_fields, feed.findall(f"{_ATOM}entry"))]
    for item in items:
        if "/api/errors" in item["id"]:
            raise FetchError(f"arXiv cannot answer this query: {item['abstract'].strip()}")
    total = _number(feed.findtext(f"{_OPENSEARCH}totalResults", ""))
    start = int(asked["start"])
    # arXiv at times answers an empty page in the midst of many, and the right one when asked again
    if not items and start < min(total or 0, 30_000):
        raise MalformedError(f"is empty though {total:,} papers are announced")
    end = start + len(items)
    return Page(items, asked | {"start": end} if end < (total or 0) else None, total)


# https://huggingface.co/docs/hub/api: a page holds `limit` papers at most, and sometimes fewer.
def _daily_first(wanted: Wanted, _: bool) -> Params:
    return {"date": wanted.first_day, "p": 0, "limit": 100}


def _daily(body: bytes, asked: Params, wanted: Wanted) -> Page:
    items = _items(_json(body, list))
    if items:
        return Page(items, asked | {"p": int(asked["p"]) + 1})
    day = (date.fromisoformat(str(asked["date"])) + timedelta(days=1)).isoformat()
    return Page([], asked | {"date": day, "p": 0} if day <= wanted.last_day else None)


# https://developers.openalex.org/guides/page-through-results: 100 a page; pages by number end at
# 10,000 works, and cursors are for those who have a key.
def _openalex_first(wanted: Wanted, keyed: bool) -> Params:
    fields = "id,ids,doi,title,abstract_inverted_index,publication_date,authorships,locations"
    return {
        "search": wanted.query,
        "filter": ",".join(["has_abstract:true", *wanted.filters]),
        "select": f"{fields},primary_location",
        "per_page": 100,
        **({"cursor": "*"} if keyed else {"page": 1}),
    }


def _openalex(body: bytes, asked: Params, _: Wanted) -> Page:
    answer = _json(body, dict)
    items, meta = _items(answer.get("results")), answer.get("meta") or {}
    total = _number(meta.get("count"))
    following: Params | None = None
    if "page" in asked and 100 * int(asked["page"]) < min(total or 0, 10_000):
        following = asked | {"page": int(asked["page"]) + 1}
    elif "cursor" in asked and meta.get("next_cursor"):
        following = asked | {"cursor": str(meta["next_cursor"])}
    return Page(items, following if items else None, total)


# https://api.semanticscholar.org/api-docs/graph: 1,000 a page, each with the token of the next.
def _semantic_first(wanted: Wanted, _: bool) -> Params:
    fields = "title,abstract,externalIds,publicationDate,year,authors,venue,url"
    newest: Params = {"sort": "publicationDate:desc"}
    return {
        "query": wanted.query,
        "fields": fields,
        **newest,
        **dict(pair.split("=", 1) for pair in wanted.filters),
    }


def _semantic(body: bytes, asked: Params, _: Wanted) -> Page:
    answer = _json(body, dict)
    items, token = _items(answer.get("data")), answer.get("token")
    following = asked | {"token": str(token)} if token and items else None
    return Page(items, following, _number(answer.get("total")))


SOURCES: dict[str, Source] = {
    "arxiv": Source(
        url="https://export.arxiv.org/api/query",
        interval=3,
        first=_arxiv_first,
        read=_arxiv,
        most=30_000,
    ),
    "hf-daily": Source(
        url="https://huggingface.co/api/daily_papers",
        interval=1,
        first=_daily_first,
        read=_daily,
        by_day=True,
    ),
    "openalex": Source(
        url="https://api.openalex.org/works",
        interval=0.2,
        first=_openalex_first,
        read=_openalex,
        most=10_000,
        key="OPENALEX_API_KEY",
        key_in="parameter:api_key",
        filter_sign=":",
    ),
    "semantic-scholar": Source(
        url="https://api.semanticscholar.org/graph/v1/paper/search/bulk",
        interval=1,
        first=_semantic_first,
        read=_semantic,
        most=10_000_000,
        most_with_key=10_000_000,
        key="S2_API_KEY",
        key_in="header:x-api-key",
        filter_sign="=",
    ),
}

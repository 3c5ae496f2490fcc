"""The data of a page: two blocks of columns, deflated and in Base64, that the page decodes.

The *graph* block holds what the picture, the search and the filters need; the *texts* block what
the panel reads, decoded after the first picture. Numbers stand for nodes (papers first, then
entities), types, roles and relations. Places in texts are UTF-16 units there, as JavaScript counts.
"""

import base64
import json
import re
import zlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from kg.display import tidy
from kg.model import (
    Entity,
    EntityType,
    Extraction,
    PaperEntity,
    Relation,
    RelationType,
    Result,
    ResultKind,
    Role,
)
from kg.viewer.look import Look
from kg.viewer.network import Network

__all__ = ["graph_block", "pack", "texts_block"]

#: A third of the time of zlib's own level, for a fourteenth more.
_LEVEL = 4
_WIDE = re.compile(r"[\U00010000-\U0010ffff]")
_TYPES, _ROLES, _RELATIONS = list(EntityType), list(Role), list(RelationType)


def pack(block: dict[str, Any]) -> str:
    """Return *block* as Base64 of zlib-deflated JSON, the same text for the same block."""
    try:
        raw = msgspec.json.encode(block)
    except UnicodeEncodeError:
        # a lone surrogate cannot be written as UTF-8; no text holds one unless to do harm
        text = json.dumps(block, ensure_ascii=False, separators=(",", ":"))
        raw = text.encode("utf-8", errors="replace")
    return base64.b64encode(zlib.compress(raw, _LEVEL)).decode("ascii")


def graph_block(
    extractions: Sequence[Extraction], entities: Sequence[Entity], net: Network, look: Look
) -> dict[str, Any]:
    """Return the columns for picture, search and filters."""
    number = {entity.id: i for i, entity in enumerate(entities)}
    sources = sorted({name for x in extractions for name in x.paper.sources})
    place = {name: i for i, name in enumerate(sources)}
    return {
        "words": {
            "types": [t.value for t in _TYPES],
            "roles": [r.value for r in _ROLES],
            "relations": [r.value for r in _RELATIONS],
        },
        "sources": sources,
        "p": {
            "id": [x.paper.id for x in extractions],
            "t": [tidy(x.paper.title) for x in extractions],
            "d": [x.paper.date or "" for x in extractions],
            "s": [[place[name] for name in x.paper.sources] for x in extractions],
        },
        "e": {
            "id": [e.id for e in entities],
            "n": [tidy(e.name) for e in entities],
            "t": [_TYPES.index(e.type) for e in entities],
            "g": [int(e.generic) for e in entities],
            "a": ["\t".join(tidy(a) for a in e.aliases) for e in entities],
            "c": [e.papers for e in entities],
        },
        "r": _roles(extractions, number),
        "q": _claims(extractions, number),
        "m": _results(extractions, number),
        "x": look.x.tolist(),
        "y": look.y.tolist(),
        "k": look.community.tolist(),
        "i": [round(value * 1000) for value in look.importance.tolist()],
        "o": look.order.tolist(),
        "names": [[node - net.papers for node in names] for names in look.names],
    }


def _roles(extractions: Sequence[Extraction], number: dict[str, int]) -> dict[str, list[int]]:
    rows = [
        (p, number[e.id], _ROLES.index(e.role), round(e.role_confidence * 100))
        for p, x in enumerate(extractions)
        for e in x.entities
        if e.id in number
    ]
    return {key: [row[i] for row in rows] for i, key in enumerate("perc")}


def _claims(extractions: Sequence[Extraction], number: dict[str, int]) -> dict[str, list[int]]:
    rows = [
        (p, number[r.head], _RELATIONS.index(r.type), number[r.tail], round(r.confidence * 100))
        for p, x in enumerate(extractions)
        for r in x.relations
        if r.head in number and r.tail in number
    ]
    return {key: [row[i] for row in rows] for i, key in enumerate("phtoc")}


def _results(extractions: Sequence[Extraction], number: dict[str, int]) -> dict[str, list[Any]]:
    kinds = list(ResultKind)
    rows = [
        (
            p,
            number[r.subject],
            number.get(r.dataset or "", -1),
            number.get(r.metric or "", -1),
            r.value,
            kinds.index(r.kind),
            round(r.confidence * 100),
        )
        for p, x in enumerate(extractions)
        for r in x.results
        if r.subject in number
    ]
    return {key: [row[i] for row in rows] for i, key in enumerate("psdmvkc")}


def texts_block(extractions: Sequence[Extraction], entities: Sequence[Entity]) -> dict[str, Any]:
    """Return, by paper, what a person reads: text, sentences, mentions, evidence, the record."""
    known = {entity.id for entity in entities}
    rows = [_text(x, known) for x in extractions]
    return {key: [row[key] for row in rows] for key in _TEXT_KEYS}


_TEXT_KEYS = ("t", "a", "s", "re", "m", "qe", "me", "mo", "u", "au", "ax", "doi", "ve")


def _text(extraction: Extraction, known: set[str]) -> dict[str, Any]:
    paper, unit = extraction.paper, _units(extraction.paper.text)
    entities = [e for e in extraction.entities if e.id in known]
    claims = [r for r in extraction.relations if r.head in known and r.tail in known]
    results = [r for r in extraction.results if r.subject in known]
    said: list[PaperEntity | Relation | Result] = [*entities, *claims, *results]
    # as pairs of numbers, which are hashed and compared without a call into Python
    spans = sorted({(s.start, s.end) for s in extraction.sentences} | set(map(_place, said)))
    index = {span: i for i, span in enumerate(spans)}
    return {
        "t": 0 if tidy(paper.title) == paper.title else paper.title,
        "a": paper.abstract,
        "s": [unit(place) for span in spans for place in span],
        "re": [index[_place(e)] for e in entities],
        "m": [
            [unit(place) for mention in e.mentions for place in (mention.start, mention.end)]
            for e in entities
        ],
        "qe": [index[_place(r)] for r in claims],
        "me": [index[_place(r)] for r in results],
        "mo": [unit(place) for r in results for place in (r.start, r.end)],
        "u": list(paper.urls),
        "au": list(paper.authors),
        "ax": paper.arxiv_id or "",
        "doi": paper.doi or "",
        "ve": paper.venue or "",
    }


def _place(said: PaperEntity | Relation | Result) -> tuple[int, int]:
    return said.evidence.start, said.evidence.end


def _units(text: str) -> Callable[[int], int]:
    """Return what turns a place counted in code points into one counted in UTF-16 units."""
    # nearly every text is ASCII, which it knows of itself
    wide = [] if text.isascii() else [found.start() for found in _WIDE.finditer(text)]
    return (lambda place: place + bisect_left(wide, place)) if wide else (lambda place: place)

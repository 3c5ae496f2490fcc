"""Extractions as JSON Lines: the form of ``papers.jsonl``, which ``score.py`` reads too."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec

from kg.errors import RecordError
from kg.model import (
    EntityType,
    Extraction,
    Mention,
    Paper,
    PaperEntity,
    Relation,
    RelationType,
    Result,
    ResultKind,
    Role,
    Sentence,
)

__all__ = ["from_record", "line_of", "read_jsonl", "to_record", "write_jsonl"]


def to_record(extraction: Extraction) -> dict[str, Any]:
    """Return *extraction* as a JSON object; places are ``[start, end]`` pairs."""
    paper = extraction.paper
    return {
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "sources": list(paper.sources),
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "date": paper.date,
        "authors": list(paper.authors),
        "urls": list(paper.urls),
        "venue": paper.venue,
        "sentences": [[s.start, s.end] for s in extraction.sentences],
        "entities": [_entity_record(entity) for entity in extraction.entities],
        "relations": [
            {
                "head": r.head,
                "type": r.type.value,
                "tail": r.tail,
                "confidence": r.confidence,
                "evidence": [r.evidence.start, r.evidence.end],
            }
            for r in extraction.relations
        ],
        "results": [
            {
                "subject": r.subject,
                "dataset": r.dataset,
                "metric": r.metric,
                "value": r.value,
                "kind": r.kind.value,
                "start": r.start,
                "end": r.end,
                "confidence": r.confidence,
                "evidence": [r.evidence.start, r.evidence.end],
            }
            for r in extraction.results
        ],
        "abbreviations": [list(pair) for pair in extraction.abbreviations],
    }


def _entity_record(entity: PaperEntity) -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.name,
        "type": entity.type.value,
        "role": entity.role.value,
        "generic": entity.generic,
        "role_confidence": entity.role_confidence,
        "evidence": [entity.evidence.start, entity.evidence.end],
        "mentions": [
            {"start": m.start, "end": m.end, "text": m.text, "confidence": m.confidence}
            for m in entity.mentions
        ],
    }


def from_record(record: dict[str, Any]) -> Extraction:
    """Return the extraction that :func:`to_record` made *record* of.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` if it is not of that form.
    """
    paper = Paper(
        id=record["id"],
        title=record["title"],
        abstract=record["abstract"],
        sources=tuple(record["sources"]),
        arxiv_id=record["arxiv_id"],
        doi=record["doi"],
        date=record["date"],
        authors=tuple(record["authors"]),
        urls=tuple(record["urls"]),
        venue=record["venue"],
    )
    return Extraction(
        paper=paper,
        sentences=tuple(Sentence(*pair) for pair in record["sentences"]),
        entities=tuple(_entity(entity) for entity in record["entities"]),
        relations=tuple(
            Relation(
                r["head"],
                RelationType(r["type"]),
                r["tail"],
                r["confidence"],
                Sentence(*r["evidence"]),
            )
            for r in record["relations"]
        ),
        results=tuple(_result(r) for r in record["results"]),
        abbreviations=tuple((short, long) for short, long in record["abbreviations"]),
    )


def _entity(record: dict[str, Any]) -> PaperEntity:
    return PaperEntity(
        id=record["id"],
        name=record["name"],
        type=EntityType(record["type"]),
        role=Role(record["role"]),
        generic=record["generic"],
        mentions=tuple(
            Mention(m["start"], m["end"], m["text"], m["confidence"]) for m in record["mentions"]
        ),
        role_confidence=record["role_confidence"],
        evidence=Sentence(*record["evidence"]),
    )


def _result(record: dict[str, Any]) -> Result:
    return Result(
        subject=record["subject"],
        dataset=record["dataset"],
        metric=record["metric"],
        value=record["value"],
        kind=ResultKind(record["kind"]),
        start=record["start"],
        end=record["end"],
        confidence=record["confidence"],
        evidence=Sentence(*record["evidence"]),
    )


def line_of(extraction: Extraction) -> bytes:
    """Return *extraction* as a line of ``papers.jsonl``."""
    return msgspec.json.encode(to_record(extraction)) + b"\n"


def write_jsonl(extractions: Iterable[Extraction], out: TextIO) -> int:
    """Write one line for each extraction and return how many there were."""
    count = 0
    for extraction in extractions:
        out.write(line_of(extraction).decode())
        count += 1
    return count


def read_jsonl(path: Path) -> Iterator[Extraction]:
    """Yield the extractions of a file of :func:`write_jsonl`; raise ``RecordError`` on others."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield from_record(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise RecordError(
                    f"is no line of papers.jsonl ({error!r}); build it again with `kg build`",
                    source=str(path),
                    line=number,
                ) from error

"""The files of an output folder, written one paper and one entity after the other."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby, islice, tee
from operator import itemgetter
from pathlib import Path
from typing import Any

from kg.candidates import Candidate
from kg.canonicalise import Canonical
from kg.engine import Engine, run_all
from kg.model import Entity, Extraction, Run
from kg.names import joined
from kg.questions import query_triples
from kg.rdf import run_triples
from kg.spill import Rows, Spill, sorted_rows
from kg.store import turtle_block, turtle_head
from kg.vocab import prefixes
from kg.work import EntityWriter, PaperWriter, Stated

__all__ = ["Counts", "write_candidates", "write_entities", "write_statements"]

_PAPERS, _ENTITIES = 64, 2000
_GROWN = 128 * 1024 * 1024


@dataclass(slots=True)
class Counts:
    """What a graph holds, counted while it is written."""

    papers: int = 0
    roles: int = 0
    results: int = 0
    relations: int = 0
    types: Counter[str] = field(default_factory=Counter)


def write_statements(
    folder: Path, canonical: Canonical, run: Run, engine: Engine, *, grown: Callable[[int], None]
) -> Counts:
    """Write ``papers.jsonl``, ``graph.ttl`` and ``evidence.nq``; return what is in them.

    *grown* is told how many bytes of the evidence can be read, at each 128 MB more.
    """
    counts, told = Counts(), 0
    names = prefixes(run.base)
    support = _support(canonical.extractions, counts)
    with ExitStack() as stack:
        out = {
            name: stack.enter_context((folder / name).open("wb"))
            for name in ("papers.jsonl", "graph.ttl", "evidence.nq")
        }
        out["graph.ttl"].write(turtle_head(names))
        out["graph.ttl"].write(turtle_block(run_triples(run), names))
        for entity, block in _each(engine, EntityWriter(run.base), canonical.entities, _ENTITIES):
            counts.types[entity.type.value] += 1
            out["graph.ttl"].write(block)
        stated = _stated(canonical.extractions, support)
        for _, written in _each(engine, PaperWriter(run), stated, _PAPERS):
            counts.papers += 1
            counts.roles += written.roles
            counts.results += written.results
            out["papers.jsonl"].write(written.record)
            out["graph.ttl"].write(written.plain)
            out["evidence.nq"].write(written.evidence)
            if out["evidence.nq"].tell() - told > _GROWN:
                out["evidence.nq"].flush()
                told = out["evidence.nq"].tell()
                grown(told)
        out["graph.ttl"].write(turtle_block(query_triples(run.base), names))
    return counts


def _each(engine: Engine, function: Any, items: Iterable[Any], size: int) -> Iterator[Any]:  # noqa: ANN401
    pieces, again = tee(_pieces(items, size))
    for piece, answers in zip(again, run_all(engine, function, pieces), strict=True):
        yield from zip(piece, answers, strict=True)


def _pieces(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


def _support(extractions: Iterable[Extraction], counts: Counts) -> Rows[list[Any]]:
    """Return by paper and relation how many papers state the relation, and who is the first."""
    stated = sorted_rows(
        [r.head, r.type.value, r.tail, number, place]
        for number, extraction in enumerate(extractions)
        for place, r in enumerate(extraction.relations)
    )
    return sorted_rows(_counted(stated, counts))


def _counted(stated: Rows[list[Any]], counts: Counts) -> Iterator[list[Any]]:
    for _, same in groupby(stated, key=lambda row: row[:3]):
        rows = list(same)
        counts.relations += 1
        for rank, (*_, number, place) in enumerate(rows):
            yield [number, place, len(rows), not rank]


def _stated(extractions: Spill[Extraction], support: Rows[list[Any]]) -> Iterator[Stated]:
    rows = groupby(support, key=itemgetter(0))
    number, mine = next(rows, (-1, iter(())))
    for place, raw in enumerate(extractions.raw()):
        if place == number:
            yield Stated(raw, tuple((count, first) for *_, count, first in mine))
            number, mine = next(rows, (-1, iter(())))
        else:
            yield Stated(raw, ())


def write_entities(path: Path, entities: Iterable[Entity]) -> None:
    """Write a row for each of *entities*."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["id", "name", "type", "generic", "papers", "aliases"])
        for e in entities:
            generic = str(e.generic).lower()
            writer.writerow([e.id, e.name, e.type.value, generic, e.papers, joined(e.aliases)])


def write_candidates(path: Path, asked: Iterable[Candidate]) -> None:
    """Write pairs with an empty ``decision``: filled in, the file is what ``--decisions`` takes."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            (
                *("first", "second", "decision", "reason"),
                *("first_papers", "second_papers", "first_id", "second_id"),
            )
        )
        for c in asked:
            one, two = c.first, c.second
            writer.writerow(
                [one.name, two.name, "", c.reason, one.papers, two.papers, one.id, two.id]
            )

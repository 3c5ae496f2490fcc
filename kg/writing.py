"""The files of an output folder, written one paper and one entity after the other."""

import csv
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import groupby, islice, pairwise, tee
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pyoxigraph import RdfFormat, Triple, parse

from kg.candidates import Candidate
from kg.canonicalise import Canonical
from kg.describe import Tally
from kg.engine import Engine, run_all
from kg.export.networks import graphml_frame
from kg.kept import Kept, Stream, Writer, digest_of
from kg.model import Extraction, Run
from kg.questions import query_triples
from kg.rdf import run_triples
from kg.spill import Rows, Spill, sorted_rows
from kg.store import Change, turtle_block, turtle_head
from kg.vocab import iri, prefixes
from kg.work import (
    ENTITY_COLUMNS,
    FIRST,
    SUREST,
    EntityWriter,
    PaperWriter,
    Stated,
    Support,
    Written,
    table_row,
)

__all__ = ["Counts", "write_candidates", "write_statements"]

T = TypeVar("T")

#: The large files, which are rows of blocks.
_LARGE = ("papers.jsonl", "graph.ttl", "evidence.nq", "graph.graphml", "entities.csv")
_PAPERS, _ENTITIES = 64, 2000
_GROWN = 128 * 1024 * 1024
#: A store is changed, not filled anew, if so many papers changed at the most, and such a share.
_FEW, _SHARE = 4000, 0.25
#: A paper and the place of a relation in it are one number; no paper states so many.
_PLACES = 1 << 16

_encode = msgspec.msgpack.Encoder().encode
#: What is made of an item that the last build had already.
_KEPT = Written((), (), Tally())


@dataclass(slots=True)
class Counts:
    """What a graph holds, counted while it is written; how it *changed*, if that is little."""

    papers: int = 0
    roles: int = 0
    results: int = 0
    relations: int = 0
    types: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    changed: Change | None = None


class _Kind(msgspec.Struct):
    """Of an entity what is counted."""

    type: str


class _Said(msgspec.Struct):
    """Of a paper what is counted, which is read in a fraction of the time."""

    entities: list[msgspec.Raw]
    relations: list["_SaidRelation"]
    results: list[msgspec.Raw]


class _SaidRelation(msgspec.Struct):
    head: str
    type: str
    tail: str
    confidence: float


def write_statements(
    folder: Path,
    canonical: Canonical,
    run: Run,
    engine: Engine,
    *,
    last: Kept,
    grown: Callable[[int], None],
) -> Counts:
    """Write the large files and the note of their blocks; return what is in them.

    Blocks that the *last* build wrote already are copied from there. If few papers changed since,
    the counts say what; else *grown* is told how many bytes of the evidence can be read, at each
    128 MB more.
    """
    counts, names, extractions = Counts(), prefixes(run.base), canonical.extractions
    relations = _Relations(extractions, counts)
    counts.relations = len(relations.surest)
    # of a paper that the last build wrote, its digest is enough
    papers, supports = list[bytes](), Spill[Support](Support)
    for stated in relations.of_papers(extractions):
        papers.append(_digest(stated))
        if last.find("papers", papers[-1]) is None:
            supports.append(stated.support)
    is_near = _is_near(last, papers)
    with ExitStack() as stack:
        # left last: what is to be copied is copied when the streams are closed
        writer = stack.enter_context(closing(Writer(last)))
        streams = [stack.enter_context(closing(Stream(folder / n))) for n in (*_LARGE, "edges")]
        *of_papers, table, edges = streams
        _, plain, evidence, graph = of_papers
        table.write(table_row(*ENTITY_COLUMNS))
        plain.write(turtle_head(names) + turtle_block(run_triples(run), names))
        graph.write(graphml_frame()[0])
        writer.begin("entities", plain, graph, table)
        entities = ((digest_of(raw), raw) for raw in canonical.entities.raw())
        for made in _each(engine, writer, EntityWriter(run.base), _pieces(entities, _ENTITIES)):
            counts.tally.take(made.tally)
        counts.types.update(kind.type for kind in canonical.entities.brief(_Kind))
        writer.begin("papers", *of_papers, edges)
        drawn, told = _Drawn(), 0
        rest = iter(supports)
        asked = (
            (digest, None if writer.has(digest) else Stated(extractions.raw_of(n), next(rest)))
            for n, digest in enumerate(papers)
        )
        made_of = _each(engine, writer, PaperWriter(run), _pieces(asked, _PAPERS))
        for number, made in enumerate(made_of):
            counts.tally.take(made.tally)
            drawn.take(number, made.relations)
            if evidence.size - told > _GROWN and not is_near:
                evidence.flush()
                told = evidence.size
                grown(told)
        plain.write(turtle_block(query_triples(run.base), names))
        graph.take(edges)
        writer.begin("relations", graph)
        for code in relations.surest:
            number, place = divmod(code, _PLACES)
            writer.add(papers[number][:-2] + place.to_bytes(2), drawn.of(code))
        graph.write(graphml_frame()[1])
    new = writer.noted(folder, last.note.maker, _LARGE)
    counts.tally.take(_kept_tally(last, new, run))
    new.save(_sorted(counts.tally))
    counts.tally.add(_parsed(new.rest("graph.ttl")), run.base)
    for first in islice(extractions, 1):
        counts.tally.example = iri("kgp", first.paper.id, run.base)
    if is_near:
        counts.changed = Change(_texts(last, new), _texts(new, last))
    return counts


def _is_near(last: Kept, papers: Sequence[bytes]) -> bool:
    """Tell whether these *papers*, by their digests, are nearly those of the *last* build."""
    same = sum(last.find("papers", digest) is not None for digest in papers)
    changed = len(papers) + last.count("papers") - 2 * same
    return bool(last.note.files) and changed <= min(_FEW, _SHARE * len(papers))


def _digest(stated: Stated) -> bytes:
    return digest_of(stated.extraction, _encode(stated.support))


class _Drawn:
    """The edges of relations, on disk until they are written in their order."""

    def __init__(self) -> None:
        self._blocks = Spill[bytes](bytes)
        self._numbers: dict[int, int] = {}

    def take(self, paper: int, relations: Iterable[tuple[int, bytes]]) -> None:
        """Keep the edges of a paper, which come with their places."""
        for place, block in relations:
            self._numbers[paper * _PLACES + place] = self._blocks.append(block)

    def of(self, code: int) -> list[bytes]:
        """Return the edge of a paper and place, none if it was not made."""
        number = self._numbers.get(code)
        return [] if number is None else [self._blocks[number]]


def _sorted(tally: Tally) -> bytes:
    """Return the counts of a *tally* in one form, however they came about."""
    return _encode([sorted(tally.triples.items()), sorted(tally.entities.items())])


def _texts(one: Kept, other: Kept) -> tuple[bytes, bytes]:
    """Return what *one* states in other blocks than *other*, or in none: Turtle and N-Quads."""
    plain = [one.rest("graph.ttl"), *_plain(one, other)]
    return b"".join(plain), b"".join(one.without(other, "papers", "evidence.nq"))


def _plain(one: Kept, other: Kept) -> Iterator[bytes]:
    for kind in ("entities", "papers"):
        yield from one.without(other, kind, "graph.ttl")


def _kept_tally(old: Kept, new: Kept, run: Run) -> Tally:
    """Count the statements of the blocks that were taken over."""
    tally, gone = Tally(), Tally()
    if old.note.more:
        triples, entities = msgspec.msgpack.decode(old.note.more)
        tally = Tally(Counter(dict(triples)), Counter(dict(entities)))
        gone.add(_parsed(turtle_head(prefixes(run.base)), *_plain(old, new)), run.base)
        for block in old.without(new, "papers", "evidence.nq"):
            gone.add_nquads(block.splitlines())
        tally.take(gone, -1)
    return tally


def _parsed(*turtle: bytes) -> Iterator[Triple]:
    return (quad.triple for quad in parse(b"".join(turtle), RdfFormat.TURTLE))


def _each(
    engine: Engine,
    writer: Writer,
    function: Callable[[Sequence[T]], Sequence[Written]],
    chunks: Iterator[list[tuple[bytes, T | None]]],
) -> Iterator[Written]:
    """Add items, which come with their digests, to what is written, and yield what was made.

    An item that the last build had may be None.
    """
    pieces, again = tee(chunks)
    asked = (
        [item for digest, item in piece if item is not None and not writer.has(digest)]
        for piece in pieces
    )
    for piece, answers in zip(again, run_all(engine, function, asked), strict=True):
        rest = iter(answers)
        for digest, _ in piece:
            made = _KEPT if writer.has(digest) else next(rest)
            writer.add(digest, made.blocks)
            yield made


def _pieces(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


class _Relations:
    """Of each relation of each paper, in their order, how it stands in the whole graph.

    *counts* is how many papers state it, *parts* which part this one plays (see :class:`Stated`);
    *surest* has for each relation of the graph, in the order of these, where it is surest.
    """

    def __init__(self, extractions: Spill[Extraction], counts: Counts) -> None:
        self.surest = array("Q")
        self._ends = array("I", [0])
        stated: Rows[list[Any]] = sorted_rows(self._stated(extractions, counts), key=itemgetter(0))
        self.counts, self.parts = array("I", bytes(4 * len(stated))), bytearray(len(stated))
        for _, same in groupby(stated, key=itemgetter(0)):
            rows = list(same)
            best = min(rows, key=lambda row: (-row[3], row[1]))
            first = self._ends[best[1]]
            self.surest.append(best[1] * _PLACES + best[2] - first)
            for row in rows:
                self.counts[row[2]] = len(rows)
                self.parts[row[2]] = FIRST * (row is rows[0]) | SUREST * (row is best)

    def _stated(self, extractions: Spill[Extraction], counts: Counts) -> Iterator[list[Any]]:
        for number, said in enumerate(extractions.brief(_Said)):
            counts.papers += 1
            counts.roles += len(said.entities)
            counts.results += len(said.results)
            for place, r in enumerate(said.relations, start=self._ends[-1]):
                # no id holds what stands between them, and all that it holds comes after it
                yield [f"{r.head} {r.type} {r.tail}", number, place, r.confidence]
            self._ends.append(self._ends[-1] + len(said.relations))

    def of_papers(self, extractions: Spill[Extraction]) -> Iterator[Stated]:
        """Yield the papers with what is known of their relations."""
        for (start, end), raw in zip(pairwise(self._ends), extractions.raw(), strict=True):
            yield Stated(
                raw, tuple(zip(self.counts[start:end], self.parts[start:end], strict=True))
            )


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

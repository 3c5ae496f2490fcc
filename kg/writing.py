"""The files of an output folder, written one paper and one entity after the other."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
from pyoxigraph import RdfFormat, Triple, parse

from kg.canonicalise import Canonical, Papers
from kg.describe import Tally
from kg.engine import Engine, Here, answer_of, run_all
from kg.entries import COLUMNS, ENTRIES
from kg.export.networks import graphml_frame
from kg.kept import (
    BLOCKS,
    NAMES,
    PAPERS,
    Kept,
    Piece,
    Stream,
    Told,
    Writer,
    digest_of,
    put_together,
)
from kg.model import Run
from kg.questions import query_triples
from kg.rdf import run_triples
from kg.spill import Rows, Spill, sorted_rows
from kg.store import EVIDENCE, Change, turtle_block, turtle_head
from kg.vocab import iri, prefixes
from kg.work import (
    ENTITY_COLUMNS,
    FIRST,
    SUREST,
    EntityWriter,
    PaperWriter,
    Stated,
    StatementWriter,
    Support,
    Written,
    table_row,
)

__all__ = ["Counts", "write_statements"]

T = TypeVar("T")

#: The large files, which are rows of blocks.
_LARGE = (
    *("papers.jsonl", "graph.ttl", EVIDENCE, "graph.graphml", "entities.csv"),
    PAPERS,
)
_PAPERS_AT_ONCE, _ENTITIES_AT_ONCE = 64, 2000
_GROWN = 16 * 1024 * 1024
#: A store is changed, not filled anew, if so many papers changed at the most, and such a share.
_FEW, _SHARE = 4000, 0.25
#: Fewer papers are written here: the workers are busy with the page.
_HERE = 1000
#: No copy takes so long.
_PATIENCE_S = 86_400.0
#: A paper and the place of a relation in it are one number; no paper states so many.
_PLACES = 1 << 16

_encode = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Counts:
    """What a graph holds, counted while it is written, and the BLAKE3 of the files.

    Of the evidence it is there once what is still *copied* is whole.
    """

    papers: int = 0
    roles: int = 0
    results: int = 0
    relations: int = 0
    types: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    sums: dict[str, str] = field(default_factory=dict)
    copied: "_Copied | None" = None

    def settled(self) -> dict[str, str]:
        """Wait until all files are whole, and return their sums."""
        if self.copied:
            self.sums |= self.copied.result()
        return self.sums


class Beside(Protocol):
    """What works on files that are being written."""

    @property
    def engine(self) -> Engine:
        """What works on this machine."""

    def grown(self, size: int) -> None:
        """Take notice that *size* bytes of the evidence can be read."""

    def stated(self, change: Change | None) -> None:
        """Take notice that graph and evidence are whole, and of their *change*, if it is little."""


def write_statements(
    folder: Path,
    canonical: Canonical,
    run: Run,
    engine: Engine,
    *,
    last: Kept,
    beside: Beside,
) -> Counts:
    """Write the large files and the note of their blocks; return what is in them.

    Blocks that the *last* build wrote already are copied from there. *beside* is told at each 16
    MB more of the evidence. If little changed, that is whole only when the counts are settled.
    """
    counts, names, extractions = Counts(), prefixes(run.base), canonical.extractions
    relations = _Relations(extractions, counts)
    counts.relations = len(relations.surest)
    # of a paper that the last build wrote, its digest is enough
    papers = [relations.marked(*numbered) for numbered in enumerate(extractions.digests())]
    new = _Anew(_new(last, "papers", papers), extractions, relations)
    counts.copied = copied = _copied(last, papers, folder / EVIDENCE, beside.engine)
    engine = Here() if copied and len(new.numbers) < _HERE else engine
    with ExitStack() as stack:
        # left last: what is to be copied is copied when the streams are closed
        writer = stack.enter_context(closing(Writer(last)))
        streams = [stack.enter_context(closing(Stream(folder / name))) for name in _LARGE]
        lines, plain, evidence, graph, table, packed = streams
        edges = (
            Told(folder / "edges")
            if copied
            else stack.enter_context(closing(Stream(folder / "edges")))
        )
        table.write(table_row(*ENTITY_COLUMNS))
        plain.write(turtle_head(names) + turtle_block(run_triples(run), names))
        graph.write(graphml_frame()[0])

        writer.begin("entities", plain, graph, table)
        counts.types = canonical.types
        asked = map(canonical.entities.raw_of, _new(last, "entities", canonical.digests))
        made_of = run_all(engine, EntityWriter(run.base), _pieces(asked, _ENTITIES_AT_ONCE))
        writer.add(canonical.digests, _blocks(chain.from_iterable(made_of), counts))

        made = new.made(engine, StatementWriter(run))
        writer.begin("papers", plain, copied.told if copied else evidence)
        if not copied:
            made = _told(made, evidence, beside.grown)
        writer.add(papers, _blocks(made, counts))
        if copied:
            copied.begin()
        plain.write(turtle_block(query_triples(run.base), names))
        plain.flush()
        evidence.flush()
        beside.stated(_changed(last, writer, folder, copied) if copied else None)

        drawn = _Drawn()
        made = map(drawn.take, new.numbers, new.made(engine, PaperWriter()))
        writer.begin("papers", lines, graph, edges, packed)
        writer.add(papers, _blocks(made, counts))
        graph.take(edges)
        writer.begin("relations", graph)
        places = (divmod(code, _PLACES) for code in relations.surest)
        drawings = [papers[number][:-2] + place.to_bytes(2) for number, place in places]
        missing = (relations.surest[n] for n in _new(last, "relations", drawings))
        writer.add(drawings, map(drawn.of, missing))
        graph.write(graphml_frame()[1])
    counts.sums = {stream.path.name: stream.sum for stream in streams}
    noted = writer.noted(folder, last.note.maker, (*_LARGE, NAMES, ENTRIES, COLUMNS))
    counts.tally.take(_kept_tally(last, noted, run))
    noted.save(_sorted(counts.tally))
    counts.tally.add(_parsed(noted.rest("graph.ttl")), run.base)
    if papers:
        counts.tally.example = iri("kgp", extractions[0].paper.id, run.base)
    return counts


def _copied(last: Kept, papers: Sequence[bytes], path: Path, engine: Engine) -> "_Copied | None":
    """Return what copies the evidence, if *papers* (digests) are nearly those of the last build."""
    same = len(papers) - len(_new(last, "papers", papers))
    changed = len(papers) + last.count("papers") - 2 * same
    is_near = bool(last.note.files) and changed <= min(_FEW, _SHARE * len(papers))
    return _Copied(path, engine) if is_near else None


def _new(last: Kept, kind: str, digests: Sequence[bytes]) -> list[int]:
    """Return the places of those of *digests* that the *last* build had not."""
    return [place for place, known in enumerate(last.numbers(kind, digests)) if known < 0]


def _blocks(made: Iterable[Written], counts: Counts) -> Iterator[tuple[bytes, ...]]:
    for one in made:
        counts.tally.take(one.tally)
        yield one.blocks


class _Anew(NamedTuple):
    """The papers that are written anew, by their *numbers*."""

    numbers: list[int]
    extractions: Papers
    relations: "_Relations"

    def made(
        self, engine: Engine, by: Callable[[Sequence[Stated]], list[Written]]
    ) -> Iterator[Written]:
        """Yield what *by* makes of each."""
        stated = (
            Stated(self.extractions.raw_of(number), self.relations.support(number))
            for number in self.numbers
        )
        return chain.from_iterable(run_all(engine, by, _pieces(stated, _PAPERS_AT_ONCE)))


def _told(
    made: Iterable[Written], stream: Stream, grown: Callable[[int], None]
) -> Iterator[Written]:
    """Yield what was *made*, and tell how far *stream* has *grown* since."""
    told = 0
    for one in made:
        yield one
        if stream.size - told > _GROWN:
            stream.flush()
            told = stream.size
            grown(told)


class _Drawn:
    """The edges of relations, on disk until they are written in their order."""

    def __init__(self) -> None:
        self._blocks = Spill[bytes](bytes)
        self._numbers: dict[int, int] = {}

    def take(self, number: int, paper: Written) -> Written:
        """Keep the edges of the paper of a *number*, and return it."""
        for place, block in paper.relations:
            self._numbers[number * _PLACES + place] = self._blocks.append(block)
        return paper

    def of(self, code: int) -> tuple[bytes]:
        """Return the edge of a paper and place."""
        return (self._blocks[self._numbers[code]],)


def _sorted(tally: Tally) -> bytes:
    """Return the counts of a *tally* in one form, however they came about."""
    return _encode([sorted(tally.triples.items()), sorted(tally.entities.items())])


class _Copied:
    """The evidence, of which little is new: a worker copies the rest of it while others go on."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.told = Told(path)
        self._engine = engine

    def begin(self) -> None:
        """Let it be copied."""
        asked = [(self.told.path, self.told.pieces)]
        self._copied = self._engine.submit(_put_together, asked, _PATIENCE_S)

    def new(self) -> bytes:
        """Return what the last build had not."""
        return b"".join(piece for piece in self.told.pieces if isinstance(piece, bytes))

    def result(self) -> dict[str, str]:
        """Wait until it is copied; return its name with its BLAKE3."""
        (done,) = answer_of(self._copied)
        if isinstance(done, OSError):
            raise done
        if (note := self.told.path.with_name(BLOCKS)).exists():
            note.touch()  # it tells of files that are no younger
        return {EVIDENCE: done}


def _put_together(asked: Sequence[tuple[Path, Sequence[Piece]]]) -> list[str | OSError]:
    try:
        return [put_together(path, pieces) for path, pieces in asked]
    except OSError as error:  # else it would be taken for the end of the worker
        return [error]


def _changed(last: Kept, writer: Writer, folder: Path, copied: _Copied) -> Change:
    noted = writer.noted(folder, last.note.maker, ("graph.ttl",))
    gone = b"".join(last.without(noted, "papers", EVIDENCE))
    come = copied.new()
    return Change((_turtle(last, noted), gone), (_turtle(noted, last), come), copied.result)


def _turtle(one: Kept, other: Kept) -> bytes:
    """Return what *one* states in other blocks than *other*, or in none."""
    return b"".join([one.rest("graph.ttl"), *_plain(one, other)])


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
        for block in old.without(new, "papers", EVIDENCE):
            gone.add_nquads(block.splitlines())
        tally.take(gone, -1)
    return tally


def _parsed(*turtle: bytes) -> Iterator[Triple]:
    return (quad.triple for quad in parse(b"".join(turtle), RdfFormat.TURTLE))


def _pieces(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


class _Relations:
    """Of each relation of each paper, in their order, how it stands in the whole graph.

    *surest* has for each relation of the graph, in the order of these, where it is surest.
    """

    def __init__(self, extractions: Papers, counts: Counts) -> None:
        self.surest = array("Q")
        self._ends = array("I", [0])
        stated: Rows[Any] = sorted_rows(self._stated(extractions, counts), key=itemgetter(0))
        # most are stated once, and then by the first and the surest
        self._counts = array("I", [1]) * len(stated)
        self._parts = bytearray([FIRST | SUREST]) * len(stated)
        for _, same in groupby(stated, key=itemgetter(0)):
            best, *others = same
            if others:
                rows = [best, *others]
                best = min(rows, key=lambda row: (-row[3], row[1]))
                for row in rows:
                    self._counts[row[2]] = len(rows)
                    self._parts[row[2]] = FIRST * (row is rows[0]) | SUREST * (row is best)
            self.surest.append(best[1] * _PLACES + best[2] - self._ends[best[1]])

    def _stated(self, extractions: Papers, counts: Counts) -> Iterator[tuple[Any, ...]]:
        place = 0
        for number, paper in enumerate(extractions.outlines()):
            counts.papers += 1
            counts.roles += len(paper.entities)
            counts.results += paper.results
            for head, kind, tail, sure in paper.relations:
                # no id holds what stands between them, and all that it holds comes after it
                yield f"{head} {kind} {tail}", number, place, sure
                place += 1
            self._ends.append(place)

    def marked(self, number: int, digest: bytes) -> bytes:
        """Return a digest of the paper that has *digest*, and of how its relations stand."""
        start, end = self._ends[number], self._ends[number + 1]
        if start == end:
            return digest
        return digest_of(digest, self._counts[start:end].tobytes(), bytes(self._parts[start:end]))

    def support(self, number: int) -> Support:
        """Return what is known of the relations of a paper."""
        start, end = self._ends[number], self._ends[number + 1]
        return tuple(zip(self._counts[start:end], self._parts[start:end], strict=True))

"""What an engine runs in its workers: functions over chunks, with what they need kept between."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kg.cache import Cache
from kg.describe import Tally
from kg.engine import Failure
from kg.errors import ExtractionError
from kg.export.networks import graphml_edge, graphml_node
from kg.graph import edge_rows, node_rows
from kg.kept import packed
from kg.model import Entity, Extraction, Paper, Run
from kg.names import joined
from kg.rdf import entity_triples, evidence_nquads, evidence_terms, paper_triples
from kg.records import line_of
from kg.store import turtle_block
from kg.vocab import prefixes

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = [
    "ENTITY_COLUMNS",
    "FIRST",
    "SUREST",
    "EntityWriter",
    "PaperWriter",
    "Reader",
    "Stated",
    "StatementWriter",
    "Support",
    "Written",
    "table_row",
]

_decode = msgspec.msgpack.Decoder(Extraction).decode
_decode_entity = msgspec.msgpack.Decoder(Entity).decode
#: The columns of ``entities.csv``.
ENTITY_COLUMNS = ("id", "name", "type", "generic", "papers", "aliases")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads papers with the pipeline of these settings, which each process makes once."""

    tagger: bool
    lexicon: Path | None

    def __call__(self, papers: Sequence[Paper]) -> list[bytes | Failure]:
        """Return for each paper what the cache keeps of it, or why it could not be read."""
        return [self._one(paper) for paper in papers]

    def _one(self, paper: Paper) -> bytes | Failure:
        from kg.extract import extract  # noqa: PLC0415 - spaCy takes two seconds

        try:
            (found,) = extract([paper], _pipeline(self.tagger, self.lexicon))
        except (ExtractionError, MemoryError, RecursionError) as error:
            return Failure(f"could not be read ({error!r})")
        return Cache.pack(found)


@lru_cache(maxsize=1)
def _pipeline(tagger: bool, lexicon: Path | None) -> "Language":
    from kg.extract import load_pipeline  # noqa: PLC0415

    return load_pipeline(tagger=tagger, lexicon=lexicon)


Support = tuple[tuple[int, int], ...]


class Stated(NamedTuple):
    """A paper; for each of its relations how many papers state it, and which part it plays there.

    The part is the sum of :data:`FIRST` and :data:`SUREST`, as far as the paper is that of all
    that state the relation. The paper goes to its worker in MessagePack, which takes a fifth of the
    time that pickling takes.
    """

    extraction: bytes
    support: Support


#: The paper is the first that states a relation, in whose block of ``graph.ttl`` it stands.
FIRST = 1
#: The paper is the surest of a relation, which gives its edge the evidence.
SUREST = 2


class Written(NamedTuple):
    """An entity or a paper as the files have it.

    *blocks* are of an entity those of ``graph.ttl``, ``graph.graphml`` and ``entities.csv``, of a
    paper those of ``graph.ttl`` and ``evidence.nq`` or, when these are whole, of ``papers.jsonl``,
    of the nodes and the edges of ``graph.graphml``, and of ``papers.bin``; *relations* are the
    edges there of which the paper is the surest, by their places; *tally* counts the statements.
    """

    blocks: tuple[bytes, ...]
    relations: tuple[tuple[int, bytes], ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class StatementWriter:
    """Writes out what papers state, in RDF."""

    run: Run

    def __call__(self, papers: Sequence[Stated]) -> list[Written]:
        """Return what ``graph.ttl`` and ``evidence.nq`` hold of each paper."""
        return [self._one(*paper) for paper in papers]

    def _one(self, raw: bytes, support: Support) -> Written:
        found = _decode(raw)
        counts = {
            (r.head, r.type.value, r.tail): count
            for r, (count, _) in zip(found.relations, support, strict=True)
        }
        new = [r for r, (_, part) in zip(found.relations, support, strict=True) if part & FIRST]
        plain = list(paper_triples(found, new, self.run.base))
        evidence = evidence_terms(found, self.run, counts)
        tally = Tally()
        tally.add(plain, self.run.base)
        tally.add_terms(evidence)
        blocks = (
            turtle_block(plain, prefixes(self.run.base)),
            evidence_nquads(evidence, found.paper, self.run),
        )
        return Written(blocks, (), tally)


class PaperWriter:
    """Writes out papers."""

    def __call__(self, papers: Sequence[Stated]) -> list[Written]:
        """Return what the other files hold of each paper."""
        return [self._one(*paper) for paper in papers]

    def _one(self, raw: bytes, support: Support) -> Written:
        found = _decode(raw)
        edges = list(edge_rows(found))
        end = len(edges) - len(found.relations)
        return Written(
            blocks=(
                line_of(found),
                b"".join(map(graphml_node, node_rows([found], ()))),
                b"".join(map(graphml_edge, edges[:end])),
                packed(raw),
            ),
            relations=tuple(
                (place, graphml_edge({**edge, "support": count}))
                for place, (edge, (count, part)) in enumerate(
                    zip(edges[end:], support, strict=True)
                )
                if part & SUREST
            ),
            tally=Tally(),
        )


def table_row(*cells: object) -> bytes:
    """Return a row of a table as CSV (RFC 4180, but its line ends in a line feed)."""
    row = io.StringIO(newline="")
    csv.writer(row, lineterminator="\n").writerow(cells)
    return row.getvalue().encode()


@dataclass(frozen=True, slots=True)
class EntityWriter:
    """Writes out entities."""

    base: str

    def __call__(self, entities: Sequence[bytes]) -> list[Written]:
        """Return what the files hold of each entity, which is given in MessagePack."""
        return [self._one(_decode_entity(raw)) for raw in entities]

    def _one(self, entity: Entity) -> Written:
        plain = list(entity_triples(entity, self.base))
        tally = Tally()
        tally.add(plain, self.base)
        (node,) = node_rows((), [entity])
        row = table_row(
            entity.id,
            entity.name,
            entity.type.value,
            str(entity.generic).lower(),
            entity.papers,
            joined(entity.aliases),
        )
        blocks = turtle_block(plain, prefixes(self.base)), graphml_node(node), row
        return Written(blocks, (), tally)

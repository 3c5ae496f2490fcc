"""What an engine runs in its workers: functions over chunks, with what they need kept between."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kg.cache import Cache
from kg.engine import Failure
from kg.errors import ExtractionError
from kg.model import Entity, Extraction, Paper, Run
from kg.rdf import entity_triples, evidence_nquads, paper_triples
from kg.records import to_record
from kg.store import turtle_block
from kg.vocab import prefixes

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["EntityWriter", "PaperWriter", "Reader", "Stated", "Written"]

_decode = msgspec.msgpack.Decoder(Extraction).decode


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


class Stated(NamedTuple):
    """A paper; for each of its relations how many papers state it, and whether it is the first.

    It goes to its worker in MessagePack, which takes a fifth of the time that pickling takes.
    """

    extraction: bytes
    support: tuple[tuple[int, bool], ...]


class Written(NamedTuple):
    """A paper as ``papers.jsonl``, ``graph.ttl`` and ``evidence.nq`` have it, and its counts."""

    record: bytes
    plain: bytes
    evidence: bytes
    roles: int
    results: int


@dataclass(frozen=True, slots=True)
class PaperWriter:
    """Writes out papers."""

    run: Run

    def __call__(self, papers: Sequence[Stated]) -> list[Written]:
        """Return what the files hold of each paper."""
        return [self._one(*paper) for paper in papers]

    def _one(self, raw: bytes, support: tuple[tuple[int, bool], ...]) -> Written:
        found = _decode(raw)
        counts = {
            (r.head, r.type.value, r.tail): count
            for r, (count, _) in zip(found.relations, support, strict=True)
        }
        new = [r for r, (_, first) in zip(found.relations, support, strict=True) if first]
        plain = paper_triples(found, new, self.run.base)
        return Written(
            record=(json.dumps(to_record(found), ensure_ascii=False) + "\n").encode(),
            plain=turtle_block(plain, prefixes(self.run.base)),
            evidence=evidence_nquads(found, self.run, counts),
            roles=len(found.entities),
            results=len(found.results),
        )


@dataclass(frozen=True, slots=True)
class EntityWriter:
    """Writes out entities."""

    base: str

    def __call__(self, entities: Sequence[Entity]) -> list[bytes]:
        """Return what ``graph.ttl`` holds of each entity."""
        names = prefixes(self.base)
        return [turtle_block(entity_triples(entity, self.base), names) for entity in entities]

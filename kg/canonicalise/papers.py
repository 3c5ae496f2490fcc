"""Papers on their way through: as they were read, and under canonical names."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import msgspec
import numpy as np

from kg.canonicalise.remembered import Columns, Remembered
from kg.kept import digest_of, packed, unpacked
from kg.model import Extraction
from kg.spill import Spill

__all__ = ["Outline", "Papers", "Read", "Shelved"]

_decode = msgspec.msgpack.Decoder(Extraction).decode


@runtime_checkable
class Read(Protocol):
    """What was read in each paper, by paper id; fetched from where it is only if it is wanted."""

    @property
    def digests(self) -> Sequence[bytes]:
        """Return a digest (16 bytes) of each paper, its text and all that reads it."""

    def raws(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Yield what was read in the papers of these *numbers*, in MessagePack."""


class Shelved:
    """Extractions that came in any order."""

    def __init__(self, extractions: Iterable[Extraction]) -> None:
        ordered = sorted(extractions, key=lambda extraction: extraction.paper.id)
        self._shelf = Spill[Extraction](Extraction, ordered)
        self.digests = [digest_of(raw) for raw in self._shelf.raw()]

    def raws(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Yield the extractions of these *numbers*, in MessagePack."""
        return map(self._shelf.raw_of, numbers)


class Outline(msgspec.Struct, array_like=True):
    """Of a canonical paper what is counted: the ids that it names, what it states, its results.

    A relation is its head, type, tail and confidence.
    """

    entities: list[str]
    relations: list[tuple[str, str, str, float]]
    results: int


class _Named(msgspec.Struct, array_like=True):
    """Of an outline the ids."""

    entities: list[str]


class Papers:
    """Canonical papers by id: those made *anew*, and those that are what they were in the *last*.

    *old* has the number that each had there, or -1 if it is the next one of *anew*; *columns* are
    those of all.
    """

    def __init__(
        self,
        anew: Spill[Extraction],
        old: "np.ndarray",
        last: Remembered,
        columns: Columns,
    ) -> None:
        self._anew = anew
        self._old = old
        self._places = np.cumsum(old < 0) - 1
        self._last = last
        self._columns = columns

    def __len__(self) -> int:
        return len(self._old)

    def __iter__(self) -> Iterator[Extraction]:
        return (_decode(self.raw_of(number)) for number in range(len(self)))

    def __getitem__(self, number: int) -> Extraction:
        return _decode(self.raw_of(number))

    def raw_of(self, number: int) -> bytes:
        """Return a paper in MessagePack."""
        old = int(self._old[number])
        if old < 0:
            return self._anew.raw_of(int(self._places[number]))
        return unpacked(self._last.fetch(old))

    def packed(self, numbers: Iterable[int]) -> list[bytes]:
        """Return the papers of these *numbers*, each as it is :func:`kg.kept.packed`."""
        old = ((number, int(self._old[number])) for number in numbers)
        return [
            packed(self.raw_of(number), 0) if before < 0 else self._last.fetch(before)
            for number, before in old
        ]

    def named(self) -> Iterator[list[str]]:
        """Yield the ids that each paper names, once each."""
        known = map(msgspec.msgpack.Decoder(_Named).decode, self._columns.outlines)
        return (paper.entities for paper in known)

    def outlines(self) -> Iterator[Outline]:
        """Yield the outline of each paper."""
        return map(msgspec.msgpack.Decoder(Outline).decode, self._columns.outlines)

    def digests(self) -> Iterator[bytes]:
        """Yield a digest (16 bytes) of each paper."""
        return iter(self._columns.canonical)

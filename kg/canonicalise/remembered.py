"""What one bringing together of names leaves to the next, in columns.

These have one row a paper, a reading or a group.

With it only what new papers touch is worked out anew: their readings, the groups of these, and the
papers that name a group whose id, name or type became another.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from kg.canonicalise.naming import short_forms
from kg.kept import Ragged

__all__ = ["Columns", "Remembered"]


class Columns(msgspec.Struct, array_like=True):
    """Of each paper, by id: what it was, what it names, and what came of it; and the groups.

    *maker* is a digest of the settings. *digests* are of the papers as they were read (16 bytes
    each), *canonical* of what they became; *marks* are those of the keys that its readings go by
    (:meth:`kg.canonicalise.naming.Naming.readings`), *owners* the number of the group of each
    reading (``I``), *outlines* what of the paper later stages count. *readings* holds the readings
    of all papers, one row each. *groups* are the keys, sorted; *drafts* the entities in
    MessagePack, by group, *draft_digests* those of these (16 bytes), and *ids* those that could not
    have the id of their draft. *roots* are where keys lead.
    """

    maker: str = ""
    digests: Ragged = Ragged()
    canonical: Ragged = Ragged()
    definitions: list[tuple[tuple[str, str], ...]] = []
    readings: Ragged = Ragged()
    marks: Ragged = Ragged()
    owners: Ragged = Ragged()
    outlines: Ragged = Ragged()
    groups: list[str] = []
    drafts: Ragged = Ragged()
    draft_digests: Ragged = Ragged()
    ids: dict[int, str] = {}
    roots: dict[str, str] = {}


class Remembered:
    """What *columns* tell, which one bringing together of names left.

    *fetch* returns the canonical paper that had a number there, as :func:`kg.kept.packed` packs it.
    """

    def __init__(self, columns: Columns, fetch: Callable[[int], bytes] | None = None) -> None:
        self.columns = columns
        self.fetch = fetch or _none

    @classmethod
    def read(cls, path: Path, fetch: Callable[[int], bytes]) -> "Remembered | None":
        """Return what the file *path* holds, None if it cannot be read."""
        with suppress(OSError, msgspec.MsgspecError):
            return cls(msgspec.msgpack.decode(path.read_bytes(), type=Columns), fetch)
        return None

    def save(self, path: Path) -> None:
        """Write it to the file *path*."""
        path.write_bytes(msgspec.msgpack.encode(self.columns))

    def fold(self) -> None:
        """Fold the names that papers defined; the next one, which wants them, has them at hand."""
        short_forms(self.columns.definitions)

    @cached_property
    def owners(self) -> "np.ndarray":
        """The number of the group of each reading."""
        return np.frombuffer(self.columns.owners.values, dtype=np.uint32)

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {digest: number for number, digest in enumerate(self.columns.digests)}

    def knows(self, digest: bytes) -> bool:
        """Tell whether a paper had this *digest*."""
        return digest in self._numbers

    def numbers_of(self, digests: Sequence[bytes]) -> "np.ndarray":
        """Return for each of *digests* the number of the paper that had it, -1 if none had."""
        return np.array([self._numbers.get(digest, -1) for digest in digests], dtype=np.int64)

    def marked(self, marks: Iterable[int]) -> "np.ndarray":
        """Return the numbers of the papers that have one of *marks*."""
        column = self.columns.marks
        every = np.frombuffer(column.values, dtype=np.uint32)
        return _rows(column, np.isin(every, np.array(sorted(marks), dtype=np.uint32)))

    def naming(self, groups: Sequence[int]) -> "np.ndarray":
        """Return the numbers of the papers that name one of *groups*, by number."""
        wanted = np.isin(self.owners, np.array(groups, dtype=np.uint32))
        return _rows(self.columns.owners, wanted)

    def groups_of(self, papers: "np.ndarray") -> list[int]:
        """Return the numbers of the groups of *papers*, a mask over all."""
        rows = np.repeat(papers, self.columns.owners.lengths // 4)
        return list(map(int, np.unique(self.owners[rows])))


def _none(number: int) -> bytes:
    raise KeyError(number)


def _rows(column: Ragged, wanted: "np.ndarray") -> "np.ndarray":
    """Return the numbers of the rows of *column*, of four bytes a value, with a *wanted* value."""
    found = np.flatnonzero(wanted) * 4
    return np.unique(np.searchsorted(column.starts, found, side="right") - 1)

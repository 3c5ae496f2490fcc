"""The entries that a graph is made of, in its folder, and the papers that they stand for.

``entries.jsonl.gz`` holds the entries as they were read, those of one paper together and papers by
id, in gzip members (RFC 1952, section 2.2) of a dozen papers or so. ``entries.bin`` notes in
columns which papers these are, and the keys on which entries meet. A paper that has no key in
common with a new entry is what it was: it is neither unpacked nor joined again, and the members
that only such papers are in are copied.
"""

import gzip
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from kg.errors import GraphError
from kg.kept import Ragged, digest_of
from kg.model import Paper
from kg.read import Joined, paper_of
from kg.spill import Spill

__all__ = ["COLUMNS", "ENTRIES", "Entries", "Last", "read_entries_of"]

#: The file of an output folder that holds the entries it was made of.
ENTRIES = "entries.jsonl.gz"
#: The file that notes what tells whether new entries touch a paper.
COLUMNS = "entries.bin"
#: One in so many papers, by its id, is the last of a member.
_MEMBER = 16
_SIZE = 16
_UNPACKED = 16

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Paper).decode


class Columns(msgspec.Struct, array_like=True):
    """Of each paper, by id: a digest of it, the count of its entries (``I``), marks of their keys.

    *shared* are the arXiv ids and DOIs that are no paper's own, as keys; *members* (``I``) how
    long each member of the file is.
    """

    ids: list[str] = []
    digests: bytes = b""
    counts: bytes = b""
    marks: Ragged = Ragged()
    shared: list[str] = []
    members: bytes = b""


class Last:
    """The papers of the last build, in its *folder*; raise ``GraphError`` if it cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ENTRIES
        try:
            raw = (folder / COLUMNS).read_bytes()
            self.columns = msgspec.msgpack.decode(raw, type=Columns)
        except (OSError, msgspec.MsgspecError) as error:
            raise _unreadable(folder / COLUMNS, error) from error
        self.counts = np.frombuffer(self.columns.counts, np.uint32)
        self._lines = _starts(self.counts)
        self._places = _starts(np.frombuffer(self.columns.members, np.uint32))
        self._firsts = _firsts(self.columns.ids)
        self._members = {pair: number for number, pair in enumerate(pairwise(self._firsts))}
        self._unpacked = lru_cache(_UNPACKED)(self._unpack)

    def touched(self, keys: Iterable[str]) -> "np.ndarray":
        """Return a mask over all papers of those that an entry with one of *keys* may change.

        What a touched paper has in common with others touches these too, so that the touched ones
        and the new entries can be joined without the rest. Marks of keys are compared, so that a
        few may be taken for touched that are not.
        """
        column = self.columns.marks
        every = np.frombuffer(column.values, np.uint32)
        owners = np.repeat(np.arange(len(self.columns.ids)), column.lengths // 4)
        touched = np.zeros(len(self.columns.ids), bool)
        wanted = np.frombuffer(_marks(keys), np.uint32)
        while len(found := owners[np.isin(every, wanted)]) and not touched[found].all():
            touched[found] = True
            wanted = every[touched[owners]]
        return touched

    def digest(self, number: int) -> bytes:
        """Return the digest of the paper of a *number*."""
        return self.columns.digests[number * _SIZE : (number + 1) * _SIZE]

    def lines(self, number: int) -> list[bytes]:
        """Return the entries of the paper of a *number*, as they stand in the file."""
        member = bisect_right(self._firsts, number) - 1
        first = self._lines[self._firsts[member]]
        return self._unpacked(member)[self._lines[number] - first : self._lines[number + 1] - first]

    def entries(self, number: int) -> list[Paper]:
        """Return the entries of the paper of a *number*."""
        try:
            return list(map(_decode, self.lines(number)))
        except msgspec.MsgspecError as error:
            raise _unreadable(self._path, error) from error

    def member(self, first: int, end: int) -> bytes | None:
        """Return the member of the papers from *first* to before *end*, packed; None if none is."""
        number = self._members.get((first, end))
        return None if number is None else self._read(number)

    def _read(self, member: int) -> bytes:
        start, end = self._places[member : member + 2].tolist()
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def _unpack(self, member: int) -> list[bytes]:
        try:
            return gzip.decompress(self._read(member)).splitlines(keepends=True)
        except (OSError, EOFError, zlib.error) as error:
            raise _unreadable(self._path, error) from error


class Entries:
    """The papers of new entries and of *last*, sorted by id; each is made when it is asked for.

    *shelf* holds the new entries and those of touched papers, *keys* their keys; the papers of
    *last* that have the numbers *untouched* come to them.
    """

    def __init__(
        self,
        shelf: Spill[Paper],
        keys: Sequence[tuple[str, ...]],
        last: Last | None = None,
        untouched: "np.ndarray | None" = None,
    ) -> None:
        self._keys = keys
        self._joined = Joined(shelf, keys)
        self._last = last
        olds = [] if untouched is None else untouched.tolist()
        known = last.columns.ids if last else []
        ids = [*(known[number] for number in olds), *self._joined.ids]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        codes = [*olds, *range(-1, -1 - len(self._joined), -1)]
        self.ids = [ids[number] for number in order]
        # a number in the last build, or below zero one among the joined: -1 is the first of them
        self._codes = [codes[number] for number in order]
        self._counts = array("I", map(self._joined.count, range(len(self._joined))))
        #: How many entries these are, each counted once.
        self.count = sum(self._counts) + (int(last.counts[untouched].sum()) if last else 0)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Paper]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> Paper:
        code = self._codes[number]
        if self._last is None or code < 0:
            return self._joined[-1 - code]
        return paper_of(self._last.entries(code), self._shared)

    @cached_property
    def digests(self) -> list[bytes]:
        """A digest of each paper, of 16 bytes."""
        new = map(digest_of, self._joined.raws())
        last = self._last
        return [last.digest(code) if last and code >= 0 else next(new) for code in self._codes]

    def write(self, folder: Path) -> None:
        """Write the two files."""
        members = array("I")
        with (folder / ENTRIES).open("wb") as out:
            for first, end in pairwise(_firsts(self.ids)):
                raw = self._same(first, end) or self._packed(first, end)
                members.append(out.write(raw))
        codes = np.array(self._codes, np.int64)
        old = codes >= 0
        both = np.zeros(len(codes), np.uint32)
        both[~old] = self._counts
        last = self._last.columns if self._last else Columns()
        both[old] = np.frombuffer(last.counts, np.uint32)[codes[old]]
        columns = Columns(
            self.ids,
            b"".join(self.digests),
            both.tobytes(),
            last.marks.merged(np.maximum(codes, -1), map(self._marks_of, codes[~old].tolist())),
            sorted({*self._shared, *self._joined.shared}),
            members.tobytes(),
        )
        (folder / COLUMNS).write_bytes(msgspec.msgpack.encode(columns))

    @cached_property
    def _shared(self) -> frozenset[str]:
        """The ids that are no paper's own, of the papers of the last build that stay."""
        if self._last is None or not (shared := self._last.columns.shared):
            return frozenset()
        marks = self._last.columns.marks
        left = {marks[code] for code in self._codes if code >= 0}
        some = {mark for row in left for mark in array("I", row)}
        return frozenset(key for key in shared if _mark(key) in some)

    def _marks_of(self, code: int) -> bytes:
        numbers = self._joined.group(-1 - code)
        return _marks(key for number in numbers for key in self._keys[number])

    def _same(self, first: int, end: int) -> bytes | None:
        """Return the member of the last build that the papers from *first* to *end* are."""
        codes = self._codes[first:end]
        if self._last is None or codes != list(range(codes[0], codes[0] + len(codes))):
            return None
        return self._last.member(codes[0], codes[0] + len(codes))

    def _packed(self, first: int, end: int) -> bytes:
        lines: list[bytes] = []
        for code in self._codes[first:end]:
            if self._last and code >= 0:
                lines += self._last.lines(code)
            else:
                lines += [_encode(entry) + b"\n" for entry in self._joined.entries(-1 - code)]
        # no time in the header: the same entries, the same bytes
        return gzip.compress(b"".join(lines), 1, mtime=0)


def read_entries_of(folder: Path) -> Iterator[Paper]:
    """Yield all entries that the graph in *folder* was made of.

    Raises ``GraphError`` if they cannot be read.
    """
    path = folder / ENTRIES
    try:
        with gzip.open(path) as lines:
            yield from map(_decode, lines)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> GraphError:
    return GraphError(
        f"{path}: what the graph was made of cannot be read ({error}), so that nothing can be "
        "added; give all inputs and --sync"
    )


def _firsts(ids: Sequence[str]) -> list[int]:
    """Return the number of the first paper of each member, and after these that of all papers."""
    lasts = (n for n, id_ in enumerate(ids, 1) if not zlib.crc32(id_.encode()) % _MEMBER)
    return sorted({0, *lasts, len(ids)})


def _starts(sizes: "np.ndarray") -> "np.ndarray":
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])


def _marks(keys: Iterable[str]) -> bytes:
    """Return CRC-32 marks of *keys*, each once, in their order (``I``)."""
    return array("I", sorted(set(map(_mark, keys)))).tobytes()


def _mark(key: str) -> int:
    return zlib.crc32(key.encode(errors="surrogatepass"))

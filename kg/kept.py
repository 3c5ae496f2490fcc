"""Blocks of files that one build takes over from the last.

The large files of an output folder are rows of blocks: some for each entity, paper and relation.
``blocks.bin`` notes for each of these a digest of all that its blocks are made of, and how long
they are. A later build copies the blocks of the digests that it knows, and makes the others.
"""

import os
import weakref
import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import cached_property
from hashlib import blake2b
from importlib import metadata, resources
from io import FileIO
from itertools import chain, islice, pairwise
from pathlib import Path

import msgspec
import numpy as np
from blake3 import blake3

__all__ = [
    "BLOCKS",
    "NAMES",
    "PAPERS",
    "Kept",
    "Piece",
    "Ragged",
    "Stream",
    "Told",
    "Writer",
    "digest_of",
    "maker_of",
    "packed",
    "put_together",
    "stretches",
    "unpacked",
]

#: The file of an output folder that notes the blocks of the others.
BLOCKS = "blocks.bin"
#: The file that holds what is remembered of names (:class:`kg.canonicalise.Remembered`).
NAMES = "names.bin"
#: The file that holds the canonical papers as the next build reads them.
PAPERS = "papers.bin"
_SIZE = 16
#: Bytes that are copied at once: what a processor has next to it. More take twice the time.
_COPIED = 1 << 18
_LET_GO = 1 << 26
#: Bytes read ahead at once, bytes of these under way, and the part of the memory that all may take.
_AHEAD, _UNDER_WAY, _AHEAD_SHARE = 1 << 17, 1 << 21, 0.25


class Part(msgspec.Struct, array_like=True):
    """A block for each item, one after the other: in which file, from where on, how long."""

    file: str
    start: int
    sizes: bytes


class Note(msgspec.Struct, array_like=True):
    """What ``blocks.bin`` holds: who wrote the files, how long they are, and their parts."""

    maker: str
    files: dict[str, int] = {}
    digests: dict[str, bytes] = {}
    parts: dict[str, list[Part]] = {}
    more: bytes = b""


def digest_of(*raw: bytes) -> bytes:
    """Return 16 bytes that no other *raw* has."""
    digest = blake2b(digest_size=_SIZE)
    for one in raw:
        digest.update(len(one).to_bytes(8) + one)
    return digest.digest()


def packed(raw: bytes, level: int = 1) -> bytes:
    """Return *raw* as it stands in ``papers.bin``."""
    return zlib.compress(raw, level)


def unpacked(block: bytes) -> bytes:
    """Return what :func:`packed` was given."""
    return zlib.decompress(block)


def maker_of(*options: object) -> str:
    """Return a digest of the program that writes the folder, and of its *options*."""
    package = Path(str(resources.files("kg")))
    places = ("*.py", "*/*.py", "viewer/template.html", "viewer/static/*")
    code = sorted(path for place in places for path in package.glob(place))
    asked = repr((metadata.version("pyoxigraph"), options)).encode()
    return digest_of(asked, *(path.read_bytes() for path in code)).hex()


class Kept:
    """The blocks of the files in *folder*, by kinds of items (as entities) and digests of these."""

    def __init__(self, folder: Path, note: Note) -> None:
        self.folder = folder
        self.note = note
        self._numbers: dict[str, dict[bytes, int]] = {}
        self._open: dict[str, FileIO] = {}
        self._places = {
            kind: [(part.file, _starts(part), array("I", part.sizes)) for part in parts]
            for kind, parts in note.parts.items()
        }

    @classmethod
    def read(cls, folder: Path | None, maker: str) -> "Kept":
        """Return what *folder* notes, if *maker* made it and its files are as they were.

        Else there is nothing to keep. A file that was changed since has another size, or is younger
        than the note.
        """
        with suppress(OSError, msgspec.MsgspecError):
            if folder is not None:
                path = folder / BLOCKS
                note = msgspec.msgpack.decode(path.read_bytes(), type=Note)
                told = {name: (folder / name).stat() for name in note.files}
                if note.maker == maker and all(
                    told[name].st_size == size and told[name].st_mtime_ns <= path.stat().st_mtime_ns
                    for name, size in note.files.items()
                ):
                    return cls(folder, note)
        return cls(folder or Path(), Note(maker))

    def numbers(self, kind: str, digests: Iterable[bytes]) -> list[int]:
        """Return the numbers of the items that have these *digests*, -1 where there is none."""
        if kind not in self._numbers:
            self._numbers[kind] = {digest: n for n, digest in enumerate(self._digests(kind))}
        known = self._numbers[kind]
        return [known.get(digest, -1) for digest in digests]

    def index(self) -> None:
        """Number the items of all kinds: who asks for a number has them at hand then."""
        for kind in self.note.digests:
            self.numbers(kind, ())

    def count(self, kind: str) -> int:
        """Return how many items of a *kind* there are."""
        return len(self.note.digests.get(kind, b"")) // _SIZE

    def _digests(self, kind: str) -> Iterator[bytes]:
        raw = self.note.digests.get(kind, b"")
        return (raw[i : i + _SIZE] for i in range(0, len(raw), _SIZE))

    def places(
        self, kind: str, number: int, count: int = 1
    ) -> Iterator[tuple[str, int, int, "array[int]"]]:
        """Yield for the blocks of *count* items their file, start and end, and how long each is."""
        for file, starts, sizes in self._places[kind]:
            yield file, starts[number], starts[number + count], sizes[number : number + count]

    def block(self, kind: str, number: int, file: str) -> bytes:
        """Return the block of an item in *file*."""
        name, start, end, _ = next(p for p in self.places(kind, number) if p[0] == file)
        if name not in self._open:
            self._open[name] = (self.folder / name).open("rb", buffering=0)
            weakref.finalize(self, self._open[name].close)
        self._open[name].seek(start)
        return self._open[name].read(end - start)

    def without(self, other: "Kept", kind: str, file: str) -> Iterator[bytes]:
        """Yield the blocks in *file* of those items that *other* does not have."""
        for number, known in enumerate(other.numbers(kind, self._digests(kind))):
            if known < 0:
                yield self.block(kind, number, file)

    def rest(self, file: str) -> bytes:
        """Return what of *file* is no block."""
        rows = sorted(
            (starts[0], starts[-1])
            for parts in self._places.values()
            for name, starts, _ in parts
            if name == file
        )
        found, last = [], 0
        with (self.folder / file).open("rb") as lines:
            for start, end in (*rows, (self.note.files[file], 0)):
                lines.seek(last)
                found.append(lines.read(start - last))
                last = end
        return b"".join(found)

    def read_ahead(self, name: str) -> None:
        """Let the system read a file into its memory, if it takes no large part of that."""
        with suppress(AttributeError, OSError, ValueError):  # not everywhere
            memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            size = self.note.files[name]
            if size < _AHEAD_SHARE * memory:
                with (self.folder / name).open("rb") as file:
                    for place in range(0, size, _AHEAD):  # Linux takes no more at a time
                        os.posix_fadvise(file.fileno(), place, _AHEAD, os.POSIX_FADV_WILLNEED)
                        # with more under way, who wants a page of another file waits a second
                        os.pread(file.fileno(), 1, max(0, place - _UNDER_WAY))

    def save(self, more: bytes) -> None:
        """Write the note, with *more* for whoever wants it."""
        self.note.more = more
        (self.folder / BLOCKS).write_bytes(msgspec.msgpack.encode(self.note))


def _starts(part: Part) -> Sequence[int]:
    sizes = np.frombuffer(part.sizes, dtype=np.uint32)
    ends = part.start + np.cumsum(sizes, dtype=np.uint64)
    return array("Q", [part.start]) + array("Q", ends.tobytes())


def stretches(numbers: "Sequence[int] | np.ndarray") -> Iterator[tuple[int, int]]:
    """Yield what follows itself in *numbers* as a first number and a count; -1 stands alone."""
    row = np.asarray(numbers, dtype=np.int64)
    begins = np.ones(len(row), dtype=bool)
    begins[1:] = (row[1:] != row[:-1] + 1) | (row[:-1] < 0)
    starts = np.flatnonzero(begins)
    counts = np.diff(starts, append=len(row))
    return zip(row[starts].tolist(), counts.tolist(), strict=True)


class Ragged(msgspec.Struct, array_like=True, frozen=True, dict=True):
    """Rows of bytes of different lengths, one after the other; *sizes* is an array of ``I``."""

    sizes: bytes = b""
    values: bytes = b""

    @classmethod
    def of(cls, rows: Iterable[bytes]) -> "Ragged":
        """Return *rows* in their order."""
        return cls().merged(None, rows)

    @cached_property
    def starts(self) -> "np.ndarray":
        """Where each row starts, and where the last one ends."""
        return np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])

    @property
    def lengths(self) -> "np.ndarray":
        """How long each row is."""
        return np.frombuffer(self.sizes, dtype=np.uint32)

    def __getitem__(self, number: int) -> bytes:
        return self.values[self.starts[number] : self.starts[number + 1]]

    def __iter__(self) -> Iterator[bytes]:
        ends = self.starts.tolist()
        return (self.values[a:b] for a, b in pairwise(ends))

    def merged(self, old: "np.ndarray | None", new: Iterable[bytes]) -> "Ragged":
        """Return a row for each number in *old*: the one of that number, or for -1 the next *new*.

        Without *old* all are *new*.
        """
        sizes, values, rest = array("I"), bytearray(), iter(new)
        if old is None:
            for row in rest:
                sizes.append(len(row))
                values += row
            return Ragged(sizes.tobytes(), bytes(values))
        whole, mine = memoryview(self.values), memoryview(self.sizes)
        for first, count in stretches(old):
            if first < 0:
                row = next(rest)
                sizes.append(len(row))
                values += row
            else:
                sizes.frombytes(mine[first * sizes.itemsize : (first + count) * sizes.itemsize])
                values += whole[self.starts[first] : self.starts[first + count]]
        return Ragged(sizes.tobytes(), bytes(values))


class Stream:
    """A file that is written block by block; what follows itself in an older file is one copy."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start = 0
        self.size = 0
        self._digest = blake3()
        # blocks are large, and most are copied: a buffer would be one copy more
        self._out = path.open("w+b", buffering=0)
        self._copied: tuple[FileIO, int, int] | None = None
        self._let_go = 0
        self._buffer = memoryview(bytearray(_COPIED))

    def write(self, raw: bytes) -> None:
        """Add *raw*."""
        self._copy()
        self._write(memoryview(raw))
        self.size += len(raw)

    def copy(self, file: FileIO, start: int, end: int) -> None:
        """Add what stands in *file* from *start* to *end*."""
        if self._copied and self._copied[0] is file and self._copied[2] == start:
            self._copied = (file, self._copied[1], end)
        else:
            self._copy()
            self._copied = (file, start, end)
        self.size += end - start

    def take(self, other: "Stream | Told") -> None:
        """Add all of *other*, whose file, if it has one, goes."""
        start = self.size
        if isinstance(other, Told):
            self.put(other.pieces)
        else:
            other.flush()
            other.path.unlink()
            self.copy(other._out, 0, other.size)  # noqa: SLF001
            self._copy()
            other.close()
        other.start, other.path = start, self.path

    def put(self, pieces: "Iterable[Piece]") -> None:
        """Add one of *pieces* after the other."""
        with ExitStack() as stack:
            others: dict[Path, FileIO] = {}
            for piece in pieces:
                if isinstance(piece, bytes):
                    self.write(piece)
                    continue
                path, start, end = piece
                if path not in others:
                    others[path] = stack.enter_context(path.open("rb", buffering=0))
                self.copy(others[path], start, end)
            self._copy()

    @property
    def sum(self) -> str:
        """The BLAKE3 of the file, in hexadecimal digits."""
        return self._digest.hexdigest()

    def flush(self) -> None:
        """Let others read what was added."""
        self._copy()

    def close(self) -> None:
        """Close the file."""
        self._copy()
        self._out.close()

    def _copy(self) -> None:
        if self._copied is None:
            return
        file, place, end = self._copied
        self._copied = None
        file.seek(place)
        while place < end:
            size = file.readinto(self._buffer[: end - place])
            if not size:
                raise OSError(f"{file.name} is shorter than it was")
            self._write(self._buffer[:size])
            place += size
        if place - self._let_go > _LET_GO:
            with suppress(AttributeError, OSError):  # not everywhere
                # the copy can have the memory of what is not read again
                size = place - self._let_go
                os.posix_fadvise(file.fileno(), self._let_go, size, os.POSIX_FADV_DONTNEED)
            self._let_go = place

    def _write(self, raw: memoryview) -> None:
        self._digest.update(raw)  # it still is next to the processor
        while raw:
            raw = raw[self._out.write(raw) :]


#: What a file can be put together of: bytes, or from where to where of another file.
Piece = bytes | tuple[Path, int, int]


class Told:
    """A file, as a :class:`Stream`, whose *pieces* are told, and written by whoever wants to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start = 0
        self.size = 0
        self.pieces: list[Piece] = []

    def write(self, raw: bytes) -> None:
        """Add *raw*."""
        self.pieces.append(raw)
        self.size += len(raw)

    def copy(self, file: FileIO, start: int, end: int) -> None:
        """Add what stands in *file* from *start* to *end*."""
        self.pieces.append((Path(file.name), start, end))
        self.size += end - start


def put_together(path: Path, pieces: Iterable[Piece]) -> str:
    """Write the file *path*, one of its *pieces* after the other, and return its BLAKE3."""
    with closing(Stream(path)) as stream:
        stream.put(pieces)
        return stream.sum


class Writer:
    """Writes the blocks of items, or takes them over from the *last* build, and notes them."""

    def __init__(self, last: Kept) -> None:
        self._last = last
        self._old: dict[str, FileIO] = {}
        self._kind, self._first = "", 0
        self._digests: dict[str, bytes] = {}
        self._parts: dict[str, list[tuple[Stream | Told, int, array[int]]]] = {}

    def begin(self, kind: str, *streams: Stream | Told) -> None:
        """Begin the items of a *kind*, with a block each in each of *streams*.

        A kind that was begun before has these streams too.
        """
        self._kind = kind
        parts = self._parts.setdefault(kind, [])
        self._first = len(parts)
        parts += [(stream, stream.size, array("I")) for stream in streams]

    def add(self, digests: Sequence[bytes], blocks: Iterator[Iterable[bytes]]) -> None:
        """Add the items of *digests*: what the last build has of each, else the next *blocks*."""
        mine = self._first, len(self._parts[self._kind])
        parts = self._parts[self._kind][self._first :]
        self._digests[self._kind] = b"".join(digests)
        for number, count in stretches(self._last.numbers(self._kind, digests)):
            if number < 0:
                for (stream, _, sizes), block in zip(parts, next(blocks), strict=True):
                    stream.write(block)
                    sizes.append(len(block))
                continue
            places = islice(self._last.places(self._kind, number, count), *mine)
            for (stream, _, sizes), (name, start, end, known) in zip(parts, places, strict=True):
                if name not in self._old:
                    self._old[name] = (self._last.folder / name).open("rb", buffering=0)
                stream.copy(self._old[name], start, end)
                sizes.extend(known)

    def close(self) -> None:
        """Close what was read of the last build."""
        for file in self._old.values():
            file.close()

    def noted(self, folder: Path, maker: str, files: Collection[str]) -> Kept:
        """Return what was written to the *files* of *folder*."""
        ends: dict[str, int] = {}
        for stream, *_ in chain.from_iterable(self._parts.values()):
            name = stream.path.name
            ends[name] = max(ends.get(name, 0), stream.start + stream.size)
        for name in set(files) - set(ends):
            ends[name] = (folder / name).stat().st_size
        note = Note(maker, {name: ends[name] for name in files})
        for kind, rows in self._parts.items():
            note.digests[kind] = self._digests[kind]
            note.parts[kind] = [
                Part(stream.path.name, stream.start + begin, sizes.tobytes())
                for stream, begin, sizes in rows
            ]
        return Kept(folder, note)

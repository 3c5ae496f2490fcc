"""Values kept on disk while a build runs, so that memory does not grow with the corpus.

:class:`Spill` keeps values in their order; :func:`sorted_rows` is an external merge sort (Knuth,
The Art of Computer Programming, vol. 3, section 5.4): runs sorted in memory, then merged. Both live
in nameless temporary files, which vanish with the process.
"""

import heapq
import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from threading import Lock
from typing import IO, Any, Generic, TypeVar

import msgspec

__all__ = ["Rows", "Spill", "sorted_rows"]

T = TypeVar("T")
U = TypeVar("U")

#: Rows sorted in memory at once (some 100 MB).
_RUN = 250_000
_BUFFER = 1 << 20


class Spill(Generic[T]):
    """A list on disk of values of one *kind*: appended, walked through, reached by number."""

    def __init__(self, kind: Any, values: Iterable[T] = ()) -> None:  # noqa: ANN401 (any type form)
        # without a buffer of the file's own, which each jump would fill anew
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (stays open)
        weakref.finalize(self, self._file.close)
        self._starts = array("Q", [0])
        self._unwritten: list[bytes] = []
        self._written = 0
        self._ahead = 0, b""
        self._lock = Lock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        for value in values:
            self.append(value)

    def append(self, value: T) -> int:
        """Add *value* and return its number."""
        return self.append_raw(self._encode(value))

    def append_raw(self, raw: bytes) -> int:
        """Add a value that is given in MessagePack, and return its number."""
        self._unwritten.append(raw)
        self._starts.append(self._starts[-1] + len(raw))
        if self._starts[-1] - self._written > _BUFFER:
            self._write()
        return len(self) - 1

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> T:
        value: T = self._decode(self.raw_of(number))
        return value

    def raw_of(self, number: int) -> bytes:
        """Return a value as it is kept, in MessagePack; what follows it is read with it."""
        start, end = self._starts[number], self._starts[number + 1]
        first, seen = self._ahead
        if not first <= start <= end <= first + len(seen):
            goes_on = start == first + len(seen)
            last = min(start + _BUFFER, self._starts[-1]) if goes_on else end
            first, seen = self._ahead = start, self._read(start, max(end, last))
        return seen[start - first : end - first]

    def some(self, numbers: Iterable[int]) -> bytes:
        """Return the values of these *numbers* as one array in MessagePack."""
        return self._encode([msgspec.Raw(self.raw_of(number)) for number in numbers])

    def raw(self) -> Iterator[bytes]:
        """Yield the values as they are kept, in MessagePack: what another process reads fast."""
        starts, number = self._starts, 0
        while number < len(self):
            begin = starts[number]
            end = max(number + 1, bisect_right(starts, begin + _BUFFER) - 1)
            some = self._read(begin, starts[end])
            yield from (some[starts[n] - begin : starts[n + 1] - begin] for n in range(number, end))
            number = end

    def brief(self, kind: type[U]) -> Iterator[U]:
        """Yield of each value what *kind* has fields for, in a fraction of the time."""
        return map(msgspec.msgpack.Decoder(kind).decode, self.raw())

    def _read(self, start: int, end: int) -> bytes:
        if end > self._written:
            self._write()
        with self._lock:  # any number of threads may read what is written
            self._file.seek(start)
            return self._file.read(end - start)

    def _write(self) -> None:
        self._file.seek(self._written)
        left = memoryview(b"".join(self._unwritten))
        while left:
            left = left[self._file.write(left) :]
        self._unwritten.clear()
        self._written = self._starts[-1]

    def __iter__(self) -> Iterator[T]:
        return map(self._decode, self.raw())


class Rows(Generic[T]):
    """Sorted rows, to be walked through as often as wanted."""

    def __init__(self, runs: list[Iterable[T]], count: int, key: Callable[[T], Any] | None) -> None:
        self._runs = runs
        self._count = count
        self._key = key

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return heapq.merge(*self._runs, key=self._key)  # type: ignore[arg-type]


def sorted_rows(
    rows: Iterable[T],
    *,
    key: Callable[[T], Any] | None = None,
    kind: Any = list[Any],  # noqa: ANN401 (any type form)
    run: int = 0,
) -> Rows[T]:
    """Return *rows* of one *kind* in order (of their *key*, if given); equal ones all stay.

    Two rows must differ before the first column whose values cannot be compared. *run* rows are
    sorted in memory at once, 250,000 if 0 is given.
    """
    run = run or _RUN
    rest = iter(rows)
    runs: list[Iterable[T]] = []
    count = 0
    while chunk := sorted(islice(rest, run), key=key):  # type: ignore[type-var,arg-type]
        count += len(chunk)
        # what fits into one run need not leave the memory
        is_all = len(chunk) < run and not runs
        runs.append(chunk if is_all else Spill(kind, chunk))
    return Rows(runs, count, key)

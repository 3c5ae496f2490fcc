"""The graph on disk: an Oxigraph store and the RDF files beside it.

Plain statements are the default graph, evidence lies in one named graph a paper. Queries see the
union of both (``use_default_graph_as_union``), so that nobody needs ``GRAPH``.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, Triple, parse, serialize

from kg.errors import GraphError

__all__ = [
    "EVIDENCE",
    "PLAIN",
    "STORE",
    "Change",
    "Filler",
    "fill_store",
    "identity",
    "memory_store",
    "open_store",
    "stamp",
    "turtle_block",
    "turtle_head",
    "write_nquads",
    "write_turtle",
]

#: The name of the store inside an output folder.
STORE = "store"
#: The files of an output folder that hold plain statements; all but the first may be missing.
PLAIN = ("graph.ttl", "links.ttl", "analysis.ttl", "void.ttl")
EVIDENCE = "evidence.nq"
#: So many bytes go to a pipe at once.
_AT_ONCE = 1024 * 1024
#: No size of a file: nothing more will be written.
_END = -1


def write_turtle(triples: Iterable[Triple], path: Path, prefixes: dict[str, str]) -> None:
    """Write *triples* in their order as Turtle; those of one subject are grouped if they meet."""
    with tempfile.TemporaryFile(dir=path.parent) as draft, path.open("wb") as out:
        serialize(triples, draft, RdfFormat.TURTLE, prefixes=prefixes)
        draft.seek(0)
        for _ in prefixes:
            draft.readline()
        out.write(turtle_head(prefixes))
        shutil.copyfileobj(draft, out)


def turtle_head(prefixes: dict[str, str]) -> bytes:
    """Return the declarations of *prefixes*, with which a Turtle file begins."""
    # pyoxigraph 0.5 writes them in the order of a hash that changes with the run
    rows = sorted(prefixes.items())
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in rows).encode()


def turtle_block(triples: Iterable[Triple], prefixes: dict[str, str]) -> bytes:
    """Return *triples* as Turtle without the declarations of *prefixes*.

    Blocks can stand one after the other; a subject is grouped within its block.
    """
    text = serialize(triples, None, RdfFormat.TURTLE, prefixes=prefixes) or b""
    return text.split(b"\n", len(prefixes))[-1]


def write_nquads(quads: Iterable[Quad], path: Path) -> None:
    """Write *quads* in their order, one line each."""
    with path.open("wb") as out:
        serialize(quads, out, RdfFormat.N_QUADS)


@dataclass(frozen=True, slots=True)
class Change:
    """The statements that went from a graph and those that came, each in Turtle and N-Quads.

    What stands in both stays. *written* returns when the files of the graph are written.
    """

    gone: tuple[bytes, bytes]
    come: tuple[bytes, bytes]
    written: Callable[[], object]


class Filler:
    """Fills a new store in *folder*, beside other work, with N-Quads that are still being written.

    They go through a pipe to Oxigraph, which loads on the thread that asks, without Python's lock,
    and takes what it loaded into the store at the end of a load: of pieces it would put the same
    rows in order again and again.
    """

    def __init__(self, folder: Path, nquads: Path) -> None:
        self._folder = folder
        self._nquads = nquads
        self._sizes = SimpleQueue[int]()
        self._threads = ThreadPoolExecutor(4)
        self._loads: list[Future[None]] = []

    @cached_property
    def _store(self) -> Store:
        return Store(str(self._folder))

    def take(self, size: int) -> None:
        """Load what is in the file up to the byte *size*."""
        if not self._loads:
            end, begin = os.pipe()
            self._loads = [self._do(self._load, self._store, end), self._do(self._feed, begin)]
        self._sizes.put(size)

    def finish(self, turtle: Path) -> None:
        """Load the rest of the file, and *turtle*."""
        self.take(self._nquads.stat().st_size)
        self._sizes.put(_END)
        self._loads.append(self._do(self._plain, turtle))
        self._order = self._do(self._optimized)

    def change(self, last: Path, change: Change) -> None:
        """Fill the store with what that of the folder *last* holds, as *change* wants it.

        What else the files of that folder state, as its description, is left out.
        """
        self._order = self._do(self._changed, last, change)

    def result(self) -> None:
        """Wait until all is loaded and in order; raise what went wrong."""
        self._order.result()

    def __enter__(self) -> "Filler":
        return self

    def __exit__(self, *_: object) -> None:
        self._sizes.put(_END)
        self._threads.shutdown(cancel_futures=True)
        self.__dict__.pop("_store", None)

    def _do(self, work: Callable[..., None], *args: object) -> "Future[None]":
        return self._threads.submit(work, *args)

    def _optimized(self) -> None:
        for load in self._loads:
            load.result()
        self._store.optimize()
        self._store.flush()

    def _feed(self, pipe: int) -> None:
        """Write to *pipe* what is in the file up to the sizes that come."""
        with open(pipe, "wb") as out, self._nquads.open("rb", buffering=0) as lines:
            for size in iter(self._sizes.get, _END):
                while lines.tell() < size:
                    out.write(lines.read(min(size - lines.tell(), _AT_ONCE)))

    def _load(self, store: Store, pipe: int) -> None:
        with open(pipe, "rb"):
            # by its name it is read without Python; lenient: its IRIs were checked when made
            name = f"/dev/fd/{pipe}"
            store.bulk_load(path=name, format=RdfFormat.N_QUADS, lenient=True)

    def _plain(self, turtle: Path) -> None:
        self._store.bulk_load(
            path=str(turtle), format=RdfFormat.TURTLE, to_graph=DefaultGraph(), lenient=True
        )

    def _changed(self, last: Path, change: Change) -> None:
        try:
            logs = shutil.ignore_patterns("LOG*", "LOCK")  # RocksDB's words on what it did
            shutil.copytree(last / STORE, self._folder, ignore=logs, copy_function=_linked)
            store = self._store
        except (OSError, RuntimeError):  # what cannot be opened is made anew
            shutil.rmtree(self._folder, ignore_errors=True)
            change.written()
            fill_store(self._folder, self._nquads.with_name(PLAIN[0]), self._nquads)
            return
        gone, come = _quads(*change.gone), _quads(*change.come)
        for path in (last / name for name in PLAIN[1:]):
            gone |= _quads(path.read_bytes(), b"") if path.is_file() else set()
        for quad in gone - come:
            store.remove(quad)
        store.extend(come - gone)
        store.flush()


def _linked(source: str, target: str) -> None:
    """Copy a file of a store; those with its data, which never change, become a second name."""
    if source.endswith(".sst"):
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def _quads(turtle: bytes, nquads: bytes) -> set[Quad]:
    plain = parse(turtle, RdfFormat.TURTLE, lenient=True)
    evidence = parse(nquads, RdfFormat.N_QUADS, lenient=True)
    return {*plain, *evidence}


def fill_store(folder: Path, turtle: Path, nquads: Path) -> None:
    """Make a new store in *folder* of the two files."""
    store = Store(str(folder))
    store.bulk_load(path=str(turtle), format=RdfFormat.TURTLE, to_graph=DefaultGraph())
    store.bulk_load(path=str(nquads), format=RdfFormat.N_QUADS)
    store.optimize()
    store.flush()


def identity(output: Path) -> tuple[int, ...]:
    """Return what tells one build of *output* from the next; raise ``GraphError`` if there is none.

    That is the inode of its store with its times: numbers of inodes are soon used again.
    """
    try:
        return stamp((output / STORE).stat())
    except OSError as error:
        raise GraphError(f"{output} holds no graph ({error.strerror})") from error


def stamp(told: os.stat_result) -> tuple[int, ...]:
    """Return the :func:`identity` of a build of whose store *told* is told."""
    return told.st_dev, told.st_ino, told.st_mtime_ns, told.st_ctime_ns


def memory_store(output: Path) -> Store:
    """Return a copy in memory of the graph of an output folder: all that its store holds."""
    store = Store()
    for name in PLAIN:
        if (output / name).is_file():
            store.bulk_load(path=str(output / name), format=RdfFormat.TURTLE)
    store.bulk_load(path=str(output / EVIDENCE), format=RdfFormat.N_QUADS)
    return store


def open_store(output: Path) -> Store:
    """Return the store of an output folder, opened for reading only; raise ``GraphError`` if none.

    Any number of readers may hold it at once; it takes milliseconds, whatever the size.
    """
    folder = output / STORE
    if not (folder / "CURRENT").is_file():
        raise GraphError(
            f"{output} holds no graph (no {STORE}/ in it); "
            f"make one with `kg build INPUT -o {output}`"
        )
    try:
        return Store.read_only(str(folder))
    except (OSError, RuntimeError) as error:  # RocksDB's own words come as RuntimeError
        raise GraphError(f"{folder} cannot be opened ({error}); build the graph again") from error

"""Answers to SPARQL: on the store of an output folder, or on any SPARQL endpoint.

A query sees the union of all graphs, and our prefixes need no declaration.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from kg.errors import GraphError, KgError, QueryError
from kg.query_process import SlowError, loading_seconds, worker
from kg.served import served
from kg.sparql import diagnose, form_of, names_graphs, prologue
from kg.store import STORE, identity, open_store
from kg.vocab import BASE, prefixes

__all__ = [
    "GRAPH_FORMATS",
    "ROW_FORMATS",
    "Answer",
    "Options",
    "ask",
    "explain",
    "is_calling_others",
    "prefixes_of",
    "write_truth",
]

#: The formats of a SELECT or ASK answer and of a CONSTRUCT or DESCRIBE one, by name.
ROW_FORMATS = {
    "csv": ox.QueryResultsFormat.CSV,
    "json": ox.QueryResultsFormat.JSON,
    "tsv": ox.QueryResultsFormat.TSV,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPH_FORMATS = {
    "jsonld": ox.RdfFormat.JSON_LD,
    "nt": ox.RdfFormat.N_TRIPLES,
    "ttl": ox.RdfFormat.TURTLE,
}


_TRIES = 5
#: The form of an answer, its lines, and what ends them.
Found = tuple[str, IO[bytes], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Options:
    """How a query is run.

    *seconds* and *rows* end it (rows are triples for CONSTRUCT); *services* are the endpoints that
    ``SERVICE`` may name. *memory* says whether the graph is loaded first or read from disk; None
    leaves it to the size of the graph and the time that the query takes.
    """

    seconds: float | None = None
    rows: int | None = None
    services: tuple[str, ...] = ()
    memory: bool | None = None
    prefixes: Mapping[str, str] = field(default_factory=prefixes)


class Answer:
    """What a query returned, still coming in: read it once.

    *form* is ``SELECT``, ``ASK`` or ``GRAPH``; *truncated* is true once the row limit cut it.
    """

    def __init__(
        self,
        form: str,
        stream: IO[bytes],
        finish: Callable[[], None] = lambda: None,
        *,
        options: Options,
    ) -> None:
        self.form = form
        header = form == "SELECT"
        limit = None if options.rows is None or form == "ASK" else options.rows + header
        self._lines = _Lines(stream, limit, finish)
        self._prefixes = options.prefixes

    @property
    def truncated(self) -> bool:
        """Whether rows were left out; known after reading."""
        return self._lines.cut

    def truth(self) -> bool:
        """Return the answer to an ASK."""
        return self._lines.everything().strip() == b"true"

    def solutions(self) -> ox.QuerySolutions:
        """Return the rows of a SELECT, to be walked through once."""
        return _solutions(cast("IO[bytes]", self._lines))

    def triples(self) -> Iterator[ox.Triple]:
        """Yield the triples of a CONSTRUCT or DESCRIBE."""
        for quad in ox.parse(cast("IO[bytes]", self._lines), ox.RdfFormat.N_TRIPLES):
            yield quad.triple

    def write(self, output: IO[bytes], format_: str) -> None:
        """Write the answer in a format of ``ROW_FORMATS`` or ``GRAPH_FORMATS``, as its form asks.

        Raise ``QueryError`` if the format is not one of its form.
        """
        known = GRAPH_FORMATS if self.form == "GRAPH" else ROW_FORMATS
        if format_ not in known:
            raise QueryError(f"this answer is not written as {format_}; known: {', '.join(known)}")
        if self.form == "GRAPH":
            triples = list(self.triples())
            shown = _used(triples, self._prefixes)
            ox.serialize(triples, output, GRAPH_FORMATS[format_], prefixes=shown)
        elif self.form == "SELECT":
            self.solutions().serialize(output, ROW_FORMATS[format_])
        else:
            write_truth(self.truth(), output, format_)


def write_truth(truth: bool, output: IO[bytes], format_: str) -> None:
    """Write the answer to an ASK in a format of ``ROW_FORMATS``."""
    told = json.dumps({"head": {}, "boolean": truth}).encode()
    parsed = ox.parse_query_results(told, ox.QueryResultsFormat.JSON)
    if isinstance(parsed, ox.QueryBoolean):
        parsed.serialize(output, ROW_FORMATS[format_])


def prefixes_of(source: Path | str) -> dict[str, str]:
    """Return our prefixes for a graph: its base stands in the ``run.json`` of the folder."""
    try:
        told = json.loads((Path(source) / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return prefixes()
    return prefixes(told.get("base", BASE))


@contextmanager
def ask(source: Path | str, text: str, options: Options | None = None) -> Iterator[Answer]:
    """Run *text* on *source*, an output folder or the URL of an endpoint, and give the answer.

    Leaving the block ends what still runs. Raise ``QueryError`` if the text is wrong, refused, or
    not answered in time; ``GraphError`` if the folder holds no graph.
    """
    options = options or Options()
    with ExitStack() as stack:
        if isinstance(source, str):
            found = _asked(stack, source, text, options)
        else:
            until = time.monotonic() + options.seconds if options.seconds else None
            found = _nearby(stack, source, text, options) or _started(
                stack, source, text, options, until=until
            )
        yield Answer(*found, options=options)


def _asked(
    stack: ExitStack, url: str, text: str, options: Options, *, is_ours: bool = False
) -> Found:
    from kg.query_endpoint import ask_endpoint  # noqa: PLC0415 (its imports are slow)

    answer = ask_endpoint(url, text, options, is_ours=is_ours)
    return *stack.enter_context(answer), lambda: None


def _nearby(stack: ExitStack, output: Path, text: str, options: Options) -> Found | None:
    """Return what a ``kg serve`` of this machine answers that holds the graph in memory, if any."""
    if options.memory is not None or options.services:
        return None
    try:
        url = served(output)
        return _asked(stack, url, text, options, is_ours=True) if url else None
    except KgError as error:
        # it has limits of its own, and a wrong query is explained better here
        if isinstance(error.__cause__, TimeoutError):
            raise
        return None


def _started(
    stack: ExitStack, output: Path, text: str, options: Options, *, until: float | None
) -> Found:
    """Start the query and return the worker's first words; all that is tried ends by *until*.

    A query that takes longer from disk than loading the graph would take is started again in
    memory, if the graph fits: it then costs at most twice the better of both. A build that moves
    the folder under it starts it again too.
    """
    loading = loading_seconds(output) if options.memory is None else None
    run = partial(worker, output, text, options, until=until)
    for _ in range(_TRIES):
        before = _state(output)
        try:
            if loading is not None:
                disk = run(in_memory=False, patience=loading)
                try:
                    return stack.enter_context(disk)
                except SlowError:
                    loading = None
            in_memory = options.memory is not False and loading_seconds(output) is not None
            return stack.enter_context(run(in_memory=in_memory))
        except GraphError:
            if _state(output) == before:
                raise
    raise GraphError(f"{output} is built anew all the time; ask again")


def _state(output: Path) -> tuple[int, ...]:
    try:
        return identity(output)
    except GraphError:
        return ()


def explain(output: Path, text: str, options: Options) -> str:
    """Return the engine's plan for *text* with the rows and seconds of each step.

    It needs the ``oxigraph`` program of the extra ``serve``; raise ``QueryError`` if it is missing.
    """
    open_store(output)
    program = Path(sys.executable).with_name("oxigraph")
    if not program.is_file():
        raise QueryError("--explain needs the oxigraph program: pip install 'papers-kg[serve]'")
    whole = prologue(text, options.prefixes) + text
    command = [str(program), "query", "--location", str(output / STORE), "--query", whole]
    command += ["--results-format", "nt" if form_of(text) in {"CONSTRUCT", "DESCRIBE"} else "tsv"]
    command += ["--explain", "--stats"]
    command += [] if names_graphs(text) else ["--union-default-graph"]
    done = subprocess.run(  # noqa: S603 (our own program)
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        timeout=options.seconds,
    )
    if done.returncode:
        raise QueryError(diagnose(text, done.stderr, options.prefixes))
    return done.stderr


def is_calling_others(text: str, options: Options) -> bool:
    """Tell whether *text* would call a server that ``options.services`` does not name.

    A text that cannot be read counts as one that would.
    """
    try:
        with worker(None, text, options, in_memory=False):
            return False
    except QueryError:
        return True


def _solutions(stream: IO[bytes]) -> ox.QuerySolutions:
    parsed = ox.parse_query_results(stream, ox.QueryResultsFormat.TSV)
    if not isinstance(parsed, ox.QuerySolutions):
        raise QueryError("the answer is no table")
    return parsed


def _used(triples: list[ox.Triple], known: Mapping[str, str]) -> dict[str, str]:
    values = {t.value for triple in triples for t in triple if isinstance(t, ox.NamedNode)} | {
        t.object.datatype.value for t in triples if isinstance(t.object, ox.Literal)
    }
    return {p: iri for p, iri in known.items() if any(v.startswith(iri) for v in values)}


class _Lines:
    """A stream cut after *limit* lines; *finish* is called at its true end and may raise."""

    def __init__(self, stream: IO[bytes], limit: int | None, finish: Callable[[], None]) -> None:
        self._stream = stream
        self._left = limit
        self._finish = finish
        self.cut = False

    def read(self, size: int = -1) -> bytes:
        """Return at most *size* bytes, none of them from two lines."""
        if self.cut:
            return b""
        piece = self._stream.readline(size)
        if not piece:
            self._finish()
        elif self._left == 0:
            self.cut = True
            return b""
        elif self._left is not None and piece.endswith(b"\n"):
            self._left -= 1
        return piece

    def everything(self) -> bytes:
        """Return all that is left."""
        return b"".join(iter(self.read, b""))

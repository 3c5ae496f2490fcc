"""A query in a process of its own, which can be ended: Oxigraph itself cannot be interrupted."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from kg.errors import GraphError, KgError, QueryError
from kg.sparql import diagnose

if TYPE_CHECKING:
    from kg.query import Options

__all__ = ["SlowError", "loading_seconds", "worker"]

# bytes of our RDF files: loaded in a second, and taken for small enough to load for one query
_A_SECOND = 50_000_000
_MOST = 1 << 30
_LEAST = 0.001


class SlowError(QueryError):
    """A query showed no answer in the time it was given at first."""


def loading_seconds(output: Path) -> float | None:
    """Return about how long it takes to load the graph into memory; None if it is too large."""
    try:
        size = sum((output / name).stat().st_size for name in ("graph.ttl", "evidence.nq"))
    except OSError:
        return None
    return size / _A_SECOND if size <= _MOST else None


@contextmanager
def worker(
    output: Path | None,
    text: str,
    options: "Options",
    *,
    in_memory: bool,
    patience: float | None = None,
    until: float | None = None,
) -> Iterator[tuple[str, IO[bytes], Callable[[], None]]]:
    """Run *text* in a process and give the form of the answer, its lines, and what ends them.

    The last is to be called at the end of the lines: it raises what went wrong. Raise ``SlowError``
    if no answer begins within *patience* seconds. Leaving the block ends the process. *until* is
    when the seconds of *options* are over, by the monotonic clock, if others began to use them.
    """
    left = options.seconds
    if until is not None:
        left = max(until - time.monotonic(), _LEAST)
    job = {
        "query": text,
        "output": None if output is None else str(output),
        "seconds": left,
        "services": options.services,
        "in_memory": in_memory,
        "prefixes": dict(options.prefixes),
    }
    # a session of its own, so that Ctrl-C reaches this process alone, which then ends the other
    child = subprocess.Popen(
        [sys.executable, "-m", "kg.query_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    pipes = stdin, stdout, stderr = _pipes(child)
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    def finish() -> None:
        message = stderr.read().decode(errors="replace")
        if late.is_set():
            limit = f"{options.seconds:g} s; --timeout sets this limit"
            raise QueryError(f"the query did not end within {limit}")
        if child.wait() != 0:
            raise _failure(text, message, options)

    timer = threading.Timer(left or 0, stop)
    try:
        if left:
            timer.start()
        stdin.write(json.dumps(job).encode())
        stdin.close()
        if patience is not None and not _begins(stdout, patience):
            raise SlowError("no answer yet")
        form = stdout.readline().decode().strip()
        if not form:
            finish()
        yield form, stdout, finish
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        for pipe in pipes[1:]:
            pipe.close()


def _pipes(child: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    return (
        cast("IO[bytes]", child.stdin),
        cast("IO[bytes]", child.stdout),
        cast("IO[bytes]", child.stderr),
    )


def _begins(stream: IO[bytes], seconds: float) -> bool:
    if os.name == "nt":  # no select on pipes there
        return True
    return bool(select.select([stream], [], [], seconds)[0])


def _failure(text: str, message: str, options: "Options") -> KgError:
    try:
        told = json.loads(message.rpartition("\n")[2])
    except ValueError:
        return QueryError(
            f"the query process ended without an answer: {message.strip() or 'no memory?'}"
        )
    if told["kind"] == "SyntaxError":
        return QueryError(diagnose(text, told["message"], options.prefixes))
    if told["kind"] == "GraphError":
        return GraphError(told["message"])
    return QueryError(told["message"])

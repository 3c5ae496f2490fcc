"""The process that answers one query, so that a query can be ended at any moment.

Oxigraph cannot be interrupted, a process can. The job comes as JSON on the standard input; the
answer is a line ``SELECT``, ``ASK`` or ``GRAPH`` and then SPARQL TSV, ``true`` or ``false``, or
N-Triples. Without an ``output`` folder the query is only looked at. On failure the standard error
ends with a JSON object ``{"kind", "message"}`` and the exit code is 1.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from kg.errors import GraphError
from kg.sparql import calls_others, names_graphs
from kg.store import STORE, memory_store, open_store

__all__ = ["main", "write_answer"]

_REFUSED = "SERVICE is not allowed here; --allow-service IRI allows one endpoint by its name"


def main() -> int:
    """Answer the job on the standard input and return the exit code."""
    job = json.load(sys.stdin)
    if job["seconds"] and hasattr(signal, "setitimer"):
        # should the parent die, this process still ends: nobody handles the signal
        signal.setitimer(signal.ITIMER_REAL, job["seconds"] + 1)
    try:
        _answer(job, sys.stdout.buffer)
    except (SyntaxError, GraphError, OSError, ValueError) as error:
        kind = type(error).__name__
        sys.stderr.write("\n" + json.dumps({"kind": kind, "message": str(error)}))
        return 1
    return 0


def _answer(job: dict[str, Any], out: BinaryIO) -> None:
    text, prefixes = job["query"], job["prefixes"]
    if calls_others(text, job["services"], lambda t: ox.Store().query(t, prefixes=prefixes)):
        raise PermissionError(_REFUSED)
    if job["output"] is None:  # that was all to know
        out.write(b"ASK\nfalse")
        return
    write_answer(_store(Path(job["output"]), in_memory=job["in_memory"]), text, prefixes, out)


def write_answer(store: ox.Store, text: str, prefixes: dict[str, str], out: BinaryIO) -> None:
    """Write what *store* answers to *text*: its form on a line, then TSV, N-Triples or a truth."""
    # asked for the union, Oxigraph would not heed FROM
    union = not names_graphs(text)
    result = store.query(text, prefixes=prefixes, use_default_graph_as_union=union)
    if isinstance(result, ox.QueryBoolean):
        out.write(b"ASK\n" + (b"true" if result else b"false"))
    elif isinstance(result, ox.QuerySolutions):
        out.write(b"SELECT\n")
        result.serialize(out, ox.QueryResultsFormat.TSV)
    else:
        out.write(b"GRAPH\n")
        result.serialize(out, ox.RdfFormat.N_TRIPLES)
    out.flush()


def _store(output: Path, *, in_memory: bool) -> ox.Store:
    pinned = _pinned(output)
    if not in_memory:
        return open_store(pinned)
    open_store(pinned)  # for its message if there is no graph
    return memory_store(pinned)


def _pinned(output: Path) -> Path:
    """Return a path of the folder that stays its path should a build put another in its place."""
    if sys.platform != "linux" or not (output / STORE / "CURRENT").is_file():
        return output
    return Path(f"/proc/self/fd/{os.open(output, os.O_RDONLY | os.O_DIRECTORY)}")


if __name__ == "__main__":
    sys.exit(main())

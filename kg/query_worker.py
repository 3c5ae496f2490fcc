"""The process that answers one query, so that a query can be ended at any moment.

Oxigraph cannot be interrupted, a process can. The job comes as JSON on the standard input; the
answer is a line ``SELECT``, ``ASK`` or ``GRAPH`` and then SPARQL TSV, ``true`` or ``false``, or
N-Triples. On failure the standard error ends with a JSON object ``{"kind", "message"}`` and the
exit code is 1.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from kg.errors import GraphError
from kg.sparql import calls_others
from kg.store import open_store

__all__ = ["main"]

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
    store = _store(Path(job["output"]), job["memory"])
    result = store.query(text, prefixes=prefixes, use_default_graph_as_union=True)
    if isinstance(result, ox.QueryBoolean):
        out.write(b"ASK\n" + (b"true" if result else b"false"))
    elif isinstance(result, ox.QuerySolutions):
        out.write(b"SELECT\n")
        result.serialize(out, ox.QueryResultsFormat.TSV)
    else:
        out.write(b"GRAPH\n")
        result.serialize(out, ox.RdfFormat.N_TRIPLES)
    out.flush()


def _store(output: Path, memory: str) -> ox.Store:
    disk = open_store(output)
    if memory == "no":
        return disk
    store = ox.Store()
    store.bulk_load(path=str(output / "graph.ttl"), format=ox.RdfFormat.TURTLE)
    if memory == "all":
        store.bulk_load(path=str(output / "evidence.nq"), format=ox.RdfFormat.N_QUADS)
    return store


if __name__ == "__main__":
    sys.exit(main())

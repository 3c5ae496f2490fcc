"""Neo4j: CSV files for ``neo4j-admin database import``, and a script in plain openCypher.

The script needs no file on the server and no extension, so Memgraph, Ladybug and others run it too
(those with a schema need their tables first; ``docs/exports.md`` shows them).
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any

from kg.export.networks import EDGE_FIELDS, NODE_FIELDS, edges, nodes, write_rows
from kg.export.source import Source
from kg.graph import Row
from kg.spill import sorted_rows

__all__ = ["write_cypher", "write_neo4j"]

#: The types of neo4j-admin's headers; strings need none.
_TYPES = {bool: ":boolean", int: ":long", float: ":double", str: ""}
_BATCH = 500
#: Nodes or edges sorted in memory at once: each is a dictionary, a kilobyte and more.
_RUN = 50_000
_README = """\
Into an empty database, fast:

    neo4j-admin database import full --nodes=nodes.csv --relationships=edges.csv \\
        --multiline-fields=true neo4j

Into a running one (also Memgraph and other openCypher engines):

    cypher-shell --file constraints.cypher
    cypher-shell --file import.cypher
"""


def write_neo4j(source: Source, folder: Path) -> None:
    """Write ``nodes.csv``, ``edges.csv``, two Cypher scripts and a ``README.txt``."""
    with (folder / "nodes.csv").open("w", encoding="utf-8", newline="") as out:
        names = {"id": "id:ID", "type": ":LABEL", **_header(NODE_FIELDS, without="type")}
        write_rows(out, _renamed(nodes(source), names), names.values())
    with (folder / "edges.csv").open("w", encoding="utf-8", newline="") as out:
        ends = {"source": ":START_ID", "target": ":END_ID", "relation": ":TYPE", "id": "id"}
        names = {**ends, **_header(EDGE_FIELDS, without="relation")}
        write_rows(out, _renamed(edges(source), names), names.values())
    (folder / "constraints.cypher").write_text(_constraints(), encoding="utf-8")
    with (folder / "import.cypher").open("wb") as script:
        write_cypher(source, script)
    (folder / "README.txt").write_text(_README, encoding="utf-8")


def write_cypher(source: Source, out: IO[bytes]) -> None:
    """Write statements that create the graph, some hundred nodes or edges each."""
    for label, found in groupby(_by_label(source), key=lambda row: row[0]):
        for batch in _batches(row for _, row in found):
            fields = ("id", *(name for name in NODE_FIELDS if name != "type"))
            out.write(_unwind(batch, fields) + f"CREATE (:{label} {_from_row(fields)});\n".encode())
    labels = _labels(source)
    fields = ("id", *(name for name in EDGE_FIELDS if name != "relation"))
    for (start, kind, end), stated in groupby(_by_kind(source, labels), key=lambda row: row[0]):
        for batch in _batches(row for _, row in stated):
            out.write(_unwind(batch, ("source", "target", *fields)))
            # two clauses: Neo4j warns of a cartesian product in one
            ends = f"MATCH (a:{start} {{id: row.source}}) MATCH (b:{end} {{id: row.target}})"
            made = f"CREATE (a)-[:{kind} {_from_row(fields)}]->(b);\n"
            out.write(f"{ends}\n{made}".encode())


def _labels(source: Source) -> dict[str, str]:
    """Return the type of each entity by its id: about a hundred bytes an entity."""
    return {f"kge:{entity.id}": entity.type.value for entity in source.all_entities()}


def _by_label(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    rows: Iterator[list[Any]] = ([row["type"], row["id"], row] for row in nodes(source))
    for label, _, row in sorted_rows(rows, run=_RUN):
        yield label, row


def _by_kind(
    source: Source, labels: dict[str, str]
) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    rows: Iterator[list[Any]] = (
        [labels.get(str(e["source"]), "Paper"), e["relation"], labels[str(e["target"])], e["id"], e]
        for e in edges(source)
    )
    for start, kind, end, _, row in sorted_rows(rows, run=_RUN):
        yield (start, kind, end), row


def _unwind(rows: Iterable[Row], fields: Iterable[str]) -> bytes:
    names = tuple(fields)
    maps = ",\n  ".join(
        "{" + ", ".join(f"{name}: {_literal(row[name])}" for name in names) + "}" for row in rows
    )
    return f"UNWIND [\n  {maps}\n] AS row\n".encode()


def _from_row(fields: Iterable[str]) -> str:
    return "{" + ", ".join(f"{name}: row.{name}" for name in fields) + "}"


def _literal(value: object) -> str:
    # openCypher's escapes in double quotes are JSON's, numbers and booleans are written alike
    return json.dumps(value, ensure_ascii=False)


def _batches(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    rest = iter(rows)
    while batch := tuple(islice(rest, _BATCH)):
        yield batch


def _header(fields: dict[str, type], *, without: str) -> dict[str, str]:
    return {name: name + _TYPES[kind] for name, kind in fields.items() if name != without}


def _renamed(rows: Iterable[Row], names: dict[str, str]) -> Iterator[Row]:
    for row in rows:
        yield {new: row[old] for old, new in names.items()}


def _constraints() -> str:
    labels = ("Paper", "Model", "Method", "Dataset", "Benchmark", "Task", "Metric")
    return "".join(
        f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE;\n"
        for label in labels
    )

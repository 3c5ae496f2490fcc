"""Graph tools read what the exports write, and find the graph that NetworkX is given."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from needs import needs, run_script
from small_graph import entities

from kg.export.networks import EDGE_FIELDS, NODE_FIELDS
from kg.graph import to_networkx
from kg.records import read_jsonl

Write = Callable[..., Path]
Multi = nx.MultiDiGraph


@pytest.fixture
def graph(output: Path) -> Multi:
    return to_networkx(read_jsonl(output / "papers.jsonl"), entities())


def _nodes(graph: Multi) -> dict[str, dict[str, Any]]:
    return {n: {k: d[k] for k in NODE_FIELDS} for n, d in graph.nodes(data=True)}


def _edges(graph: Multi) -> list[tuple[Any, ...]]:
    kept = [(s, t, tuple((k, d[k]) for k in EDGE_FIELDS)) for s, t, d in graph.edges(data=True)]
    return sorted(kept)


def test_graphml_through_networkx_and_back(written: Write, graph: Multi, tmp_path: Path) -> None:
    read = nx.read_graphml(written("graphml"), force_multigraph=True)
    nx.write_graphml(read, tmp_path / "again.graphml")
    again = nx.read_graphml(tmp_path / "again.graphml", force_multigraph=True)

    for found in (read, again):
        assert _nodes(found) == _nodes(graph)
        assert _edges(found) == _edges(graph)


def test_graphml_through_igraph_and_back(written: Write, graph: Multi, tmp_path: Path) -> None:
    needs("igraph")
    import igraph

    read = igraph.Graph.Read_GraphML(str(written("graphml")))
    read.write_graphml(str(tmp_path / "again.graphml"))
    again = nx.read_graphml(tmp_path / "again.graphml", force_multigraph=True)
    names = {n: d["id"] for n, d in again.nodes(data=True)}

    assert read.is_directed()
    assert {names[n]: {k: d[k] for k in NODE_FIELDS} for n, d in again.nodes(data=True)} == _nodes(
        graph
    )
    assert sorted((names[s], names[t]) for s, t in again.edges()) == sorted(graph.edges())


def test_gexf_through_networkx_and_back(written: Write, graph: Multi, tmp_path: Path) -> None:
    read = nx.read_gexf(written("gexf"))
    nx.write_gexf(read, tmp_path / "again.gexf")

    for found in (read, nx.read_gexf(tmp_path / "again.gexf")):
        assert _nodes(found) == _nodes(graph)
        assert _edges(found) == _edges(graph)


def test_gexf_through_igraph_and_back(written: Write, graph: Multi, tmp_path: Path) -> None:
    needs("igraph")
    import igraph

    # igraph has no reader of GEXF of its own: NetworkX hands it over
    held = igraph.Graph.from_networkx(nx.read_gexf(written("gexf")))
    again = held.to_networkx(nx.MultiDiGraph, vertex_attr_hashable="_nx_name")
    nx.write_gexf(again, tmp_path / "again.gexf")

    for found in (again, nx.read_gexf(tmp_path / "again.gexf")):
        assert _nodes(found) == _nodes(graph)
        assert _edges(found) == _edges(graph)


def test_gexf_through_graphology_and_back(written: Write, graph: Multi, tmp_path: Path) -> None:
    told = json.loads(run_script("gexf", str(written("gexf")), str(tmp_path / "again.gexf")))
    again = nx.read_gexf(tmp_path / "again.gexf", version="1.2draft")

    assert told["directed"]
    assert dict(told["nodes"]) == _nodes(graph)
    assert sorted(
        (s, t, tuple((k, data[k]) for k in EDGE_FIELDS)) for _, s, t, data in told["edges"]
    ) == _edges(graph)
    assert set(again.nodes) == set(graph.nodes)
    assert sorted(again.edges()) == sorted(graph.edges())


def test_cytoscape_json_is_read_by_networkx(written: Write, graph: Multi) -> None:
    read = nx.cytoscape_graph(json.loads(written("cytoscape").read_text(encoding="utf-8")))

    assert _nodes(read) == _nodes(graph)
    assert _edges(read) == _edges(graph)


def test_csv_is_a_graph_for_pandas(written: Write, graph: Multi) -> None:
    needs("pandas")
    import pandas as pd

    folder = written("csv", "tables")
    frame = pd.read_csv(folder / "edges.csv", keep_default_na=False)
    read = nx.from_pandas_edgelist(frame, edge_attr=True, create_using=nx.MultiDiGraph)
    ids = set(pd.read_csv(folder / "nodes.csv")["id"])

    assert sorted(read.edges()) == sorted(graph.edges())
    assert ids == set(graph.nodes)


def test_an_archive_has_the_files_of_the_folder(written: Write) -> None:
    import zipfile

    folder = written("csv", "tables")
    with zipfile.ZipFile(written("csv", "tables.zip")) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}

    assert held == {file.name: file.read_bytes() for file in folder.iterdir()}


# Neo4j


@pytest.fixture
def neo4j(written: Write) -> Path:
    return written("neo4j", "neo4j")


def test_headers_are_those_of_neo4j_admin(neo4j: Path, graph: Multi) -> None:
    with (neo4j / "nodes.csv").open(encoding="utf-8", newline="") as lines:
        nodes = list(csv.DictReader(lines))
    with (neo4j / "edges.csv").open(encoding="utf-8", newline="") as lines:
        edges = list(csv.DictReader(lines))

    assert list(nodes[0])[:4] == ["id:ID", ":LABEL", "kind", "label"]
    assert {"generic:boolean", "papers:long"} <= set(nodes[0])
    assert list(edges[0])[:4] == [":START_ID", ":END_ID", ":TYPE", "id"]
    assert "confidence:double" in edges[0]
    assert {row["id:ID"] for row in nodes} == set(graph.nodes)
    assert {row[":START_ID"] for row in edges} <= set(graph.nodes)


@pytest.mark.parametrize("name", ["constraints.cypher", "import.cypher"])
def test_neo4j_has_nothing_to_say_against_the_cypher(neo4j: Path, name: str) -> None:
    assert run_script("cypher", str(neo4j / name)) == ""


def test_neo4j_finds_what_is_wrong_with_cypher(neo4j: Path) -> None:
    path = neo4j / "constraints.cypher"
    path.write_text(path.read_text(encoding="utf-8").replace("REQUIRE", "REQUIERE", 1))

    assert run_script("cypher", str(path)).startswith("1: Invalid input 'REQUIERE'")


def test_a_script_has_one_statement_for_the_nodes_of_a_type(neo4j: Path, graph: Multi) -> None:
    script = (neo4j / "import.cypher").read_text(encoding="utf-8")
    types = {data["type"] for _, data in graph.nodes(data=True)}

    assert script.count("CREATE (:") == len(types)


def test_cypher_loads_into_an_embedded_engine(neo4j: Path, graph: Multi, tmp_path: Path) -> None:
    needs("real_ladybug")
    import real_ladybug

    connection = real_ladybug.Connection(real_ladybug.Database(str(tmp_path / "db")))
    for statement in schema(graph):
        connection.execute(statement)
    script = (neo4j / "import.cypher").read_text(encoding="utf-8")
    for statement in script.split(";\n")[:-1]:
        connection.execute(statement)
    names = connection.execute(
        "MATCH (a:Model)-[r:outperforms]->(b:Model) RETURN a.label, r.confidence, b.label"
    ).get_all()
    counts = connection.execute("MATCH ()-[r]->() RETURN count(r)").get_all()

    assert names == [["Dens & Co. <7B>", 0.7, "FoxNet"]]
    assert counts == [[graph.number_of_edges()]]


def schema(graph: Multi) -> list[str]:
    """Return the tables that Ladybug wants before the script; ``docs/exports.md`` shows them."""
    sql = {str: "STRING", bool: "BOOLEAN", int: "INT64", float: "DOUBLE"}
    columns = ", ".join(f"{n} {sql[k]}" for n, k in NODE_FIELDS.items() if n != "type")
    labels = sorted({data["type"] for _, data in graph.nodes(data=True)})
    made = [f"CREATE NODE TABLE {name}(id STRING PRIMARY KEY, {columns})" for name in labels]
    columns = ", ".join(f"{n} {sql[k]}" for n, k in EDGE_FIELDS.items() if n != "relation")
    kinds: dict[str, set[str]] = {}
    for start, end, data in graph.edges(data=True):
        pair = f"FROM {graph.nodes[start]['type']} TO {graph.nodes[end]['type']}"
        kinds.setdefault(data["relation"], set()).add(pair)
    for name, pairs in sorted(kinds.items()):
        made.append(f"CREATE REL TABLE {name}({', '.join(sorted(pairs))}, id STRING, {columns})")
    return made


@pytest.mark.slow
def test_writing_takes_no_more_memory_for_more_papers(output: Path, tmp_path: Path) -> None:
    peaks = []
    for times in (1, 40):
        folder = tmp_path / str(times)
        folder.mkdir()
        for name in ("papers.jsonl", "entities.csv", "graph.ttl", "evidence.nq"):
            text = (output / name).read_text(encoding="utf-8")
            (folder / name).write_text(text, encoding="utf-8")
        with (folder / "papers.jsonl").open("a", encoding="utf-8") as out:
            for number in range(times * 50):
                for line in (output / "papers.jsonl").read_text(encoding="utf-8").splitlines():
                    record = json.loads(line)
                    out.write(json.dumps({**record, "id": f"{record['id']}-{number}"}) + "\n")
        code = (
            "import resource, os; from pathlib import Path; from kg.export import Source, export;"
            f"export(Source(Path({str(folder)!r})), 'graphml', open(os.devnull, 'wb'));"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        peaks.append(int(told.stdout))

    assert peaks[1] < 1.3 * peaks[0]

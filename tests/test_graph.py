"""The NetworkX graph holds what the extractions say, in forms that every writer takes."""

import io
from pathlib import Path

import networkx as nx
from factories import extraction

import kg
from kg.canonicalise import canonicalise
from kg.graph import to_networkx
from kg.model import EntityType, Extraction, RelationType, Result, ResultKind


def papers() -> "nx.MultiDiGraph[str]":
    """Return the graph of two papers with one relation, one of them with a result."""
    task = ("parsing", EntityType.TASK)
    states = (("A\x0bNet", RelationType.USED_FOR, "parsing"),)
    first, second = (extraction(n, "A\x0bNet", task, relations=states) for n in (1, 2))
    result = Result("A\x0bNet", None, None, "5%", ResultKind.DELTA, 8, 9, 0.5, first.sentences[1])
    with_result = Extraction(
        first.paper, first.sentences, first.entities, first.relations, (result,)
    )
    found = canonicalise([with_result, second])
    return to_networkx(found.extractions, found.entities)


def test_papers_and_entities_are_nodes_and_statements_are_edges() -> None:
    graph = papers()
    edges = {(key, data["support"]) for _, _, key, data in graph.edges(keys=True, data=True)}

    assert [data["kind"] for _, data in graph.nodes(data=True)].count("paper") == 2
    assert ("usedFor", 2) in edges
    assert ("uses", 1) in edges
    assert any(key.startswith("result:") for key, _ in edges)


def test_the_graph_of_a_folder_is_loaded(built_sample: Path) -> None:
    loaded = kg.load_networkx(built_sample)
    written = nx.read_graphml(built_sample / "graph.graphml", force_multigraph=True)

    assert dict(loaded.nodes(data=True)) == dict(written.nodes(data=True))
    assert loaded.number_of_edges() == written.number_of_edges()


def test_every_attribute_has_one_scalar_type() -> None:
    graph = papers()
    for rows in ([d for _, d in graph.nodes(data=True)], [d for *_, d in graph.edges(data=True)]):
        assert len({tuple((name, type(value)) for name, value in row.items()) for row in rows}) == 1


def test_graphml_and_gexf_come_back_the_same() -> None:
    graph = papers()
    graphml, gexf = io.BytesIO(), io.BytesIO()
    nx.write_graphml_xml(graph, graphml, edge_id_from_attribute="id")
    nx.write_gexf(graph, gexf)
    back = nx.read_graphml(io.BytesIO(graphml.getvalue()), force_multigraph=True)

    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    ids = [data["id"] for *_, data in graph.edges(data=True)]
    assert sorted(key for *_, key in back.edges(keys=True)) == sorted(ids)
    assert len(set(ids)) == len(ids)
    kept = nx.read_gexf(io.BytesIO(gexf.getvalue()))
    assert dict(kept.nodes(data=True)) == dict(graph.nodes(data=True))
    assert {d["id"]: d for *_, d in kept.edges(data=True)} == {
        d["id"]: d for *_, d in graph.edges(data=True)
    }

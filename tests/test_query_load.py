"""The graph as rdflib sees it."""

import time
from pathlib import Path

import pyoxigraph as ox
import pytest
import query_graph
import rdflib
from needs import needs
from rdflib import RDF, SKOS, XSD, Literal, Namespace, URIRef

from kg.errors import GraphError, QueryError
from kg.loading import load

KGE = Namespace("https://w3id.org/papers-kg/entity/")
KGO = Namespace("https://w3id.org/papers-kg/ontology#")


@pytest.fixture(scope="module")
def dens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return query_graph.write_graph(tmp_path_factory.mktemp("dens") / "output")


@pytest.fixture(scope="module", params=[False, True], ids=["disk", "memory"])
def graph(request: pytest.FixtureRequest, dens: Path) -> rdflib.Graph:
    return load(dens, memory=request.param)


def test_graph_is_a_graph_with_plain_statements_and_evidence(
    graph: rdflib.Graph, dens: Path
) -> None:
    plain = rdflib.Graph().parse(dens / "graph.ttl")

    assert isinstance(graph, rdflib.Graph)
    assert all(triple in graph for triple in plain)
    assert len(graph) == len(ox.Store.read_only(str(dens / "store")))
    assert len(graph) == len(set(graph))


def test_no_triple_stands_in_two_graphs(dens: Path) -> None:
    # else the graph would show it twice
    quads = list(ox.Store.read_only(str(dens / "store")))

    assert len(quads) == len({(q.subject, q.predicate, q.object) for q in quads})


def test_habits_of_rdflib_hold(graph: rdflib.Graph) -> None:
    assert graph.value(KGE.foxnet, SKOS.prefLabel) == Literal("FoxNet")
    assert set(graph.objects(KGE.foxnet, SKOS.altLabel)) == {Literal("FN"), Literal("Fox Net")}
    assert graph.value(predicate=SKOS.prefLabel, object=Literal("FoxNet")) == KGE.foxnet
    assert (KGE.foxnet, RDF.type, KGO.Model) in graph
    assert (KGE.foxnet, RDF.type, KGO.Task) not in graph
    assert graph.qname(KGE.foxnet) == "kge:foxnet"
    assert Literal("4", datatype=XSD.integer) in graph[KGE.foxnet : KGO.paperCount]
    assert list(graph[KGE["foxnet-2"] : KGO.basedOn / KGO.basedOn]) == [KGE["burrow-attention"]]
    assert len(graph.resource(KGE.foxnet).graph) == len(graph)
    assert dict(graph.namespaces())["kgo"] == URIRef(KGO)


def test_query_gives_rows_with_names(graph: rdflib.Graph) -> None:
    rows = graph.query("SELECT ?name ?n { kge:foxnet skos:prefLabel ?name ; kgo:paperCount ?n }")

    assert [(str(row.name), row.n.toPython()) for row in rows] == [("FoxNet", 4)]  # type: ignore[union-attr]


def test_bindings_hold_for_any_variable(graph: rdflib.Graph) -> None:
    text = "SELECT ?name { ?e skos:prefLabel ?name FILTER(STRLEN(?name) > ?n) }"
    rows = graph.query(text, initBindings={"e": KGE.foxnet, "n": Literal(3)})

    assert [row[0] for row in rows] == [Literal("FoxNet")]  # type: ignore[index]
    with pytest.raises(QueryError, match="write the CONSTRUCT out"):
        graph.query("CONSTRUCT WHERE { ?e ?p ?o }", initBindings={"e": KGE.foxnet})


def test_construct_gives_a_graph_of_its_own(graph: rdflib.Graph) -> None:
    found = graph.query("CONSTRUCT { ?e a ?c } WHERE { ?e a ?c , skos:Concept }").graph
    assert found is not None
    found.add((KGE.x, RDF.type, SKOS.Concept))

    assert (KGE.x, RDF.type, SKOS.Concept) not in graph
    assert "kge:foxnet a " in found.serialize()


def test_ask_gives_a_truth(graph: rdflib.Graph) -> None:
    assert bool(graph.query("ASK { kge:foxnet ?p ?o }"))
    assert not graph.query("ASK { kge:nobody ?p ?o }")


@pytest.mark.parametrize(
    ("clause", "number"),
    [
        ("FROM kgg:arxiv-2311.00001", 1),
        ("from # the first\nkgg:arxiv-2311.00001", 1),
        ("FROM<https://example.org/none>", 0),
        ("FROM NAMED kgg:arxiv-2311.00001", 0),
        ("# not from a: graph\n", 6),
    ],
)
def test_from_is_heeded(graph: rdflib.Graph, clause: str, number: int) -> None:
    rows = graph.query(f"SELECT (COUNT(?from) AS ?n) {clause} {{ ?from a nif:Context }}")

    assert [int(row[0]) for row in rows] == [number]  # type: ignore[index, arg-type]


def test_rows_go_to_pandas(graph: rdflib.Graph) -> None:
    needs("pandas")
    text = "SELECT ?e ?n ?missing { ?e kgo:paperCount ?n } ORDER BY DESC(?n) ?e LIMIT 2"
    frame = graph.query(text).to_pandas()  # type: ignore[attr-defined]

    assert list(frame.columns) == ["e", "n", "missing"]
    assert frame["n"].tolist() == [4, 4]
    assert frame["n"].dtype == "int64"
    assert frame["e"].tolist() == [str(KGE.foxnet), str(KGE["question-answering"])]
    assert frame["missing"].isna().all()


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g.add((KGE.a, RDF.type, KGE.b)),
        lambda g: g.remove((None, None, None)),
        lambda g: g.update("DELETE WHERE { ?s ?p ?o }"),
        lambda g: g.parse(data="<a:b> <a:b> <a:b> .", format="turtle"),
        lambda g: g.set((KGE.foxnet, SKOS.prefLabel, Literal("x"))),
    ],
)
def test_graph_is_read_only(change: object, graph: rdflib.Graph) -> None:
    before = len(graph)
    with pytest.raises(TypeError, match="read-only; copy it first"):
        change(graph)  # type: ignore[operator]

    assert len(graph) == before


def test_copy_is_free_to_change(graph: rdflib.Graph) -> None:
    copy = rdflib.Graph()
    copy += graph
    copy.add((KGE.a, RDF.type, KGE.b))

    assert len(copy) == len(graph) + 1


def test_graph_goes_through_a_file_unchanged(graph: rdflib.Graph) -> None:
    # N-Triples, since rdflib's Turtle writes a decimal 94 as 94.0
    again = rdflib.Graph().parse(data=graph.serialize(format="nt"), format="nt")

    assert set(again) == set(graph)


def test_opening_takes_milliseconds(dens: Path) -> None:
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        load(dens)
        times.append(time.perf_counter() - begin)

    assert min(times) < 0.1


def test_folder_without_a_graph_is_told(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="make one with `kg build"):
        load(tmp_path)


def test_front_door_offers_it(dens: Path) -> None:
    import kg

    assert len(kg.load(dens)) == len(load(dens))


def test_memory_holds_what_the_disk_holds(built_sample: Path) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    disk, memory = (
        [int(row["n"]) for row in load(built_sample, memory=copied).query(text)]
        for copied in (False, True)
    )

    assert disk == memory
    assert len(load(built_sample)) == len(load(built_sample, memory=True))

"""The profiles answer the questions that the projects themselves publish as examples.

Those of Linked Papers With Code are the files of ``example-sparql-queries/`` in its repository
(``metaphacts/linkedpaperswithcode``), all but the frameworks of repositories, of which no abstract
tells; those of CS-KG stand on its endpoint's page (``https://scholkg.kmi.open.ac.uk/sparql``). They
are asked here of what the two papers name, in our words.
"""

import io
import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg.export import Source, export
from kg.vocab import iri

LPWC = "https://linkedpaperswithcode.com/"
PROLOGUE = """
PREFIX cskg-ont: <https://w3id.org/cskg/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX fair4ml: <https://w3id.org/fair4ml#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX kge: <https://w3id.org/papers-kg/entity/>
PREFIX lpwc-c: <https://linkedpaperswithcode.com/class/>
PREFIX lpwc-p: <https://linkedpaperswithcode.com/property/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


def _profiled(output: Path, name: str) -> Store:
    out = io.BytesIO()
    export(Source(output, profile=name), "turtle", out)
    store = Store()
    store.bulk_load(out.getvalue(), format=RdfFormat.TURTLE)
    return store


def _rows(store: Store, query: str) -> list[tuple[str, ...]]:
    return [tuple(term.value for term in row) for row in store.query(PROLOGUE + query)]


@pytest.fixture(scope="module")
def lpwc(output: Path) -> Store:
    return _profiled(output, "lpwc")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        # NAACL-tasks: the tasks of a conference, by how many of its papers have them
        (
            """SELECT ?name (COUNT(?name) AS ?n) {
              ?paper a lpwc-c:paper ; lpwc-p:hasConference/foaf:name "Example Workshop 2024" ;
                lpwc-p:hasTask/foaf:name ?name } GROUP BY ?name""",
            [("question answering", "1")],
        ),
        # NAACL-evaluation-metrics: the metrics that a conference's papers are evaluated by
        (
            """SELECT ?metric (COUNT(?metric) AS ?n) {
              ?paper a lpwc-c:paper ; lpwc-p:hasConference/foaf:name "Example Workshop 2024" ;
                lpwc-p:hasEvaluation/lpwc-p:hasEvaluationResult/lpwc-p:metricName ?metric
            } GROUP BY ?metric ORDER BY DESC(?n)""",
            [("accuracy", "1")],
        ),
        # most-used-datasets
        (
            """SELECT ?title (COUNT(?paper) AS ?n) {
              ?paper a lpwc-c:paper ; lpwc-p:usesDataset ?d .
              ?d a lpwc-c:dataset ; dcterms:title ?title } GROUP BY ?title ORDER BY ?title""",
            [("DenQA", "1"), ("Forest Corpus", "1")],
        ),
        # dimensionality-reduction-papers-2021: the papers of a year on a task
        (
            """SELECT (COUNT(DISTINCT ?paper) AS ?n) {
              ?paper a lpwc-c:paper ; lpwc-p:hasTask kge:question-answering ; dcterms:date ?date
              FILTER(STRSTARTS(STR(?date), "2024-")) }""",
            [("1",)],
        ),
        (
            "SELECT ?p { kge:dens a lpwc-c:model . kge:denqa lpwc-p:introducedBy ?p }",
            [],
        ),
    ],
)
def test_questions_of_linked_papers_with_code(
    lpwc: Store, query: str, rows: list[tuple[str, ...]]
) -> None:
    assert _rows(lpwc, query) == rows


def test_a_linked_entity_goes_by_their_name(output: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    for name in ("graph.ttl", "evidence.nq"):
        store.extend(parse(path=str(output / name)))
    task = NamedNode(f"{LPWC}task/question-answering")
    match = NamedNode("http://www.w3.org/2004/02/skos/core#exactMatch")
    store.add(Quad(NamedNode(iri("kge", "question-answering")), match, task))
    store.flush()
    del store
    found = _profiled(tmp_path, "lpwc")

    assert len(_rows(found, f"SELECT ?p {{ ?p lpwc-p:hasTask <{task.value}> }}")) == 2
    assert _rows(found, "SELECT ?p { ?p lpwc-p:hasTask kge:question-answering }") == []


def test_statements_as_cskg_has_them(output: Path) -> None:
    query = """SELECT ?s ?p ?o ?type ?support (COUNT(?paper) AS ?papers) {
        ?t a cskg-ont:Statement ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ;
          cskg-ont:hasSupport ?support ; prov:wasDerivedFrom ?paper .
        ?s a ?type . ?o a ?other . ?s ?p ?o
      } GROUP BY ?s ?p ?o ?type ?support ORDER BY ?s ?p ?o"""
    found = _rows(_profiled(output, "cskg"), query)
    said = {tuple(part.rpartition("/")[2].rpartition("#")[2] for part in row) for row in found}

    assert said == {
        ("question-answering", "usesMethod", "foxnet", "Task", "2", "2"),
        ("question-answering", "usesMaterial", "denqa", "Task", "1", "1"),
        ("foxnet", "usesMaterial", "denqa", "Method", "1", "1"),
        ("foxnet", "usesMaterial", "forest-corpus", "Method", "1", "1"),
        ("foxnet", "includesMethod", "sparse-burrow-attention", "Method", "1", "1"),
        ("dens", "adaptsMethod", "foxnet", "Method", "1", "1"),
        ("dens", "improvesMethod", "foxnet", "Method", "1", "1"),
    }


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        # the statements on a thing, whichever end it is, that several papers support
        (
            """SELECT ?sub ?obj ?sup {
              ?t rdf:subject ?sub ; rdf:predicate ?p ; rdf:object ?obj ; cskg-ont:hasSupport ?sup
              FILTER(xsd:integer(?sup) >= 2)
              { ?t rdf:subject kge:foxnet } UNION { ?t rdf:object kge:foxnet } }""",
            [("question-answering", "foxnet", "2")],
        ),
        # what is said of a thing, the best supported first
        (
            """SELECT ?prop ?entity ?sup {
              ?t rdf:subject kge:question-answering ; rdf:predicate ?prop ; rdf:object ?entity ;
                cskg-ont:hasSupport ?sup } ORDER BY DESC(?sup)""",
            [("usesMethod", "foxnet", "2"), ("usesMaterial", "denqa", "1")],
        ),
        # the tasks that a material is used for, and the papers that say so
        (
            """SELECT ?task ?paper {
              ?t rdf:subject ?task ; rdf:predicate cskg-ont:usesMaterial ; rdf:object kge:denqa ;
                prov:wasDerivedFrom ?paper . ?task a cskg-ont:Task }""",
            [("question-answering", "arxiv-2401.00001")],
        ),
    ],
)
def test_questions_of_cskg(output: Path, query: str, rows: list[tuple[str, ...]]) -> None:
    found = _rows(_profiled(output, "cskg"), query)

    assert [tuple(re.split("[/#]", part)[-1] for part in row) for row in found] == rows


def test_schema_org_tells_papers_models_and_results(output: Path) -> None:
    store = _profiled(output, "schema")
    models = _rows(
        store, "SELECT ?name { ?m a fair4ml:MLModel ; schema:name ?name } ORDER BY ?name"
    )
    trained = _rows(store, "SELECT ?name { kge:foxnet fair4ml:trainedOn/schema:name ?name }")
    tuned = _rows(store, "SELECT ?name { kge:dens fair4ml:fineTunedFrom/schema:name ?name }")
    value = _rows(store, "SELECT ?v { ?o a schema:Observation ; schema:value ?v }")
    ids = _rows(store, "SELECT ?i { ?p schema:identifier ?i } ORDER BY ?i")

    assert models == [("Dens & Co. <7B>",), ("FoxNet",)]
    assert (trained, tuned) == ([("Forest Corpus",)], [("FoxNet",)])
    assert value == [("91.5",)]
    assert ids == [("arXiv:2401.00001",), ("doi:10.1234/fox.1",)]


def test_a_profile_keeps_its_prefixes_and_has_none_of_our_terms(output: Path) -> None:
    for name in ("lpwc", "cskg", "schema"):
        out = io.BytesIO()
        export(Source(output, profile=name), "turtle", out)
        terms = {quad.predicate.value for quad in parse(out.getvalue(), format=RdfFormat.TURTLE)}

        assert not any("papers-kg" in term for term in terms), name
    assert b"fair4ml:trainedOn" in out.getvalue()


def test_values_are_literals_with_a_type(output: Path) -> None:
    quads = _profiled(output, "cskg").quads_for_pattern(None, None, None)
    supports = [q.object for q in quads if q.predicate.value.endswith("hasSupport")]

    assert all(isinstance(s, Literal) and s.datatype.value.endswith("integer") for s in supports)

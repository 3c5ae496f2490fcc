"""The triples: what they say, that every parser takes them, and that they do not change."""

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from factories import RUN, extraction
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kg.canonicalise import canonicalise
from kg.model import EntityType, Extraction, Paper, RelationType, Result, ResultKind, Sentence
from kg.rdf import evidence_quads, plain_triples, relation_support, run_id
from kg.store import fill_store, open_store, write_nquads, write_turtle
from kg.vocab import prefixes

UNION = {"use_default_graph_as_union": True}
GROUNDED = """SELECT ?m WHERE { ?m nif:referenceContext ?c ; nif:beginIndex ?b ; nif:endIndex ?e ;
  nif:anchorOf ?a . ?c nif:isString ?t FILTER(SUBSTR(?t, ?b + 1, ?e - ?b) != STR(?a)) }"""


def write(papers: list[Extraction], folder: Path) -> Path:
    """Write the two RDF files of *papers* and their store into *folder*."""
    found = canonicalise(papers)
    support = relation_support(found.extractions)
    write_turtle(
        plain_triples(found.extractions, found.entities, RUN), folder / "graph.ttl", prefixes()
    )
    write_nquads(
        (q for x in found.extractions for q in evidence_quads(x, RUN, support)),
        folder / "evidence.nq",
    )
    fill_store(folder / "store", folder / "graph.ttl", folder / "evidence.nq")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two made-up papers with a relation that both state."""
    states = (("𝔸Net", RelationType.USED_FOR, "parsing"),)
    names = ("𝔸Net", ("parsing", EntityType.TASK), ('Say "hi" \\ <b>', EntityType.DATASET))
    return write(
        [extraction(n, *names, relations=states) for n in (1, 2)],
        tmp_path,
    )


def test_two_parsers_read_the_same_triples(folder: Path) -> None:
    ours = rdflib.Graph().parse(folder / "graph.ttl")
    theirs = rdflib.Graph().parse(
        ox.serialize(ox.parse(path=str(folder / "graph.ttl")), format=ox.RdfFormat.N_TRIPLES),
        format="nt",
    )
    quads = rdflib.Dataset().parse(data=(folder / "evidence.nq").read_text(), format="nquads")

    assert isomorphic(ours, theirs)
    assert len(quads) == len(list(ox.parse(path=str(folder / "evidence.nq"))))


def test_each_mention_stands_where_it_says(folder: Path) -> None:
    store = open_store(folder)

    rows = list(store.query(GROUNDED, prefixes=prefixes(), **UNION))

    assert rows == []
    assert store.query("ASK { ?m nif:anchorOf '𝔸Net' }", prefixes=prefixes(), **UNION)


def test_a_claim_says_how_many_papers_support_it(folder: Path) -> None:
    query = """SELECT ?n (COUNT(?c) AS ?claims) WHERE { ?c rdf:predicate kgo:usedFor ;
        kgo:support ?n ; kgo:grounding "verbatim" } GROUP BY ?n"""

    rows = list(open_store(folder).query(query, prefixes=prefixes(), **UNION))

    assert [(row["n"].value, row["claims"].value) for row in rows] == [("2", "2")]


def test_a_benchmark_is_a_data_set_too(tmp_path: Path) -> None:
    write([extraction(1, ("BoxSet", EntityType.BENCHMARK))], tmp_path)

    both = "ASK { kge:boxset a kgo:Benchmark, kgo:Dataset, schema:Dataset }"

    assert open_store(tmp_path).query(both, prefixes=prefixes())


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("57.1%", "57.1", "%"),
        ("2.5x", "2.5", "x"),
        ("1,234", "1234.0", None),
        ("−3.20", "-3.2", None),
        (".5", "0.5", None),
        ("3-5%", None, None),
        ("ten", None, None),
    ],
)
def test_the_value_of_a_result_is_a_decimal(
    text: str, number: str | None, unit: str | None
) -> None:
    made = extraction(1, "X")
    result = Result("X", None, None, text, ResultKind.ABSOLUTE, 8, 9, 0.5, made.sentences[1])
    paper = Extraction(made.paper, made.sentences, made.entities, (), (result,))
    triples = list(plain_triples([paper], [], RUN))
    value = [t.object for t in triples if t.predicate.value.endswith("hasValue")]
    units = [t.object.value for t in triples if t.predicate.value.endswith("unitText")]

    assert [v.value for v in value] == ([number] if number else [])
    assert all(v.datatype.value.endswith("decimal") for v in value)
    assert units == ([unit] if unit else [])


def test_addresses_that_are_no_iris_are_left_out() -> None:
    paper = Paper("h-1", "T", "A", urls=("https://x.org/a b<c>", "https://github.com/a/b", "::"))
    made = Extraction(paper, (Sentence(0, 1), Sentence(2, 3)), ())
    links = {t.object.value for t in plain_triples([made], [], RUN)} & {
        "https://x.org/a%20b%3Cc%3E",
        "https://github.com/a/b",
        "::",
    }

    assert links == {"https://x.org/a%20b%3Cc%3E", "https://github.com/a/b"}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_name_makes_iris_that_parsers_take(name: str) -> None:
    found = canonicalise([extraction(1, name)])
    data = ox.serialize(
        plain_triples(found.extractions, found.entities, RUN), format=ox.RdfFormat.TURTLE
    )

    assert data is not None
    assert len(list(ox.parse(data, format=ox.RdfFormat.TURTLE))) > 5
    assert len(rdflib.Graph().parse(data, format="turtle")) > 5


def test_the_run_is_named_by_what_went_in() -> None:
    assert run_id(RUN).startswith("run-")
    assert run_id(RUN) == run_id(RUN)


def test_the_same_triples_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    found = [extraction(n, "X", "Y") for n in (1, 2)]
    write(found, again)
    first = (again / "graph.ttl").read_bytes()
    (again / "graph.ttl").unlink()
    write_turtle(
        plain_triples((c := canonicalise(found)).extractions, c.entities, RUN),
        again / "graph.ttl",
        prefixes(),
    )

    assert first == (again / "graph.ttl").read_bytes()

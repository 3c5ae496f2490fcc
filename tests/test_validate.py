"""A good graph passes; a broken one is reported by node and in words."""

from pathlib import Path

import pytest
from needs import needs
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store
from small_graph import build

from kg.errors import GraphError
from kg.validate import validate
from kg.vocab import prefixes

GRAPH = "kgg:arxiv-2401.00001"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    needs("pyshacl")
    return build(tmp_path / "output")


def _term(text: str) -> NamedNode | Literal:
    prefix, _, local = text.partition(":")
    if prefix in prefixes():
        return NamedNode(prefixes()[prefix] + local)
    return Literal(float(text)) if text.replace(".", "").isdigit() else Literal(text)


def _edit(output: Path, *, add: str = "", drop: str = "", graph: str = "") -> None:
    """Add or drop the triple in *add* or *drop* (three words); ``*`` in *drop* stands for all."""
    store = Store(str(output / "store"))
    where = _term(graph) if graph else DefaultGraph()
    if drop:
        pattern = [None if word == "*" else _term(word) for word in drop.split()]
        for quad in list(store.quads_for_pattern(*pattern, where)):
            store.remove(quad)
    if add:
        store.add(Quad(*(_term(word) for word in add.split(maxsplit=2)), where))
    store.flush()


def test_a_built_graph_conforms(output: Path) -> None:
    assert [str(found) for found in validate(output)] == []


#: What to do to which triple, where, and what must then be said.
FAULTS = """
drop | kge:foxnet skos:prefLabel * | | kge:foxnet skos:prefLabel: an entity needs exactly one
add | kge:foxnet skos:prefLabel Vixen | | kge:foxnet skos:prefLabel: an entity needs exactly one
add | kge:foxnet rdf:type kgo:Task | | kge:foxnet: an entity is exactly one of
drop | kge:denqa rdf:type kgo:Dataset | | kge:denqa rdf:type: a benchmark is typed as a dataset
add | kge:foxnet kgo:usedFor kge:accuracy | | kge:foxnet kgo:usedFor: a system is used for a task
add | kge:accuracy kgo:partOf kge:foxnet | | kge:accuracy: a part is of the same kind
add | kge:accuracy kgo:usedFor kge:question-answering | | kge:accuracy: only a model or a method
drop | kgp:h-0123456789ab dcterms:title * | | kgp:h-0123456789ab dcterms:title: a paper needs
add | kgp:h-0123456789ab fabio:hasArXivId 2401.00001v2 | | at most one a paper (found 2401.00001v2)
add | kgp:h-0123456789ab kgo:mentions kge:nobody | | a paper mentions entities of this graph only
add | kgp:h-0123456789ab kgo:addresses kge:dens | | a paper addresses tasks only (found kge:dens)
drop | * kgo:resultKind * | | a result is absolute or a delta
drop | * nif:isString * | evidence | kgt:arxiv-2401.00001 nif:isString: a text has exactly one
drop | * kgo:grounding * | evidence | a claim is grounded verbatim, in a sentence
drop | * prov:wasDerivedFrom * | evidence | a claim is derived from sentences and mentions
drop | * nif:anchorOf * | evidence | a place says once which words stand there
drop | * kgo:configHash * | | a run has one hash of its options
drop | * kgo:inputHash * | | an input has one SHA-256
"""


@pytest.mark.parametrize("fault", FAULTS.strip().splitlines())
def test_each_fault_is_told_by_node_and_in_words(output: Path, fault: str) -> None:
    verb, triple, where, said = (part.strip() for part in fault.split("|"))
    _edit(output, **{verb: triple}, graph=GRAPH if where else "")

    assert any(said in str(found) for found in validate(output))


def test_a_moved_mention_is_ungrounded(output: Path) -> None:
    mention = "nif:anchorOf"
    _edit(output, drop=f"* {mention} FoxNet", graph=GRAPH)
    place = next(
        quad.subject
        for quad in Store.read_only(str(output / "store")).quads_for_pattern(
            None, NamedNode(prefixes()["itsrdf"] + "taIdentRef"), _term("kge:foxnet"), _term(GRAPH)
        )
    )
    store = Store(str(output / "store"))
    store.add(Quad(place, _term(mention), Literal("Foxnet"), _term(GRAPH)))
    store.flush()
    del store

    told = [str(found) for found in validate(output)]
    assert any(
        "these words do not stand in the text" in line and "found FoxNet" in line for line in told
    )


def test_a_node_is_checked_once_whatever_the_slices(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _edit(output, drop="kge:foxnet skos:prefLabel *")
    whole = list(validate(output))
    monkeypatch.setattr("kg.validate._SLICE", 1)

    assert sorted(validate(output)) == sorted(whole)
    assert len(whole) == 1


def test_a_folder_without_a_graph_says_so(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="holds no graph"):
        list(validate(tmp_path))

"""The ontology says of each term what it means, and nothing that is not so follows from it."""

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from needs import needs
from pyoxigraph import Dataset, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Namespace, URIRef
from small_graph import build

from kg.analyse import Analysis, Community, Rise, analysis_triples
from kg.model import RELATION_SIGNATURES, ROLE_TYPES, EntityType, RelationType, Role
from kg.store import open_store
from kg.vocab import BASE, CLASS_TERMS, KGO, PREFIXES

DATA = resources.files("kg") / "data"
TERMS = Namespace(KGO)
TYPE = NamedNode(PREFIXES["rdf"] + "type")
#: Issued with version 1.0.0: a term may be added, none may go or change its meaning.
PUBLISHED = [
    "Artefact",
    "Assertion",
    "Benchmark",
    "Claim",
    "Community",
    "Dataset",
    "Entity",
    "Method",
    "Metric",
    "Model",
    "Result",
    "System",
    "Task",
    "abstract",
    "addresses",
    "basedOn",
    "betweenness",
    "centrality",
    "growth",
    "inCommunity",
    "benchmarkFor",
    "codeRepository",
    "comparedWith",
    "comparesWith",
    "confidence",
    "configHash",
    "evaluatedOn",
    "evaluatesOn",
    "forMetric",
    "generic",
    "grounding",
    "inPaper",
    "inputHash",
    "introduces",
    "mentions",
    "ofModel",
    "onDataset",
    "outperforms",
    "paperCount",
    "partOf",
    "reports",
    "resultKind",
    "subclassOf",
    "support",
    "trainedOn",
    "usedFor",
    "uses",
    "valueText",
    "venue",
]


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(data=(DATA / "ontology.ttl").read_text("utf-8"), format="turtle")


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("small") / "output")


def _own(graph: Graph) -> list[URIRef]:
    return sorted(s for s in set(graph.subjects(RDF.type)) if str(s).startswith(KGO))


def _properties(graph: Graph) -> list[URIRef]:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
    return [t for t in _own(graph) if any((t, RDF.type, kind) in graph for kind in kinds)]


def _emitted(store: Store) -> set[str]:
    names = {q.predicate.value for q in store}
    names |= {q.object.value for q in store if q.predicate == TYPE}
    return {name.removeprefix(KGO) for name in names if name.startswith(KGO)}


def test_published_terms_stay(ontology: Graph) -> None:
    assert [str(term).removeprefix(KGO) for term in _own(ontology)] == sorted(PUBLISHED)


def test_ontology_defines_what_the_graph_says_and_no_more(ontology: Graph, output: Path) -> None:
    concrete = {str(t).removeprefix(KGO) for t in _own(ontology) if not _is_abstract(ontology, t)}

    emitted = _emitted(open_store(output))
    possible = emitted | {role.value for role in Role} | {kind.value for kind in RelationType}
    possible |= _emitted_by_analysis(output)
    assert possible == concrete - {"abstract"}


def _emitted_by_analysis(output: Path) -> set[str]:
    found = Analysis(
        central=(("foxnet", 0.5),),
        communities=(Community(1, ("foxnet", "dens")),),
        bridges=(("foxnet", 0.25),),
        rising=(Rise("foxnet", 1.0, 1, 3),),
    )
    store = Store()
    store.extend(Quad(*triple) for triple in analysis_triples(found, BASE))
    return _emitted(store)


def _is_abstract(graph: Graph, term: URIRef) -> bool:
    return graph.value(term, TERMS.abstract) is not None


def test_each_type_role_and_relation_has_its_term(ontology: Graph) -> None:
    terms = {str(term) for term in _own(ontology)}
    named = {KGO + word for words in (EntityType, Role, RelationType) for word in words}

    assert named <= terms
    assert {name for names in CLASS_TERMS.values() for name in names if KGO in name} <= terms


def test_every_term_has_label_definition_and_example(ontology: Graph) -> None:
    for term in _own(ontology):
        assert ontology.value(term, RDFS.label), term
        assert ontology.value(term, SKOS.definition), term
        assert (term == TERMS.abstract) or ontology.value(term, SKOS.example), term
        assert ontology.value(term, RDFS.isDefinedBy), term


def test_every_property_has_one_domain_and_range(ontology: Graph) -> None:
    for term in _properties(ontology):
        assert len(list(ontology.objects(term, RDFS.domain))) == 1, term
        assert len(list(ontology.objects(term, RDFS.range))) == 1, term


@pytest.mark.parametrize(
    "namespace",
    [
        "https://linkedpaperswithcode.com/",
        "https://w3id.org/cskg/ontology#",
        "http://www.w3.org/ns/mls#",
        "http://w3id.org/mlso/",
        "https://w3id.org/fair4ml#",
        "https://schema.org/",
        str(SKOS),
    ],
)
def test_terms_are_mapped_to_each_public_vocabulary(ontology: Graph, namespace: str) -> None:
    said = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)
    ties = (*said, RDFS.subClassOf, RDFS.subPropertyOf)
    targets = {
        str(o) for term in _own(ontology) for tie in ties for o in ontology.objects(term, tie)
    }

    assert any(target.startswith(namespace) for target in targets)


def test_signatures_of_the_model_agree_with_domain_and_range(ontology: Graph) -> None:
    def holds(kind: EntityType, wanted: URIRef) -> bool:
        return wanted in ontology.transitive_objects(TERMS[kind], RDFS.subClassOf)

    for relation, rows in RELATION_SIGNATURES.items():
        domain, range_ = (ontology.value(TERMS[relation], p) for p in (RDFS.domain, RDFS.range))
        for heads, tails in rows:
            assert all(holds(head, domain) for head in heads), relation
            assert all(holds(tail, range_) for tail in tails), relation
    for role, kinds in ROLE_TYPES.items():
        assert all(holds(kind, ontology.value(TERMS[role], RDFS.range)) for kind in kinds), role


def test_no_blank_nodes() -> None:
    quads = parse((DATA / "ontology.ttl").read_bytes(), format=RdfFormat.TURTLE)

    assert not [q for q in quads if "_:" in f"{q.subject} {q.object}"[:2]]


def test_every_public_term_of_the_graph_is_told_in_the_docs(output: Path) -> None:
    page = Path("docs/rdf.md").read_text(encoding="utf-8")
    store = open_store(output)
    terms = {q.predicate.value for q in store} | {
        q.object.value for q in store if q.predicate == TYPE
    }

    assert [_curie(term) for term in sorted(terms) if f"`{_curie(term)}`" not in page] == []


def _curie(iri: str) -> str:
    prefix, namespace = max(
        (item for item in PREFIXES.items() if iri.startswith(item[1])),
        key=lambda item: len(item[1]),
    )
    return f"{prefix}:{iri.removeprefix(namespace)}"


# OWL RL: what a reasoner adds must be what we would sign, and a wrong graph must clash or show


def _closure(ontology: Graph, store: Store, extra: str = "") -> tuple[Graph, Graph]:
    needs("owlrl")
    import owlrl

    before = Graph()
    for triple in ontology:
        before.add(triple)
    lines = "".join(f"{q.subject} {q.predicate} {q.object} .\n" for q in store)
    before.parse(data=lines + extra, format="nt")
    after = Graph()
    for triple in before:
        after.add(triple)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(after)
    return before, after


CLASH = URIRef("http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage")


def test_owl_rl_finds_no_clash_and_only_wanted_types(ontology: Graph, output: Path) -> None:
    before, after = _closure(ontology, open_store(output))
    abstract = {term for term in _own(ontology) if _is_abstract(ontology, term)}
    nodes = {s for s in before.subjects() if BASE in s and KGO not in s}
    types = {o for s in nodes for o in after.objects(s, RDF.type) if (s, RDF.type, o) not in before}

    assert CLASH not in set(after.objects(None, RDF.type))
    assert types <= {*abstract, OWL.Thing, RDFS.Resource}


def test_owl_rl_sees_a_paper_taken_for_an_entity(ontology: Graph, output: Path) -> None:
    wrong = f"<{BASE}paper/h-0123456789ab> <{PREFIXES['rdf']}type> <{KGO}Task> .\n"
    _, after = _closure(ontology, open_store(output), wrong)

    assert CLASH in set(after.objects(None, RDF.type))


def test_owl_rl_adds_only_the_super_properties(ontology: Graph, output: Path) -> None:
    before, after = _closure(ontology, open_store(output))
    said = set(before.predicates())
    new = {p for s, p, o in after - before if s != o and BASE in s and p not in said}

    assert new == {URIRef(PREFIXES["schema"] + "mentions")}


def test_a_mapping_makes_no_class_a_concept(ontology: Graph, output: Path) -> None:
    _, after = _closure(ontology, open_store(output))

    assert (TERMS.Model, RDF.type, SKOS.Concept) not in after


def test_the_page_and_the_diagram_are_up_to_date() -> None:
    needs("pylode")
    command = [sys.executable, "scripts/ontology_docs", "--check"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert told.stdout == ""
    assert told.returncode == 0, told.stderr


def test_same_graph_in_both_parsers(ontology: Graph) -> None:
    quads = parse((DATA / "ontology.ttl").read_bytes(), format=RdfFormat.TURTLE)
    again = parse(ontology.serialize(format="nt"), format=RdfFormat.N_TRIPLES)

    assert _canonical(quads) == _canonical(again)


def _canonical(quads: object) -> list[Quad]:
    dataset = Dataset(quads)  # type: ignore[arg-type]
    return sorted(dataset, key=str)

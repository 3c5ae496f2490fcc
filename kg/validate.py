"""Whether a graph is as it should be: the SHACL shapes, and each place against its text.

pySHACL wants its graph in memory, so the store is checked in slices: about a thousand nodes with
all that is said of them, and the types of what they point to, which is all that the shapes look at.
The time grows with the number of nodes, the memory does not.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import chain, groupby
from pathlib import Path
from types import ModuleType
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, Triple, parse, serialize
from rdflib import SH, Graph

from kg.errors import GraphError
from kg.store import open_store
from kg.vocab import PREFIXES, prefixes

__all__ = ["Violation", "validate"]

_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_CONCEPT = NamedNode(PREFIXES["skos"] + "Concept")
_PART_OF = NamedNode(PREFIXES["dcterms"] + "isPartOf")
_SLICE = 1000
_GROUNDING = f"""
PREFIX nif: <{PREFIXES["nif"]}>
SELECT ?place ?found WHERE {{
  ?place nif:referenceContext ?context ; nif:beginIndex ?begin ; nif:endIndex ?end ;
    nif:anchorOf ?anchor .
  ?context nif:isString ?text .
  BIND(SUBSTR(?text, ?begin + 1, ?end - ?begin) AS ?found)
  FILTER(?found != STR(?anchor))
}} ORDER BY ?place"""


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """What is wrong with *node*: *message* in words, and the *path* and *value* if it has them."""

    node: str
    path: str
    message: str
    value: str = ""

    def __str__(self) -> str:
        """Return one line: node, path, message and value, with the prefixes of our files."""
        where = " ".join(filter(None, (_short(self.node), _short(self.path))))
        return f"{where}: {self.message}" + (f" (found {_short(self.value)})" if self.value else "")


def validate(output: Path) -> Iterator[Violation]:
    """Yield what is wrong with the graph in the folder *output*: nothing if it conforms.

    First the violations of the shapes, slice by slice, sorted in each; then, sorted, the places
    whose words do not stand where they say. Raises ``GraphError`` if there is no graph, or if
    pySHACL (the extra ``validate``) is not installed.
    """
    store = open_store(output)
    shapes, hierarchy = _shapes(), _hierarchy()
    for nodes in _slices(store):
        lines = serialize(chain(_about(store, nodes), hierarchy), format=RdfFormat.N_TRIPLES)
        own = {node.value for node in nodes}
        yield from sorted({found for found in _check(lines, shapes) if found.node in own})
    yield from _ungrounded(store)


def _shapes() -> Graph:
    return Graph().parse(data=_data("shapes.ttl"), format="turtle")


def _hierarchy() -> tuple[Triple, ...]:
    """Return which classes lie below which, by the ontology: sh:class follows it.

    Not that entities are concepts: the ones that are only pointed to would be checked here too.
    """
    below = NamedNode(PREFIXES["rdfs"] + "subClassOf")
    triples = parse(_data("ontology.ttl"), format=RdfFormat.TURTLE)
    return tuple(
        quad.triple for quad in triples if quad.predicate == below and quad.object != _CONCEPT
    )


def _data(name: str) -> bytes:
    return resources.files("kg").joinpath("data", name).read_bytes()


def _slices(store: Store) -> Iterator[list[NamedNode]]:
    """Yield the nodes of the graph, each once; a paper, its results and its evidence together."""
    nodes: list[Any] = []
    for group in chain(_plain_nodes(store), _evidence_nodes(store)):
        nodes.extend(group)
        if len(nodes) >= _SLICE:
            yield nodes
            nodes = []
    if nodes:
        yield nodes


def _plain_nodes(store: Store) -> Iterator[list[Any]]:
    # the store gives the quads of one subject together, so that no list of all is needed
    quads = store.quads_for_pattern(None, None, None, DefaultGraph())
    for node, about in groupby(quads, key=lambda quad: quad.subject):
        for _ in about:
            pass
        if not any(store.quads_for_pattern(None, _PART_OF, node)) and all(
            quad.graph_name == DefaultGraph() for quad in store.quads_for_pattern(node, None, None)
        ):
            yield [node]


def _evidence_nodes(store: Store) -> Iterator[list[Any]]:
    for graph in sorted(store.named_graphs(), key=str):
        nodes: set[Any] = set()
        for quad in store.quads_for_pattern(None, None, None, graph):
            nodes.add(quad.subject)
            if quad.predicate == _PART_OF:
                nodes.add(quad.object)
        yield sorted(nodes, key=str)


def _check(lines: bytes | None, shapes: Graph) -> Iterator[Violation]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pySHACL's own, of rdflib's coming versions
        # not its focus_nodes: pySHACL 0.40 then passes every sh:node on a node outside of them
        conforms, report, _ = _pyshacl().validate(
            Graph().parse(data=lines, format="nt"), shacl_graph=shapes, inplace=True
        )
    if conforms:
        return
    for result in report.objects(None, SH.result):
        node, value = report.value(result, SH.focusNode), report.value(result, SH.value)
        path, message = report.value(result, SH.resultPath), report.value(result, SH.resultMessage)
        shown = "" if value is None or value == node else str(value)
        yield Violation(str(node), str(path or ""), str(message), shown)


def _pyshacl() -> ModuleType:
    try:
        import pyshacl  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise GraphError(
            "checking the shapes needs pySHACL; install it with `pip install 'papers-kg[validate]'`"
        ) from error
    return pyshacl


def _about(store: Store, nodes: Iterable[NamedNode]) -> Iterator[Triple]:
    """Yield what is said of *nodes*, and the types of what they point to.

    The others' skos:Concept is left out: it would have them checked as entities here too.
    """
    own = dict.fromkeys(nodes)
    objects: dict[Any, None] = {}
    for node in own:
        for quad in store.quads_for_pattern(node, None, None):
            yield Triple(quad.subject, quad.predicate, quad.object)
            if isinstance(quad.object, NamedNode) and quad.object not in own:
                objects[quad.object] = None
    for thing in objects:
        for quad in store.quads_for_pattern(thing, _TYPE, None):
            if quad.object != _CONCEPT:
                yield Triple(quad.subject, quad.predicate, quad.object)


def _ungrounded(store: Store) -> Iterator[Violation]:
    rows: Any = store.query(_GROUNDING, use_default_graph_as_union=True)
    for row in rows:
        message = "these words do not stand in the text where the place says"
        yield Violation(
            row["place"].value, PREFIXES["nif"] + "anchorOf", message, row["found"].value
        )


def _short(iri: str) -> str:
    for prefix, namespace in prefixes().items():
        if iri.startswith(namespace) and "/" not in iri.removeprefix(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri

"""The graph in NetworkX: papers and entities as nodes, roles, relations and results as edges."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kg.model import Entity, Extraction, Paper, PaperEntity, Relation, Result

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["to_networkx"]

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def to_networkx(
    extractions: Iterable[Extraction], entities: Iterable[Entity]
) -> "nx.MultiDiGraph[str]":
    """Return the graph; nodes are ``kgp:`` and ``kge:`` CURIEs, in the order of the arguments.

    Each attribute has one scalar type, so that every NetworkX writer takes the graph. Nodes have
    ``kind`` (``paper`` or ``entity``), ``label``, ``type``, ``generic``, ``papers`` and ``date``.
    Edges are keyed by their ``relation`` and have ``kind`` (``role``, ``relation``, ``result``),
    ``confidence``, ``support`` (papers that say so), ``paper`` and ``evidence`` (the surest of them
    and its sentence), ``value`` (of a result) and ``id``, which no other edge of the graph has.
    """
    import networkx as nx  # noqa: PLC0415 - half a second that `kg query` need not spend

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for entity in entities:
        graph.add_node(f"kge:{entity.id}", **_entity_node(entity))
    stated: defaultdict[tuple[str, str, str], list[tuple[Paper, Relation]]] = defaultdict(list)
    for extraction in extractions:
        paper = extraction.paper
        graph.add_node(f"kgp:{paper.id}", **_paper_node(paper))
        for member in extraction.entities:
            graph.add_edge(
                f"kgp:{paper.id}",
                f"kge:{member.id}",
                member.role.value,
                **_role_edge(paper, member),
            )
        for relation in extraction.relations:
            stated[relation.head, relation.type.value, relation.tail].append((paper, relation))
        for number, result in enumerate(extraction.results):
            _add_result(graph, paper, number, result)
    for (head, kind, tail), sayings in stated.items():
        graph.add_edge(f"kge:{head}", f"kge:{tail}", kind, **_relation_edge(kind, sayings))
    for source, target, key, data in graph.edges(keys=True, data=True):
        data["id"] = f"{source}--{key}--{target}"
    return graph


def _entity_node(entity: Entity) -> Mapping[str, str | int | bool]:
    return {
        "kind": "entity",
        "label": _xml(entity.name),
        "type": entity.type.value,
        "generic": entity.generic,
        "papers": entity.papers,
        "date": "",
    }


def _paper_node(paper: Paper) -> Mapping[str, str | int | bool]:
    return {
        "kind": "paper",
        "label": _xml(paper.title),
        "type": "Paper",
        "generic": False,
        "papers": 1,
        "date": paper.date or "",
    }


def _role_edge(paper: Paper, member: PaperEntity) -> Mapping[str, str | int | float]:
    return {
        "kind": "role",
        "relation": member.role.value,
        "confidence": member.role_confidence,
        "support": 1,
        "paper": f"kgp:{paper.id}",
        "evidence": _xml(paper.text[member.evidence.start : member.evidence.end]),
        "value": "",
    }


def _relation_edge(
    kind: str, sayings: list[tuple[Paper, Relation]]
) -> Mapping[str, str | int | float]:
    paper, surest = min(sayings, key=lambda said: (-said[1].confidence, said[0].id))
    return {
        "kind": "relation",
        "relation": kind,
        "confidence": surest.confidence,
        "support": len(sayings),
        "paper": f"kgp:{paper.id}",
        "evidence": _xml(paper.text[surest.evidence.start : surest.evidence.end]),
        "value": "",
    }


def _add_result(graph: "nx.MultiDiGraph[str]", paper: Paper, number: int, result: Result) -> None:
    # a result without a data set hangs on its metric, one without either on its own subject
    target = result.dataset or result.metric or result.subject
    graph.add_edge(
        f"kge:{result.subject}",
        f"kge:{target}",
        f"result:{paper.id}:{number}",
        kind="result",
        relation="result",
        confidence=result.confidence,
        support=1,
        paper=f"kgp:{paper.id}",
        evidence=_xml(paper.text[result.evidence.start : result.evidence.end]),
        value=_xml(result.value),
    )


def _xml(text: str) -> str:
    """Return *text* without what XML 1.0 cannot hold (section 2.2), for GraphML and GEXF."""
    return _NOT_XML.sub("", text)

"""The graph in NetworkX: papers and entities as nodes, roles, relations and results as edges."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kg.model import Entity, Extraction, Paper, PaperEntity, Relation, Result

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Row", "edge_rows", "node_rows", "surest", "to_networkx"]

Row = Mapping[str, str | int | float | bool]

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
    stated: dict[str, list[Row]] = {}
    for extraction in extractions:
        graph.add_node(f"kgp:{extraction.paper.id}", **_paper_node(extraction.paper))
        for edge in edge_rows(extraction):
            if edge["kind"] == "relation":
                stated.setdefault(str(edge["id"]), []).append(edge)
            else:
                _add(graph, edge)
    for edges in stated.values():
        _add(graph, surest(edges))
    return graph


def _add(graph: "nx.MultiDiGraph[str]", edge: Row) -> None:
    rest = {name: value for name, value in edge.items() if name not in {"source", "target"}}
    source, target = str(edge["source"]), str(edge["target"])
    key = str(edge["id"]).removeprefix(f"{source}--").removesuffix(f"--{target}")
    graph.add_edge(source, target, key, **rest)


def node_rows(extractions: Iterable[Extraction], entities: Iterable[Entity]) -> Iterator[Row]:
    """Yield the nodes of :func:`to_networkx`, entities first: ``id`` and their attributes."""
    for entity in entities:
        yield {"id": f"kge:{entity.id}", **_entity_node(entity)}
    for extraction in extractions:
        yield {"id": f"kgp:{extraction.paper.id}", **_paper_node(extraction.paper)}


def edge_rows(extraction: Extraction) -> Iterator[Row]:
    """Yield the edges of one paper: ``id``, ``source``, ``target`` and their attributes.

    Roles come first, then results, then relations; those of several papers have the same ``id``,
    and :func:`surest` makes one of them.
    """
    paper = extraction.paper
    for member in extraction.entities:
        ends = f"kgp:{paper.id}", f"kge:{member.id}"
        yield _edge(paper, ("role", *ends, member.role.value), member.role_confidence, member)
    for number, result in enumerate(extraction.results):
        # a result without a data set hangs on its metric, one without either on its own subject
        target = result.dataset or result.metric or result.subject
        ends = f"kge:{result.subject}", f"kge:{target}"
        edge = _edge(paper, ("result", *ends, "result"), result.confidence, result)
        key = f"{ends[0]}--result:{paper.id}:{number}--{ends[1]}"
        yield {**edge, "id": key, "value": _xml(result.value)}
    for relation in extraction.relations:
        ends = f"kge:{relation.head}", f"kge:{relation.tail}"
        yield _edge(paper, ("relation", *ends, relation.type.value), relation.confidence, relation)


def surest(edges: Sequence[Row]) -> Row:
    """Return the one edge for *edges* of several papers that state the same."""
    first = min(edges, key=lambda edge: (-float(edge["confidence"]), edge["paper"]))
    return {**first, "support": len(edges)}


def _edge(
    paper: Paper,
    edge: tuple[str, str, str, str],
    confidence: float,
    said: PaperEntity | Relation | Result,
) -> dict[str, str | int | float]:
    kind, source, target, relation = edge
    return {
        "id": f"{source}--{relation}--{target}",
        "source": source,
        "target": target,
        "kind": kind,
        "relation": relation,
        "confidence": confidence,
        "support": 1,
        "paper": f"kgp:{paper.id}",
        "evidence": _xml(paper.text[said.evidence.start : said.evidence.end]),
        "value": "",
    }


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


def _xml(text: str) -> str:
    """Return *text* without what XML 1.0 cannot hold (section 2.2), for GraphML and GEXF."""
    return _NOT_XML.sub("", text)

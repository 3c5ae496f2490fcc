"""What the shape of the graph tells: central entities, communities, bridges, what is rising.

All but the last look at one graph: entities, joined by the papers that name both. The algorithms
are NetworkX's, by name, with a fixed seed, on nodes and edges in a fixed order: NetworkX's Louvain
depends on the order even with a seed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.export.source import ANALYSIS, Source
from kg.model import Entity, EntityType, Extraction
from kg.store import STORE, write_turtle
from kg.vocab import KGO, PREFIXES, iri

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "Analysis",
    "Community",
    "Rise",
    "add_analysis",
    "analyse",
    "analysis_of",
    "analysis_triples",
    "entity_graph",
    "rising",
    "tell",
]

_SEED = 0
#: Betweenness is estimated from so many sources: exact up to there, a few percent off beyond.
_SOURCES = 500
_DIGITS = 6
_NOTHING = {"rising": ": none (it takes papers with dates, and three of the newest quarter)"}


@dataclass(frozen=True, slots=True)
class Community:
    """Entities that papers name together more than with others; the most central first."""

    number: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rise:
    """How much an entity's share of papers grew: *growth* is in doublings."""

    entity: str
    growth: float
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found: entity ids with their scores, the highest first (ties by id).

    *central*: PageRank. *bridges*: betweenness, of those whose neighbours lie in several
    communities. *rising*: by growth. *names* has the names of the entities.
    """

    central: tuple[tuple[str, float], ...]
    communities: tuple[Community, ...]
    bridges: tuple[tuple[str, float], ...]
    rising: tuple[Rise, ...]
    names: Mapping[str, str] = field(default_factory=dict)


def entity_graph(
    extractions: Iterable[Extraction], entities: Iterable[Entity], *, generic: bool = False
) -> "nx.Graph[str]":
    """Return the graph of entities, an edge's ``weight`` counting the papers that name both.

    Generic entities are left out unless *generic*, and metrics always: everything meets at
    "language model" and at "accuracy", which tells nothing of fields.
    """
    import networkx as nx  # noqa: PLC0415 - half a second

    kept = {
        entity.id
        for entity in entities
        if entity.type is not EntityType.METRIC and (generic or not entity.generic)
    }
    pairs: Counter[tuple[str, str]] = Counter()
    for extraction in extractions:
        named = sorted({entity.id for entity in extraction.entities} & kept)
        pairs.update(combinations(named, 2))
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(kept))
    graph.add_weighted_edges_from((a, b, count) for (a, b), count in sorted(pairs.items()))
    return graph


def analyse(
    extractions: Sequence[Extraction], entities: Sequence[Entity], *, generic: bool = False
) -> Analysis:
    """Return what the shape of the graph tells; *generic* entities are left out by default."""
    import networkx as nx  # noqa: PLC0415

    graph = entity_graph(extractions, entities, generic=generic)
    if not graph:
        return Analysis((), (), (), ())
    rank = nx.pagerank(graph, weight="weight")
    found = nx.community.louvain_communities(graph, weight="weight", seed=_SEED)
    groups = sorted(
        (tuple(sorted(group, key=lambda e: (-rank[e], e))) for group in found if len(group) > 1),
        key=lambda group: (-len(group), group),
    )
    communities = tuple(Community(number, group) for number, group in enumerate(groups, 1))
    home = {entity: c.number for c in communities for entity in c.members}
    between = nx.betweenness_centrality(
        graph, k=_SOURCES if len(graph) > _SOURCES else None, seed=_SEED
    )
    bridging = {e: s for e, s in between.items() if s > 0 and len(_fields(graph, e, home)) > 1}
    kept = set(graph)
    return Analysis(
        central=_ranked(rank),
        communities=communities,
        bridges=_ranked(bridging),
        rising=tuple(rise for rise in rising(extractions) if rise.entity in kept),
        names={entity.id: entity.name for entity in entities if entity.id in kept},
    )


def rising(extractions: Iterable[Extraction], *, least: int = 3) -> tuple[Rise, ...]:
    """Return the entities whose share of papers grew, the steepest first (ties by id).

    The newer quarter of the dated papers is set against the rest, each count with one paper added,
    so that a first mention is not infinite growth; *least* newer papers must name an entity.
    """
    dated = sorted((x.paper.date, x.paper.id, x) for x in extractions if x.paper.date)
    cut = len(dated) - len(dated) // 4
    # papers of one date are not torn apart
    while 0 < cut < len(dated) and dated[cut][0] == dated[cut - 1][0]:
        cut += 1
    before, after = (_named(x for _, _, x in part) for part in (dated[:cut], dated[cut:]))
    if not after or not before:
        return ()
    odds = (cut + 1) / (len(dated) - cut + 1)
    rises = [
        Rise(
            entity, round(log2((count + 1) / (before[entity] + 1) * odds), 2), before[entity], count
        )
        for entity, count in after.items()
        if count >= least
    ]
    return tuple(sorted((r for r in rises if r.growth > 0), key=lambda r: (-r.growth, r.entity)))


def _named(extractions: Iterable[Extraction]) -> Counter[str]:
    return Counter(entity for x in extractions for entity in sorted({e.id for e in x.entities}))


def _fields(graph: "nx.Graph[str]", entity: str, home: Mapping[str, int]) -> set[int]:
    return {home[other] for other in graph[entity] if other in home}


def _ranked(scores: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    rounded = ((entity, round(score, _DIGITS)) for entity, score in scores.items())
    return tuple(sorted(rounded, key=lambda pair: (-pair[1], pair[0])))


def analysis_triples(analysis: Analysis, base: str) -> Iterator[Triple]:
    """Yield the analysis as statements on the entities, and the communities as nodes."""
    for name, scores in (("centrality", analysis.central), ("betweenness", analysis.bridges)):
        for entity, score in scores:
            yield Triple(_entity(entity, base), NamedNode(KGO + name), _decimal(score))
    for rise in analysis.rising:
        yield Triple(_entity(rise.entity, base), NamedNode(KGO + "growth"), _decimal(rise.growth))
    for community in analysis.communities:
        node = NamedNode(f"{base}community/{community.members[0]}")
        yield Triple(node, NamedNode(PREFIXES["rdf"] + "type"), NamedNode(KGO + "Community"))
        for member in community.members:
            yield Triple(_entity(member, base), NamedNode(KGO + "inCommunity"), node)


def analysis_of(output: Path) -> Analysis:
    """Return what the shape of the graph in *output* tells; raise ``GraphError`` if it has none."""
    source = Source(output)
    return analyse(tuple(source.extractions()), tuple(source.all_entities()))


def tell(analysis: Analysis, chosen: Iterable[str], most: int = 10) -> list[str]:
    """Return lines that tell a person what was found: *most* of each of *chosen*.

    What may be chosen are the fields ``central``, ``communities``, ``bridges`` and ``rising``.
    """
    names = analysis.names
    told: list[str] = []
    for kind in chosen:
        found = getattr(analysis, kind)[:most]
        told.append(kind + (":" if found else _NOTHING.get(kind, ": none")))
        if kind == "communities":
            for community in found:
                shown = ", ".join(names[member] for member in community.members[:8])
                told.append(f"  {len(community.members):5,} entities  {shown}")
        elif kind == "rising":
            told += [
                f"  {2**rise.growth:5.1f} times  {names[rise.entity]}  "
                f"({rise.before} papers before, {rise.after} of the newest)"
                for rise in found
            ]
        else:
            told += [f"  {score:.4f}  {names[entity]}" for entity, score in found]
    return told


def add_analysis(output: Path) -> Analysis:
    """Analyse the graph in the folder *output*, and add what was found to it.

    The statements are written to ``analysis.ttl`` and to the store, in the place of older ones.
    """
    source, analysis = Source(output), analysis_of(output)
    path = output / ANALYSIS
    old = list(parse(path=str(path), format=RdfFormat.TURTLE)) if path.is_file() else []
    triples = sorted(analysis_triples(analysis, source.base), key=str)
    store = Store(str(output / STORE))
    for quad in old:
        store.remove(quad)
    store.extend(Quad(*triple) for triple in triples)
    store.flush()
    write_turtle(triples, path, source.prefixes)
    return analysis


def _entity(local: str, base: str) -> NamedNode:
    return NamedNode(iri("kge", local, base))


def _decimal(number: float) -> Literal:
    text = f"{number:.{_DIGITS}f}".rstrip("0")
    return Literal(text + "0" * text.endswith("."), datatype=NamedNode(PREFIXES["xsd"] + "decimal"))

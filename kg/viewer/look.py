"""What the picture looks like: importance, communities and places, the same at each build.

Importance is PageRank on the weighted network (Page et al. 1999), communities are Leiden's (Traag,
Waltman and van Eck 2019), places come from ForceAtlas2 (Jacomy et al. 2014) on the most important
nodes; every other node is put beside its neighbours.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.model import Entity, EntityType
from kg.viewer.network import Network

__all__ = ["Look", "look"]

_SEED = 20190326
_DAMPING = 0.85
#: After so many steps of ForceAtlas2 the picture is as tight as after 400.
_STEPS = 150
#: A community smaller than this has no name and no outline of its own.
_SMALLEST = 5
_MOST_COMMUNITIES = 60
#: Of the links of a node that are drawn at once, the strongest.
_LINKS_EACH = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What each node looks like, in columns by node number.

    *order* lists node numbers, the one to draw first at the front; *importance* is in 0-1;
    *community* is an index into *names* or -1; *x*, *y* are whole canvas units. Communities are
    numbered from the largest; *names* gives each its most typical entities' numbers.
    """

    order: "np.ndarray"
    importance: "np.ndarray"
    community: "np.ndarray"
    names: tuple[tuple[int, ...], ...]
    x: "np.ndarray"
    y: "np.ndarray"

    def first(self, net: Network, count: int) -> list[int]:
        """Return the nodes of the first picture: no generic ones, none that stands alone."""
        return _first(net, self.order, count)

    def links(self, net: Network, shown: Sequence[int]) -> list[tuple[int, int]]:
        """Return the strongest links among *shown*: each node's own three, and no more."""
        inside = np.zeros(net.size, dtype=bool)
        inside[shown] = True
        rows = np.flatnonzero(inside[net.source] & inside[net.target])
        rows = rows[np.argsort(-net.weight[rows], kind="stable")]
        drawn: Counter[int] = Counter()
        kept: list[tuple[int, int]] = []
        for row in rows.tolist():
            a, b = int(net.source[row]), int(net.target[row])
            if drawn[a] < _LINKS_EACH or drawn[b] < _LINKS_EACH:
                kept.append((a, b))
                drawn.update((a, b))
        return sorted(kept)


def _first(net: Network, order: "np.ndarray", count: int) -> list[int]:
    wanted = order[~net.generic[order]]
    shown = np.zeros(net.size, dtype=bool)
    shown[wanted[:count]] = True
    for _ in range(3):
        linked = np.zeros(net.size, dtype=bool)
        both = shown[net.source] & shown[net.target]
        linked[net.source[both]] = linked[net.target[both]] = True
        if not linked.any():
            break
        # those that stand alone make room for the next that have a link to what is shown
        near = np.zeros(net.size, dtype=bool)
        near[net.source[linked[net.target]]] = near[net.target[linked[net.source]]] = True
        chosen = wanted[linked[wanted] | near[wanted]][:count]
        shown = np.zeros(net.size, dtype=bool)
        shown[chosen] = True
    return [int(node) for node in wanted if shown[node]]


def look(net: Network, entities: Sequence[Entity], first: int) -> Look:
    """Return the look of *net*, laid out so that the *first* nodes of its order stand well."""
    importance = _importance(net)
    order = _order(net, importance)
    community = _communities(net)
    names = _names(net, entities, community)
    x, y = _places(net, order, community, first)
    return Look(order, importance, community, names, x, y)


def _importance(net: Network) -> "np.ndarray":
    adjacency = net.matrix()
    strength = np.asarray(adjacency.sum(axis=1)).ravel()
    share = np.divide(1.0, strength, out=np.zeros_like(strength), where=strength > 0)
    rank = np.full(net.size, 1.0 / max(net.size, 1))
    for _ in range(50):
        rank = (1 - _DAMPING) / max(net.size, 1) + _DAMPING * (adjacency @ (rank * share))
    # generic hubs have no rank of their own: when asked for they come by how often they are named
    hubs = net.generic & (net.degree > 0)
    rank[hubs] = net.degree[hubs] / max(net.degree.max(initial=1), 1) * rank.max(initial=0.0)
    top = rank.max(initial=0.0)
    return np.asarray(rank / top if top > 0 else rank)


def _order(net: Network, importance: "np.ndarray") -> "np.ndarray":
    """Three entities for each two papers; of the papers, those first that tie entities together."""
    entities = np.arange(net.papers, net.size)
    entities = entities[np.lexsort((entities, -importance[entities]))]
    prominent = np.zeros(net.size)
    prominent[entities[:150]] = importance[entities[:150]] * ~net.generic[entities[:150]]
    tie = np.asarray(net.matrix() @ np.sqrt(prominent)).ravel()[: net.papers]
    papers = np.lexsort((np.arange(net.papers), -tie))
    place = np.concatenate(
        [(np.arange(len(papers)) + 0.5) / 2, (np.arange(len(entities)) + 0.4) / 3]
    )
    both = np.concatenate([papers, entities])
    return np.asarray(both[np.argsort(place, kind="stable")])


def _communities(net: Network) -> "np.ndarray":
    from graspologic_native import leiden  # noqa: PLC0415  (only a page needs it)

    found = np.full(net.size, -1)
    keep = ~(net.generic[net.source] | net.generic[net.target])
    ties = zip(net.source[keep], net.target[keep], net.weight[keep], strict=True)
    edges = [(f"{a:08d}", f"{b:08d}", float(w)) for a, b, w in ties]
    if not edges:
        return found
    _, parts = leiden(edges, seed=_SEED, resolution=0.35, randomness=0.001)
    for node, part in parts.items():
        found[int(node)] = part
    sizes = np.bincount(found[found >= 0])
    ranked = sorted(range(len(sizes)), key=lambda part: (-sizes[part], part))
    kept = [part for part in ranked if sizes[part] >= _SMALLEST][:_MOST_COMMUNITIES]
    renumbered = np.full(len(sizes) + 1, -1)
    renumbered[kept] = np.arange(len(kept))
    return np.asarray(renumbered[found])


def _names(
    net: Network, entities: Sequence[Entity], community: "np.ndarray"
) -> tuple[tuple[int, ...], ...]:
    """Most typical: often inside, seldom outside, and neither generic nor a mere metric."""
    inside = np.zeros(net.size)
    named = net.source < net.papers
    same = named & (community[net.source] == community[net.target])
    np.add.at(inside, net.target[same], 1)
    everywhere = np.bincount(net.target[named], minlength=net.size)
    typical = inside**1.5 / np.maximum(everywhere, 1) ** 0.5
    names: list[tuple[int, ...]] = []
    for part in range(int(community.max(initial=-1)) + 1):
        members = np.flatnonzero(community == part)
        fit = [
            int(i)
            for i in members[np.lexsort((members, -typical[members]))]
            if i >= net.papers
            and not net.generic[i]
            and entities[i - net.papers].type is not EntityType.METRIC
        ]
        names.append(tuple(fit[:3]))
    return tuple(names)


def _places(
    net: Network, order: "np.ndarray", community: "np.ndarray", first: int
) -> tuple["np.ndarray", "np.ndarray"]:
    shown = np.array(_first(net, order, first), dtype=int)
    place = np.full((net.size, 2), np.nan)
    place[shown] = _force(net, shown, community)
    adjacency = net.matrix()
    for _ in range(6):
        known = ~np.isnan(place[:, 0])
        if known.all():
            break
        filled = np.where(known[:, None], place, 0.0)
        total = np.asarray(adjacency @ known.astype(float)).ravel()
        ready = ~known & (total > 0)
        mean = np.asarray(adjacency @ filled)[ready] / total[ready, None]
        place[ready] = mean + _spiral(np.flatnonzero(ready))
    _place_rest(net, place, community)
    whole = np.rint(place).astype(int)
    return whole[:, 0], whole[:, 1]


def _place_rest(net: Network, place: "np.ndarray", community: "np.ndarray") -> None:
    """Put generic hubs amid what they are tied to, and what stands apart around the others."""
    known = ~np.isnan(place[:, 0])
    for a, b in ((net.target, net.source), (net.source, net.target)):
        hubs = net.generic[a] & known[b]
        total = np.bincount(a[hubs], minlength=net.size)
        mean = np.stack(
            [np.bincount(a[hubs], place[b[hubs], axis], minlength=net.size) for axis in (0, 1)], 1
        )
        ready = ~known & (total > 0)
        place[ready] = mean[ready] / total[ready, None] + _spiral(np.flatnonzero(ready))
        known |= ready
    rest = np.flatnonzero(~known)
    reach = 1.15 * np.hypot(*place[known].T).max(initial=300.0)
    turn = np.where(community[rest] >= 0, community[rest], rest) * 2.399963
    place[rest] = reach * np.stack([np.cos(turn), np.sin(turn)], axis=1) + _spiral(rest)


def _spiral(nodes: "np.ndarray") -> "np.ndarray":
    """A small step aside for each node, by its number, so that no two fall on one point."""
    turn = nodes * 2.399963
    reach = 30 + 14 * np.sqrt(nodes % 97)
    return np.stack([np.cos(turn) * reach, np.sin(turn) * reach], axis=1)


def _force(net: Network, shown: "np.ndarray", community: "np.ndarray") -> "np.ndarray":
    import networkx as nx  # noqa: PLC0415  (heavy)

    graph = nx.Graph()
    members = sorted(shown.tolist())
    graph.add_nodes_from(members)
    inside = np.zeros(net.size, dtype=bool)
    inside[shown] = True
    both = inside[net.source] & inside[net.target]
    for a, b, w in zip(net.source[both], net.target[both], net.weight[both], strict=True):
        near = community[a] == community[b] and community[a] >= 0
        graph.add_edge(int(a), int(b), weight=float(w) * (3.0 if near else 0.7))
    if len(members) < 2:
        return np.zeros((len(members), 2))
    start = _start(members, community)
    found = nx.forceatlas2_layout(
        graph,
        pos=start,
        max_iter=_STEPS,
        scaling_ratio=4.0,
        gravity=3.0,
        weight="weight",
        seed=_SEED,
    )
    place = np.array([found[node] for node in shown.tolist()], dtype=float)
    place -= np.median(place, axis=0)
    reach = np.quantile(np.hypot(*place.T), 0.9) or 1.0
    place *= 42.0 * np.sqrt(len(members)) / reach
    # far outliers are drawn in, so that the picture fills its frame
    far = np.hypot(*place.T) / (36.0 * np.sqrt(len(members)))
    place /= np.maximum(far, 1.0)[:, None] ** 0.8
    return _apart(place)


def _start(members: list[int], community: "np.ndarray") -> dict[int, "np.ndarray"]:
    angle = {node: (community[node] * 2.399963) for node in members}
    return {
        node: np.array([np.cos(angle[node]), np.sin(angle[node])])
        + _spiral(np.array([node]))[0] / 600
        for node in members
    }


def _apart(place: "np.ndarray", gap: float = 52.0) -> "np.ndarray":
    """Push nodes that stand closer than *gap* away from each other, a little at a time."""
    place = place.copy()
    for _ in range(120):
        x, y = place.T
        one, other = np.nonzero((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2 < gap**2)
        one, other = one[one != other], other[one != other]
        if not one.size:
            break
        step = place[one] - place[other]
        away = np.hypot(*step.T)[:, None]
        np.add.at(place, one, 0.25 * step * (gap - away) / np.maximum(away, 1e-6))
    return place

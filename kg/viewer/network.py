"""The graph of a page as numbered nodes and weighted links, ready for arithmetic.

Papers are numbered first, in the order given, then entities; so the numbers do not depend on any
hash seed as long as the arguments are sorted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kg.model import Entity, Extraction, Role

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Network", "network"]

#: How much of a tie each role is: what a paper introduces says more of it than what it mentions.
ROLE_WEIGHT = {
    Role.INTRODUCES: 4.0,
    Role.EVALUATES_ON: 2.0,
    Role.ADDRESSES: 2.0,
    Role.REPORTS: 1.0,
    Role.COMPARES_WITH: 1.5,
    Role.USES: 1.5,
    Role.MENTIONS: 1.0,
}
_RELATION_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Network:
    """Links between node numbers, each pair once with *source* < *target*, sorted.

    *weight* is the tie's strength, lessened for hubs. *generic* marks the entities that stand for
    everything and nothing, *degree* counts the links of each node.
    """

    papers: int
    size: int
    source: "np.ndarray"
    target: "np.ndarray"
    weight: "np.ndarray"
    generic: "np.ndarray"
    degree: "np.ndarray"

    def matrix(self) -> "csr_matrix":
        """Return the symmetric weighted adjacency, generic entities cut off."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  (heavy)

        keep = ~(self.generic[self.source] | self.generic[self.target])
        rows, columns, values = self.source[keep], self.target[keep], self.weight[keep]
        half = csr_matrix((values, (rows, columns)), shape=(self.size, self.size))
        return csr_matrix(half + half.T)


def network(extractions: Sequence[Extraction], entities: Sequence[Entity]) -> Network:
    """Return the network of papers and entities; what is said of unknown entities is left out."""
    papers, size = len(extractions), len(extractions) + len(entities)
    number = {entity.id: papers + i for i, entity in enumerate(entities)}
    weights: dict[tuple[int, int], float] = {}
    for p, extraction in enumerate(extractions):
        for entity in extraction.entities:
            if (e := number.get(entity.id)) is not None:
                weights[p, e] = max(weights.get((p, e), 0.0), ROLE_WEIGHT[entity.role])
        for relation in extraction.relations:
            ends = number.get(relation.head), number.get(relation.tail)
            if ends[0] is not None and ends[1] is not None and ends[0] != ends[1]:
                pair = min(ends[0], ends[1]), max(ends[0], ends[1])
                weights[pair] = weights.get(pair, 0.0) + _RELATION_WEIGHT
    pairs = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    source, target = pairs[:, 0], pairs[:, 1]
    degree = np.bincount(pairs.ravel(), minlength=size)
    raw = np.array([weights[a, b] for a, b in pairs.tolist()], dtype=float)
    generic = np.zeros(size, dtype=bool)
    generic[papers:] = [entity.generic for entity in entities]
    busier = np.maximum(degree[source], degree[target])
    return Network(papers, size, source, target, raw / np.log2(2 + busier), generic, degree)

"""The heads above the encoder in numpy: entity types, roles, relations and results.

Each mirrors a head of ``kg.train.network``; the arrays carry the names that they have there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kg.extract.learnt_pairs import Pair, gap_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

__all__ = ["Heads", "best_tags", "log_softmax", "softmax"]

_NEVER = -1e9


def softmax(scores: "Array") -> "Array":
    """Probabilities along the last axis."""
    grown = np.exp(scores - scores.max(-1, keepdims=True))
    result: Array = grown / grown.sum(-1, keepdims=True)
    return result


def log_softmax(scores: "Array") -> "Array":
    """Logarithms of the probabilities along the last axis."""
    moved = scores - scores.max(-1, keepdims=True)
    result: Array = moved - np.log(np.exp(moved).sum(-1, keepdims=True))
    return result


def best_tags(scores: "Array") -> list[int]:
    """The best sequence of tags in which no name goes on that did not begin."""
    outside = scores[:, 0] - scores[:, 1:].max(1)
    # no word can gain more by its neighbour's going on than by beginning itself
    wanted = np.append((scores[1:, 2::2] - scores[1:, 1::2]).max(1), 0.0)
    open_ = np.flatnonzero(outside < np.maximum(wanted, 0.0))
    tags = [0] * len(scores)
    for run in np.split(open_, np.flatnonzero(np.diff(open_) > 1) + 1):
        if len(run):
            tags[run[0] : run[-1] + 1] = _best_run(scores[run[0] : run[-1] + 1].tolist())
    return tags


def _best_run(rows: Sequence[Sequence[float]]) -> list[int]:
    """The best tags of words before which no name stands (Viterbi 1967)."""
    total = [row if tag % 2 or not tag else _NEVER for tag, row in enumerate(rows[0])]
    back = []
    for row in rows[1:]:
        best = max(total)
        top = total.index(best)
        came = [top] * len(row)
        now = [best + score for score in row]
        for tag in range(2, len(row), 2):
            came[tag] = tag if total[tag] > total[tag - 1] else tag - 1
            now[tag] = total[came[tag]] + row[tag]
        back.append(came)
        total = now
    tags = [total.index(max(total))]
    for came in reversed(back):
        tags.append(came[tags[-1]])
    return tags[::-1]


class Heads:
    """The heads' arrays, and what they say of the states of a text's words."""

    def __init__(self, arrays: Mapping[str, "Array"]) -> None:
        self._arrays = arrays
        # as they are multiplied with, which takes two thirds of the time
        self._turned = {
            name: np.ascontiguousarray(values.T)
            for name, values in arrays.items()
            if f"{name.removesuffix('.weight')}.bias" in arrays
        }

    def _linear(self, name: str, states: "Array") -> "Array":
        result: Array = states @ self._turned[f"{name}.weight"] + self._arrays[f"{name}.bias"]
        return result

    def _mlp(self, name: str, states: "Array") -> "Array":
        return self._linear(f"{name}.3", np.maximum(self._linear(f"{name}.0", states), 0))

    def tags(self, states: "Array") -> "Array":
        """Log-probabilities of the tags of each word."""
        return log_softmax(self._linear("tags", states))

    def _spans(self, states: "Array", spans: Sequence[tuple[int, ...]]) -> "Array":
        table = np.array([span[:2] for span in spans])
        mean = self._means(states, table)
        result: Array = np.concatenate([states[table[:, 0]], states[table[:, 1] - 1], mean], axis=1)
        return result

    @staticmethod
    def _means(states: "Array", table: "NDArray[np.int64]") -> "Array":
        start, stop = table[:, :1], table[:, 1:2]
        words = np.arange(len(states))
        inside = ((words >= start) & (words < stop)).astype(np.float32)
        result: Array = inside @ states / np.maximum(stop - start, 1)
        return result.astype(np.float32)

    def entities(
        self, states: "Array", spans: Sequence[tuple[int, int, int]], count: int
    ) -> "Array":
        """A vector for each of *count* entities; *spans* are (first, after the last, entity)."""
        mentions = np.maximum(self._linear("mention", self._spans(states, spans)), 0)
        vectors = np.zeros((count, 2 * mentions.shape[1]), np.float32)
        owners = np.array([span[2] for span in spans])
        order = owners.argsort(kind="stable")
        present, starts, sizes = np.unique(owners[order], return_index=True, return_counts=True)
        sums = np.add.reduceat(mentions[order], starts) / sizes[:, None]
        most = np.maximum.reduceat(mentions[order], starts)
        vectors[present] = np.concatenate([sums, most], axis=1)
        return vectors

    def labels(self, entities: "Array") -> "Array":
        """Log-probabilities of the types of each entity, and in the last column of being none."""
        return log_softmax(self._mlp("label", entities))

    def generic(self, entities: "Array") -> "Array":
        """The probability that each entity is generic."""
        result: Array = 1 / (1 + np.exp(-self._linear("generic", entities)[:, 0]))
        return result

    def roles(self, entities: "Array", types: Sequence[int], states: "Array") -> "Array":
        """Scores of the roles of each entity."""
        document = np.repeat(states.mean(0, keepdims=True), len(entities), axis=0)
        kinds = self._arrays["kind.weight"][list(types)]
        return self._mlp("role", np.concatenate([entities, kinds, document], axis=1))

    def relations(
        self, states: "Array", entities: "Array", types: Sequence[int], pairs: Sequence[Pair]
    ) -> "Array":
        """The probability of each relation type for each of *pairs*."""
        table = np.array(pairs)
        head = self._linear("head", entities)[table[:, 0]]
        tail = self._linear("tail", entities)[table[:, 1]]
        between = self._linear("between", self._means(states, table[:, 2:4]))
        kinds = self._arrays["kind.weight"][np.array(types)[table[:, :2]]].reshape(len(table), -1)
        gaps = self._arrays["gap.weight"][table[:, 4]]
        parts = [head, tail, head * tail, between, gaps, kinds]
        result: Array = 1 / (1 + np.exp(-self._mlp("relation", np.concatenate(parts, axis=1))))
        return result

    def results(
        self,
        states: "Array",
        entities: "Array",
        types: Sequence[int],
        *,
        numbers: Sequence[tuple[int, int]],
        gaps: Sequence[Sequence[int]],
    ) -> tuple["Array", "Array"]:
        """Scores (number, none and entities; subject, dataset, metric), and the odds of a delta.

        *gaps* has the gap code of each number (row) and entity (column).
        """
        vectors = np.maximum(self._linear("number", self._spans(states, numbers)), 0)
        reported = self._linear("reported", entities)
        rows, count = len(numbers), len(entities)
        left = np.repeat(vectors, count, axis=0)
        right = np.tile(reported, (rows, 1))
        kinds = np.tile(self._arrays["kind.weight"][list(types)], (rows, 1))
        near = self._arrays["gap.weight"][np.array(gaps).reshape(-1)]
        parts = np.concatenate([left, right, left * right, kinds, near], axis=1)
        scores = self._mlp("result", parts).reshape(rows, count, 3)
        nothing = self._linear("no_result", vectors)[:, None]
        delta = softmax(self._linear("delta", vectors))[:, 1]
        return np.concatenate([nothing, scores], axis=1), delta


def number_gaps(
    numbers: Sequence[tuple[int, int]],
    spans: Iterable[tuple[int, int, int]],
    count: int,
    sentences: Sequence[int],
) -> list[list[int]]:
    """The gap code of each number and the nearest mention of each of *count* entities."""
    places: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for start, stop, entity in spans:
        places[entity].append((start, stop))
    rows = []
    for number in numbers:
        row = []
        for mentions in places:
            near = min(
                mentions,
                key=lambda m: (sentences[m[0]] != sentences[number[0]], abs(m[0] - number[0])),
            )
            row.append(gap_code(number, near, sentences))
        rows.append(row)
    return rows

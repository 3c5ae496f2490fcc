"""What the trained tagger says of names: where some may stand, and what a candidate is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kg.extract.learnt_heads import Heads, best_tags, log_softmax, softmax
from kg.extract.learnt_network import Reading
from kg.extract.learnt_text import TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

__all__ = ["Knobs", "Verdict", "is_hopeless", "likely_spans", "pooled", "verdicts"]


@dataclass(frozen=True, slots=True)
class Knobs:
    """What was chosen on the development set rather than learnt.

    *reach* is taken off the log-probability of "no name" when stretches are sought. The log-odds
    of a candidate are *head* times those of its mentions taken together, plus *tags* times those
    of its words one by one, plus *rules* times those of the weights of evidence, with *caution*
    added for being no name. Divided by *cool* they become confidences that can be believed, which
    moves none past a half. *steps* is into how many steps the confidence is cut before a longer
    name goes before a surer one.
    """

    reach: float = 1.5
    head: float = 0.4
    tags: float = 0.4
    rules: float = 0.5
    caution: float = 0.0
    cool: float = 1.8
    steps: float = 6.0


class Verdict(NamedTuple):
    """What the tagger says of a candidate: log-odds of types and none; how surely a class."""

    head: list[float]
    tags: list[float]
    generic: float


#: What the rules say of a candidate that none of them found.
_UNSEEN = [math.log(0.08)] * len(TYPES) + [math.log(0.52)]
_OUTCOMES = (*TYPES, "none")
#: Below these log-odds of its words a candidate is not looked at as a whole: it is none.
_FAINT = -4.0
_NONE = [-20.0] * len(TYPES) + [0.0]
#: Stronger log-odds for a name the rules hardly ever give.
_RULES_MOST = 5.3


def likely_spans(reading: Reading, heads: Heads, reach: float) -> list[tuple[int, int, int, float]]:
    """Stretches of words that may be names: first, after the last, type, probability."""
    if not reading.words:
        return []
    tags = heads.tags(reading.states)
    moved = tags.copy()
    moved[:, 0] -= reach
    runs = _runs(best_tags(moved))
    if not runs:
        return []
    odds = softmax(_span_scores(tags, np.array(runs)))
    kinds = odds[:, :-1].argmax(1).tolist()
    return [
        (start, stop, kind, sure)
        for (start, stop), kind, sure in zip(runs, kinds, (1 - odds[:, -1]).tolist(), strict=True)
    ]


def verdicts(
    reading: Reading, heads: Heads, candidates: Sequence[Sequence[tuple[int, int]]]
) -> list[Verdict | None]:
    """What the tagger says of each candidate, given by the offsets of its mentions.

    None stands for one without a mention that begins and ends with a word.
    """
    places = [
        [
            (reading.first_words[a], reading.last_words[b])
            for a, b in mentions
            if a in reading.first_words and b in reading.last_words
        ]
        for mentions in candidates
    ]
    spans = [(a, b, number) for number, own in enumerate(places) for a, b in own]
    if not spans:
        return [None] * len(candidates)
    table = np.array(spans)
    sums = np.zeros((len(candidates), len(TYPES) + 1))
    np.add.at(sums, table[:, 2], _span_scores(heads.tags(reading.states), table))
    sizes = np.bincount(table[:, 2], minlength=len(sums))[:, None]
    words = log_softmax(sums / np.maximum(sizes, 1))
    hopeful = words[:, :-1].max(1) - words[:, -1] > _FAINT
    asked = [span for span in spans if hopeful[span[2]]]
    labels, generic = np.tile(_NONE, (len(sums), 1)), np.zeros(len(sums))
    if asked:
        vectors = heads.entities(reading.states, asked, len(candidates))
        labels[hopeful] = heads.labels(vectors[hopeful])
        generic[hopeful] = heads.generic(vectors[hopeful])
    return [
        Verdict(head, tags, odds) if own else None
        for own, head, tags, odds in zip(
            places, labels.tolist(), words.tolist(), generic.tolist(), strict=True
        )
    ]


def pooled(verdict: Verdict, rules: Mapping[str, float] | None, knobs: Knobs) -> tuple[str, float]:
    """The type and the confidence of a candidate, from the tagger's *verdict* and the rules' odds.

    The log-odds are added with weights (a logarithmic opinion pool, Genest and Zidek 1986).
    """
    evidence = _UNSEEN
    if rules is not None:
        evidence = [math.log(rules.get(kind, 0.0) + 1e-4) for kind in _OUTCOMES]
    scores = [
        knobs.head * head + knobs.tags * tags + knobs.rules * said
        for head, tags, said in zip(verdict.head, verdict.tags, evidence, strict=True)
    ]
    scores[-1] += knobs.caution
    top = max(scores)
    grown = [math.exp(score - top) for score in scores]
    best = max(range(len(TYPES)), key=lambda kind: grown[kind])
    odds = sum(grown[:-1]) / grown[-1]
    return TYPES[best], 1 - 1 / (1 + odds ** (1 / knobs.cool))


def is_hopeless(verdict: Verdict, knobs: Knobs, bar: float) -> bool:
    """Whether a candidate stays below *bar* however strongly the rules speak for it."""
    gap = max(verdict.head[:-1]) - verdict.head[-1], max(verdict.tags[:-1]) - verdict.tags[-1]
    most = knobs.head * gap[0] + knobs.tags * gap[1] - knobs.caution + knobs.rules * _RULES_MOST
    return most < math.log(bar / (1 - bar))


def _span_scores(tags: "Array", spans: "NDArray[np.int64]") -> "Array":
    """For each span, the mean log-probability that its words have each type, or none."""
    odds = np.exp(tags)
    by_type = odds[:, 1::2] + odds[:, 2::2]
    scores = np.log(np.column_stack([by_type, odds[:, 0]]) + 1e-6)
    sums = np.concatenate([np.zeros((1, scores.shape[1])), scores.cumsum(0)])
    size = (spans[:, 1] - spans[:, 0])[:, None]
    result: Array = ((sums[spans[:, 1]] - sums[spans[:, 0]]) / size).astype(np.float32)
    return result


def _runs(tags: Sequence[int]) -> list[tuple[int, int]]:
    runs, start = [], -1
    for index, tag in enumerate([*tags, 0]):
        if start >= 0 and (tag == 0 or tag % 2):
            runs.append((start, index))
            start = -1
        if tag % 2 and start < 0:
            start = index
    return runs

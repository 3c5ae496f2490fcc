"""What the trained tagger says of names: where some may stand, and what a candidate is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kg.extract.learnt_heads import Heads, best_tags, softmax
from kg.extract.learnt_network import Reading
from kg.extract.learnt_text import TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

__all__ = ["Knobs", "Verdict", "likely_spans", "pooled", "verdicts"]


@dataclass(frozen=True, slots=True)
class Knobs:
    """What was chosen on the development set rather than learnt.

    *reach* is taken off the log-probability of "no name" when stretches are looked for. The log-odds
    of a candidate are *head* times those of its mentions taken together, plus *tags* times those
    of its words one by one, plus *rules* times those of the weights of evidence, with *caution*
    added for being no name. *steps* is into how many steps the confidence is cut before a longer
    name goes before a surer one.
    """

    reach: float = 1.5
    head: float = 0.4
    tags: float = 0.4
    rules: float = 0.5
    caution: float = 0.4
    steps: float = 5.0


class Verdict(NamedTuple):
    """What the tagger says of a candidate: log-odds of the types and of none; how surely a class."""

    head: tuple[float, ...]
    tags: tuple[float, ...]
    generic: float


#: What the rules say of a candidate that none of them found.
_UNSEEN = np.log(np.array([0.08] * 6 + [0.52]))


def likely_spans(reading: Reading, heads: Heads, reach: float) -> list[tuple[int, int, int, float]]:
    """Stretches of words that may be names: first, after the last, type, probability."""
    if not reading.words:
        return []
    tags = heads.tags(reading.states)
    moved = tags.copy()
    moved[:, 0] -= reach
    found = []
    for start, stop in _runs(best_tags(moved)):
        odds = softmax(_span_scores(tags, start, stop))
        kind = int(odds[:-1].argmax())
        found.append((start, stop, kind, float(1 - odds[-1])))
    return found


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
    tags = heads.tags(reading.states)
    vectors = heads.entities(reading.states, spans, len(candidates))
    labels, generic = heads.labels(vectors), heads.generic(vectors)
    found: list[Verdict | None] = []
    for number, own in enumerate(places):
        if not own:
            found.append(None)
            continue
        parts = np.mean([_span_scores(tags, a, b) for a, b in own], axis=0)
        words = np.log(softmax(parts))
        found.append(
            Verdict(tuple(labels[number].tolist()), tuple(words.tolist()), float(generic[number]))
        )
    return found


def pooled(verdict: Verdict, rules: Mapping[str, float] | None, knobs: Knobs) -> tuple[str, float]:
    """The type and the confidence of a candidate, from the tagger's *verdict* and the rules' odds.

    The log-odds are added with weights (a logarithmic opinion pool, Genest and Zidek 1986).
    """
    evidence = _UNSEEN
    if rules is not None:
        evidence = np.log([rules.get(kind, 0.0) + 1e-4 for kind in (*TYPES, "none")])
    scores = (
        knobs.head * np.array(verdict.head)
        + knobs.tags * np.array(verdict.tags)
        + knobs.rules * evidence
    )
    scores[-1] += knobs.caution
    odds = softmax(scores)
    return TYPES[int(odds[:-1].argmax())], float(1 - odds[-1])


def _span_scores(tags: "Array", start: int, stop: int) -> "Array":
    """For each type, and for none, the mean log-probability that the words of a span have it."""
    odds = np.exp(tags[start:stop])
    by_type = odds[:, 1::2] + odds[:, 2::2]
    result: Array = np.log(np.column_stack([by_type, odds[:, 0]]) + 1e-6).mean(0)
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

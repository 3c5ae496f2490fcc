"""Which two entities of a paper may be related, and where the nearest mentions of the two stand."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kg.extract.learnt_text import TYPES
from kg.model import RELATION_SIGNATURES, EntityType

__all__ = ["APART", "GAP_CODES", "Pair", "allowed", "gap_code", "pairs_of"]

#: How many codes :func:`gap_code` has.
GAP_CODES = 26
#: The codes from here on are of mentions in different sentences.
APART = 24
_BUCKETS = (1, 2, 3, 4, 6, 9, 13, 20, 32, 60, 120)

#: For each two types (head, tail), whether each relation may hold between them.
_ALLOWED = {
    (head, tail): tuple(
        any(EntityType(head) in left and EntityType(tail) in right for left, right in rows)
        for rows in RELATION_SIGNATURES.values()
    )
    for head in TYPES
    for tail in TYPES
}


class Pair(NamedTuple):
    """An ordered pair of entities; the words between their nearest mentions, and how they lie."""

    head: int
    tail: int
    start: int
    stop: int
    gap: int


def allowed(head: int, tail: int) -> tuple[bool, ...]:
    """Whether each relation, in the model's order, may hold from type *head* to type *tail*."""
    return _ALLOWED[TYPES[head], TYPES[tail]]


def gap_code(left: tuple[int, int], right: tuple[int, int], sentences: Sequence[int]) -> int:
    """A number for the distance of two word spans, for their order, and for sharing a sentence."""
    first, second = min(left, right), max(left, right)
    if sentences[first[0]] != sentences[second[0]]:
        return APART + (left > right)
    distance = max(second[0] - first[1], 0)
    bucket = next((i for i, limit in enumerate(_BUCKETS) if distance < limit), len(_BUCKETS))
    return 2 * bucket + (left > right)


def pairs_of(
    spans: Iterable[tuple[int, int, int]], types: Sequence[int], sentences: Sequence[int]
) -> list[Pair]:
    """All ordered pairs of entities between which some relation may hold, sorted.

    *spans* are ``(first word, after the last, entity)``, *sentences* gives each word's sentence.
    """
    places: list[list[tuple[int, int]]] = [[] for _ in types]
    for start, stop, entity in spans:
        places[entity].append((start, stop))
    pairs = []
    for head in range(len(types)):
        for tail in range(len(types)):
            ok = head != tail and places[head] and places[tail]
            if ok and any(allowed(types[head], types[tail])):
                pairs.append(_nearest(head, tail, places, sentences))
    return pairs


def _nearest(
    head: int, tail: int, places: Sequence[Sequence[tuple[int, int]]], sentences: Sequence[int]
) -> Pair:
    _, left, right = min(
        (
            (sentences[a[0]] != sentences[b[0]], abs(a[0] - b[0])),
            a,
            b,
        )
        for a in places[head]
        for b in places[tail]
    )
    code = gap_code(left, right, sentences)
    start, stop = min(left[1], right[1]), max(left[0], right[0])
    return Pair(head, tail, start, max(stop, start) if code < APART else start, code)

"""What the rows of one name, from all papers, make of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from kg.model import Entity, EntityType
from kg.vocab import slug

__all__ = ["Group", "Reading", "reduce_groups"]


class Reading(msgspec.Struct, array_like=True):
    """What a paper says of one thing: by which *name*, and whether as something *generic*.

    *best* is the best-known form of the name, None if it does not by itself lead to the group;
    *named* has the same for each spelling. So groups can be made entities wherever their readings
    are.
    """

    name: str
    type: str
    generic: bool
    best: str | None
    named: list[tuple[str, str | None]]


class Group(NamedTuple):
    """All that so many *papers* say of one thing: each reading in MessagePack, and how often."""

    papers: int
    readings: Sequence[tuple[bytes, int]]


_decode = msgspec.msgpack.Decoder(Reading).decode


def reduce_groups(groups: Sequence[Group]) -> list[Entity]:
    """Return the entity that the readings of each group are about; it needs nothing but these."""
    return [_entity(group) for group in groups]


def _entity(group: Group) -> Entity:
    counts, types = Counter[str](), Counter[str]()
    generic = 0
    spelt: set[str] = set()
    own: dict[str, str] = {}
    texts: dict[str, str] = {}
    for raw, count in group.readings:
        reading = _decode(raw)
        counts[reading.name] += count
        types[reading.type] += count
        generic += count * reading.generic
        if reading.best is not None:
            own[reading.name] = reading.best
        for text, best in reading.named:
            spelt.add(text)
            if best is not None:
                texts[text] = best
    name = _best_name(counts, own, texts)
    return Entity(
        id=slug(name),
        name=name,
        type=_vote(types),
        generic=generic * 2 > counts.total(),
        aliases=tuple(sorted((spelt | own.keys()) - {name})),
        papers=group.papers,
    )


def _best_name(counts: Counter[str], own: Mapping[str, str], texts: Mapping[str, str]) -> str:
    # named after the usual meaning of a short form that means something else here
    named = own or texts or dict.fromkeys(counts, "")
    known = sorted(filter(None, set(named.values())))
    if known:
        return max(known, key=lambda name: (counts[name], name))
    return min(named, key=lambda name: (-counts[name], len(name), name))


def _vote(votes: Counter[str]) -> EntityType:
    # Benchmark says more than Dataset, so that it wins a tie; otherwise the alphabet decides
    return EntityType(
        min(votes, key=lambda kind: (-votes[kind], kind != EntityType.BENCHMARK, kind))
    )

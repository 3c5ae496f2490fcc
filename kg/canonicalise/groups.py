"""What the rows of one name, from all papers, make of it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kg.model import Entity, EntityType
from kg.vocab import slug

__all__ = ["reduce_groups"]


def reduce_groups(groups: Sequence[tuple[str, list[list[Any]]]]) -> list[Entity]:
    """Return the entity that the rows of each group are about; it needs nothing but these.

    A row is a group, the number of a paper and the place among all rows; what follows is said at
    :meth:`kg.canonicalise.naming.Naming.rows`.
    """
    return [_entity([row[3:] for row in rows], {row[1] for row in rows}) for _, rows in groups]


def _entity(rows: Sequence[list[Any]], papers: Collection[int]) -> Entity:
    counts, types = Counter[str](), Counter[str]()
    generic = 0
    spelt: set[str] = set()
    own: dict[str, str] = {}
    texts: dict[str, str] = {}
    for name, kind, is_generic, named, spellings in rows:
        counts[name] += 1
        types[kind] += 1
        generic += is_generic
        spelt.update(text for text, _ in spellings)
        own |= {} if named is None else {name: named}
        texts |= {text: best for text, best in spellings if best is not None}
    name = _best_name(counts, own, texts)
    return Entity(
        id=slug(name),
        name=name,
        type=_vote(types),
        generic=generic * 2 > counts.total(),
        aliases=tuple(sorted((spelt | own.keys()) - {name})),
        papers=len(papers),
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

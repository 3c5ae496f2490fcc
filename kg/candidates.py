"""What might be the same but was not merged, for a person to decide."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import combinations

from kg.model import Entity
from kg.names import fold, key

__all__ = ["COMPARED", "Candidate", "candidates"]

# Words that often trail a name without being part of it.
_HEADS = frozenset(
    (
        *("algorithm", "approach", "architecture", "benchmark", "classifier", "corpus", "dataset"),
        *("framework", "loss", "method", "metric", "model", "network", "objective", "problem"),
        *("scheme", "score", "strategy", "system", "task", "technique"),
    )
)
_LONG_ENOUGH = 7
#: More pairs than those of so many entities nobody looks at.
COMPARED = 50_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two entities that might be one, and the *reason* to think so."""

    first: Entity
    second: Entity
    reason: str


def candidates(
    entities: Iterable[Entity], homonyms: Mapping[str, tuple[str, ...]]
) -> tuple[Candidate, ...]:
    """Return the pairs to look at, those of the most papers first, each once.

    Four reasons, the first that holds: a short form with several meanings (*homonyms*); names that
    differ only in a trailing word such as *model*; a short form whose letters begin the words of
    the other; long names one letter apart. Names whose digits differ are no pair, and only the
    :data:`COMPARED` entities that most papers name are compared.
    """
    most = nsmallest(COMPARED, entities, key=lambda e: (-e.papers, e.id))
    compared = sorted(most, key=lambda e: e.id)
    known = {entity.id: entity for entity in compared}
    found: dict[tuple[str, str], str] = {}
    for first, second, reason in _pairs(homonyms, compared):
        pair = (min(first, second), max(first, second))
        if not known.keys() >= {first, second}:
            continue
        if first != second and _digits(known[first]) == _digits(known[second]):
            found.setdefault(pair, reason)
    listed = [Candidate(known[a], known[b], reason) for (a, b), reason in found.items()]
    return tuple(
        sorted(
            listed, key=lambda c: (-min(c.first.papers, c.second.papers), c.first.id, c.second.id)
        )
    )


def _pairs(
    homonyms: Mapping[str, tuple[str, ...]], entities: Sequence[Entity]
) -> Iterator[tuple[str, str, str]]:
    for short, ids in homonyms.items():
        for first, second in combinations(ids, 2):
            yield first, second, f"both are called {short.upper()}"
    yield from _same(entities, _without_head, "same but for a trailing word")
    yield from _initials(entities)
    yield from _one_letter(entities)


def _same(
    entities: Sequence[Entity], form: Callable[[Entity], str], reason: str
) -> Iterator[tuple[str, str, str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for entity in entities:
        groups[form(entity)].append(entity.id)
    for shared, ids in groups.items():
        if shared:
            for first, second in combinations(ids, 2):
                yield first, second, reason


def _without_head(entity: Entity) -> str:
    words = entity.name.casefold().split()
    while len(words) > 1 and key(words[-1]) in _HEADS:
        words.pop()
    return key(" ".join(words))


def _initials(entities: Sequence[Entity]) -> Iterator[tuple[str, str, str]]:
    shorts: defaultdict[str, list[str]] = defaultdict(list)
    for entity in entities:
        if entity.name.isupper() and entity.name.isalpha() and 3 <= len(entity.name) <= 6:
            shorts[entity.name.casefold()].append(entity.id)
    for entity in entities:
        words = entity.name.replace("-", " ").casefold().split()
        if len(words) >= 3:
            for short in shorts.get("".join(word[0] for word in words), []):
                yield short, entity.id, "letters of the one begin the words of the other"


def _one_letter(entities: Sequence[Entity]) -> Iterator[tuple[str, str, str]]:
    # two names one edit apart share a form with one letter left out (as in SymSpell)
    alone: dict[str, str] = {}
    more: defaultdict[str, list[str]] = defaultdict(list)
    names = {entity.id: entity.name for entity in entities}
    for entity in entities:
        form = fold(entity.name)
        if len(form) >= _LONG_ENOUGH:
            for shorter in {form, *[form[:i] + form[i + 1 :] for i in range(len(form))]}:
                # hardly any form has two names: a list for each would take most of the time
                if alone.setdefault(shorter, entity.id) != entity.id:
                    more[shorter].append(entity.id)
    for shorter, ids in more.items():
        for first, second in combinations((alone[shorter], *ids), 2):
            if not (_is_variant(names[first]) or _is_variant(names[second])):
                yield first, second, "one letter apart"


def _is_variant(name: str) -> bool:
    """Tell whether *name* ends in a letter by itself, which tells variants apart."""
    return re.search(r"(?:^|[\W_])\w$", name) is not None


def _digits(entity: Entity) -> str:
    return "".join(c for c in entity.name if c.isdigit())

"""What might be the same but was not merged, for a person to decide."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from io import StringIO
from itertools import combinations, compress

import numpy as np

from kg.model import Entity
from kg.names import fold, key

__all__ = ["COMPARED", "Candidate", "candidates", "candidates_table"]

# Words that often trail a name without being part of it.
_HEADS = frozenset(
    (
        *("algorithm", "approach", "architecture", "benchmark", "classifier", "corpus", "dataset"),
        *("framework", "loss", "method", "metric", "model", "network", "objective", "problem"),
        *("scheme", "score", "strategy", "system", "task", "technique"),
    )
)
_LONG_ENOUGH = 7
_BASE = np.uint64(0x9E3779B97F4A7C15)
#: By what a power of the base becomes the one before it, as these numbers overflow.
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
#: More pairs than those of so many entities nobody looks at. Of 85,000 papers' entities, those left
#: out are named by one paper.
COMPARED = 25_000


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


def candidates_table(pairs: Iterable[Candidate]) -> str:
    """Return *pairs* as CSV with an empty ``decision``: filled in, what ``--decisions`` takes."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        (
            *("first", "second", "decision", "reason"),
            *("first_papers", "second_papers", "first_id", "second_id"),
        )
    )
    for c in pairs:
        one, two = c.first, c.second
        writer.writerow([one.name, two.name, "", c.reason, one.papers, two.papers, one.id, two.id])
    return out.getvalue()


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
        if 3 <= len(words) <= 6:
            for short in shorts.get("".join(word[0] for word in words), []):
                yield short, entity.id, "letters of the one begin the words of the other"


def _one_letter(entities: Sequence[Entity]) -> Iterator[tuple[str, str, str]]:
    # two names one edit apart share a form with one letter left out (as in SymSpell)
    folded = [(fold(entity.name), entity) for entity in entities]
    known = [(form, entity) for form, entity in folded if len(form) >= _LONG_ENOUGH]
    near = _nearly_shared([form for form, _ in known])
    names: defaultdict[str, list[Entity]] = defaultdict(list)
    for form, entity in compress(known, near):
        for shorter in {form, *[form[:i] + form[i + 1 :] for i in range(len(form))]}:
            names[shorter].append(entity)
    for same in names.values():
        for first, second in combinations(same, 2):
            if not (_is_variant(first.name) or _is_variant(second.name)):
                yield first.id, second.id, "one letter apart"


def _nearly_shared(forms: Sequence[str]) -> Sequence[bool]:
    """Tell which of *forms* may be, whole or with one letter left out, another such.

    Hardly any is. They are told by a polynomial hash (Karp and Rabin 1987), all at once.
    """
    sizes = np.fromiter(map(len, forms), dtype=np.int64, count=len(forms))
    letters = np.frombuffer("".join(forms).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.cumsum(sizes) - sizes
    powers = np.cumprod(np.full(sizes.max(initial=0), _BASE), dtype=np.uint64)
    owner = np.repeat(np.arange(len(forms)), sizes)
    terms = letters * powers[np.arange(len(letters)) - starts[owner]]
    before = np.cumsum(terms, dtype=np.uint64) - terms
    whole = np.add.reduceat(terms, starts) if len(forms) else terms
    past = whole[owner] + before[starts[owner]] - before - terms
    hashes = np.concatenate([whole, before - before[starts[owner]] + past * _INVERSE])
    owners = np.concatenate([np.arange(len(forms)), owner])
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    shared = (hashes[1:] == hashes[:-1]) & (owners[1:] != owners[:-1])
    near = np.zeros(len(forms), dtype=bool)
    near[owners[1:][shared]] = near[owners[:-1][shared]] = True
    return near.tolist()


def _is_variant(name: str) -> bool:
    """Tell whether *name* ends in a letter by itself, which tells variants apart."""
    return re.search(r"(?:^|[\W_])\w$", name) is not None


def _digits(entity: Entity) -> str:
    return "".join(filter(str.isdigit, entity.name))

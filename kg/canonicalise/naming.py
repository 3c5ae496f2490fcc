"""Which name stands for which: by aliases, a person's decisions, and what papers define."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from zlib import crc32

import msgspec

from kg.canonicalise.groups import Reading
from kg.names import key

__all__ = ["Decision", "Defined", "Member", "Naming", "Pairs", "mark_of", "marks_of", "short_forms"]

#: A short form goes by one of its long forms elsewhere if that is what so many definitions say.
_DOMINANT = 0.8
#: So alike (Ratcliff and Obershelp) are two forms of one word with the same beginning, so long.
_ONE_STEM, _BEGINNING = 0.7, 5

_DIGITS = re.compile(r"\d+")
_BETWEEN_WORDS = re.compile(r"[\s/-]+")

Pairs = Mapping[str, Counter[str]]
Defined = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of two names: the *same* thing, or not."""

    first: str
    second: str
    same: bool


class _Spelt(msgspec.Struct):
    text: str


class _Named(msgspec.Struct):
    """Of an entity of a paper what tells which it is."""

    name: str
    type: str
    generic: bool
    mentions: list[_Spelt]


class Member(msgspec.Struct):
    """Of a paper what it names."""

    entities: list[_Named]
    abbreviations: Defined


def short_forms(definitions: Iterable[Defined]) -> dict[str, Counter[str]]:
    """Return for each short form (its key) how many papers define it as each long form.

    *definitions* holds the ``(short form, long form)`` pairs of each paper, of which the first of
    each short form counts.
    """
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for defined in filter(None, definitions):
        for short, long in _first_long(defined).items():
            if short != long and _numbers_agree(short, long):
                pairs[short][long] += 1
    return dict(pairs)


@cache
def _first_long(defined: Defined) -> Mapping[str, str]:
    """Return the long form of each short form, by key: where a paper gives several, the first."""
    found: dict[str, str] = {}
    for short, long in defined:
        found.setdefault(key(short), key(long))
    return found


def _numbers_agree(first: str, second: str) -> bool:
    one = _DIGITS.findall(first)
    return not one or not (two := _DIGITS.findall(second)) or one == two


def _inflected(fewer: Sequence[str], more: Sequence[str]) -> bool:
    """Tell whether two long forms differ in endings and in one word more at the most.

    *low-rank adaption* is *low-rank adaptation*; *semi-supervised* is not *self-supervised*.
    """
    if len(fewer) < 2 or len(more) > len(fewer) + 1 or not _begin_alike(fewer, more):
        return False
    left = list(more)
    for word in fewer:
        same = next((other for other in left if _same_stem(word, other)), None)
        if same is None:
            return False
        left.remove(same)
    return True


def _begin_alike(fewer: Sequence[str], more: Sequence[str]) -> bool:
    """Tell whether words may have one stem: nearly none have, and this is soon told."""
    beginnings = {word[:_BEGINNING] for word in more}
    return all(word[:_BEGINNING] in beginnings for word in fewer)


def _same_stem(first: str, second: str) -> bool:
    return first == second or (
        len(first) > _BEGINNING
        and first[:_BEGINNING] == second[:_BEGINNING]
        and SequenceMatcher(None, first, second).ratio() > _ONE_STEM
    )


def marks_of(paper: Member) -> set[int]:
    """Return a mark (CRC-32) of each key by whose group the :meth:`Naming.readings` of *paper* go.

    Two keys may have one mark: who looks for a key by it finds some papers too many.
    """
    names = {entity.name for entity in paper.entities}
    names.update(mention.text for entity in paper.entities for mention in entity.mentions)
    names.update(long for _, long in paper.abbreviations)
    return {mark_of(key(name)) for name in names}


def mark_of(name: str) -> int:
    """Return the mark of the key *name*."""
    return crc32(name.encode(errors="surrogatepass"))


class Naming:
    """Which key stands for which, from the alias table, the decisions and the definitions."""

    def __init__(
        self,
        aliases: Mapping[str, str],
        decisions: Sequence[Decision],
        definitions: Sequence[Defined],
    ) -> None:
        definitions = [defined for defined in definitions if defined]
        self.pairs = short_forms(definitions)
        self._best = {key(name): name for name in sorted(set(aliases.values()), reverse=True)}
        longs = {long for defined in definitions for _, long in defined}
        self._names = {key(name): name for name in sorted({*aliases, *longs})}
        self._words = cache(self._folded_words)
        self._apart: dict[str, str] = {}
        self._parent: dict[str, str] = {}
        self._different = {
            frozenset((key(d.first), key(d.second))) for d in decisions if not d.same
        }
        for decision in decisions:
            if decision.same:
                self._join(key(decision.second), key(decision.first))
            elif key(decision.first) == key(decision.second):
                self._apart[decision.second] = f"{key(decision.second)}~{decision.second}"
        for alias, name in sorted(aliases.items()):
            self._join(key(alias), key(name))
        self._known_longs: defaultdict[str, list[str]] = defaultdict(list)
        for alias in sorted(aliases):
            if len(self._words(key(alias))) > 1:
                self._known_longs[self._find(key(alias))].append(key(alias))
        for short, counts in sorted(self._joining(definitions).items()):
            self._join_definition(short, counts)
        #: For each key that leads to another one where it leads; all others stay.
        self.roots = {name: self._find(name) for name in sorted(self._parent)}

    def readings(self, paper: Member) -> Iterator[tuple[str, Reading]]:
        """Yield for each entity of *paper* its group (a key), and what the paper says of it."""
        defined = _first_long(paper.abbreviations)
        for entity in paper.entities:
            group = self._of_entity(entity.name, defined)
            texts = sorted({mention.text for mention in entity.mentions})
            named = [(text, self._best_in(group, text)) for text in texts]
            best = self._best_in(group, entity.name)
            yield group, Reading(entity.name, entity.type, entity.generic, best, named)

    def _best_in(self, group: str, name: str) -> str | None:
        own = key(name)
        return (
            self._best.get(own, "") if group in {self._apart.get(name), self._find(own)} else None
        )

    def _of_entity(self, name: str, defined: Mapping[str, str]) -> str:
        if name in self._apart:
            return self._apart[name]
        own = key(name)
        long = defined.get(own)
        # what its own paper says it is short for goes before what it is short for elsewhere
        if long is not None and _numbers_agree(own, long) and not self._kept_apart(own, long):
            return self.roots.get(long, long)
        return self.roots.get(own, own)

    def _joining(self, definitions: Sequence[Defined]) -> dict[str, Counter[str]]:
        """Return the short forms as papers define them, those left out that are other words."""
        shorts = {short for defined in definitions for short, _ in defined}
        others = set(filter(self._is_other_word, shorts))
        some = [
            (defined, tuple(pair for pair in defined if pair[0] not in others))
            for defined in definitions
            if any(short in others for short, _ in defined)
        ]
        joining = dict(self.pairs)
        without = short_forms(all_ for all_, _ in some)
        for short in without:
            joining[short] = joining[short] - without[short]
        for short, longs in short_forms(kept for _, kept in some).items():
            joining[short] = joining.get(short, Counter()) + longs
        return {short: longs for short, longs in joining.items() if longs}

    def _folded_words(self, long: str) -> tuple[str, ...]:
        """Return the folded words of a name that may be a long form, by its key."""
        return tuple(key(word) for word in _BETWEEN_WORDS.split(self._names.get(long, "")) if word)

    def _join_definition(self, short: str, longs: Counter[str]) -> None:
        heads = [long for long in self._known_longs.get(self._find(short), ()) if long != short]
        is_known = bool(heads)
        if len(longs) == 1 and not is_known:
            self._join(short, *longs)
            return
        for long in sorted(longs, key=lambda long: (-longs[long], long)):
            head = next((head for head in heads if self._is_variant(long, head)), None)
            if head is None:
                heads.append(long)
            else:
                self._join(long, head)
        roots: Counter[str] = Counter()
        for long, count in sorted(longs.items()):
            roots[self._find(long)] += count
        long, count = min(roots.items(), key=lambda item: (-item[1], item[0]))
        # a short form that the table knows keeps the meaning that the table gives it
        if count >= _DOMINANT * roots.total() and not is_known:
            self._join(short, long)

    def _is_other_word(self, short: str) -> bool:
        # ADAM for "Adapt And Merge" says nothing of the known Adam, which is a word
        known = self._best.get(key(short), "")
        return short.isupper() and known.istitle()

    def _is_variant(self, long: str, head: str) -> bool:
        fewer, more = sorted((self._words(long), self._words(head)), key=len)
        return _inflected(fewer, more) and _numbers_agree(long, head)

    def _kept_apart(self, first: str, second: str) -> bool:
        return frozenset((first, second)) in self._different

    def _find(self, name: str) -> str:
        while (parent := self._parent.get(name, name)) != name:
            name = parent
        return name

    def _join(self, name: str, target: str) -> None:
        child, root = self._find(name), self._find(target)
        if child == root or not child or not root:
            return
        if self._different and any(
            {self._find(one) for one in pair} == {child, root} for pair in self._different
        ):
            return
        self._parent[child] = root

"""One entity for one thing, in every paper and however it is spelled.

Names meet if they have the same :func:`kg.names.key`, if the corpus defines one as the short form
of the other, if the alias table says so, or if a person decided it. Nothing else merges: names that
differ in a number, version or size never do, and what only looks alike is listed as a candidate.
The type of a name is no part of its identity.
"""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import sha256
from heapq import nsmallest
from itertools import count as numbers
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from kg.model import (
    RELATION_SIGNATURES,
    ROLE_TYPES,
    Entity,
    EntityType,
    Extraction,
    PaperEntity,
    Relation,
    Result,
    Role,
)
from kg.names import key
from kg.spill import Rows, Spill, sorted_rows
from kg.vocab import slug

__all__ = ["Canonical", "Decision", "canonicalise", "reduce_groups", "short_forms"]

_ROLES = {role: rank for rank, role in enumerate(Role)}
#: A short form goes by one of its long forms elsewhere if that is what so many definitions say.
_DOMINANT = 0.8
#: So alike (Ratcliff and Obershelp) are two forms of one word with the same beginning.
_ONE_STEM = 0.7
_GROUPS = 500
#: So many entities are kept at hand while papers are renamed.
_REMEMBERED = 100_000

Pairs = Mapping[str, Counter[str]]
_Defined = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of two names: the *same* thing, or not."""

    first: str
    second: str
    same: bool


class _Named(msgspec.Struct):
    """Of an entity what it is ranked by."""

    papers: int
    generic: bool


class Canonical:
    """Papers with canonical ids, and the entities that these ids name; both lie on disk.

    *extractions* (by paper id) and *entities* (by id) can be walked through any number of times.
    *homonyms* maps each short form (its key) that stands for several things to the ids of these.
    """

    def __init__(
        self,
        extractions: Spill[Extraction],
        entities: Spill[Entity],
        homonyms: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.extractions = extractions
        self.entities = entities
        self.homonyms = homonyms

    def most_named(self, count: int, *, generic: bool = True) -> list[int]:
        """Return the numbers of the *count* entities that most papers name, these first.

        Ties go by the id. Without *generic*, only entities that are not generic are looked at.
        """
        told = enumerate(self.entities.brief(_Named))
        ranked = ((-e.papers, number) for number, e in told if generic or not e.generic)
        return [number for _, number in nsmallest(count, ranked)]


def short_forms(definitions: Iterable[Iterable[tuple[str, str]]]) -> dict[str, Counter[str]]:
    """Return for each short form (its key) how many papers define it as each long form.

    *definitions* holds the ``(short form, long form)`` pairs of each paper, of which the first of
    each short form counts.
    """
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for defined in definitions:
        for short, long in sorted(_first_long(defined).items()):
            if short != long and _numbers_agree(short, long):
                pairs[short][long] += 1
    return dict(pairs)


def _first_long(defined: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the long form of each short form, by key: where a paper gives several, the first."""
    found: dict[str, str] = {}
    for short, long in defined:
        found.setdefault(key(short), key(long))
    return found


def _numbers_agree(first: str, second: str) -> bool:
    one, two = re.findall(r"\d+", first), re.findall(r"\d+", second)
    return not one or not two or one == two


def _words_of(
    aliases: Iterable[str], definitions: Iterable[Iterable[tuple[str, str]]]
) -> dict[str, tuple[str, ...]]:
    """Return the folded words of each name that may be a long form, by its key."""
    longs = {long for defined in definitions for _, long in defined}
    return {
        key(name): tuple(key(word) for word in re.split(r"[\s/-]+", name) if word)
        for name in sorted({*aliases, *longs})
    }


def _inflected(fewer: Sequence[str], more: Sequence[str]) -> bool:
    """Tell whether two long forms differ in endings and in one word more at the most.

    *low-rank adaption* is *low-rank adaptation*; *semi-supervised* is not *self-supervised*.
    """
    left = list(more)
    for word in fewer:
        same = next((other for other in left if _same_stem(word, other)), None)
        if same is None:
            return False
        left.remove(same)
    return len(fewer) > 1 and len(left) <= 1


def _same_stem(first: str, second: str) -> bool:
    return first == second or (
        len(first) > 5
        and first[:5] == second[:5]
        and SequenceMatcher(None, first, second).ratio() > _ONE_STEM
    )


def canonicalise(
    extractions: Iterable[Extraction],
    *,
    aliases: Mapping[str, str] | None = None,
    decisions: Sequence[Decision] = (),
    voted: bool = False,
    each: Callable[..., Iterable[list[Entity]]] = map,
) -> Canonical:
    """Return *extractions* with one id for one thing, and those things.

    *aliases* maps a spelling to the best-known name of what it means. A short form that stands for
    several things is read as its own paper defines it; where no paper near it does, as the long
    form that most definitions give, if that is clear. The answer does not depend on the order of
    *extractions*; those that lie on disk, sorted by paper id, are never in memory at once.

    With *voted*, what the voted types rule out is left out: a paper may read as a task what the
    corpus votes a method, and in a graph where a thing has one type, a relation or result that
    needs the other would be false. Such a role becomes ``uses``.

    *each* runs a function over chunks of groups and gives its answers in their order: ``map``, or
    what sends them to other machines.
    """
    ordered, definitions = _ordered(extractions)
    names = _Names(aliases or {}, decisions, definitions)
    # rows come in the order of the papers, which those of one group keep
    members = sorted_rows(_members(ordered, names), key=itemgetter(0))
    groups = Spill[tuple[str, int]](tuple[str, int])
    owners = array("I", bytes(4 * len(members)))
    reduced = each(reduce_groups, _grouped(members, groups, owners))
    drafts = Spill[Entity](Entity, (entity for chunk in reduced for entity in chunk))
    changed = _unique_ids(drafts, groups)
    defined = {k for short, longs in names.pairs.items() for k in (short, *longs)}
    found = {
        group: changed.get(number, draft.id)
        for number, ((group, _), draft) in enumerate(zip(groups, drafts.brief(_Id), strict=True))
        if group in defined
    }
    meant = _meanings(owners, drafts, changed)
    return Canonical(
        Spill[Extraction](Extraction, _renamed(ordered, meant, voted=voted)),
        _in_order(drafts, changed),
        _homonyms(names.pairs, found),
    )


class _Meaning(NamedTuple):
    """The entity that a paper names."""

    id: str
    name: str
    type: EntityType


class _Id(msgspec.Struct):
    id: str


class _Defining(msgspec.Struct):
    """Of a paper only its id, and the short forms that it defines."""

    paper: _Id
    abbreviations: _Defined


def _ordered(extractions: Iterable[Extraction]) -> tuple[Spill[Extraction], list[_Defined]]:
    """Return *extractions* by paper id, and what each defines."""
    if isinstance(extractions, Spill):
        last, definitions = "", []
        for defining in extractions.brief(_Defining):
            if defining.paper.id < last:
                break
            last = defining.paper.id
            definitions.append(defining.abbreviations)
        else:
            return extractions, definitions
    ordered = sorted(extractions, key=lambda extraction: extraction.paper.id)
    shelf = Spill[Extraction](Extraction, ordered)
    return shelf, [extraction.abbreviations for extraction in ordered]


def _in_order(drafts: Spill[Entity], changed: Mapping[int, str]) -> Spill[Entity]:
    """Return the drafts by id, those that are *changed* under their new ones."""
    entities = Spill[Entity](Entity)
    order: Rows[list[Any]] = sorted_rows(
        [changed.get(number, draft.id), number] for number, draft in enumerate(drafts.brief(_Id))
    )
    for id_, number in order:
        if number in changed:
            entities.append(replace(drafts[number], id=id_))
        else:
            entities.append_raw(drafts.raw_of(number))
    return entities


class _Spelt(msgspec.Struct):
    text: str


class _Naming(msgspec.Struct):
    """Of an entity of a paper what tells which it is."""

    name: str
    type: str
    generic: bool
    mentions: list[_Spelt]


class _Member(msgspec.Struct):
    """Of a paper what it names."""

    entities: list[_Naming]
    abbreviations: _Defined


def _members(ordered: Spill[Extraction], names: "_Names") -> Iterator[list[Any]]:
    """Yield for each entity of each paper its group, its paper and its place among all rows.

    What the group is told by follows. With each name and spelling stands the best-known form of it,
    None if it does not by itself lead to the group; so that groups can be made entities wherever
    their rows are.
    """
    place = numbers()
    for number, paper in enumerate(ordered.brief(_Member)):
        for entity, group in zip(paper.entities, names.of_paper(paper), strict=True):
            texts = sorted({mention.text for mention in entity.mentions})
            yield [
                *(group, number, next(place), entity.name, entity.type, entity.generic),
                names.best_in(group, entity.name),
                [[text, names.best_in(group, text)] for text in texts],
            ]


def _by_first(rows: Iterable[list[Any]]) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    return groupby(rows, key=itemgetter(0))


def _grouped(
    members: Rows[list[Any]], sizes: Spill[tuple[str, int]], owners: "array[int]"
) -> Iterator[list[tuple[str, list[list[Any]]]]]:
    """Yield the groups with their rows, some hundreds at a time.

    *sizes* gets how many rows each has, *owners* of each row the number of its group.
    """
    groups = ((group, list(rows)) for group, rows in _by_first(members))
    while chunk := list(islice(groups, _GROUPS)):
        for group, rows in chunk:
            for row in rows:
                owners[row[2]] = len(sizes)
            sizes.append((group, len(rows)))
        yield chunk


def _unique_ids(drafts: Spill[Entity], groups: Iterable[tuple[str, int]]) -> dict[int, str]:
    """Return, by number, the ids of drafts that cannot have their slug: another one has it."""
    slugs = sorted_rows(
        # the most named keeps the plain slug; ties go by the alphabet
        [draft.id, -size, group, number]
        for number, (draft, (group, size)) in enumerate(zip(drafts.brief(_Id), groups, strict=True))
    )
    changed = {}
    for plain, same in _by_first(slugs):
        for place, (_, _, group, number) in enumerate(same):
            if place or not plain:
                tail = sha256(group.encode()).hexdigest()[:4]
                changed[number] = f"{plain}-{tail}".lstrip("-")
    return changed


def _meanings(
    owners: Iterable[int], drafts: Spill[Entity], changed: Mapping[int, str]
) -> Iterator[_Meaning]:
    """Yield for each entity of each paper, in their order, what it is.

    *owners* has the numbers of the drafts, *changed* the ids of those that cannot have their own.
    """

    @lru_cache(_REMEMBERED)
    def meaning(number: int) -> _Meaning:
        entity = drafts[number]
        return _Meaning(changed.get(number, entity.id), entity.name, entity.type)

    return map(meaning, owners)


def _renamed(
    ordered: Iterable[Extraction], meant: Iterator[_Meaning], *, voted: bool
) -> Iterator[Extraction]:
    for extraction in ordered:
        mine = list(islice(meant, len(extraction.entities)))
        renamed = _rename(
            extraction,
            {e.id: entity.id for e, entity in zip(extraction.entities, mine, strict=True)},
            {entity.id: entity.name for entity in mine},
        )
        types = {entity.id: entity.type for entity in mine}
        yield _conform(renamed, types) if voted else renamed


def _conform(extraction: Extraction, types: Mapping[str, EntityType]) -> Extraction:
    def fits(relation: Relation) -> bool:
        pair = types[relation.head], types[relation.tail]
        return any(
            pair[0] in heads and pair[1] in tails
            for heads, tails in RELATION_SIGNATURES[relation.type]
        )

    def of_type(entity: str | None, wanted: frozenset[EntityType]) -> str | None:
        return entity if entity is not None and types[entity] in wanted else None

    return replace(
        extraction,
        entities=tuple(
            e if types[e.id] in ROLE_TYPES[e.role] else replace(e, role=Role.USES)
            for e in extraction.entities
        ),
        relations=tuple(filter(fits, extraction.relations)),
        results=tuple(
            replace(
                result,
                dataset=of_type(result.dataset, ROLE_TYPES[Role.EVALUATES_ON]),
                metric=of_type(result.metric, ROLE_TYPES[Role.REPORTS]),
            )
            for result in extraction.results
            if types[result.subject] in (EntityType.MODEL, EntityType.METHOD)
        ),
    )


class _Names:
    """Which key stands for which, from the alias table, the decisions and the definitions."""

    def __init__(
        self,
        aliases: Mapping[str, str],
        decisions: Sequence[Decision],
        definitions: Sequence[Iterable[tuple[str, str]]],
    ) -> None:
        self.pairs = short_forms(definitions)
        self.best = {key(name): name for name in sorted(set(aliases.values()), reverse=True)}
        self._words = _words_of(aliases, definitions)
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
            if len(self._words[key(alias)]) > 1:
                self._known_longs[self._find(key(alias))].append(key(alias))
        joining = short_forms(
            [pair for pair in defined if not self._is_other_word(pair[0])]
            for defined in definitions
        )
        for short, longs in sorted(joining.items()):
            self._join_definition(short, longs)

    def of_paper(self, paper: _Member) -> list[str]:
        """Return the key of each entity of one paper."""
        defined = _first_long(paper.abbreviations)
        return [self._of_entity(entity.name, defined) for entity in paper.entities]

    def best_in(self, group: str, name: str) -> str | None:
        """Return the best-known form of *name* (or ""), None if it does not lead to *group*."""
        own = key(name)
        return self.best.get(own, "") if group in {self._apart.get(name), self._find(own)} else None

    def _of_entity(self, name: str, defined: Mapping[str, str]) -> str:
        if name in self._apart:
            return self._apart[name]
        own = key(name)
        long = defined.get(own)
        # what its own paper says it is short for goes before what it is short for elsewhere
        if long is not None and _numbers_agree(own, long) and not self._kept_apart(own, long):
            return self._find(long)
        return self._find(own)

    def _join_definition(self, short: str, longs: Counter[str]) -> None:
        heads = [long for long in self._known_longs.get(self._find(short), ()) if long != short]
        is_known = bool(heads)
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
        known = self.best.get(key(short), "")
        return short.isupper() and known.istitle()

    def _is_variant(self, long: str, head: str) -> bool:
        one, two = self._words.get(long, ()), self._words.get(head, ())
        return _numbers_agree(long, head) and _inflected(*sorted((one, two), key=len))

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


def reduce_groups(groups: Sequence[tuple[str, list[list[Any]]]]) -> list[Entity]:
    """Return the entity that the rows of each group are about; it needs nothing but these."""
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


def _rename(extraction: Extraction, ids: Mapping[str, str], names: Mapping[str, str]) -> Extraction:
    """Return *extraction* with new ids and names, entities that now share one made one."""
    groups: defaultdict[str, list[PaperEntity]] = defaultdict(list)
    for entity in extraction.entities:
        groups[ids[entity.id]].append(entity)
    merged = tuple(
        replace(_merge(members), id=new, name=names[new]) for new, members in sorted(groups.items())
    )
    relations = {}
    for relation in sorted(extraction.relations, key=lambda r: r.confidence):
        new = replace(relation, head=ids[relation.head], tail=ids[relation.tail])
        if new.head != new.tail:
            relations[new.head, new.type, new.tail] = new
    results = {
        replace(
            result,
            subject=ids[result.subject],
            dataset=result.dataset and ids[result.dataset],
            metric=result.metric and ids[result.metric],
        )
        for result in extraction.results
    }
    return replace(
        extraction,
        entities=merged,
        relations=tuple(relations[k] for k in sorted(relations)),
        results=tuple(sorted(results, key=_result_order)),
    )


def _result_order(result: Result) -> tuple[int, int, str, str, str]:
    return result.start, result.end, result.subject, result.dataset or "", result.metric or ""


def _merge(members: Sequence[PaperEntity]) -> PaperEntity:
    if len(members) == 1:
        return members[0]
    strongest = min(members, key=lambda e: (_ROLES[e.role], -e.role_confidence, e.id))
    largest = min(members, key=lambda e: (-len(e.mentions), e.id))
    places = {(m.start, m.end): m for e in members for m in e.mentions}
    return replace(
        strongest,
        type=largest.type,
        generic=largest.generic,
        mentions=tuple(places[place] for place in sorted(places)),
    )


def _homonyms(pairs: Pairs, ids: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for short, longs in sorted(pairs.items()):
        meant = {ids[k] for k in (short, *longs) if k in ids}
        if len(meant) > 1:
            found[short] = tuple(sorted(meant))
    return found

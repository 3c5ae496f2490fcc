"""One entity for one thing, in every paper and however it is spelled.

Names meet if they have the same :func:`kg.names.key`, if the corpus defines one as the short form
of the other, if the alias table says so, or if a person decided it. Nothing else merges: names that
differ in a number, version or size never do, and what only looks alike is listed as a candidate.
The type of a name is no part of its identity.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from hashlib import sha256

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
from kg.vocab import slug

__all__ = ["Canonical", "Decision", "canonicalise", "conform", "short_forms"]

_ROLES = {role: rank for rank, role in enumerate(Role)}
#: A short form goes by one of its long forms elsewhere if that is what so many definitions say.
_DOMINANT = 0.8
#: So alike (Ratcliff and Obershelp) are two forms of one word with the same beginning.
_ONE_STEM = 0.7

Pairs = Mapping[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of two names: the *same* thing, or not."""

    first: str
    second: str
    same: bool


@dataclass(frozen=True, slots=True)
class Canonical:
    """The extractions with canonical ids, and the entities that these ids name, sorted by id.

    *homonyms* maps each short form (its key) that stands for several things to the ids of these.
    """

    extractions: tuple[Extraction, ...]
    entities: tuple[Entity, ...]
    homonyms: Mapping[str, tuple[str, ...]]


def short_forms(extractions: Iterable[Extraction]) -> dict[str, Counter[str]]:
    """Return for each short form (its key) how many papers define it as each long form."""
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for extraction in extractions:
        for short, long in sorted({(key(s), key(g)) for s, g in extraction.abbreviations}):
            if short != long and _numbers_agree(short, long):
                pairs[short][long] += 1
    return dict(pairs)


def _numbers_agree(first: str, second: str) -> bool:
    one, two = re.findall(r"\d+", first), re.findall(r"\d+", second)
    return not one or not two or one == two


def _words_of(
    aliases: Iterable[str], extractions: Iterable[Extraction]
) -> dict[str, tuple[str, ...]]:
    """Return the folded words of each name that may be a long form, by its key."""
    longs = {long for extraction in extractions for _, long in extraction.abbreviations}
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
    extractions: Sequence[Extraction],
    *,
    aliases: Mapping[str, str] | None = None,
    decisions: Sequence[Decision] = (),
) -> Canonical:
    """Return *extractions* with one id for one thing, and those things.

    *aliases* maps a spelling to the best-known name of what it means. A short form that stands for
    several things is read as its own paper defines it; where no paper near it does, as the long
    form that most definitions give, if that is clear. Papers come sorted by id, and the answer does
    not depend on their order in *extractions*.
    """
    ordered = sorted(extractions, key=lambda extraction: extraction.paper.id)
    names = _Names(aliases or {}, decisions, ordered)
    groups: defaultdict[str, list[PaperEntity]] = defaultdict(list)
    keys: list[dict[str, str]] = []
    for extraction in ordered:
        local = names.of_paper(extraction)
        keys.append(local)
        for entity in extraction.entities:
            groups[local[entity.id]].append(entity)
    entities = _entities(groups, names)
    renamed = tuple(
        _rename(extraction, {old: entities[new] for old, new in local.items()})
        for extraction, local in zip(ordered, keys, strict=True)
    )
    counted = Counter(e.id for extraction in renamed for e in extraction.entities)
    return Canonical(
        extractions=renamed,
        entities=tuple(
            sorted(
                (replace(entity, papers=counted[entity.id]) for entity in entities.values()),
                key=lambda entity: entity.id,
            )
        ),
        homonyms=_homonyms(names.pairs, entities),
    )


def conform(canonical: Canonical) -> Canonical:
    """Return *canonical* without the statements that the voted types rule out.

    A paper may read as a task what the corpus votes a method; in a graph where a thing has one
    type, a relation or result that needs the other would be false. Such a role becomes ``uses``.
    """
    types = {entity.id: entity.type for entity in canonical.entities}
    return replace(canonical, extractions=tuple(_conform(x, types) for x in canonical.extractions))


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
        extractions: Iterable[Extraction],
    ) -> None:
        extractions = tuple(extractions)
        self.pairs = short_forms(extractions)
        self.best = {key(name): name for name in sorted(set(aliases.values()), reverse=True)}
        self._words = _words_of(aliases, extractions)
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
        for short, longs in sorted(self.pairs.items()):
            self._join_definition(short, longs)

    def of_paper(self, extraction: Extraction) -> dict[str, str]:
        """Return the key of each entity (its provisional id) of one paper."""
        defined = {key(short): key(long) for short, long in extraction.abbreviations}
        return {entity.id: self._of_entity(entity, defined) for entity in extraction.entities}

    def is_of(self, name: str, group: str) -> bool:
        """Tell whether *name* by itself leads to *group*."""
        return group in {self._apart.get(name), self._find(key(name))}

    def _of_entity(self, entity: PaperEntity, defined: Mapping[str, str]) -> str:
        if entity.name in self._apart:
            return self._apart[entity.name]
        own = key(entity.name)
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


def _entities(groups: Mapping[str, list[PaperEntity]], names: _Names) -> dict[str, Entity]:
    """Return the entity of each key; its *papers* are filled in later."""
    drafts = {group: _entity(group, members, names) for group, members in groups.items()}
    by_slug: defaultdict[str, list[str]] = defaultdict(list)
    for group, entity in drafts.items():
        by_slug[entity.id].append(group)
    for same in by_slug.values():
        # the most named keeps the plain slug; ties go by the alphabet
        first, *others = sorted(same, key=lambda group: (-drafts[group].papers, group))
        for group in others if drafts[first].id else same:
            tail = sha256(group.encode()).hexdigest()[:4]
            drafts[group] = replace(drafts[group], id=f"{drafts[group].id}-{tail}".lstrip("-"))
    return drafts


def _entity(group: str, members: Sequence[PaperEntity], names: _Names) -> Entity:
    name = _best_name(group, members, names)
    spellings = {mention.text for member in members for mention in member.mentions}
    spellings |= {member.name for member in members if names.is_of(member.name, group)}
    generic = sum(member.generic for member in members) * 2 > len(members)
    return Entity(
        id=slug(name),
        name=name,
        type=_vote(members),
        generic=generic,
        aliases=tuple(sorted(spellings - {name})),
        papers=len(members),
    )


def _best_name(group: str, members: Sequence[PaperEntity], names: _Names) -> str:
    counts = Counter(member.name for member in members)
    own = [name for name in counts if names.is_of(name, group)]
    if not own:  # named after the usual meaning of a short form that means something else here
        texts = Counter(mention.text for member in members for mention in member.mentions)
        own = [text for text in texts if names.is_of(text, group)] or list(counts)
    known = sorted({names.best[k] for k in map(key, own) if k in names.best})
    if known:
        return max(known, key=lambda name: (counts[name], name))
    return min(own, key=lambda name: (-counts[name], len(name), name))


def _vote(members: Iterable[PaperEntity]) -> EntityType:
    votes = Counter(member.type for member in members)
    # Benchmark says more than Dataset, so that it wins a tie; otherwise the alphabet decides
    return min(votes, key=lambda kind: (-votes[kind], kind != EntityType.BENCHMARK, kind))


def _rename(extraction: Extraction, entities: Mapping[str, Entity]) -> Extraction:
    """Return *extraction* with new ids and names, entities that now share one made one."""
    ids = {old: entity.id for old, entity in entities.items()}
    names = {entity.id: entity.name for entity in entities.values()}
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
    strongest = min(members, key=lambda e: (_ROLES[e.role], -e.role_confidence, e.id))
    largest = min(members, key=lambda e: (-len(e.mentions), e.id))
    places = {(m.start, m.end): m for e in members for m in e.mentions}
    return replace(
        strongest,
        type=largest.type,
        generic=largest.generic,
        mentions=tuple(places[place] for place in sorted(places)),
    )


def _homonyms(pairs: Pairs, entities: Mapping[str, Entity]) -> dict[str, tuple[str, ...]]:
    found = {}
    for short, longs in sorted(pairs.items()):
        ids = {entities[k].id for k in (short, *longs) if k in entities}
        if len(ids) > 1:
            found[short] = tuple(sorted(ids))
    return found

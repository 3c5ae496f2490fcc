"""One entity for one thing, in every paper and however it is spelled.

Names meet if they have the same :func:`key`, if the corpus defines one as the short form of the
other, if the alias table says so, or if a person decided it. Nothing else merges: names that differ
in a number, version or size never do, and what only looks alike is listed as a candidate.
The type of a name is no part of its identity.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
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
from kg.vocab import slug

__all__ = ["Canonical", "Decision", "canonicalise", "conform", "fold", "key", "short_forms"]

_TOKEN = re.compile(r"\d+(?:\.\d+)+|[^\W_]+|[+#]")
_ROLES = {role: rank for rank, role in enumerate(Role)}
_KEEP_S = ("ss", "us", "is")
#: A short form goes by one of its long forms elsewhere if that is what so many definitions say.
_DOMINANT = 0.8

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


@cache
def fold(surface: str) -> str:
    """Return the key on which spelling variants of *surface* meet; idempotent.

    Case, accents' encoding, hyphens and blanks go; a point inside a number, the gap between two
    numbers, ``+`` and ``#`` stay, since they tell names apart.

    >>> fold("Chain-of-Thought"), fold("GSM 8K")
    ('chainofthought', 'gsm8k')
    >>> fold("GPT-3.5") == fold("GPT-35"), fold("LLaMA-2-7B") == fold("LLaMA-27B")
    (False, False)
    """
    # folding can compose and composing can fold: twice is where both have come to rest
    text = surface
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    key = ""
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text)):
        key += ("-" if key[-1:].isdigit() and token[0].isdigit() else "") + token
    return key


@cache
def key(name: str) -> str:
    """Return the :func:`fold` of *name* in the singular.

    Only a small ``s`` is taken for a plural, so that ``MAPS`` is not ``MAP``.

    >>> key("Large Language Models") == key("large language model"), key("LLMs")
    (True, 'llm')
    >>> key("MAPS"), key("GPS"), key("GPs"), key("loss"), key("losses"), key("policies")
    ('maps', 'gps', 'gp', 'loss', 'loss', 'policy')
    """
    return fold(re.sub(r"[^\W_]+", lambda match: _singular(match[0]), name)) or name


def _singular(word: str) -> str:
    if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():
        return word[:-1]
    if len(word) <= 3 or not word.endswith("s") or word.endswith(_KEEP_S):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1]


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
    names = _Names(aliases or {}, decisions, short_forms(ordered))
    groups: defaultdict[str, list[PaperEntity]] = defaultdict(list)
    keys: list[dict[str, str]] = []
    for extraction in ordered:
        local = names.of_paper(extraction)
        keys.append(local)
        for entity in extraction.entities:
            groups[local[entity.id]].append(entity)
    entities = _entities(groups, names)
    renamed = tuple(
        _rename(extraction, {old: entities[new].id for old, new in local.items()})
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
        self, aliases: Mapping[str, str], decisions: Sequence[Decision], pairs: Pairs
    ) -> None:
        self.pairs = pairs
        self.best = {key(name): name for name in sorted(set(aliases.values()), reverse=True)}
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
        for short, longs in sorted(pairs.items()):
            self._join_definition(short, longs)

    def of_paper(self, extraction: Extraction) -> dict[str, str]:
        """Return the key of each entity (its provisional id) of one paper."""
        defined = {key(short): key(long) for short, long in extraction.abbreviations}
        return {entity.id: self._of_entity(entity, defined) for entity in extraction.entities}

    def _of_entity(self, entity: PaperEntity, defined: Mapping[str, str]) -> str:
        if entity.name in self._apart:
            return self._apart[entity.name]
        own = key(entity.name)
        long = defined.get(own)
        # a short form of several meanings goes by what its own paper says it is short for
        if long is not None and self._is_ambiguous(own) and _numbers_agree(own, long):
            return self._find(long)
        return self._find(own)

    def _is_ambiguous(self, short: str) -> bool:
        longs = self.pairs.get(short, Counter())
        return len({self._find(long) for long in longs}) > 1

    def _join_definition(self, short: str, longs: Counter[str]) -> None:
        roots: Counter[str] = Counter()
        for long, count in sorted(longs.items()):
            roots[self._find(long)] += count
        long, count = min(roots.items(), key=lambda item: (-item[1], item[0]))
        clear = count >= _DOMINANT * roots.total()
        if clear and not (short in self.best and long in self.best):
            self._join(short, long)

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
    drafts = {group: _entity(members, names) for group, members in groups.items()}
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


def _entity(members: Sequence[PaperEntity], names: _Names) -> Entity:
    name = _best_name(members, names)
    spellings = {mention.text for member in members for mention in member.mentions}
    spellings |= {member.name for member in members}
    generic = sum(member.generic for member in members) * 2 > len(members)
    return Entity(
        id=slug(name),
        name=name,
        type=_vote(members),
        generic=generic,
        aliases=tuple(sorted(spellings - {name})),
        papers=len(members),
    )


def _best_name(members: Sequence[PaperEntity], names: _Names) -> str:
    counts = Counter(member.name for member in members)
    known = sorted({names.best[k] for k in map(key, counts) if k in names.best})
    if known:
        return max(known, key=lambda name: (counts[name], name))
    return min(counts, key=lambda name: (-counts[name], len(name), name))


def _vote(members: Iterable[PaperEntity]) -> EntityType:
    votes = Counter(member.type for member in members)
    # Benchmark says more than Dataset, so that it wins a tie; otherwise the alphabet decides
    return min(votes, key=lambda kind: (-votes[kind], kind != EntityType.BENCHMARK, kind))


def _rename(extraction: Extraction, ids: Mapping[str, str]) -> Extraction:
    """Return *extraction* with new ids, entities that now share one made one."""
    groups: defaultdict[str, list[PaperEntity]] = defaultdict(list)
    for entity in extraction.entities:
        groups[ids[entity.id]].append(entity)
    merged = tuple(_merge(new, members) for new, members in sorted(groups.items()))
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


def _merge(new: str, members: Sequence[PaperEntity]) -> PaperEntity:
    strongest = min(members, key=lambda e: (_ROLES[e.role], -e.role_confidence, e.id))
    largest = min(members, key=lambda e: (-len(e.mentions), e.id))
    places = {(m.start, m.end): m for e in members for m in e.mentions}
    return replace(
        strongest,
        id=new,
        name=largest.name,
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

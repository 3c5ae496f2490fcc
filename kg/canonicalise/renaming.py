"""Papers under canonical names: each entity by the id that the whole corpus gave it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from kg.model import (
    RELATION_SIGNATURES,
    ROLE_TYPES,
    EntityType,
    Extraction,
    PaperEntity,
    Relation,
    Result,
    Role,
)

__all__ = ["Meaning", "renamed"]

_ROLES = {role: rank for rank, role in enumerate(Role)}


class Meaning(NamedTuple):
    """The entity that a paper names."""

    id: str
    name: str
    type: EntityType


def renamed(extraction: Extraction, meant: Sequence[Meaning], *, voted: bool) -> Extraction:
    """Return *extraction*, whose entities are *meant*, with these; with *voted* as the types want.

    That is described at :func:`kg.canonicalise.canonicalise`.
    """
    new = _rename(
        extraction,
        {e.id: entity.id for e, entity in zip(extraction.entities, meant, strict=True)},
        {entity.id: entity.name for entity in meant},
    )
    return _conform(new, {entity.id: entity.type for entity in meant}) if voted else new


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

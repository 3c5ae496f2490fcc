"""Papers under canonical names: each entity by the id that the whole corpus gave it.

Of a paper only what changes is taken apart; the rest goes through as the MessagePack that it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from kg.canonicalise.papers import Outline
from kg.model import RELATION_SIGNATURES, ROLE_TYPES, EntityType, RelationType, Role

__all__ = ["Meaning", "renamed"]

_ROLES = {role: rank for rank, role in enumerate(Role)}
_SYSTEMS = (EntityType.MODEL, EntityType.METHOD)


class Meaning(NamedTuple):
    """The entity that a paper names."""

    id: str
    name: str
    type: EntityType


# The fields are those of kg.model, in the same order.


class _Entity(msgspec.Struct):
    id: str
    name: str
    type: str
    role: Role
    generic: bool
    mentions: msgspec.Raw
    role_confidence: float
    evidence: msgspec.Raw


class _Relation(msgspec.Struct):
    head: str
    type: RelationType
    tail: str
    confidence: float
    evidence: msgspec.Raw


class _Result(msgspec.Struct):
    subject: str
    dataset: str | None
    metric: str | None
    value: str
    kind: str
    start: int
    end: int
    confidence: float
    evidence: msgspec.Raw


class _Paper(msgspec.Struct):
    paper: msgspec.Raw
    sentences: msgspec.Raw
    entities: list[_Entity]
    relations: list[_Relation]
    results: list[_Result]
    abbreviations: msgspec.Raw


class _Place(msgspec.Struct):
    start: int
    end: int
    text: str
    confidence: float


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Paper).decode
_decode_mentions = msgspec.msgpack.Decoder(list[_Place]).decode


def renamed(raw: bytes, meant: Sequence[Meaning], *, voted: bool) -> tuple[bytes, Outline]:
    """Return a paper whose entities are *meant*, with these; with *voted* as the types want.

    The paper is an :class:`kg.model.Extraction` in MessagePack. What *voted* does is described at
    :func:`kg.canonicalise.canonicalise`. Entities that now share an id are one.
    """
    paper = _decode(raw)
    ids = {e.id: entity.id for e, entity in zip(paper.entities, meant, strict=True)}
    paper.entities = _entities(paper.entities, ids, {entity.id: entity.name for entity in meant})
    paper.relations = _relations(paper.relations, ids)
    paper.results = _results(paper.results, ids)
    if voted:
        _conform(paper, {entity.id: entity.type for entity in meant})
    outline = Outline(
        [entity.id for entity in paper.entities],
        [(r.head, r.type, r.tail, r.confidence) for r in paper.relations],
        len(paper.results),
    )
    return _encode(paper), outline


def _entities(
    entities: Iterable[_Entity], ids: Mapping[str, str], names: Mapping[str, str]
) -> list[_Entity]:
    groups: defaultdict[str, list[_Entity]] = defaultdict(list)
    for entity in entities:
        groups[ids[entity.id]].append(entity)
    found = []
    for new, members in sorted(groups.items()):
        entity = members[0] if len(members) == 1 else _merge(members)
        entity.id, entity.name = new, names[new]
        found.append(entity)
    return found


def _merge(members: Sequence[_Entity]) -> _Entity:
    mentions = {member.id: _decode_mentions(member.mentions) for member in members}
    merged = min(members, key=lambda e: (_ROLES[e.role], -e.role_confidence, e.id))
    largest = min(members, key=lambda e: (-len(mentions[e.id]), e.id))
    places = {(m.start, m.end): m for member in members for m in mentions[member.id]}
    merged.type, merged.generic = largest.type, largest.generic
    merged.mentions = msgspec.Raw(_encode([places[place] for place in sorted(places)]))
    return merged


def _relations(relations: Iterable[_Relation], ids: Mapping[str, str]) -> list[_Relation]:
    found = {}
    for relation in sorted(relations, key=lambda r: r.confidence):
        relation.head, relation.tail = ids[relation.head], ids[relation.tail]
        if relation.head != relation.tail:
            found[relation.head, relation.type, relation.tail] = relation
    return [found[key] for key in sorted(found)]


def _results(results: Iterable[_Result], ids: Mapping[str, str]) -> list[_Result]:
    found = {}
    for result in results:
        result.subject = ids[result.subject]
        result.dataset = result.dataset and ids[result.dataset]
        result.metric = result.metric and ids[result.metric]
        found[_encode(result)] = result
    return sorted(found.values(), key=_result_order)


def _result_order(result: _Result) -> tuple[int, int, str, str, str]:
    return result.start, result.end, result.subject, result.dataset or "", result.metric or ""


def _conform(paper: _Paper, types: Mapping[str, EntityType]) -> None:
    """Leave out what the *types* of entities, by id, rule out."""
    for entity in paper.entities:
        if types[entity.id] not in ROLE_TYPES[entity.role]:
            entity.role = Role.USES
    paper.relations = [
        relation
        for relation in paper.relations
        if any(
            types[relation.head] in heads and types[relation.tail] in tails
            for heads, tails in RELATION_SIGNATURES[relation.type]
        )
    ]
    paper.results = [result for result in paper.results if types[result.subject] in _SYSTEMS]
    for result in paper.results:
        if result.dataset and types[result.dataset] not in ROLE_TYPES[Role.EVALUATES_ON]:
            result.dataset = None
        if result.metric and types[result.metric] not in ROLE_TYPES[Role.REPORTS]:
            result.metric = None

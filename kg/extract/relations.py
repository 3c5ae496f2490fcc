"""What the entities of a paper have to do with each other: weighed from the words between them."""

import re
from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from kg.extract.roles import Place, cues, places_of
from kg.extract.sentences import sentence_places, text_of
from kg.extract.weights import Weights
from kg.model import RELATION_SIGNATURES, EntityType, RelationType

__all__ = ["Relations", "pairs", "relation_features"]

_WORDS = re.compile(r"[^\W\d_]+|\d[\d.]*|[^\w\s]")


def allowed(head: str, tail: str) -> list[RelationType]:
    """Return the relations that may hold between entities of the types *head* and *tail*."""
    one, other = EntityType(head), EntityType(tail)
    return [
        relation
        for relation, rows in RELATION_SIGNATURES.items()
        if any(one in heads and other in tails for heads, tails in rows)
    ]


_ALLOWED = {
    (h.value, t.value): allowed(h.value, t.value) for h, t in product(EntityType, EntityType)
}


def pairs(
    places: dict[str, list[Place]], facts: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, str, tuple[Place, Place] | None]]:
    """Yield ``(head, tail, nearest mentions)`` that may be related, by head and tail.

    Both stand in one sentence; or, with None, one of them is what the paper introduces, or it is
    the tail of a statement about the whole paper (a task addressed, data evaluated on).
    """
    for head, tail in product(sorted(places), repeat=2):
        if head == tail or not _ALLOWED[facts[head]["type"], facts[tail]["type"]]:
            continue
        near = [
            (abs(one.start - other.start), one.start, one, other)
            for one in places[head]
            for other in places[tail]
            if one.number == other.number
        ]
        if near:
            _, _, one, other = min(near, key=lambda n: n[:2])
            yield head, tail, (one, other)
        elif facts[head].get("role") == "introduces" or facts[tail].get("role") == "introduces":
            yield head, tail, None


def relation_features(
    text: str, pair: tuple[str, str, tuple[Place, Place] | None], paper: dict[str, Any]
) -> list[str]:
    """Return what speaks for a relation between the pair.

    *paper* holds ``facts`` (by entity) and ``places``.
    """
    head, tail, near = pair
    one, other = paper["facts"][head], paper["facts"][tail]
    types = f"{one['type']}>{other['type']}"
    roles = f"{one.get('role')}>{other.get('role')}"
    system = sum(f.get("role") == "introduces" for f in paper["facts"].values())
    peers = sum(
        f["type"] == other["type"] and f.get("role") == other.get("role")
        for f in paper["facts"].values()
    )
    first = min(
        paper["places"],
        key=lambda k: (paper["facts"][k].get("role") != "introduces", -len(paper["places"][k])),
    )
    found = [
        "bias",
        types,
        roles,
        f"{types},{roles}",
        f"{types},{roles},near={near is not None}",
        f"{types},main={head == first},{tail == first}",
        f"{types},{roles},main={head == first},peers={min(peers, 3)}",
        f"{roles},introduced={min(system, 2)}",
        f"generic={one['generic']},{other['generic']},{types}",
        f"head={one['name'].lower()}",
        f"tail={other['name'].lower()}",
        f"{types},tailword={other['name'].lower().split()[-1]}",
        f"{types},counts={min(len(paper['places'][head]), 3)},{min(len(paper['places'][tail]), 3)}",
    ]
    if one["name"].lower().split()[-1] == other["name"].lower().split()[-1]:
        found.append("same head word")
        if one["name"].lower().endswith(" " + other["name"].lower()):
            found.append("tail ends head")
    if near is not None:
        found += _between(text, *near, types)
    return found


def _between(text: str, one: Place, other: Place, types: str) -> list[str]:
    """Return the features of two mentions in one sentence."""
    forward = one.start < other.start
    left, right = (one, other) if forward else (other, one)
    words = _WORDS.findall(text[left.end : right.start].lower())
    way = ">" if forward else "<"
    where = "title" if one.number == 0 else "body"
    found = [f"{way}{types}", f"{way}{where}", f"{way}gap={min(len(words), 12) // 2},{types}"]
    if len(words) <= 5:
        found += [f"{way}between={' '.join(words)}", f"{way}{types},between={' '.join(words)}"]
    found += [f"{way}word={w}" for w in dict.fromkeys(words[:15])]
    found += [f"{way}{types},word={w}" for w in dict.fromkeys(words[:15])]
    found += [f"{way}two={a} {b}" for a, b in pairwise(words[:13])]
    before = _WORDS.findall(text[max(left.sentence[0], left.start - 40) : left.start].lower())[-3:]
    after = _WORDS.findall(text[right.end : min(right.sentence[1], right.end + 40)].lower())[:3]
    found += [f"{way}before={w}" for w in before] + [f"{way}after={w}" for w in after]
    found += [f"{way}{types},cue={name}" for name in cues(text, one.sentence)]
    return found


@Language.factory("kg_relations", requires=["doc.spans"], default_config={"threshold": 0.18})
class Relations:
    """Puts ``head``, ``type``, ``tail``, ``confidence``, ``evidence`` of each statement into
    ``doc.user_data["kg_relations"]``; what ``RELATION_SIGNATURES`` forbids is never stated.
    """  # noqa: D205

    def __init__(self, nlp: Language, name: str, threshold: float) -> None:  # noqa: ARG002 (a factory is given nlp)
        self.name = name
        self.threshold = threshold
        self.weights = Weights.shipped("relations")

    def __call__(self, doc: Doc) -> Doc:
        """Find the relations of *doc*."""
        facts: dict[str, dict[str, Any]] = doc.user_data.get("kg_entities", {})
        text = text_of(doc)
        places = places_of(doc, sentence_places(doc, text))
        paper = {"facts": facts, "places": places}
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for pair in pairs(places, facts):
            head, tail, near = pair
            odds = self.weights.probabilities(relation_features(text, pair, paper))
            types = _ALLOWED[facts[head]["type"], facts[tail]["type"]]
            best = max(types, key=lambda t: odds.get(t, 0.0))
            sure = odds.get(best, 0.0)
            if sure < self.threshold:
                continue
            shown = near[0] if near else places[tail][0]
            found[head, tail] = {
                "head": head,
                "type": best.value,
                "tail": tail,
                "confidence": round(sure, 3),
                "evidence": shown.sentence,
            }
        doc.user_data["kg_relations"] = [
            row for (head, tail), row in found.items() if _stands(row, found.get((tail, head)))
        ]
        return doc


def _stands(row: dict[str, Any], reverse: dict[str, Any] | None) -> bool:
    """Whether *row* outweighs what was found in the other direction, if it is of the same type."""
    if reverse is None or reverse["type"] != row["type"]:
        return True
    return (row["confidence"], row["tail"]) > (reverse["confidence"], reverse["tail"])

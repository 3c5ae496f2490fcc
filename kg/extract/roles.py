"""How the paper relates to each entity: read from where it stands and the words around it."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from kg.extract.sentences import sentence_places, text_of
from kg.extract.weights import Weights
from kg.model import ROLE_TYPES, EntityType, Role

__all__ = ["Place", "Roles", "places_of", "role_features", "set_roles"]

_CUES = {
    "we": r"\bwe (?:\w+ ){0,2}(?:propos|introduc|present|develop|devis|design|release|construct"
    r"|create|build|collect|curat)",
    "paper": r"\b(?:this|our|the) (?:paper|work|study|article|approach|method|framework|model)\b",
    "outperform": r"\b(?:outperform|surpass|exceed|beat|superior|better than"
    r"|improv\w+ (?:over|upon)|gains? over|compared|comparison)",
    "evaluate": r"\b(?:experiment|evaluat|benchmark|validat|tested|results? on|test on|demonstrat"
    r"|across|achiev)",
    "such": r"\b(?:such as|e\.g\.|like|including|for example)",
    "however": r"\b(?:however|despite|although|while|yet|existing|previous|prior|recent"
    r"|traditional|conventional|typically|often|have (?:shown|been|become|achieved))",
    "based": r"\b(?:based on|built on|build upon|leverag|using|use|via|employ|combin|integrat"
    r"|extend|adapt|apply|fine-?tun|train)",
    "number": r"\d(?:\.\d+)?\s?\\?%|\bby \d",
    "released": r"\b(?:code|publicly available|github|open-?source)",
}
_CUE = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _CUES.items()}
_WORDS = re.compile(r"[^\W\d_]+|\d[\d.]*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Place:
    """A mention and the sentence (number, start, end) that it stands in."""

    start: int
    end: int
    number: int
    sentence: tuple[int, int]


def places_of(doc: Doc, sents: list[tuple[int, int]]) -> dict[str, list[Place]]:
    """Return the mentions of each entity of *doc* (``doc.spans["kg"]``), by place."""
    found: dict[str, list[Place]] = {}
    number = 0
    for span in sorted(doc.spans.get("kg", ()), key=lambda s: s.start):
        while number + 1 < len(sents) and sents[number + 1][0] <= span.start_char:
            number += 1
        place = Place(span.start_char, span.end_char, number, sents[number])
        found.setdefault(span.id_, []).append(place)
    return found


def around(text: str, place: Place) -> tuple[list[str], list[str]]:
    """Return up to five words before and four after a mention, in its sentence, nearest first."""
    start, end = place.sentence
    before = _WORDS.findall(text[max(start, place.start - 60) : place.start].lower())
    after = _WORDS.findall(text[place.end : min(end, place.end + 50)].lower())
    return before[:-6:-1], after[:4]


def cues(text: str, sentence: tuple[int, int]) -> tuple[str, ...]:
    """Return the names of the cue phrases that occur in *sentence*."""
    return _cues(text[slice(*sentence)])


@lru_cache(maxsize=64)  # each pair of entities asks for the cues of its sentence
def _cues(sentence: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in _CUE.items() if pattern.search(sentence))


def role_features(
    text: str, places: list[Place], fact: dict[str, Any], last: int
) -> list[list[str]]:
    """Return what speaks for a role: features of the entity, then of each of its first mentions."""
    kind = fact["type"]
    first = places[0].number
    sources = fact["sources"]
    general = ["bias", f"type={kind}", f"{kind},generic={fact['generic']}"]
    general += [f"source={source}" for source in sources]
    general += [f"{kind},source={source}" for source in sources]
    general += [
        f"{kind},count={min(len(places), 4)}",
        f"{kind},title={first == 0},count={min(len(places), 3)}",
        f"{kind},first={'title' if first == 0 else min(first, 3) if first * 2 < last else 'late'}",
        f"{kind},only_first={places[-1].number <= 2 and first > 0}",
        f"{kind},in_last={places[-1].number >= last - 1}",
        f"pair={fact.get('pair', False)},{kind}",
        f"name={fact['name'].lower()}",
    ]
    found = [general]
    coarse = {"Benchmark": "Data", "Dataset": "Data", "Model": "System", "Method": "System"}
    short = coarse.get(kind, kind)
    for place in places[:5]:
        before, after = around(text, place)
        mine = [f"{short},b{min(i, 2)}={w}" for i, w in enumerate(before)]
        mine += [f"{short},bag={w}" for w in before]
        mine += [f"{short},a{min(i, 2)}={w}" for i, w in enumerate(after)]
        mine += [f"b={' '.join(reversed(before[:2]))}"]
        where = "title" if place.number == 0 else "body"
        mine += [f"{short},cue={name},{where}" for name in cues(text, place.sentence)]
        if place.number == 0:
            position = "colon" if ":" in text[: place.start] else "in"
            mine.append(f"{short},title:{'start' if place.start < 3 else position}")
        found.append(mine)
    return found


def set_roles(
    weights: Weights, text: str, places: dict[str, list[Place]], facts: dict[str, dict[str, Any]]
) -> None:
    """Set role, role_confidence and evidence in *facts*, where a tagger has not set them."""
    last = max((place.number for mentions in places.values() for place in mentions), default=0)
    for id_, mentions in places.items():
        if not facts[id_].get("role"):
            facts[id_].update(_judge(weights, text, mentions, facts[id_], last=last))


def _judge(
    weights: Weights, text: str, places: list[Place], fact: dict[str, Any], *, last: int
) -> dict[str, Any]:
    parts = role_features(text, places, fact, last)
    odds = weights.probabilities(dict.fromkeys(f for part in parts for f in part))
    allowed = [role for role in Role if EntityType(fact["type"]) in ROLE_TYPES[role]]
    total = sum(odds.get(role, 0.0) for role in allowed)
    if not total:
        return {
            "role": Role.MENTIONS.value,
            "role_confidence": 0.0,
            "evidence": places[0].sentence,
        }
    best = max(allowed, key=lambda role: odds.get(role, 0.0))
    # The evidence is the sentence whose own features speak loudest for the role.
    loud = [weights.probabilities(part).get(best, 0.0) for part in parts[1:]]
    return {
        "role": best.value,
        "role_confidence": round(odds.get(best, 0.0) / total, 3),
        "evidence": places[loud.index(max(loud))].sentence,
    }


@Language.factory("kg_roles", requires=["doc.spans"])
class Roles:
    """Sets role, role_confidence and evidence in ``doc.user_data["kg_entities"]``."""

    def __init__(self, nlp: Language, name: str) -> None:  # noqa: ARG002 (a factory is given nlp)
        self.name = name
        self.weights = Weights.shipped("roles")

    def __call__(self, doc: Doc) -> Doc:
        """Give each entity of *doc* the strongest role that its type may have."""
        text = text_of(doc)
        places = places_of(doc, sentence_places(doc, text))
        set_roles(self.weights, text, places, doc.user_data.get("kg_entities", {}))
        return doc

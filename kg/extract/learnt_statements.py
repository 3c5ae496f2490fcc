"""Roles, relations and results, from the tagger's states and the weights of evidence together."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from kg.extract.learnt_heads import Heads, number_gaps, softmax
from kg.extract.learnt_pairs import APART, Pair, allowed, pairs_of
from kg.extract.learnt_results import number_spans
from kg.extract.learnt_text import TYPES
from kg.extract.relations import pairs, relation_features
from kg.extract.roles import Place, places_of, role_features
from kg.extract.sentences import sentence_places, text_of
from kg.extract.tagger import Tagger, reading_of
from kg.extract.weights import Weights
from kg.model import ROLE_TYPES, EntityType, RelationType, ResultKind, Role

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kg.extract.learnt_network import Reading

    Array = NDArray[np.floating[Any]]

__all__ = ["Paper", "Shares", "Statements"]

#: The highest log-odds that either side may give.
_MOST = 6.9
_ROLES, _RELATIONS = tuple(Role), tuple(RelationType)
_BARRED = np.array(
    [[0.0 if EntityType(t) in ROLE_TYPES[role] else -1e9 for role in _ROLES] for t in TYPES]
)
_COLUMNS = (frozenset(TYPES), frozenset({"Dataset", "Benchmark"}), frozenset({"Metric"}))


@dataclass(frozen=True, slots=True)
class Shares:
    """What was chosen on the development set: the heads' shares against the weights of evidence.

    The log-odds of roles are divided by *cool*, so that their confidences can be believed. A
    relation or a result is stated if its probability is at least *relation_bar* or *result_bar*.
    """

    roles: float = 0.85
    relations: float = 0.7
    relation_bar: float = 0.2
    result_bar: float = 0.5
    cool: float = 2.5


class Paper:
    """The entities of a document as the heads want them: keys, types, word spans, vectors."""

    def __init__(self, doc: Doc, reading: "Reading", heads: Heads) -> None:
        self.facts: dict[str, dict[str, Any]] = doc.user_data["kg_entities"]
        self.reading, self.heads, self.text = reading, heads, text_of(doc)
        self.sents = sentence_places(doc, self.text)
        self.places: dict[str, list[Place]] = places_of(doc, self.sents)
        self.keys = sorted(self.places)
        self.types = [TYPES.index(self.facts[key]["type"]) for key in self.keys]
        firsts, lasts = reading.first_words, reading.last_words
        self.spans = sorted(
            (firsts[place.start], lasts[place.end], number)
            for number, key in enumerate(self.keys)
            for place in self.places[key]
        )

    @cached_property
    def vectors(self) -> "Array":
        """A vector for each entity."""
        return self.heads.entities(self.reading.states, self.spans, len(self.keys))

    @cached_property
    def clues(self) -> dict[str, list[list[str]]]:
        """What speaks for the role of each entity by the rules."""
        last = max(place.number for places in self.places.values() for place in places)
        return {
            key: role_features(self.text, self.places[key], self.facts[key], last)
            for key in self.keys
        }

    @cached_property
    def pairs(self) -> list[Pair]:
        """The ordered pairs of entities that may be related."""
        return pairs_of(self.spans, self.types, self.reading.sentences)

    def evidence(self, word: int) -> tuple[int, int]:
        """The sentence that holds a word."""
        start = self.reading.words[min(word, len(self.reading.words) - 1)][0]
        return next((s for s in reversed(self.sents) if s[0] <= start), self.sents[0])

    def shared(self, pair: Pair) -> tuple[int, int]:
        """The sentence of both entities; without one, where the later of them is first named."""
        if pair.gap < APART:
            return self.evidence(pair.stop)
        firsts = []
        for entity in (pair.head, pair.tail):
            places = self.places[self.keys[entity]]
            firsts.append(next((place for place in places if place.number), places[0]))
        return max(firsts, key=lambda place: place.number).sentence

    def role_odds(self, rules: Weights) -> tuple["Array", "Array"]:
        """Log-probabilities of the roles of each entity: the head's, and the rules'."""
        head = np.log(softmax(self.heads.roles(self.vectors, self.types, self.reading.states)))
        rows = []
        for key in self.keys:
            odds = rules.probabilities(dict.fromkeys(f for part in self.clues[key] for f in part))
            rows.append([odds.get(role, 0.0) for role in _ROLES])
        return head, np.log(np.array(rows) + 1e-3)

    def relation_odds(self, rules: Weights, least: float) -> tuple["Array", "Array"]:
        """Log-odds of each relation for each of :attr:`pairs`: the head's, and the rules'.

        The rules are not asked about pairs of which the head's best log-odds are below *least*.
        """
        head = _logit(
            self.heads.relations(self.reading.states, self.vectors, self.types, self.pairs)
        )
        asked = {
            (self.keys[pair.head], self.keys[pair.tail])
            for pair, best in zip(self.pairs, head.max(1).tolist(), strict=True)
            if best >= least
        }
        context = {"facts": self.facts, "places": self.places}
        order = {key: number for number, key in enumerate(self.keys)}
        known = {}
        for pair in pairs(self.places, self.facts):
            if pair[:2] not in asked:
                continue
            odds = rules.probabilities(relation_features(self.text, pair, context))
            known[order[pair[0]], order[pair[1]]] = [odds.get(t, 0.0) for t in _RELATIONS]
        nothing = [0.01] * len(_RELATIONS)
        rows = np.array([known.get((pair.head, pair.tail), nothing) for pair in self.pairs])
        return head, _logit(rows)

    def result_odds(self) -> tuple[list[tuple[int, int, int, str]], "Array", "Array"]:
        """The numbers; the odds of none and each entity (subject, dataset, metric); of a delta."""
        numbers = number_spans(self.text, self.reading.words, self.spans)
        if not numbers:
            return [], np.zeros(0), np.zeros(0)
        spots = [(start, stop) for start, stop, _, _ in numbers]
        gaps = number_gaps(spots, self.spans, len(self.keys), self.reading.sentences)
        scores, deltas = self.heads.results(
            self.reading.states, self.vectors, self.types, numbers=spots, gaps=gaps
        )
        for column, kinds in enumerate(_COLUMNS):
            for row, kind in enumerate(self.types, start=1):
                if TYPES[kind] not in kinds:
                    scores[:, row, column] = -1e9
        return numbers, softmax(scores.transpose(0, 2, 1)), deltas


@Language.factory(
    "kg_statements", requires=["doc.spans", "doc.tensor"], default_config={"shares": {}}
)
class Statements:
    """Sets what ``kg_roles``, ``kg_relations`` and ``kg_results`` set, in their stead.

    Log-odds of the tagger's heads and of the weights of evidence are added with fixed shares. What
    ``RELATION_SIGNATURES`` and ``ROLE_TYPES`` forbid is never stated.
    """

    def __init__(self, nlp: Language, name: str, shares: dict[str, float]) -> None:
        self.name = name
        self.shares = Shares(**shares)
        self._nlp = nlp
        self.role_weights = Weights.shipped("roles")
        self.relation_weights = Weights.shipped("relations")

    def __call__(self, doc: Doc) -> Doc:
        """Read the statements of *doc*."""
        doc.user_data["kg_relations"], doc.user_data["kg_results"] = [], []
        reading = reading_of(doc)
        tagger = self._nlp.get_pipe("kg_tagger")
        if reading is None or not doc.user_data.get("kg_entities"):
            return doc
        assert isinstance(tagger, Tagger)  # noqa: S101
        paper = Paper(doc, reading, tagger.network.heads)
        self._roles(paper)
        if paper.pairs:
            doc.user_data["kg_relations"] = self._relations(paper)
        doc.user_data["kg_results"] = self._results(paper)
        return doc

    def _roles(self, paper: Paper) -> None:
        head, rules = paper.role_odds(self.role_weights)
        share = self.shares.roles
        scores = share * head + (1 - share) * rules
        odds = softmax(scores / self.shares.cool + _BARRED[paper.types])
        for number, key in enumerate(paper.keys):
            best = int(odds[number].argmax())
            paper.facts[key] |= {
                "role": _ROLES[best].value,
                "role_confidence": round(float(odds[number, best]), 3),
                "evidence": self._shown(paper, key, _ROLES[best]),
            }

    def _shown(self, paper: Paper, key: str, role: Role) -> tuple[int, int]:
        """The sentence whose own features speak loudest for the role."""
        parts = paper.clues[key][1:]
        if len(parts) == 1:
            return paper.places[key][0].sentence
        loud = [self.role_weights.probabilities(part).get(role, 0.0) for part in parts]
        return paper.places[key][loud.index(max(loud))].sentence

    def _relations(self, paper: Paper) -> list[dict[str, Any]]:
        share, bar = self.shares.relations, self.shares.relation_bar
        least = (math.log(bar / (1 - bar)) - (1 - share) * _MOST) / share
        head, rules = paper.relation_odds(self.relation_weights, least)
        odds = 1 / (1 + np.exp(-(share * head + (1 - share) * rules)))
        found: dict[tuple[int, int, int], tuple[float, Pair]] = {}
        types = [(paper.types[pair.head], paper.types[pair.tail]) for pair in paper.pairs]
        valid = np.where([allowed(*pair) for pair in types], odds, -1.0)
        for number, best in zip(range(len(odds)), valid.argmax(1).tolist(), strict=True):
            if valid[number, best] >= bar:
                pair = paper.pairs[number]
                found[pair.head, best, pair.tail] = (float(odds[number, best]), pair)
        kept = []
        for (one, kind, other), (sure, pair) in sorted(found.items()):
            back = found.get((other, kind, one))
            if back and (back[0], other) > (sure, one):
                continue
            kept.append(
                {
                    "head": paper.keys[one],
                    "type": _RELATIONS[kind].value,
                    "tail": paper.keys[other],
                    "confidence": round(sure, 3),
                    "evidence": paper.shared(pair),
                }
            )
        return kept

    def _results(self, paper: Paper) -> list[dict[str, Any]]:
        numbers, odds, deltas = paper.result_odds()
        found = []
        for row, (start, _, offset, value) in enumerate(numbers):
            sure = float(1 - odds[row, 0, 0])
            if sure < self.shares.result_bar:
                continue
            data, metric = (int(odds[row, column].argmax()) - 1 for column in (1, 2))
            found.append(
                {
                    "subject": paper.keys[int(odds[row, 0, 1:].argmax())],
                    "dataset": paper.keys[data] if data >= 0 else None,
                    "metric": paper.keys[metric] if metric >= 0 else None,
                    "value": value,
                    "kind": (ResultKind.DELTA if deltas[row] > 0.5 else ResultKind.ABSOLUTE).value,
                    "start": offset,
                    "end": offset + len(value),
                    "confidence": round(sure, 3),
                    "evidence": paper.evidence(start),
                }
            )
        return found


def _logit(odds: "NDArray[Any]") -> "Array":
    least = 1 / (1 + math.exp(_MOST))
    bounded = np.clip(odds, least, 1 - least)
    result: Array = np.log(bounded / (1 - bounded))
    return result

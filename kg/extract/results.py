"""Numbers that the text reports: of which system, on what data, by which metric."""

import re
from collections.abc import Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from kg.extract.names import web_addresses
from kg.extract.roles import Place, cues, places_of
from kg.extract.sentences import sentence_places, text_of
from kg.extract.weights import Weights

__all__ = ["Number", "Results", "numbers", "result_features", "subjects"]

Number = Place  # a place in a sentence, as a mention has one

_NUMBER = re.compile(
    r"(?<![\w.,/^-])(?:[+~≈<>±-]|\$\\?[<>~]\$ ?)?\d[\d,]*(?:\.\d+)?"
    r"(?:\s?\\?%|[x×](?!\w)|\s?\$?\\times\$?|[KMBT](?!\w)|\s(?:billion|million|trillion|thousand)\b|(?![\w]))"
)
_YEAR = re.compile(r"(?:19|20)\d\d$")
_WORDS = re.compile(r"[^\W\d_]+|\d[\d.]*|[^\w\s]")
_SUBJECTS = frozenset({"Model", "Method"})
_DATA = frozenset({"Dataset", "Benchmark"})


def numbers(
    text: str, sents: list[tuple[int, int]], covered: list[tuple[int, int]]
) -> list[Number]:
    """Return the numbers of *text* that may be results, outside names (*covered*), by place."""
    covered = [*covered, *web_addresses(text)]
    found: list[Number] = []
    number = 0
    for match in _NUMBER.finditer(text, sents[0][1] if sents else 0):
        start, end = match.span()
        while text[end - 1] in ",.":
            end -= 1
        if _YEAR.match(text[start:end]) or any(a < end and start < b for a, b in covered):
            continue
        if text[end : end + 1] == "-" and text[end + 1 : end + 2].isalpha():
            continue  # "3-layer"
        while number + 1 < len(sents) and sents[number + 1][0] <= start:
            number += 1
        found.append(Place(start, end, number, sents[number]))
    return found


def subjects(
    number: Number, places: dict[str, list[Place]], facts: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, Place | None]]:
    """Yield the systems that *number* may belong to, with their nearest mention in its sentence."""
    for id_, mentions in sorted(places.items()):
        near = [m for m in mentions if m.number == number.number]
        if near:
            if facts[id_]["type"] in _SUBJECTS or facts[id_].get("role") == "introduces":
                yield id_, min(near, key=lambda m: abs(m.start - number.start))
        elif facts[id_].get("role") == "introduces" or (
            any(m.number == number.number - 1 for m in mentions) and facts[id_]["type"] in _SUBJECTS
        ):
            yield id_, None


def result_features(
    text: str, number: Number, subject: tuple[str, Place | None], paper: dict[str, Any]
) -> list[str]:
    """Return what speaks for *number* being a result of *subject*, absolute or a difference."""
    id_, near = subject
    fact = paper["facts"][id_]
    start, end = number.sentence
    value = text[number.start : number.end]
    before = _WORDS.findall(text[max(start, number.start - 50) : number.start].lower())[:-7:-1]
    after = _WORDS.findall(text[number.end : min(end, number.end + 50)].lower())[:5]
    unit = re.sub(r"[\d.,\s$\\]+", "", value) or ("." if "." in value else "int")
    role = fact.get("role")
    here = [i for i, ms in paper["places"].items() if any(m.number == number.number for m in ms)]
    systems = sum(paper["facts"][i]["type"] in _SUBJECTS for i in here)
    introduced = sum(f.get("role") == "introduces" for f in paper["facts"].values())
    kinds = sorted({paper["facts"][i]["type"] for i in here} - {"Model", "Method", "Task"})
    found = [
        "bias",
        f"unit={unit}",
        f"{fact['type']}",
        f"role={role}",
        f"unit={unit},role={role}",
        f"near={near is not None},role={role},systems={min(systems, 3)}",
        f"role={role},introduced={min(introduced, 3)}",
        f"kinds={','.join(kinds)}",
        f"generic={fact['generic']}",
        f"first={id_ == paper['main']},near={near is not None}",
    ]
    found += [f"b{min(i, 2)}={w}" for i, w in enumerate(before)] + [
        f"bag={w}" for w in before + after
    ]
    found += [f"a{min(i, 1)}={w}" for i, w in enumerate(after)]
    found += [f"a0={after[0]},unit={unit}"] if after else []
    found += [f"cue={c}" for c in cues(text, number.sentence)]
    if near is not None:
        gap = _WORDS.findall(
            text[min(near.end, number.end) : max(near.start, number.start)].lower()
        )
        way = "<" if near.start < number.start else ">"
        found += [f"{way}gap={min(len(gap), 20) // 3}", f"{way}role={role}"]
        found += [f"{way}between={w}" for w in dict.fromkeys(gap[:20])]
        if way == ">" and len(gap) < 5:
            found.append(f"{way}exact={' '.join(gap)}")
    return found


def main_entity(places: dict[str, list[Place]], facts: dict[str, dict[str, Any]]) -> str:
    """Return the entity that the paper is about: what it introduces and names most often."""
    return min(
        places, key=lambda k: (facts[k].get("role") != "introduces", -len(places[k]), k), default=""
    )


def _nearest(
    number: Number, kinds: frozenset[str], paper: dict[str, Any], reach: int
) -> str | None:
    options = [
        (
            abs(m.start - number.start)
            if m.start > number.start
            else abs(number.start - m.end) + 10,
            id_,
        )
        for id_, mentions in paper["places"].items()
        if paper["facts"][id_]["type"] in kinds
        for m in mentions
        if m.number == number.number
    ]
    near = min(options, default=None)
    return near[1] if near and near[0] <= reach else None


@Language.factory("kg_results", requires=["doc.spans"], default_config={"threshold": 0.27})
class Results:
    """Puts the reported numbers into ``doc.user_data["kg_results"]``, by place.

    Each is a dict with the fields of ``kg.model.Result``.
    """

    def __init__(self, nlp: Language, name: str, threshold: float) -> None:  # noqa: ARG002 (a factory is given nlp)
        self.name = name
        self.threshold = threshold
        self.weights = Weights.shipped("results")

    def __call__(self, doc: Doc) -> Doc:
        """Find the results of *doc*."""
        facts: dict[str, dict[str, Any]] = doc.user_data.get("kg_entities", {})
        text = text_of(doc)
        sents = sentence_places(doc, text)
        places = places_of(doc, sents)
        paper = {"facts": facts, "places": places, "main": main_entity(places, facts)}
        covered = [(m.start, m.end) for ms in places.values() for m in ms]
        found = []
        for number in numbers(text, sents, covered):
            best = self._subject(text, number, paper)
            if best is None:
                continue
            confidence, kind, subject = best
            found.append(
                {
                    "subject": subject,
                    "dataset": _nearest(number, _DATA, paper, 90),
                    "metric": _nearest(number, frozenset({"Metric"}), paper, 60),
                    "value": text[number.start : number.end],
                    "kind": kind,
                    "start": number.start,
                    "end": number.end,
                    "confidence": round(confidence, 3),
                    "evidence": number.sentence,
                }
            )
        doc.user_data["kg_results"] = found
        return doc

    def _subject(
        self, text: str, number: Number, paper: dict[str, Any]
    ) -> tuple[float, str, str] | None:
        best: tuple[float, str, str] | None = None
        for subject in subjects(number, paper["places"], paper["facts"]):
            odds = self.weights.probabilities(result_features(text, number, subject, paper))
            sure = 1 - odds.get("none", 1.0)
            kind = "absolute" if odds.get("absolute", 0) >= odds.get("delta", 0) else "delta"
            if sure >= self.threshold and (best is None or sure > best[0]):
                best = (sure, kind, subject[0])
        return best

"""How well extracted papers agree with annotated ones, and where they differ.

Papers are the JSON objects of ``papers.jsonl`` and of the gold files (``title``, ``abstract``,
``entities``, ``relations``, ``results``); they are joined by their folded titles.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.model import EntityType

__all__ = ["MEASURES", "Evaluation", "Measure", "PaperReport", "evaluate", "format_evaluation"]

Record = Mapping[str, Any]
Same = Callable[[str, str], bool]

#: The measures in the order in which they are printed.
MEASURES = (
    "mentions",
    "spans",
    "links",
    "links.any",
    "named",
    "named.coarse",
    "roles",
    "relations",
    "results",
    "results.full",
    "canonical",
)
_COARSE = {"Benchmark": "Dataset", "Model": "Method"}


@dataclass(slots=True)
class Measure:
    """How many of what was annotated (*gold*) and of what was *found* agree (*hits*)."""

    hits: float = 0
    gold: float = 0
    found: float = 0

    def add(self, hits: float, gold: float, found: float) -> None:
        """Count one more paper."""
        self.hits += hits
        self.gold += gold
        self.found += found

    @property
    def precision(self) -> float:
        """The share of what was found that is right, in 0-1."""
        return self.hits / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of what is right that was found, in 0-1."""
        return self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in 0-1."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class PaperReport:
    """One paper's entity links: their F1, and each that differs, as sentences of two sides."""

    title: str
    f1: float
    missed: tuple[str, ...]
    extra: tuple[str, ...]
    differing: tuple[str, ...]


@dataclass(slots=True)
class Evaluation:
    """All measures, the links of each type, and the papers, the worst first."""

    measures: dict[str, Measure] = field(default_factory=lambda: {m: Measure() for m in MEASURES})
    types: dict[str, Measure] = field(
        default_factory=lambda: {t.value: Measure() for t in EntityType}
    )
    papers: list[PaperReport] = field(default_factory=list)
    absent: int = 0
    clusters: tuple[int, int] = (0, 0)


def evaluate(gold: Iterable[Record], found: Iterable[Record]) -> Evaluation:
    """Compare *found* papers with *gold* ones.

    ``canonical`` is the B-cubed score (Bagga and Baldwin 1998) of the ids of the entities found.
    A generic entity of the gold file that was found counts neither for nor against ``named``.
    """
    by_title = {_fold(paper.get("title") or paper.get("id", "")): paper for paper in found}
    result, clusters = Evaluation(), []
    nothing: Record = {"entities": [], "relations": [], "results": []}
    for paper in gold:
        other = by_title.get(_fold(paper["title"]))
        result.absent += other is None
        pair = _Pair(paper, other or nothing)
        for name, counts in pair.counts().items():
            result.measures[name].add(*counts)
        for kind, counts in pair.by_type().items():
            result.types[kind].add(*counts)
        result.papers.append(pair.report())
        clusters += pair.clusters()
    _b_cubed(result, clusters)
    result.papers.sort(key=lambda report: (report.f1, report.title))
    return result


def format_evaluation(result: Evaluation, *, worst: int = 0) -> str:
    """The measures as a table in percent, then the *worst* papers with what differs from gold."""
    lines = [f"{len(result.papers)} papers, {result.absent} of them absent from the extraction"]
    for name in MEASURES:
        measure = result.measures[name]
        sizes = (measure.gold, measure.found) if name != "canonical" else result.clusters
        lines.append(_row(f"{name:13}", measure, sizes))
    for kind in sorted(result.types):
        measure = result.types[kind]
        lines.append(_row(f"  {kind:11}", measure, (measure.gold, measure.found)))
    for report in result.papers[:worst]:
        lines += ["", f"{report.title} (links {100 * report.f1:.0f})"]
        lines += [f"  missed  {text}" for text in report.missed]
        lines += [f"  extra   {text}" for text in report.extra]
        lines += [f"  differs {text}" for text in report.differing]
    return "\n".join(lines)


def _row(name: str, measure: Measure, sizes: tuple[float, float]) -> str:
    parts = zip(("P", "R", "F1"), (measure.precision, measure.recall, measure.f1), strict=True)
    scores = "  ".join(f"{label} {100 * value:6.2f}" for label, value in parts)
    return f"{name} {scores}   gold {int(sizes[0]):5} extracted {int(sizes[1]):5}"


def _fold(text: str) -> str:
    words = re.sub(r"[\W_]+", " ", text).lower().split()
    return "".join(w[:-1] if len(w) > 3 and w[-1] == "s" and w[-2] != "s" else w for w in words)


class _Pair:
    """A gold paper and what was extracted from it."""

    def __init__(self, gold: Record, found: Record) -> None:
        self.gold, self.found = gold, found
        self.text = f"{gold['title']}\n{gold['abstract']}"
        self.left: Sequence[Record] = gold["entities"]
        self.right: Sequence[Record] = found["entities"]
        self._left_keys = [_keys(e["name"], e["surface"]) for e in self.left]
        self._right_keys = [
            _keys(e["name"], (m["text"] for m in e["mentions"])) for e in self.right
        ]
        self.any = self._match(lambda _, __: True)
        self.same = self._match(lambda a, b: a == b)

    def _match(self, same: Same) -> dict[int, int]:
        """Gold entities with their found ones: one to one, the most shared spellings first."""
        options = []
        for i, (entity, mine) in enumerate(zip(self.left, self._left_keys, strict=True)):
            for j, (other, theirs) in enumerate(zip(self.right, self._right_keys, strict=True)):
                shared = len(mine & theirs)
                if shared and same(entity["type"], other["type"]):
                    options.append((entity["type"] != other["type"], -shared, i, j))
        taken: dict[int, int] = {}
        used: set[int] = set()
        for _, _, i, j in sorted(options):
            if i not in taken and j not in used:
                taken[i] = j
                used.add(j)
        return taken

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """For each measure but the last: hits, gold, found."""
        mine, theirs = self._gold_mentions(), self._found_mentions()
        sizes = len(self.left), len(self.right)
        right_role = sum(
            self.left[i]["role"] == self.right[j].get("role") for i, j in self.same.items()
        )
        rows = {
            "mentions": _overlap(mine, theirs),
            "spans": _overlap({m[:2] for m in mine}, {m[:2] for m in theirs}),
            "links": (len(self.same), *sizes),
            "links.any": (len(self.any), *sizes),
            "named": self._named(lambda a, b: a == b),
            "named.coarse": self._named(lambda a, b: _COARSE.get(a, a) == _COARSE.get(b, b)),
            "roles": (right_role, *sizes),
        }
        names = {self.right[j]["id"]: self.left[i]["name"] for i, j in self.any.items()}
        rows["relations"] = self._relations(names)
        rows["results"] = self._results(names, full=False)
        rows["results.full"] = self._results(names, full=True)
        return rows

    def by_type(self) -> dict[str, tuple[int, int, int]]:
        """Hits, gold and found links of each type."""
        hits = Counter(self.left[i]["type"] for i in self.same)
        mine = Counter(e["type"] for e in self.left)
        theirs = Counter(e["type"] for e in self.right)
        return {t.value: (hits[t], mine[t], theirs[t]) for t in EntityType}

    def clusters(self) -> list[tuple[str, str]]:
        """The gold name and the extracted id of each entity that was found."""
        return [(_fold(self.left[i]["name"]), self.right[j]["id"]) for i, j in self.any.items()]

    def report(self) -> PaperReport:
        """What a reader would want to see of the differences."""
        measure = Measure(len(self.same), len(self.left), len(self.right))
        paired = set(self.any.values())
        differing = []
        for i, j in self.any.items():
            mine, theirs = _told(self.left[i]), _told(self.right[j])
            if mine.split(" = ")[1] != theirs.split(" = ")[1]:
                differing.append(f"{mine} | {theirs}")
        return PaperReport(
            self.gold["title"],
            measure.f1 if self.left or self.right else 1.0,
            tuple(_told(e) for i, e in enumerate(self.left) if i not in self.any),
            tuple(_told(e) for j, e in enumerate(self.right) if j not in paired),
            tuple(differing),
        )

    def _named(self, same: Same) -> tuple[int, int, int]:
        gold_of = {j: self.left[i] for i, j in self.any.items()}
        hits = sum(not self.left[i]["generic"] for i in self._match(same))
        judged = (gold_of.get(j, e).get("generic") for j, e in enumerate(self.right))
        return hits, sum(not e["generic"] for e in self.left), sum(not g for g in judged)

    def _gold_mentions(self) -> set[tuple[int, int, str]]:
        places = {
            match.span(): entity["type"]
            for entity in self.left
            for surface in sorted(set(entity["surface"]), key=len, reverse=True)
            for match in re.finditer(
                rf"(?<![A-Za-z0-9]){re.escape(surface)}(?![A-Za-z0-9])", self.text
            )
        }
        kept: set[tuple[int, int, str]] = set()
        taken: set[int] = set()
        for (a, b), kind in sorted(places.items(), key=lambda p: (p[0][0] - p[0][1], p[0])):
            if taken.isdisjoint(range(a, b)):
                taken.update(range(a, b))
                kept.add((a, b, kind))
        return kept

    def _found_mentions(self) -> set[tuple[int, int, str]]:
        return {(m["start"], m["end"], e["type"]) for e in self.right for m in e["mentions"]}

    def _relations(self, names: Mapping[str, str]) -> tuple[int, int, int]:
        def ordered(head: str, kind: str, tail: str) -> tuple[str, str, str]:
            swap = kind == "comparedWith" and tail < head
            return (tail, kind, head) if swap else (head, kind, tail)

        mine = {ordered(r["head"], r["type"], r["tail"]) for r in self.gold.get("relations", [])}
        theirs = {
            ordered(
                names.get(r["head"], f"?{r['head']}"),
                r["type"],
                names.get(r["tail"], f"?{r['tail']}"),
            )
            for r in self.found.get("relations", [])
        }
        return _overlap(mine, theirs)

    def _results(self, names: Mapping[str, str], *, full: bool) -> tuple[int, int, int]:
        mine = {
            (r["subject"], _digits(r["value"]), r.get("dataset") if full else None)
            for r in self.gold.get("results", [])
        }
        theirs = {
            (
                names.get(r["subject"], "?"),
                _digits(r["value"]),
                names.get(r.get("dataset") or "") if full else None,
            )
            for r in self.found.get("results", [])
        }
        return _overlap(mine, theirs)


def _keys(name: str, surfaces: Iterable[str]) -> set[str]:
    return {key for key in map(_fold, (name, *surfaces)) if key}


def _digits(value: object) -> str:
    return re.sub(r"[^\d.\-]", "", str(value)).strip(".")


def _told(entity: Record) -> str:
    generic = ", generic" if entity.get("generic") else ""
    return f"{entity['name']} = {entity['type']}, {entity.get('role')}{generic}"


def _overlap(mine: set[Any], theirs: set[Any]) -> tuple[int, int, int]:
    return len(mine & theirs), len(mine), len(theirs)


def _b_cubed(result: Evaluation, clusters: Sequence[tuple[str, str]]) -> None:
    mine: defaultdict[str, set[int]] = defaultdict(set)
    theirs: defaultdict[str, set[int]] = defaultdict(set)
    for number, (name, id_) in enumerate(clusters):
        mine[name].add(number)
        theirs[id_].add(number)
    both = [(len(mine[a] & theirs[b]), len(mine[a]), len(theirs[b])) for a, b in clusters]
    count = len(clusters) or 1
    precision = sum(shared / found for shared, _, found in both) / count
    recall = sum(shared / gold for shared, gold, _ in both) / count
    # As a measure whose ratios are the two averages.
    result.measures["canonical"] = Measure(precision * recall, precision, recall)
    result.clusters = (len(mine), len(theirs))

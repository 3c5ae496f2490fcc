"""What the tagger learns from: gold papers, public sets and plain abstracts, as numbers."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kg.extract.learnt_results import number_spans
from kg.extract.learnt_text import (
    TYPES,
    ByName,
    WordPieces,
    name_key,
    name_matches,
    word_features,
    words_of,
)
from kg.model import RelationType, Role

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "AUXILIARY",
    "GOLD",
    "RELATIONS",
    "ROLES",
    "TAUGHT",
    "Example",
    "auxiliary_examples",
    "count_names",
    "gold_example",
    "gold_mentions",
    "names_table",
    "plain_example",
    "read_corpus",
    "read_jsonl",
    "taught_example",
]

ROLES = tuple(Role)
RELATIONS = tuple(RelationType)
#: The labels of the public sets, each with its set's name before it: an output head of its own.
AUXILIARY = (
    *(f"scirex {kind}" for kind in ("Method", "Task", "Metric", "Material")),
    *(f"tdmsci {kind}" for kind in ("TASK", "METRIC", "DATASET")),
    *(f"crossner {kind}" for kind in ("algorithm", "task", "metrics", "field", "product", "misc")),
)
#: The sources of examples besides the public sets, which count from 1.
GOLD, TAUGHT = 0, 4
Names = ByName[tuple[int, int]]
#: From which confidence on a relation that was read in a paper is learnt from.
_SURE = 0.4


@dataclass(slots=True)
class Example:
    """A text in words and pieces, with whatever of its labels is known.

    ``spans`` are ``(first word, after the last, entity)``; a tag is 0 outside, else 1 + 2 * type,
    one more for a word that is not the first. ``numbers`` hold ``(first, after, subject, dataset,
    metric, kind)`` with -1 for none and -2 for a label that is not known. ``wrong`` are candidates
    of the rules that are no entities, as word spans. ``soft`` has a teacher's odds of the tags.
    """

    id: str
    text: str
    words: list[tuple[int, int]]
    pieces: list[tuple[int, ...]]
    features: list[tuple[int, int, int, int]]
    tags: list[int] = field(default_factory=list)
    source: int = 0
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    generic: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    relations: list[tuple[int, int, int]] = field(default_factory=list)
    numbers: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    wrong: list[list[tuple[int, int]]] = field(default_factory=list)
    soft: "NDArray[np.floating[Any]] | None" = None


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def read_corpus(path: Path) -> Iterator[dict[str, Any]]:
    """The papers of the gzipped corpus, in their order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def gold_mentions(text: str, surfaces: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """Every place where a surface stands as whole words, the longest first, none inside another."""
    found = {
        (match.start(), match.end()): entity
        for surface, entity in surfaces.items()
        for match in re.finditer(
            r"(?<![A-Za-z0-9])" + re.escape(surface) + r"(?![A-Za-z0-9])", text
        )
    }
    taken, kept = [False] * (len(text) + 1), []
    for (start, end), entity in sorted(found.items(), key=lambda x: (x[0][0] - x[0][1], x[0])):
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            kept.append((start, end, entity))
    return sorted(kept)


def plain_example(id_: str, text: str, split: WordPieces, names: Names) -> Example:
    """*text* without labels."""
    words = words_of(text)
    pieces = [split(text[a:b]) for a, b in words]
    return Example(id_, text, words, pieces, word_features(text, words, names))


def _word_spans(
    words: list[tuple[int, int]], spans: Iterable[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    starts = {a: index for index, (a, _) in enumerate(words)}
    ends = {b: index + 1 for index, (_, b) in enumerate(words)}
    return [
        (starts[a], ends[b], label)
        for a, b, label in spans
        if a in starts and b in ends and starts[a] < ends[b]
    ]


def _tags(length: int, spans: Iterable[tuple[int, int, int]]) -> list[int]:
    tags = [0] * length
    for start, stop, kind in spans:
        tags[start:stop] = [1 + 2 * kind, *[2 + 2 * kind] * (stop - start - 1)]
    return tags


def gold_example(paper: Mapping[str, Any], split: WordPieces, names: Names) -> Example:
    """A paper of the gold file with all its labels."""
    text = f"{paper['title']}\n{paper['abstract']}"
    example = plain_example(paper["id"], text, split, names)
    entities = paper["entities"]
    surfaces = {s: i for i, e in enumerate(entities) for s in e["surface"]}
    example.spans = _word_spans(example.words, gold_mentions(text, surfaces))
    example.types = [TYPES.index(e["type"]) for e in entities]
    example.generic = [int(e["generic"]) for e in entities]
    example.roles = [ROLES.index(e["role"]) for e in entities]
    typed = [(a, b, example.types[entity]) for a, b, entity in example.spans]
    example.tags = _tags(len(example.words), typed)
    index = {e["name"]: i for i, e in enumerate(entities)}
    example.relations = sorted(
        {
            (index[r["head"]], RELATIONS.index(r["type"]), index[r["tail"]])
            for r in paper.get("relations", [])
            if r["head"] in index and r["tail"] in index
        }
    )
    example.numbers = _numbers(example, paper.get("results", []), index)
    return example


def taught_example(
    record: Mapping[str, Any],
    split: WordPieces,
    names: Names,
    soft: "NDArray[np.floating[Any]] | None" = None,
) -> Example:
    """A paper with what an earlier tagger and the rules read in it, and the *soft* tags of it."""
    text = f"{record['title']}\n{record['abstract']}"
    example = plain_example(record["title"], text, split, names)
    places = [
        (m["start"], m["end"], number)
        for number, e in enumerate(record["entities"])
        for m in e["mentions"]
    ]
    example.source = TAUGHT
    example.spans = _word_spans(example.words, sorted(places))
    example.types = [TYPES.index(e["type"]) for e in record["entities"]]
    example.generic = [int(e["generic"]) for e in record["entities"]]
    example.roles = [ROLES.index(e["role"]) for e in record["entities"]]
    typed = [(a, b, example.types[entity]) for a, b, entity in example.spans]
    example.tags = _tags(len(example.words), typed)
    index = {e["id"]: number for number, e in enumerate(record["entities"])}
    example.relations = sorted(
        (index[r["head"]], RELATIONS.index(r["type"]), index[r["tail"]])
        for r in record["relations"]
        if r["confidence"] >= _SURE
    )
    example.numbers = _numbers_read(example, record["results"], index)
    if soft is not None:
        example.soft = (np.eye(soft.shape[1])[example.tags] + soft) / 2
    return example


def _numbers_read(
    example: Example, results: Iterable[Mapping[str, Any]], index: Mapping[str, int]
) -> list[tuple[int, int, int, int, int, int]]:
    """All numbers of *example*, with what was read of those that report something."""
    read = {r["start"]: r for r in results}
    rows = []
    for start, stop, offset, _ in number_spans(example.text, example.words, example.spans):
        said = read.get(offset)
        if said is None:
            rows.append((start, stop, -1, -2, -2, -2))
            continue
        one, data, metric = (
            index.get(said[part] or "", -1) for part in ("subject", "dataset", "metric")
        )
        rows.append((start, stop, one, data, metric, int(said["kind"] == "delta")))
    return rows


def _digits(value: str) -> str:
    return re.sub(r"[^\d.\-]", "", value).strip(".")


def _numbers(
    example: Example, results: Iterable[Mapping[str, Any]], index: Mapping[str, int]
) -> list[tuple[int, int, int, int, int, int]]:
    by_value: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for result in results:
        by_value[_digits(result["value"])].append(result)
    rows, used = [], set()
    for start, stop, _, value in number_spans(example.text, example.words, example.spans):
        key = _digits(value)
        if key in used:
            rows.append((start, stop, -2, -2, -2, -2))
        elif key in by_value:
            used.add(key)
            rows.extend(
                (
                    start,
                    stop,
                    index.get(result["subject"], -1),
                    index.get(result.get("dataset") or "", -1),
                    index.get(result.get("metric") or "", -1),
                    int(result["kind"] == "delta"),
                )
                for result in by_value[key][:1]
            )
        else:
            rows.append((start, stop, -1, -2, -2, -2))
    return rows


def count_names(papers: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """For each folded name, in how many papers it is annotated as each type."""
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        for entity in paper["entities"]:
            for key in sorted({name_key(s) for s in [entity["name"], *entity["surface"]]} - {""}):
                names[key][entity["type"]] += 1
    return dict(names)


def names_table(
    names: Mapping[str, Counter[str]],
    seen: Counter[str],
    known: Mapping[str, tuple[int, int]],
    without: Mapping[str, Any] | None = None,
) -> Names:
    """Type and strength (0-2) of each name; *without* leaves one paper's own names out.

    *seen* counts the papers whose text holds the name, annotated or not; *known* are names from
    elsewhere.
    """
    own: dict[str, Counter[str]] = count_names([without]) if without else {}
    table = Names(known)
    for key, types in names.items():
        left = types - own[key] if key in own else types
        if left:
            best = min(left, key=lambda kind: (-left[kind], kind))
            total = sum(left.values())
            rate = total / max(seen[key] - (key in own), 1)
            strength = 0 if rate < 0.5 else 2 if total >= 3 else 1
            table[key] = (TYPES.index(best), strength)
    return table


def count_seen(
    papers: Iterable[Mapping[str, Any]], names: Mapping[str, Counter[str]]
) -> Counter[str]:
    """In how many papers each name stands in the text, annotated or not."""
    seen: Counter[str] = Counter()
    wanted = ByName(names)
    for paper in papers:
        text = f"{paper['title']}\n{paper['abstract']}"
        seen.update({key for _, _, key in name_matches(text, words_of(text), wanted)})
    return seen


def auxiliary_examples(folder: Path, split: WordPieces, names: Names) -> Iterator[Example]:
    """The public sets with their own labels, numbered as in :data:`AUXILIARY`."""
    files = {
        "scirex": ["scirex_abstracts.jsonl"],
        "tdmsci": ["tdmsci_train.jsonl"],
        "crossner": ["crossner_ai_train.jsonl", "crossner_ai_more.jsonl"],
    }
    for number, (source, paths) in enumerate(files.items(), start=1):
        for row in (row for path in paths for row in read_jsonl(folder / path)):
            example = plain_example(row["id"], row["text"], split, names)
            labels = [
                (a, b, AUXILIARY.index(f"{source} {kind}"))
                for a, b, kind in row["entities"]
                if f"{source} {kind}" in AUXILIARY
            ]
            example.tags = _tags(len(example.words), _word_spans(example.words, labels))
            example.source = number
            yield example

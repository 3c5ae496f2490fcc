#!/usr/bin/env python3
"""Learn what the evidence of the pipeline's rules is worth, from annotated papers.

    scripts/learn_rules.py train.jsonl

Writes, below kg/data: phrase_heads.tsv (last words of names, with their types), lexicon_learnt.tsv
(names annotated in two papers or more that the lexicon does not have) and learnt/*.tsv (weights of
evidence, by maximum entropy). Each quarter of the papers is read with what was learnt from the
others, so that a later step learns from the mistakes of the earlier ones as they will be made;
the figures that are printed are those of such quarters.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from spacy.language import Language
from spacy.tokens import Doc

sys.path.insert(0, str(Path(__file__).parent.parent))

from kg.extract import load_pipeline
from kg.extract.entities import candidates, features
from kg.extract.lexicon import Index, Name, read_lexicon
from kg.extract.names import key
from kg.extract.relations import pairs, relation_features
from kg.extract.results import main_entity, numbers, result_features, subjects
from kg.extract.roles import places_of, role_features, set_roles
from kg.extract.sentences import sentence_places
from kg.extract.weights import Weights

DATA = Path(__file__).parent.parent / "kg" / "data"
TYPES = ["Model", "Method", "Dataset", "Benchmark", "Task", "Metric"]
FOLDS = 4
FINDERS = ("kg_sentences", "kg_abbreviations", "kg_lexicon", "kg_coined", "kg_phrases")

Json = dict[str, Any]


class Sample(NamedTuple):
    """What held for a candidate, what it was, and the fold of its paper."""

    features: frozenset[str]
    outcome: str
    fold: int


def learn_heads(papers: list[Json]) -> dict[str, str]:
    """Return last words of common names, in order, with the type they most often stand for."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        for entity in paper["entities"]:
            common = [s for s in entity["surface"] if not re.search("[A-Z]{2}|[0-9]", s)]
            for head in {key(re.split(r"[\s-]", s)[-1]) for s in common} - {""}:
                counts[head][entity["type"]] += 1
    often = {head: types for head, types in sorted(counts.items()) if types.total() >= 2}
    return {head: types.most_common(1)[0][0] for head, types in often.items()}


def learn_names(papers: list[Json], shipped: list[Name]) -> list[tuple[str, str, str, str]]:
    """Return name, aliases, flags and type of names in two papers or more and of a stable type."""
    entities: defaultdict[str, list[Json]] = defaultdict(list)
    for paper in papers:
        for entity in paper["entities"]:
            entities[entity["name"]].append(entity)
    known = {key(name.alias) for name in shipped}
    rows = []
    for name, seen in sorted(entities.items()):
        kind, count = Counter(e["type"] for e in seen).most_common(1)[0]
        if len(seen) < 2 or count < 0.6 * len(seen) or key(name) in known:
            continue
        spelt = Counter(s for e in seen for s in {key(s): s for s in sorted(e["surface"])}.values())
        aliases = {key(s): s for s, n in sorted(spelt.items()) if n >= 2}
        aliases = {k: s for k, s in aliases.items() if k not in known and k != key(name)}
        generic = sum(e["generic"] for e in seen) * 2 > len(seen)
        rows.append((name, "|".join(sorted(aliases.values())), "generic" * generic, kind))
    return rows


def as_names(rows: list[tuple[str, str, str, str]]) -> list[Name]:
    """Return the rows of :func:`learn_names` as the lexicon has them."""
    return [
        Name(alias, name, kind, flag == "generic", exact=False)
        for name, aliases, flag, kind in rows
        for alias in (name, *filter(None, aliases.split("|")))
    ]


def fit(samples: list[Sample], outcomes: list[str], *, without: int | None = None) -> Weights:
    """Return the weights of a softmax regression with an L2 penalty; fold *without* is left out."""
    samples = [s for s in samples if s.fold != without]
    seen = Counter(feature for sample in samples for feature in sample.features)
    index = {f: i for i, f in enumerate(sorted(f for f, n in seen.items() if n >= 3))}
    places = [(r, index[f]) for r, s in enumerate(samples) for f in s.features if f in index]
    rows, columns = zip(*sorted(places), strict=True)
    x = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(samples), len(index)))
    answers = np.eye(len(outcomes))[[outcomes.index(s.outcome) for s in samples]]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        scores = x @ flat.reshape(len(index), -1)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        surprise = -np.log((odds * answers).sum(axis=1) + 1e-12).sum()
        return surprise + 0.5 * flat @ flat, (x.T @ (odds - answers)).ravel() + flat

    start = np.zeros(len(index) * len(outcomes))
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    table = best.reshape(len(index), -1).round(2)
    return Weights(
        outcomes, {f: table[i].tolist() for f, i in index.items() if np.abs(table[i]).max() >= 0.1}
    )


def write_table(path: Path, header: list[str], rows: list[tuple[str, ...]]) -> None:
    """Write a tab-separated table."""
    path.parent.mkdir(exist_ok=True)
    lines = ["\t".join(row) for row in [tuple(header), *rows] if not any("\t" in c for c in row)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(rows)} rows")


def learn(name: str, samples: list[Sample], outcomes: list[str]) -> list[Weights]:
    """Write the weights of *name*; return those for each fold, learnt from the others."""
    whole = fit(samples, outcomes)
    rows = [
        (feature, *(f"{w:g}" if w else "" for w in weights))
        for feature, weights in sorted(whole.table.items())
    ]
    write_table(DATA / "learnt" / f"{name}.tsv", ["feature", *outcomes], rows)
    folds = [fit(samples, outcomes, without=fold) for fold in range(FOLDS)]
    print(f"  {len(samples)} samples {dict(Counter(s.outcome for s in samples).most_common())}")
    for threshold in (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55):
        hit = said = 0
        for sample in samples:
            odds = folds[sample.fold].probabilities(sample.features)
            none = odds.pop("none", 0.0)
            best = max(odds, key=lambda o: odds[o])
            if (1 - none if name == "entities" else odds[best]) >= threshold:
                said += 1
                hit += best == sample.outcome
        true = sum(s.outcome != "none" for s in samples)
        print(
            f"  at {threshold}: P {100 * hit / said:.1f} R {100 * hit / true:.1f} "
            f"F1 {200 * hit / (said + true):.1f}"
        )
    return folds


def learn_entities(papers: list[Json], nlp: Language, shipped: list[Name]) -> list[Json]:
    """Learn to tell names; return each paper as read with what the other folds taught."""
    samples: list[Sample] = []
    docs = []
    for fold, paper, doc in read(papers, nlp, shipped):
        gold = {key(s): e["type"] for e in paper["entities"] for s in e["surface"]}
        title = len(paper["title"])
        for group in candidates(doc):
            kinds = [gold[k] for k in sorted(group.keys) if k in gold]
            known = frozenset(features(doc.user_data["text"], title, group))
            samples.append(Sample(known, kinds[0] if kinds else "none", fold))
        docs.append((fold, paper, doc))
    folds = learn("entities", samples, ["none", *TYPES])
    find: Any = nlp.create_pipe("kg_entities")
    found = []
    for fold, paper, doc in docs:
        find.weights = folds[fold]
        found.append(_as_read(fold, paper, find(doc)))
    return found


def read(papers: list[Json], nlp: Language, shipped: list[Name]) -> Iterator[tuple[int, Json, Doc]]:
    """Yield fold, paper and what the finders find, knowing the names of the other folds."""
    for fold in range(FOLDS):
        rest = [p for i, p in enumerate(papers) if i % FOLDS != fold]
        lexicon: Any = nlp.get_pipe("kg_lexicon")
        phrases: Any = nlp.get_pipe("kg_phrases")
        lexicon.index = Index(shipped + as_names(learn_names(rest, shipped)))
        phrases.heads = learn_heads(rest)
        for paper in papers[fold::FOLDS]:
            doc = nlp.make_doc(paper["title"] + "\n" + paper["abstract"])
            doc.user_data |= {"title_end": len(paper["title"]), "text": doc.text}
            yield fold, paper, nlp(doc)


def _as_read(fold: int, paper: Json, doc: Doc) -> Json:
    gold: Json = {}
    for entity in paper["entities"]:
        for surface in [*entity["surface"], entity["name"]]:
            gold.setdefault(key(surface), entity)
    text = doc.user_data["text"]
    sents = sentence_places(doc, text)
    same = {span.id_: gold[key(span.text)] for span in doc.spans["kg"] if key(span.text) in gold}
    return {
        "fold": fold,
        "gold": paper,
        "text": text,
        "sents": sents,
        "places": places_of(doc, sents),
        "facts": doc.user_data["kg_entities"],
        "same": same,
    }


def learn_roles(read_papers: list[Json]) -> None:
    """Learn roles; set those of *read_papers* as the pipeline would."""
    samples = []
    for paper in read_papers:
        last = max((p.number for ps in paper["places"].values() for p in ps), default=0)
        for id_, places in paper["places"].items():
            if id_ in paper["same"]:
                parts = role_features(paper["text"], places, paper["facts"][id_], last)
                known = frozenset(feature for part in parts for feature in part)
                samples.append(Sample(known, paper["same"][id_]["role"], paper["fold"]))
    folds = learn("roles", samples, sorted({s.outcome for s in samples}))
    for paper in read_papers:
        set_roles(folds[paper["fold"]], paper["text"], paper["places"], paper["facts"])


def learn_statements(read_papers: list[Json]) -> None:
    """Learn relations and results."""
    relations, results = [], []
    for paper in read_papers:
        names = {id_: entity["name"] for id_, entity in paper["same"].items()}
        said = {(r["head"], r["tail"]): r["type"] for r in paper["gold"]["relations"]}
        said |= {(t, h): k for (h, t), k in said.items() if k == "comparedWith"}
        for pair in pairs(paper["places"], paper["facts"]):
            known = frozenset(relation_features(paper["text"], pair, paper))
            answer = said.get((names.get(pair[0], ""), names.get(pair[1], "")), "none")
            relations.append(Sample(known, answer, paper["fold"]))
        paper["main"] = main_entity(paper["places"], paper["facts"])
        told = {(r["subject"], digits(r["value"])): r["kind"] for r in paper["gold"]["results"]}
        covered = [(m.start, m.end) for places in paper["places"].values() for m in places]
        for number in numbers(paper["text"], paper["sents"], covered):
            value = digits(paper["text"][number.start : number.end])
            for subject in subjects(number, paper["places"], paper["facts"]):
                known = frozenset(result_features(paper["text"], number, subject, paper))
                answer = told.get((names.get(subject[0], ""), value), "none")
                results.append(Sample(known, answer, paper["fold"]))
    learn("relations", relations, sorted({s.outcome for s in relations}))
    learn("results", results, sorted({s.outcome for s in results}))


def digits(value: str) -> str:
    """Return the number alone."""
    return re.sub(r"[^\d.]", "", value).strip(".")


def main() -> None:
    """Learn everything from the file that is named first."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    papers = [json.loads(line) for line in lines if line.strip()]
    shipped = read_lexicon(DATA / "lexicon")
    nlp = load_pipeline(tagger=False)
    for name in [name for name in nlp.pipe_names if name not in FINDERS]:
        nlp.remove_pipe(name)
    read_papers = learn_entities(papers, nlp, shipped)
    learn_roles(read_papers)
    learn_statements(read_papers)
    names = learn_names(papers, shipped)
    write_table(DATA / "lexicon_learnt.tsv", ["name", "aliases", "flags", "type"], list(names))
    heads = sorted(learn_heads(papers).items())
    write_table(DATA / "phrase_heads.tsv", ["head", "type"], list(heads))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Learn what the rules of the pipeline are worth from annotated papers.

    scripts/learn_rules.py train.jsonl

Writes, below kg/data: phrase_heads.tsv (last words of names and their types), lexicon_learnt.tsv
(names annotated in two papers or more), and learnt/*.tsv (weights of evidence). What stands in one
fifth of the papers is always judged with what was learnt from the other four.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from kg.extract import load_pipeline
from kg.extract.entities import candidates, features
from kg.extract.lexicon import Index, Name, read_lexicon
from kg.extract.names import key
from kg.extract.relations import pairs, relation_features
from kg.extract.results import main_entity, numbers, result_features, subjects
from kg.extract.roles import places_of, role_features
from kg.extract.sentences import sentence_places

DATA = Path(__file__).parent.parent / "kg" / "data"
TYPES = ["Model", "Method", "Dataset", "Benchmark", "Task", "Metric"]
FOLDS = 5


def learn_heads(papers):
    counts = defaultdict(Counter)
    for paper in papers:
        for entity in paper["entities"]:
            for surface in {key(s.split()[-1].split("-")[-1]) for s in entity["surface"] if not re.search("[A-Z]{2}|[0-9]", s)}:
                counts[surface][entity["type"]] += 1
    return {h: c.most_common(1)[0][0] for h, c in sorted(counts.items()) if sum(c.values()) >= 2 and h}


def learn_names(papers, shipped):
    types, surfaces, generic = defaultdict(Counter), defaultdict(Counter), defaultdict(Counter)
    for paper in papers:
        for entity in paper["entities"]:
            types[entity["name"]][entity["type"]] += 1
            generic[entity["name"]][entity["generic"]] += 1
            surfaces[entity["name"]].update({key(s): s for s in [entity["name"], *sorted(entity["surface"])]}.values())
    known = {key(n.alias) for n in shipped}
    rows = []
    for name, c in sorted(types.items()):
        kind, count = c.most_common(1)[0]
        if sum(c.values()) < 2 or count < 0.6 * sum(c.values()) or key(name) in known:
            continue
        aliases = {key(s): s for s, n in sorted(surfaces[name].items()) if n >= 2 and key(s) not in known and key(s) != key(name)}
        flag = "generic" if generic[name][True] > generic[name][False] else ""
        rows.append((name, "|".join(sorted(aliases.values())), flag, kind))
    return rows


def as_names(rows):
    return [Name(a, n, t, f == "generic", False) for n, al, f, t in rows for a in (n, *(x for x in al.split("|") if x))]


def fit(samples, outcomes, strength=1.0, least=3):
    """Return feature -> weights of a softmax regression over (features, outcome) pairs."""
    seen = Counter(f for feats, _ in samples for f in set(feats))
    index = {f: i for i, f in enumerate(sorted(f for f, n in seen.items() if n >= least))}
    rows, cols = zip(*((r, index[f]) for r, (feats, _) in enumerate(samples) for f in set(feats) if f in index))
    X = csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(len(samples), len(index)))
    y = np.array([outcomes.index(o) for _, o in samples])
    K = len(outcomes)
    Y = np.eye(K)[y]

    def loss(w):
        W = w.reshape(len(index), K)
        Z = X @ W
        Z -= Z.max(1, keepdims=True)
        P = np.exp(Z)
        P /= P.sum(1, keepdims=True)
        value = -np.log(P[np.arange(len(y)), y] + 1e-12).sum() + 0.5 * strength * (w @ w)
        return value, (X.T @ (P - Y)).ravel() + strength * w

    w = minimize(loss, np.zeros(len(index) * K), jac=True, method="L-BFGS-B", options={"maxiter": 120}).x
    W = w.reshape(len(index), K)
    print(f"  {len(samples)} samples, {len(index)} features", file=sys.stderr)
    return {f: W[i] for f, i in index.items() if np.abs(W[i]).max() >= 0.05}


def write_weights(name, outcomes, table):
    DATA.joinpath("learnt").mkdir(exist_ok=True)
    lines = ["\t".join(["feature", *outcomes])]
    for feature, weights in sorted(table.items()):
        if "\t" not in feature:
            lines.append("\t".join([feature, *(f"{w:.2f}".replace("-0.00", "0").replace("0.00", "") for w in weights)]))
    DATA.joinpath("learnt", name + ".tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"  {name}: {len(lines) - 1} rows", file=sys.stderr)


def gold_of(group, gold):
    for k in sorted(k for k in group.keys if not k.startswith("=")):
        if k in gold:
            return gold[k]
    return None


def folds(papers, nlp, shipped):
    """Yield (doc, paper), each processed with what was learnt from the other folds."""
    for fold in range(FOLDS):
        rest = [p for i, p in enumerate(papers) if i % FOLDS != fold]
        nlp.get_pipe("kg_lexicon").index = Index(shipped + as_names(learn_names(rest, shipped)))
        nlp.get_pipe("kg_phrases").heads = learn_heads(rest)
        for i, paper in enumerate(papers):
            if i % FOLDS == fold:
                doc = nlp.make_doc(paper["title"] + "\n" + paper["abstract"])
                doc.user_data["title_end"] = len(paper["title"])
                yield nlp(doc), paper


def learn_entities(papers, nlp, shipped):
    samples = []
    for doc, paper in folds(papers, nlp, shipped):
        gold = {}
        for e in paper["entities"]:
            for s in e["surface"]:
                gold[key(s)] = e
        for group in candidates(doc):
            e = gold_of(group, gold)
            samples.append((features(doc.text, len(paper["title"]), group), e["type"] if e else "none"))
    outcomes = ["none", *TYPES]
    print(Counter(o for _, o in samples), file=sys.stderr)
    write_weights("entities", outcomes, fit(samples, outcomes))
    rows = learn_names(papers, shipped)
    DATA.joinpath("lexicon_learnt.tsv").write_text("\n".join(["name\taliases\tflags\ttype", *("\t".join(r) for r in rows)]) + "\n", encoding="utf-8")
    heads = learn_heads(papers)
    DATA.joinpath("phrase_heads.tsv").write_text("\n".join(["head\ttype", *("\t".join(r) for r in heads.items())]) + "\n", encoding="utf-8")


def aligned(doc, paper):
    """Return entity id -> gold entity, for the entities of *doc*."""
    gold = {}
    for e in paper["entities"]:
        for s in [*e["surface"], e["name"]]:
            gold.setdefault(key(s), e)
    found = {}
    for span in doc.spans["kg"]:
        if span.id_ not in found and key(span.text) in gold:
            found[span.id_] = gold[key(span.text)]
    return found


def learn_rest(papers, nlp, shipped):
    roles, relations, results = [], [], []
    for doc, paper in folds(papers, nlp, shipped):
        text = doc.text
        facts = doc.user_data["kg_entities"]
        sents = sentence_places(doc, text)
        places = places_of(doc, sents)
        gold = aligned(doc, paper)
        for id_, mentions in places.items():
            if id_ in gold:
                parts = role_features(text, mentions, facts[id_], len(sents) - 1)
                roles.append(({f for part in parts for f in part}, gold[id_]["role"]))
                facts[id_]["role"] = gold[id_]["role"]
            else:
                facts[id_]["role"] = {"Task": "addresses", "Metric": "reports", "Dataset": "evaluatesOn", "Benchmark": "evaluatesOn"}.get(facts[id_]["type"], "uses")
        context = {"facts": facts, "places": places, "main": main_entity(places, facts)}
        said = {(r["head"], r["tail"]): r["type"] for r in paper["relations"]}
        said |= {(t, h): k for (h, t), k in said.items() if k == "comparedWith"}
        for pair in pairs(places, facts):
            names = tuple(gold[p]["name"] if p in gold else "" for p in pair[:2])
            relations.append((relation_features(text, pair, context), said.get(names, "none")))
        covered = [(m.start, m.end) for ms in places.values() for m in ms]
        told = {(r["subject"], digits(r["value"])): r["kind"] for r in paper["results"]}
        for number in numbers(text, sents, covered):
            for subject in subjects(number, places, facts):
                name = gold[subject[0]]["name"] if subject[0] in gold else ""
                kind = told.get((name, digits(text[number.start : number.end])), "none")
                results.append((result_features(text, number, subject, context), kind))
    for name, samples, strength in (("roles", roles, 1.0), ("relations", relations, 1.0), ("results", results, 1.0)):
        outcomes = sorted({o for _, o in samples})
        print(name, Counter(o for _, o in samples), file=sys.stderr)
        write_weights(name, outcomes, fit(samples, outcomes, strength))


def digits(value):
    return re.sub(r"[^\d.]", "", value).strip(".")


FINDERS = ("kg_sentences", "kg_abbreviations", "kg_lexicon", "kg_coined", "kg_phrases")


def main():
    papers = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8") if line.strip()]
    parts = sys.argv[2:] or ["entities", "rest"]
    shipped = read_lexicon(DATA / "lexicon")
    if "entities" in parts:
        nlp = load_pipeline(tagger=False)
        for name in set(nlp.pipe_names) - set(FINDERS):
            nlp.remove_pipe(name)
        learn_entities(papers, nlp, shipped)
    if "rest" in parts:
        nlp = load_pipeline(tagger=False)
        for name in set(nlp.pipe_names) - {*FINDERS, "kg_entities"}:
            nlp.remove_pipe(name)
        learn_rest(papers, nlp, shipped)


if __name__ == "__main__":
    main()

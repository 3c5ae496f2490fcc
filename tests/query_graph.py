"""A graph of six made-up papers on animals' dens, to ask questions of."""

import json
import re
from collections import Counter
from pathlib import Path

from kg.model import (
    Entity,
    EntityType,
    Extraction,
    Mention,
    Paper,
    PaperEntity,
    Relation,
    RelationType,
    Result,
    ResultKind,
    Role,
    Run,
    Sentence,
)
from kg.questions import query_triples
from kg.rdf import evidence_quads, plain_triples, relation_support
from kg.store import STORE, fill_store, write_nquads, write_turtle
from kg.vocab import BASE, prefixes

RUN = Run("0.1.0", BASE, (), (("dens.jsonl", "0" * 64), ("more.jsonl", "1" * 64)))

MODEL, METHOD, DATASET = EntityType.MODEL, EntityType.METHOD, EntityType.DATASET
BENCHMARK, TASK, METRIC = EntityType.BENCHMARK, EntityType.TASK, EntityType.METRIC

#: id: name, type, generic, aliases
ENTITIES = {
    "foxnet": ("FoxNet", MODEL, False, ("Fox Net", "FN")),
    "foxnet-2": ("FoxNet-2", MODEL, False, ()),
    "badger": ("Badger", MODEL, False, ()),
    "burrow-attention": ("burrow attention", METHOD, False, ("BA", "Burrow Attention")),
    "sparse-burrow-attention": ("sparse burrow attention", METHOD, False, ("SBA",)),
    "bark-augmentation": ("bark augmentation", METHOD, False, ("BA",)),
    "denqa": ("DenQA", BENCHMARK, False, ("Den-QA",)),
    "den-qa-large": ("den qa", DATASET, False, ()),
    "forest-corpus": ("Forest Corpus", DATASET, False, ()),
    "question-answering": ("question answering", TASK, False, ("QA",)),
    "track-detection": ("track detection", TASK, False, ()),
    "accuracy": ("accuracy", METRIC, True, ()),
    "f1": ("F1", METRIC, False, ()),
}

# (role, entity) of each paper; the sentence that names it is found by its name
_PAPERS = (
    (
        Paper(
            "arxiv-2311.00001",
            "Burrow attention for question answering",
            "We introduce burrow attention, a method for question answering. "
            "It is trained on the Forest Corpus.",
            ("dens.jsonl",),
            arxiv_id="2311.00001",
            date="2023-11-05",
            authors=("A. Vole",),
            venue="DENS 2023",
        ),
        "introduces burrow-attention, addresses question-answering, uses forest-corpus",
        ("burrow-attention usedFor question-answering 0.9",),
        (),
    ),
    (
        Paper(
            "arxiv-2401.00002",
            "FoxNet: digging for answers",
            "We present FoxNet (FN), built on burrow attention for question answering. "
            "FoxNet reaches 91.5% accuracy on DenQA, 2.5 points over Badger.",
            ("dens.jsonl",),
            arxiv_id="2401.00002",
            doi="10.1000/fox",
            date="2024-01-10",
            authors=("B. Stoat", "A. Vole"),
            urls=("https://github.com/dens/foxnet",),
            venue="DENS 2024",
        ),
        "introduces foxnet, uses burrow-attention, addresses question-answering, "
        "evaluatesOn denqa, comparesWith badger, reports accuracy",
        (
            "foxnet basedOn burrow-attention 0.9",
            "foxnet evaluatedOn denqa 0.8",
            "foxnet outperforms badger 0.7",
            "burrow-attention usedFor question-answering 0.8",
        ),
        (("foxnet", "denqa", "accuracy", "91.5%", ResultKind.ABSOLUTE),),
    ),
    (
        Paper(
            "arxiv-2405.00003",
            "FoxNet-2: sparse burrow attention at scale",
            "FoxNet-2 replaces the layers of FoxNet with sparse burrow attention, a kind of "
            "burrow attention. FoxNet-2 reaches 94% accuracy on DenQA for question answering.",
            ("dens.jsonl", "more.jsonl"),
            arxiv_id="2405.00003",
            date="2024-05-02",
            venue="DENS 2024",
        ),
        "introduces foxnet-2, introduces sparse-burrow-attention, mentions burrow-attention, "
        "comparesWith foxnet, evaluatesOn denqa, addresses question-answering, reports accuracy",
        (
            "foxnet-2 basedOn foxnet 0.9",
            "sparse-burrow-attention subclassOf burrow-attention 0.6",
            "foxnet-2 evaluatedOn denqa 0.8",
        ),
        (("foxnet-2", "denqa", "accuracy", "94%", ResultKind.ABSOLUTE),),
    ),
    (
        Paper(
            "h-0123456789ab",
            "Bark augmentation for track detection",
            "Badger with bark augmentation finds tracks in the Forest Corpus. "
            "For track detection it reaches an F1 of 0.71.",
            ("dens.jsonl",),
            date="2024",
        ),
        "uses badger, introduces bark-augmentation, uses forest-corpus, "
        "addresses track-detection, reports f1",
        (
            "badger trainedOn forest-corpus 0.3",
            "bark-augmentation usedFor track-detection 0.9",
        ),
        (("badger", "forest-corpus", "f1", "0.71", ResultKind.ABSOLUTE),),
    ),
    (
        Paper(
            "h-abcdefabcdef",
            "DenQA: a benchmark",
            "DenQA asks where the animals live. FoxNet and Badger are compared on DenQA for "
            "question answering and track detection, beside a set once called den qa.",
            ("more.jsonl",),
            date="2023-12",
        ),
        "introduces denqa, comparesWith foxnet, comparesWith badger, mentions den-qa-large, "
        "addresses question-answering, addresses track-detection",
        (
            "denqa benchmarkFor question-answering 0.9",
            "foxnet comparedWith badger 0.4",
            "foxnet evaluatedOn denqa 0.8",
        ),
        (),
    ),
    (
        Paper(
            "h-fedcbafedcba",
            'Names with "quotes" \\ and <tags>',
            "Of FoxNet nothing new is said here.",
        ),
        "mentions foxnet",
        (),
        (),
    ),
)


def extractions() -> tuple[Extraction, ...]:
    """Return the six papers."""
    return tuple(_extraction(*paper) for paper in _PAPERS)


def write_graph(folder: Path, *, papers: int = len(_PAPERS)) -> Path:
    """Write the output folder of the first *papers* papers and return it."""
    found = extractions()[:papers]
    counts = Counter(entity.id for paper in found for entity in paper.entities)
    entities = [
        Entity(key, name, kind, generic, aliases, counts[key])
        for key, (name, kind, generic, aliases) in sorted(ENTITIES.items())
        if counts[key]
    ]
    folder.mkdir(parents=True)
    turtle, nquads = folder / "graph.ttl", folder / "evidence.nq"
    triples = [*plain_triples(found, entities, RUN), *query_triples(BASE)]
    write_turtle(triples, turtle, prefixes())
    support = relation_support(found)
    write_nquads((q for paper in found for q in evidence_quads(paper, RUN, support)), nquads)
    fill_store(folder / STORE, turtle, nquads)
    (folder / "graph.html").write_text("<!doctype html><title>Graph</title>", encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({"base": BASE}), encoding="utf-8")
    return folder


def _extraction(
    paper: Paper,
    roles: str,
    relations: tuple[str, ...],
    results: tuple[tuple[str, str, str, str, ResultKind], ...],
) -> Extraction:
    sentences = _sentences(paper.text)
    entities = tuple(
        sorted((_entity(paper.text, sentences, r) for r in roles.split(", ")), key=lambda e: e.id)
    )
    home = {entity.id: entity.evidence for entity in entities}
    return Extraction(
        paper,
        sentences,
        entities,
        tuple(
            Relation(h, RelationType(r), t, float(c), home[h])
            for h, r, t, c in map(str.split, relations)
        ),
        tuple(
            Result(s, d, m, v, kind, at, at + len(v), 0.6, _around(sentences, at))
            for s, d, m, v, kind in results
            if (at := paper.text.index(v)) >= 0
        ),
    )


def _entity(text: str, sentences: tuple[Sentence, ...], role: str) -> PaperEntity:
    word, key = role.split()
    name, kind, generic, aliases = ENTITIES[key]
    places = []
    for spelling in (name, *aliases):
        at = text.casefold().find(spelling.casefold())
        while at >= 0:
            places.append(Mention(at, at + len(spelling), text[at : at + len(spelling)], 0.9))
            at = text.casefold().find(spelling.casefold(), at + 1)
    mentions = tuple(sorted(set(places), key=lambda m: (m.start, m.end)))
    evidence = _around(sentences, mentions[0].start)
    return PaperEntity(key, name, kind, Role(word), generic, mentions, 0.8, evidence)


def _around(sentences: tuple[Sentence, ...], place: int) -> Sentence:
    return next(s for s in sentences if s.start <= place < s.end)


def _sentences(text: str) -> tuple[Sentence, ...]:
    places = re.finditer(r"\S[^\n]*?(?:[.](?= |$)|$)", text, re.MULTILINE)
    return tuple(Sentence(*match.span()) for match in places)

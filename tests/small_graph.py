"""A graph of two made-up papers, small enough to know by heart."""

from hashlib import sha256
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
from kg.rdf import evidence_quads, plain_triples, relation_support
from kg.records import write_jsonl
from kg.store import fill_store, write_nquads, write_turtle
from kg.vocab import BASE, prefixes

RUN = Run("0.1.0", BASE, (("tagger", "true"),), (("two.jsonl", sha256(b"two").hexdigest()),))

_KINDS = {
    "foxnet": ("FoxNet", EntityType.MODEL, False),
    "sparse-burrow-attention": ("sparse burrow attention", EntityType.METHOD, False),
    "denqa": ("DenQA", EntityType.BENCHMARK, False),
    "forest-corpus": ("Forest Corpus", EntityType.DATASET, False),
    "question-answering": ("question answering", EntityType.TASK, True),
    "accuracy": ("accuracy", EntityType.METRIC, True),
    "dens": ("Dens & Co. <7B>", EntityType.MODEL, False),
}


def _entity(text: str, key: str, role: Role, sentences: tuple[Sentence, ...]) -> PaperEntity:
    name, kind, generic = _KINDS[key]
    places, start = [], text.find(name)
    while start >= 0:
        places.append(Mention(start, start + len(name), name, 0.9))
        start = text.find(name, start + 1)
    home = next(s for s in sentences if s.start <= places[0].start < s.end)
    return PaperEntity(key, name, kind, role, generic, tuple(places), 0.8, home)


def _sentences(text: str) -> tuple[Sentence, ...]:
    spans, start = [], 0
    for i, character in enumerate(text):
        if character == "\n" or text[i - 1 : i + 1] == ". ":
            spans.append(Sentence(start, i))
            start = i + 1
    return (*spans, Sentence(start, len(text)))


def _paper(
    paper: Paper, roles: dict[str, Role], relations: list[tuple[str, str, str]]
) -> Extraction:
    sentences = _sentences(paper.text)
    entities = tuple(_entity(paper.text, key, roles[key], sentences) for key in sorted(roles))
    home = {entity.id: entity.evidence for entity in entities}
    return Extraction(
        paper,
        sentences,
        entities,
        tuple(Relation(h, RelationType(r), t, 0.7, home[h]) for h, r, t in relations),
    )


def extractions() -> tuple[Extraction, ...]:
    """Return the two papers; the first with a result, an accent, quotes and a backslash."""
    first = _paper(
        Paper(
            "arxiv-2401.00001",
            'FoxNet: "Digging" for Answers',
            "We present FoxNet, built on sparse burrow attention for question answering. "
            "It reaches 91.5% accuracy on DenQA, trained on the Forest Corpus — "
            "naïvely, in O(n\\log n).",
            ("two.jsonl",),
            arxiv_id="2401.00001",
            doi="10.1234/fox.1",
            date="2024-01-02",
            authors=("Ada Löwe", "Bo O'Neil"),
            urls=("https://github.com/example/foxnet",),
            venue="Example Workshop 2024",
        ),
        {
            "foxnet": Role.INTRODUCES,
            "sparse-burrow-attention": Role.USES,
            "question-answering": Role.ADDRESSES,
            "accuracy": Role.REPORTS,
            "denqa": Role.EVALUATES_ON,
            "forest-corpus": Role.USES,
        },
        [
            ("denqa", "benchmarkFor", "question-answering"),
            ("foxnet", "evaluatedOn", "denqa"),
            ("foxnet", "trainedOn", "forest-corpus"),
            ("foxnet", "usedFor", "question-answering"),
            ("sparse-burrow-attention", "partOf", "foxnet"),
        ],
    )
    at = first.paper.text.index("91.5%")
    home = next(s for s in first.sentences if s.start <= at < s.end)
    value = Result(
        "foxnet", "denqa", "accuracy", "91.5%", ResultKind.ABSOLUTE, at, at + 5, 0.6, home
    )
    first = Extraction(first.paper, first.sentences, first.entities, first.relations, (value,), ())
    second = _paper(
        Paper(
            "h-0123456789ab",
            "Dens & Co. <7B> Revisited",
            "We tune FoxNet and call it Dens & Co. <7B>. It beats FoxNet at question answering.",
            ("two.jsonl",),
            date="2025",
        ),
        {
            "dens": Role.INTRODUCES,
            "foxnet": Role.COMPARES_WITH,
            "question-answering": Role.ADDRESSES,
        },
        [
            ("dens", "basedOn", "foxnet"),
            ("dens", "outperforms", "foxnet"),
            ("foxnet", "usedFor", "question-answering"),
        ],
    )
    return first, second


def entities() -> tuple[Entity, ...]:
    """Return the entities of the two papers, sorted by id."""
    counted = [entity.id for extraction in extractions() for entity in extraction.entities]
    aliases = {"question-answering": ("QA",), "denqa": ("DEN QA",)}
    return tuple(
        Entity(key, name, kind, generic, aliases.get(key, ()), counted.count(key))
        for key, (name, kind, generic) in sorted(_KINDS.items())
    )


def build(output: Path) -> Path:
    """Write the folder that ``kg build`` would, as far as exports need it, and return it."""
    output.mkdir(parents=True)
    papers = extractions()
    with (output / "papers.jsonl").open("w", encoding="utf-8") as out:
        write_jsonl(papers, out)
    rows = ["id,name,type,generic,papers,aliases\n"]
    for e in entities():
        name, aliases = (f'"{text}"' for text in (e.name, "|".join(e.aliases)))
        rows.append(f"{e.id},{name},{e.type},{str(e.generic).lower()},{e.papers},{aliases}\n")
    (output / "entities.csv").write_text("".join(rows), encoding="utf-8")
    write_turtle(plain_triples(papers, entities(), RUN), output / "graph.ttl", prefixes())
    (output / "run.json").write_text(f'{{"kg": "0.1.0", "base": "{BASE}"}}', encoding="utf-8")
    support = relation_support(papers)
    quads = (quad for paper in papers for quad in evidence_quads(paper, RUN, support))
    write_nquads(quads, output / "evidence.nq")
    fill_store(output / "store", output / "graph.ttl", output / "evidence.nq")
    return output

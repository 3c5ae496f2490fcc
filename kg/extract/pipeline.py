"""From papers to extractions: the pipeline assembled, and what it found as plain values."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

import kg.extract.components  # registers the factories  # noqa: F401
from kg.errors import ExtractionError
from kg.extract.sentences import sentence_places
from kg.extract.tagger import has_weights
from kg.model import (
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
    Sentence,
)

__all__ = ["assemble", "extract_all", "extract_one", "extraction"]

#: The components in their order; with the trained tagger, kg_tagger stands after kg_lexicon, and
#: kg_statements in the place of the last three.
ORDER = (
    "kg_sentences",
    "kg_abbreviations",
    "kg_lexicon",
    "kg_coined",
    "kg_phrases",
    "kg_entities",
    "kg_roles",
    "kg_relations",
    "kg_results",
)


#: How many papers share spaCy's memory of words before it is emptied.
_BATCH = 128
#: How many words stay in that memory: so many that spaCy adds no more of its own accord.
_WORDS = 10_000


def assemble(lexicon: Path | None, *, tagger: bool | Path) -> Language:
    """Return the pipeline; *lexicon* is a file or folder of names besides the shipped ones.

    *tagger* may be a folder with other weights than the shipped ones.
    """
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "kg.WordTokenizer.v1"}}})
    nlp.max_length = 100_000_000  # a limit made for parsers; ours need memory only for the tokens
    for name in ORDER:
        config = {"paths": [str(lexicon)]} if name == "kg_lexicon" and lexicon else {}
        nlp.add_pipe(name, config=config)
    if tagger and _has_tagger(shipped=tagger is True):
        folder = None if tagger is True else str(tagger)
        nlp.add_pipe("kg_tagger", after="kg_lexicon", config={"folder": folder})
        nlp.add_pipe("kg_statements", last=True)
        for name in ("kg_roles", "kg_relations", "kg_results"):
            nlp.remove_pipe(name)
    return nlp


def _has_tagger(*, shipped: bool) -> bool:
    """Whether what runs the tagger is installed and, if they are wanted, its weights *shipped*."""
    return find_spec("onnxruntime") is not None and (not shipped or has_weights())


def extract_one(paper: Paper, nlp: Language) -> Extraction:
    """Return what *nlp* reads in *paper*; raise ``ExtractionError`` if a component breaks on it."""
    doc = nlp.make_doc(paper.text)
    doc.user_data |= {"title_end": len(paper.title), "text": paper.text}
    try:
        doc = nlp(doc)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ExtractionError(f"{paper.id} ({paper.title[:60]}): {error!r}") from error
    return extraction(paper, doc)


def extraction(paper: Paper, doc: Doc) -> Extraction:
    """Return what the components left in *doc*; those that were removed leave nothing."""
    sents = [Sentence(*place) for place in sentence_places(doc, paper.text)]
    entities = _entities(doc, sents)
    known = {entity.id for entity in entities}
    return Extraction(
        paper=paper,
        sentences=tuple(sents),
        entities=entities,
        relations=_relations(doc, known),
        results=_results(doc, known),
        abbreviations=tuple(
            (short.text, long.text)
            for short, long in zip(
                doc.spans.get("short_forms", ()), doc.spans.get("long_forms", ()), strict=True
            )
        ),
    )


def _entities(doc: Doc, sents: list[Sentence]) -> tuple[PaperEntity, ...]:
    spans = doc.spans.get("kg", ())
    sure = spans.attrs.get("confidence", [1.0] * len(spans)) if spans else []
    facts: dict[str, dict[str, Any]] = doc.user_data.get("kg_entities", {})
    mentions: dict[str, list[Mention]] = {}
    for span, confidence in zip(spans, sure, strict=True):
        mention = Mention(span.start_char, span.end_char, span.text, confidence)
        mentions.setdefault(span.id_, []).append(mention)
    found = []
    for id_, places in sorted(mentions.items()):
        fact = facts[id_]
        first = next(s for s in sents if s.end >= places[0].end)
        found.append(
            PaperEntity(
                id=id_,
                name=fact["name"],
                type=EntityType(fact["type"]),
                role=Role(fact.get("role", "mentions")),
                generic=fact["generic"],
                mentions=tuple(places),
                role_confidence=fact.get("role_confidence", 0.0),
                evidence=Sentence(*fact["evidence"]) if "evidence" in fact else first,
            )
        )
    return tuple(found)


def _relations(doc: Doc, known: set[str]) -> tuple[Relation, ...]:
    rows = doc.user_data.get("kg_relations", [])
    found = [
        Relation(
            r["head"], RelationType(r["type"]), r["tail"], r["confidence"], Sentence(*r["evidence"])
        )
        for r in rows
        if r["head"] in known and r["tail"] in known
    ]
    return tuple(sorted(found, key=lambda r: (r.head, r.type, r.tail)))


def _results(doc: Doc, known: set[str]) -> tuple[Result, ...]:
    found = [
        Result(**{**r, "kind": ResultKind(r["kind"]), "evidence": Sentence(*r["evidence"])})
        for r in doc.user_data.get("kg_results", [])
        if r["subject"] in known
    ]
    return tuple(
        sorted(found, key=lambda r: (r.start, r.subject, r.dataset or "", r.metric or "", r.kind))
    )


def extract_all(papers: Iterable[Paper], nlp: Language) -> Iterator[Extraction]:
    """Yield the extraction of each paper; spaCy's memory of words is given back in between.

    The first words stay, so that frequent ones are not looked at anew in each text.
    """
    rest = iter(papers)
    while batch := list(islice(rest, _BATCH)):
        with nlp.memory_zone() if len(nlp.vocab) >= _WORDS else nullcontext():
            found = [extract_one(paper, nlp) for paper in batch]
        yield from found

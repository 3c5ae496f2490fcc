"""What each part of the pipeline gives, measured on the development set."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kg.evaluate import Evaluation, evaluate
from kg.extract import extract, load_pipeline
from kg.model import Paper
from kg.records import to_record

if TYPE_CHECKING:
    from spacy.language import Language

    from kg.extract.learnt_statements import Statements
    from kg.extract.tagger import Tagger

__all__ = ["ablation", "measured"]

_COLUMNS = ("mentions", "links", "named", "roles", "relations", "results")
_FINDERS = {
    "lexicon": ("kg_lexicon",),
    "lexicon + abbreviations": ("kg_lexicon", "kg_abbreviations"),
    "lexicon + abbreviations + coined": ("kg_lexicon", "kg_abbreviations", "kg_coined"),
    "all rules": ("kg_lexicon", "kg_abbreviations", "kg_coined", "kg_phrases"),
}
#: The shares of the opinion pool that leave one side out.
_ONLY_TAGGER = {"head": 0.5, "tags": 0.5, "rules": 0.0, "caution": 0.0}


def measured(gold: Path, pipeline: "Language") -> Evaluation:
    """How *pipeline* reads the papers of the file *gold*."""
    papers: list[dict[str, Any]] = [
        json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    texts = (Paper(p["id"], p["title"], p["abstract"]) for p in papers)
    return evaluate(papers, (to_record(found) for found in extract(texts, pipeline)))


def ablation(gold: Path) -> str:
    """A table in Markdown: a row for each choice of parts, a column for each measure's F1."""
    rows = []
    for label, kept in _FINDERS.items():
        nlp = load_pipeline(tagger=False)
        for name in ("kg_abbreviations", "kg_coined", "kg_phrases"):
            if name not in kept:
                nlp.remove_pipe(name)
        rows.append((label, measured(gold, nlp)))
    nlp = load_pipeline()
    tagger = cast("Tagger", nlp.get_pipe("kg_tagger"))
    statements = cast("Statements", nlp.get_pipe("kg_statements"))
    usual, shares = tagger.knobs, statements.shares
    tagger.knobs = type(usual)(**_ONLY_TAGGER)
    statements.shares = type(shares)(roles=1.0, relations=1.0)
    for name in ("kg_lexicon", "kg_coined", "kg_phrases"):
        nlp.disable_pipe(name)
    rows.append(("tagger + abbreviations", measured(gold, nlp)))
    for name in ("kg_lexicon", "kg_coined", "kg_phrases"):
        nlp.enable_pipe(name)
    tagger.knobs, statements.shares = usual, shares
    rows.append(("all", measured(gold, nlp)))
    lines = [
        f"| parts | {' | '.join(_COLUMNS)} |",
        "| --- |" + " --- |" * len(_COLUMNS),
    ]
    lines += [
        f"| {label} | {' | '.join(f'{100 * result.measures[m].f1:.1f}' for m in _COLUMNS)} |"
        for label, result in rows
    ]
    return "\n".join(lines)

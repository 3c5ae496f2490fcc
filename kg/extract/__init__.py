"""The stage that reads papers: a spaCy pipeline of ordinary, exchangeable components.

Only this package imports spaCy, and it does so when a pipeline is made, not when it is imported.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from kg.model import Extraction, Paper

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["extract", "load_pipeline"]


def load_pipeline(*, tagger: bool = True, lexicon: Path | None = None) -> "Language":
    """Return the pipeline, with the trained tagger if it is wanted and its weights are there.

    *lexicon* names a file or folder of names to know besides the shipped ones, which it overrides.
    The components and what they write stand in ``docs/pipeline.md``. Raises ``ConfigError`` if the
    lexicon cannot be read.
    """
    pipeline = import_module("kg.extract.pipeline")
    nlp: Language = pipeline.assemble(lexicon, tagger=tagger)
    return nlp


def extract(papers: Iterable[Paper], nlp: "Language") -> Iterator[Extraction]:
    """Yield what *nlp* reads in each of *papers*, in their order, one at a time.

    Raises ``ExtractionError`` if a component breaks on a paper.
    """
    pipeline = import_module("kg.extract.pipeline")
    found: Iterator[Extraction] = pipeline.extract_all(papers, nlp)
    return found

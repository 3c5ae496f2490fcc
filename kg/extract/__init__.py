"""The stage that reads papers: a spaCy pipeline of ordinary, exchangeable components.

Only this package imports spaCy, and it does so when a pipeline is made, not when it is imported.
"""

from collections.abc import Iterable, Iterator
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
    from kg.extract.pipeline import assemble

    return assemble(lexicon, tagger=tagger)


def extract(papers: Iterable[Paper], nlp: "Language") -> Iterator[Extraction]:
    """Yield what *nlp* reads in each of *papers*, in their order, one at a time.

    Raises ``ExtractionError`` if a component breaks on a paper.
    """
    from kg.extract.pipeline import extract_all

    return extract_all(papers, nlp)

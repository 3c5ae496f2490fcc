"""The stage that reads papers: a spaCy pipeline of ordinary, exchangeable components.

Only this package imports spaCy, and it does so when a pipeline is made, not when it is imported.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib import import_module, metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import ConfigError
from kg.model import Extraction, Paper

if TYPE_CHECKING:
    from hashlib import _Hash

    from spacy.language import Language

__all__ = ["extract", "fingerprint", "load_pipeline"]

#: What an extraction depends on beside the text: our code and data, and what they run on. All data
#: count, also what is not read here: to read once too often is no harm, a stale reading is.
_OURS = ("extract", "model.py", "data")
_THEIRS = ("numpy", "onnxruntime", "spacy")


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


def fingerprint(*, tagger: bool = True, lexicon: Path | None = None) -> str:
    """Return a digest of everything that :func:`extract` depends on beside the text.

    Raises ``ConfigError`` if the lexicon cannot be read.
    """
    digest = sha256(repr([(name, metadata.version(name)) for name in _THEIRS]).encode())
    digest.update(repr((tagger, lexicon is not None)).encode())
    for name in _OURS:
        _add(digest, resources.files("kg") / name)
    if lexicon is not None:
        try:
            _add(digest, lexicon)
        except OSError as error:
            raise ConfigError(
                f"{lexicon}: the lexicon cannot be read ({error.strerror})"
            ) from error
    return digest.hexdigest()


def _add(digest: "_Hash", place: Traversable) -> None:
    if place.is_dir():
        for inner in sorted(place.iterdir(), key=lambda inner: inner.name):
            if inner.name != "__pycache__":
                _add(digest, inner)
        return
    content = place.read_bytes()
    digest.update(f"{place.name} {len(content)}\0".encode() + content)

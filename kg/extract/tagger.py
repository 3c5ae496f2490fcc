"""The trained tagger as a component."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from kg.extract.learnt_entities import Knobs, Verdict, is_hopeless, likely_spans, pooled, verdicts
from kg.extract.learnt_network import Network, Reading
from kg.extract.learnt_text import TYPES
from kg.extract.sentences import text_of
from kg.extract.tokens import SpanMaker

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Tagger", "has_weights", "reading_of"]

#: What was read in each document, with the tensor that it left there.
_READ: "WeakKeyDictionary[Doc, tuple[NDArray[np.float32], Reading | None]]" = WeakKeyDictionary()


def _shipped() -> Path:
    return Path(str(files("kg"))) / "data" / "tagger"


def has_weights() -> bool:
    """Whether the weights are there, and what runs them is installed."""
    return (_shipped() / "encoder.onnx").is_file() and find_spec("onnxruntime") is not None


def reading_of(doc: Doc) -> Reading | None:
    """What the tagger read in *doc*, from its tensor; None if it was not run."""
    tensor, reading = _READ.get(doc, (None, None))
    if reading and tensor is doc.tensor:
        return reading
    table = doc.to_array(["IDX", "LENGTH", "IS_SPACE"]).reshape(-1, 3)
    where = np.flatnonzero(table[:, 2] == 0)
    if len(doc.tensor) != len(doc) or not len(where):
        return None
    starts, ends = table[where, 0], table[where, :2].sum(1)
    words = list(zip(starts.tolist(), ends.tolist(), strict=True))
    return Reading(text_of(doc), words, np.asarray(doc.tensor[where], dtype=np.float32))


@Language.factory(
    "kg_tagger",
    assigns=["doc.spans", "doc.tensor"],
    default_config={"folder": None, "knobs": {}},
)
class Tagger:
    """Puts likely names into ``doc.spans["tagger"]``, and a state per token into ``doc.tensor``.

    ``label_`` is the type; the group's ``attrs["confidence"]`` runs in parallel. The word over
    whole entities is :meth:`judge`'s, when the other finders have been heard.
    """

    def __init__(
        self,
        nlp: Language,  # noqa: ARG002 (a factory is given nlp)
        name: str,
        folder: str | None,
        knobs: dict[str, float],
    ) -> None:
        self.name = name
        self.knobs = Knobs(**knobs)
        self.network = Network(Path(folder) if folder else _shipped())

    def __call__(self, doc: Doc) -> Doc:
        """Read *doc*."""
        reading = self.network.read(text_of(doc))
        tensor = np.zeros((len(doc), reading.states.shape[1]), dtype=np.float32)
        if len(doc):
            tensor[doc.to_array("IS_SPACE") == 0] = reading.states
        _READ[doc] = tensor, reading if reading.words else None
        doc.tensor = tensor  # type: ignore[assignment]  # spaCy says float64, and takes either
        make = SpanMaker(doc)
        spans: list[Any] = []
        sure: list[float] = []
        for start, stop, kind, odds in likely_spans(reading, self.network.heads, self.knobs.reach):
            first, last = reading.words[start][0], reading.words[stop - 1][1]
            span = make(first, last, label=TYPES[kind])
            if span is not None:
                spans.append(span)
                sure.append(round(odds, 3))
        doc.spans["tagger"] = SpanGroup(doc, name="tagger", spans=spans, attrs={"confidence": sure})
        return doc

    def judge(
        self, doc: Doc, candidates: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Verdict | None]:
        """What the tagger says of each candidate of *doc*, given by the offsets of its mentions."""
        reading = reading_of(doc)
        if reading is None:
            return [None] * len(candidates)
        return verdicts(reading, self.network.heads, candidates)

    def pooled(self, verdict: Verdict, rules: Mapping[str, float] | None) -> tuple[str, float]:
        """The type and the confidence of a candidate, the *rules*' odds taken in."""
        return pooled(verdict, rules, self.knobs)

    def is_hopeless(self, verdict: Verdict, bar: float) -> bool:
        """Whether a candidate stays below *bar* whatever the rules say of it."""
        return is_hopeless(verdict, self.knobs, bar)

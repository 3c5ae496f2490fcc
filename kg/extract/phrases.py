"""Noun phrases whose last word tells that they name something: "… detection", "… network"."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from kg.extract.names import Word, words
from kg.extract.sentences import text_of
from kg.extract.tokens import SpanMaker

__all__ = ["Phrases", "phrases", "read_heads"]

#: Words that no name holds, so that a phrase ends at them.
_STOP = re.compile(
    r"(?:"
    r"a|an|the|this|that|these|those|its|their|our|we|it|they|he|she|and|or|"
    r"but|nor|of|in|on|at|to|for|from|by|with|without|via|using|through|over|"
    r"under|between|across|into|onto|as|than|then|is|are|was|were|be|been|being|"
    r"has|have|had|can|could|may|might|will|would|shall|should|must|do|does|did|"
    r"not|no|such|both|each|all|any|some|many|several|more|most|less|few|other|"
    r"another|same|which|who|whose|what|when|where|how|why|while|if|because|"
    r"although|however|thus|also|only|even|very|well|still|yet|often|two|three|"
    r"four|five|six|one|i|e|g|et|al|vs|per|like|there|here|achieve|achieves|"
    r"improve|improves|including"
    r")$"
)
_LEFT = 3


def read_heads() -> dict[str, str]:
    """Return the shipped head words and the type they most often stand for."""
    path = files("kg") / "data" / "phrase_heads.tsv"
    if not path.is_file():
        return {}
    rows = path.read_text(encoding="utf-8").splitlines()
    return {row["head"]: row["type"] for row in csv.DictReader(rows, delimiter="\t")}


def phrases(text: str, heads: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield ``(start, end, type)`` for each head word in *text* with none to three words before."""
    found = words(text)
    for index, word in enumerate(found):
        kind = heads.get(word.fold)
        if kind is None or _goes_on(text, word.end):
            continue
        for start in _starts(text, found, index):
            yield start, word.end, kind


def _goes_on(text: str, end: int) -> bool:
    return text[end : end + 1] == "-" and text[end + 1 : end + 2].isalnum()


def _starts(text: str, found: Sequence[Word], index: int) -> Iterator[int]:
    taken, reach = 0, 9
    while True:
        glued = text[found[index].start - 1 : found[index].start] == "-" and found[index].joins
        if not glued:
            yield found[index].start
            taken += 1
        if index == 0 or reach == 0 or not found[index].joins or (taken > _LEFT and not glued):
            return
        index, reach = index - 1, reach - 1
        gap = text[found[index].end : found[index + 1].start]
        if gap not in {" ", "-"} or (gap == " " and _STOP.match(found[index].fold)):
            return


@Language.factory("kg_phrases", assigns=["doc.spans"])
class Phrases:
    """Puts candidates into ``doc.spans["phrases"]``, overlapping; ``label_`` is the head's type."""

    def __init__(self, nlp: Language, name: str) -> None:  # noqa: ARG002 (a factory is given nlp)
        self.name = name
        self.heads = read_heads()

    def __call__(self, doc: Doc) -> Doc:
        """Mark the noun phrases that may name something."""
        make = SpanMaker(doc)
        spans = []
        for start, end, kind in phrases(text_of(doc), self.heads):
            span = make(start, end, label=kind)
            if span is not None:
                spans.append(span)
        doc.spans["phrases"] = SpanGroup(doc, name="phrases", spans=spans)
        return doc

"""The tokenizer: runs of letters and digits, and single other characters.

Whatever the finders mark as whole words then begins and ends with a token, so that any of their
spans can be a spaCy ``Span``; and nothing of the text is lost, since each character has a token.
"""

import re
from collections.abc import Callable
from weakref import WeakKeyDictionary

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import DummyTokenizer, registry
from spacy.vocab import Vocab

__all__ = ["SpanMaker", "WordTokenizer", "make_tokenizer"]

#: Of each document, for all of its finders: how many tokens it has, where these start and end.
_PLACES: WeakKeyDictionary[Doc, tuple[int, dict[int, int], dict[int, int]]] = WeakKeyDictionary()
_TOKEN = re.compile(r"[^\W_]+|.", re.DOTALL)


class WordTokenizer(DummyTokenizer):
    """Turns a text into a ``Doc`` with the same text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Return the tokens of *text*; a single space belongs to the token before it."""
        tokens: list[str] = []
        spaces: list[bool] = []
        for piece in _TOKEN.findall(text):
            if piece == " " and spaces and not spaces[-1]:
                spaces[-1] = True
            else:
                tokens.append(piece)
                spaces.append(False)
        return Doc(self.vocab, words=tokens, spaces=spaces)


@registry.tokenizers("kg.WordTokenizer.v1")  # type: ignore[untyped-decorator]  # in catalogue
def make_tokenizer() -> Callable[[Language], WordTokenizer]:
    """Return what makes the tokenizer of a pipeline (for ``[nlp.tokenizer]`` in its config)."""
    return lambda nlp: WordTokenizer(nlp.vocab)


class SpanMaker:
    """Makes spans of a document from characters (``Doc.char_span`` walks all tokens each time)."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        count, self.starts, self.ends = _PLACES.get(doc, (-1, {}, {}))
        if count != len(doc):
            table = doc.to_array(["IDX", "LENGTH"])
            self.starts = dict(zip(table[:, 0].tolist(), range(len(table)), strict=True))
            self.ends = dict(zip(table.sum(1).tolist(), range(1, len(table) + 1), strict=True))
            _PLACES[doc] = len(doc), self.starts, self.ends

    def __call__(
        self, start: int, end: int, *, label: str = "", kb_id: str = "", span_id: str = ""
    ) -> Span | None:
        """Return the span of the characters from *start* to *end*; None if it splits a token."""
        first, last = self.starts.get(start), self.ends.get(end)
        if first is None or last is None or first >= last:
            return None
        return Span(self.doc, first, last, label=label, kb_id=kb_id, span_id=span_id)

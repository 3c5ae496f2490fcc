"""Sentence boundaries: the title is a sentence, and points that end nothing are known."""

import re

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

__all__ = ["mark_sentences", "sentence_places", "sentence_starts", "text_of", "title_end"]

_END = re.compile(r"[.!?][\"'”’)\]}]*(?P<space>\s+)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|etc|vs|cf|resp|approx|a\.k\.a|w\.r\.t|viz|ca|incl"
    r"|[Ff]igs?|[Ee]qs?|[Ss]ecs?|[Tt]ab|[Rr]efs?|[Cc]h|[Nn]os?|[Vv]ol|[Pp]p|Dr|Prof|Mr|Mrs|Ms|St|Jr"
    r"|Inc|Ltd|Corp|Co|Thm|Def|Alg|Appx?)|(?:^|[\s(.])[A-Z]\.?\s?[A-Z])$"
)
_INITIAL, _INITIALS = re.compile(r"(?:^|\W)[A-Z]$"), re.compile(r"[A-Z]\.")
_BRACKETED = re.compile(r"\([^()]{1,300}\)|\[[^\[\]]{1,300}\]")


def text_of(doc: Doc) -> str:
    """Return ``doc.text``, which spaCy puts together from the tokens each time."""
    text = doc.user_data.get("text")
    if not isinstance(text, str):
        text = doc.user_data["text"] = doc.text
    return text


def title_end(doc: Doc) -> int:
    """Return where the title of *doc* ends: as its reader said, or at the first line break."""
    end = doc.user_data.get("title_end")
    if isinstance(end, int):
        return end
    found = text_of(doc).find("\n")
    return max(found, 0)


def sentence_places(doc: Doc, text: str) -> list[tuple[int, int]]:
    """Return the places of the sentences of *doc*, whose text is *text*, without white space.

    A document without boundaries is one sentence; the list is empty only for blank texts.
    """
    if not len(doc):
        return []
    table = doc.to_array(["IDX", "SENT_START"])
    starts = sorted({0, *(int(place) for place in table[table[:, 1] == 1, 0])})
    found = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        if part.strip():
            lead = len(part) - len(part.lstrip())
            found.append((start + lead, start + len(part.rstrip())))
    return found


def sentence_starts(text: str, title: int = 0) -> list[int]:
    """Return the offsets in *text* at which sentences start, the first (0) included, ascending.

    *title* is the end of the title, which is a sentence of its own.
    """
    inside = [match.span() for match in _BRACKETED.finditer(text)]
    starts = {0}
    for match in _END.finditer(text, title):
        while inside and inside[0][1] <= match.start():
            inside.pop(0)
        if inside and inside[0][0] < match.start():
            continue
        begin = match.end()
        if begin < len(text) and _ends_sentence(text, match.start(), begin):
            starts.add(begin)
    if 0 < title < len(text) - 1:
        starts.add(title + 1)
    return sorted(s for s in starts if s == 0 or s > title)


def _ends_sentence(text: str, point: int, following: int) -> bool:
    if text[following].islower() and text[point] == ".":
        # A sentence may start with a name such as "mixup", but then it follows a full word.
        return False
    if text[point] != ".":
        return True
    before = text[max(0, point - 12) : point]
    if _INITIAL.search(before) and _INITIALS.match(text, following):
        return False
    if _ABBREVIATION.search(before):
        return before.endswith("etc") and text[following].isupper()
    return True


@Language.component("kg_sentences", assigns=["token.is_sent_start", "doc.sents"])
def mark_sentences(doc: Doc) -> Doc:
    """Set the sentence boundaries of a document."""
    places = doc.to_array(["IDX"])
    starts = np.isin(places, sentence_starts(text_of(doc), title_end(doc)))
    # -1 says "not a start"; one array at once, since token by token costs a third of all time
    flags = np.where(starts, 1, -1).astype("uint64").reshape(-1, 1)
    doc.from_array(["SENT_START"], flags)  # type: ignore[arg-type]  # its stub wants a type of its own
    return doc

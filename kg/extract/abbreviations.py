"""Short forms and the long forms that a text gives for them, in either order.

After A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (PSB 2003): a bracket with a short form, and before it the words whose letters
spell it. They take the shortest stretch that fits, which turns "mindful memoization (MM)" into
"memoization"; here the stretch wins whose word beginnings spell most of the short form.
"""

import re
from bisect import bisect_right
from functools import lru_cache

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from kg.extract.names import key
from kg.extract.sentences import sentence_places, text_of
from kg.extract.tokens import SpanMaker

__all__ = ["definitions", "find_long_form", "mark_abbreviations"]

Span = tuple[int, int]

_BRACKET = re.compile(r"\(([^()]{2,120})\)")
_LEAD = re.compile(
    r"\s*(?:\\?text(?:it|bf|tt|sc|sf|rm)\{|\\?emph\{|\{?\\(?:bf|it|em)\s|[\"'“‘`*_$]"
    r"|(?:i\.e\.|or|called|termed|dubbed|named|hereafter|abbreviated(?: as)?|short"
    r"|a\.k\.a\.|aka)[,:]?\s)*"
)
_SHORT = re.compile(r"[A-Za-z0-9][\w+&./*-]*(?: [A-Z0-9][\w+.-]*)?")
_WORD = re.compile(r"[^\W_]+")
_SHORT_FOR = re.compile(r"\s*,?\s*(?:which )?(?:is short for|short for|stands for|stand for)\s+")
_TAIL = re.compile(
    r" (?:model|method|framework|technique|approach|algorithm|dataset|problem|task)s?$"
)
#: Words that a long form may hold but does not begin with, and words that it never holds.
_SOFT = re.compile(
    r"(?:an?|and|for|from|in|of|on|or|over|the|through|to|towards|under|via|with|by|using|at|as)$"
)
_STOP = re.compile(
    r"(?:we|our|is|are|following|was|that|which|this|these|those|called|dubbed|termed|propose"
    r"|introduce|present)$"
)
_TITLE = re.compile(r"([A-Z][A-Z0-9-]+): (.+)")
#: How far before a bracket a long form may begin.
_REACH = 300


def _is_short(text: str) -> bool:
    """Whether *text* may be a short form: a word or two, at most twelve signs, with a capital."""
    letters = [c for c in text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    if not (2 <= len(text) <= 14 and letters and capitals):
        return False
    if re.fullmatch(r"[A-Z]?[a-z]+(?: [A-Z]?[a-z]+)*", text):
        return False  # an ordinary word in brackets
    return not re.fullmatch(r"(?:Fig|Eq|Sec|Tab|Table|Figure|Section)s?\.?.*|[\d.,%+x-]+", text)


@lru_cache(maxsize=4096)
def _align(short: str, long: str) -> int:
    """Return how many signs of *short* (lower case) begin words of *long*, -1 if it does not fit.

    Each letter of the short form must be found in order, the first one at the start of *long*.
    """
    begins = {m.start() for m in _WORD.finditer(long)}
    table: list[dict[int, int]] = [{0: 1}] if long[:1] == short[:1] else [{}]
    for sign in short[1:]:
        row: dict[int, int] = {}
        for place, hits in table[-1].items():
            at = long.find(sign, place + 1)
            while at >= 0:
                row[at] = max(row.get(at, -1), hits + (at in begins))
                at = long.find(sign, at + 1)
            if sign.isdigit():  # "T2I", "M2GC": a digit may be read out or counted
                row[place] = max(row.get(place, -1), hits)
        table.append(row)
    return max(table[-1].values(), default=-1)


def find_long_form(short: str, before: str) -> Span | None:
    """Return where in *before*, ending at its end, the long form of *short* stands, if it does.

    >>> text = "we use Mindful memoization"
    >>> start, end = find_long_form("MM", text)
    >>> text[start:end]
    'Mindful memoization'
    """
    signs = "".join(
        c for c in (short[:-1] if re.search(r"[A-Z]s$", short) else short) if c.isalnum()
    )
    end = len(before.rstrip(" \"'”’*_}$~"))
    found = list(_WORD.finditer(before, 0, end))
    window = found[-min(len(signs) + 6, 2 * len(signs) + 1) :]
    best: tuple[float, int] | None = None
    for index in range(len(window) - 1, -1, -1):
        word = window[index]
        if _STOP.match(word[0].lower()) or re.search(r"[.;:?!]\s|[()]", before[word.start() : end]):
            break
        soft = _SOFT.match(word[0].lower()) and before[word.end() : word.end() + 1] != "-"
        if soft or word[0] == short:
            continue
        score = _score(signs, before[word.start() : end], len(window) - index)
        if score is not None and before[word.start() - 1 : word.start()] == "-":
            score -= 0.7  # a hyphenated word is rather taken whole
        if score is not None and (best is None or score > best[0]):
            best = (score, word.start())
    if best is None:
        return None
    tail = _TAIL.search(before[best[1] : end])
    if tail and _align(signs.lower(), before[best[1] : best[1] + tail.start()].lower()) >= best[0]:
        end = best[1] + tail.start()
    return best[1], end


def _score(signs: str, long: str, count: int) -> float | None:
    if len(long) <= len(signs) + 1 or signs.lower() in re.split(r"\W+", long.lower()):
        return None
    hits = _align(signs.lower(), long.lower())
    if hits < 0:
        return None
    content = sum(not _SOFT.match(word.strip("-").lower()) for word in long.split())
    if hits * 2 < len(signs) or (hits < 2 and not (count == 1 and len(signs) >= 3)):
        return None
    missed = max(0, content - hits)
    if missed > max(1, len(signs) // 3):
        return None
    return hits - 0.6 * missed


def definitions(text: str, starts: list[int]) -> list[tuple[Span, Span]]:
    """Return ``(short form, long form)`` places in *text*, by place; both lie in one sentence.

    *starts* are the sentence starts of *text*, ascending.
    """
    found: list[tuple[Span, Span]] = []
    for bracket in _BRACKET.finditer(text):
        sentence = _sentence(starts, bracket.start())
        if bisect_right(starts, bracket.start()) != bisect_right(starts, bracket.end() - 1):
            continue  # a sentence begins inside
        pair = _short_inside(text, bracket, sentence) or _short_outside(text, bracket, sentence)
        if pair:
            found.append(pair)
    for match in _SHORT_FOR.finditer(text):
        pair = _short_for(text, match, starts)
        if pair:
            found.append(pair)
    title = _TITLE.match(text)
    pair = title and _in_title(text, title)
    if pair:
        found.append(pair)
    return sorted(set(found))


def _in_title(text: str, title: re.Match[str]) -> tuple[Span, Span] | None:
    """Read "XYZ: a View of Xenon Yield Zones": each letter begins a word of one stretch.

    What stands after a preposition is what it is for, and not what it is called.
    """
    letters = [c for c in title[1].lower() if c.isalpha()]
    words = list(_WORD.finditer(text, title.start(2), title.end(2)))
    for first, word in enumerate(words if len(letters) > 2 else ()):
        end = _spelt(text, letters, words[first:])
        if end - word.start() > len(title[1]):
            return title.span(1), (word.start(), end)
        if _SOFT.match(word[0].lower()) and word[0].lower() not in {"a", "an", "the"}:
            break
    return None


def _spelt(text: str, letters: list[str], words: list[re.Match[str]]) -> int:
    """Return where the words end that begin with *letters*, small words left out; 0 if nowhere."""
    left = list(letters)
    for word in words:
        if word[0][0].lower() == left[0]:
            left.pop(0)
        elif word is words[0] or not _SOFT.match(word[0].lower()):
            return 0
        if not left:
            return word.end() if text[word.end() : word.end() + 1] != "-" else 0
    return 0


def _sentence(starts: list[int], place: int) -> int:
    """Return the start of the sentence around *place*, or as far back as a long form may reach."""
    return max(starts[bisect_right(starts, place) - 1], place - _REACH)


def _short_inside(text: str, bracket: re.Match[str], sentence: int) -> tuple[Span, Span] | None:
    lead = _LEAD.match(text, bracket.start(1), bracket.end(1))
    begin = lead.end() if lead else bracket.start(1)
    match = _SHORT.match(text, begin, bracket.end(1))
    if not match:
        return None
    short = match[0].rstrip(".-*/")
    rest = text[begin + len(short) : bracket.end(1)]
    if not _is_short(short) or not re.match(r"[\"'”’}*_$]*\s*(?:$|[,;:]|\[|e\.g)", rest):
        return None
    long = find_long_form(short, text[sentence : bracket.start()])
    if long is None:
        return None
    return (begin, begin + len(short)), (sentence + long[0], sentence + long[1])


def _short_outside(text: str, bracket: re.Match[str], sentence: int) -> tuple[Span, Span] | None:
    before = re.search(r"([A-Za-z0-9][\w+&./*-]{1,13})\s*$", text[sentence : bracket.start()])
    if not before or not _is_short(before[1]):
        return None
    lead = _LEAD.match(text, bracket.start(1), bracket.end(1))
    begin = lead.end() if lead else bracket.start(1)
    inner = re.split(r"[,;:]", text[begin : bracket.end(1)])[0].rstrip(" \"'”’}*_$")
    if len(inner.split()) < 2 and "-" not in inner:
        return None
    long = find_long_form(before[1], inner)
    if long is None or long[0] != 0:
        return None
    return (sentence + before.start(1), sentence + before.end(1)), (begin, begin + long[1])


def _short_for(text: str, match: re.Match[str], starts: list[int]) -> tuple[Span, Span] | None:
    sentence = _sentence(starts, match.start())
    before = re.search(r"([A-Za-z0-9][\w+&./-]{1,13})\W{0,2}$", text[sentence : match.start()])
    if not before or not _is_short(before[1]):
        return None
    stop = [*starts, len(text)][bisect_right(starts, match.end())]
    rest = re.split(r"[,;:.()]", text[match.end() : min(stop, match.end() + 120)])[0]
    for end in reversed([m.end() for m in _WORD.finditer(rest)][:10]):
        long = find_long_form(before[1], rest[:end])
        if long and long[0] == 0:
            return (sentence + before.start(1), sentence + before.end(1)), (
                match.end(),
                match.end() + long[1],
            )
    return None


@Language.component("kg_abbreviations", requires=["doc.sents"], assigns=["doc.spans"])
def mark_abbreviations(doc: Doc) -> Doc:
    """Put the pairs into ``doc.spans["short_forms"]`` and ``["long_forms"]``, in parallel."""
    make = SpanMaker(doc)
    text = text_of(doc)
    starts = sorted({0, *(start for start, _ in sentence_places(doc, text))})
    shorts, longs = [], []
    for short, long in definitions(text, starts):
        name = key(text[slice(*short)])
        one, other = make(*short, span_id=name), make(*long, span_id=name)
        if one is not None and other is not None:
            shorts.append(one)
            longs.append(other)
    doc.spans["short_forms"] = SpanGroup(doc, name="short_forms", spans=shorts)
    doc.spans["long_forms"] = SpanGroup(doc, name="long_forms", spans=longs)
    return doc

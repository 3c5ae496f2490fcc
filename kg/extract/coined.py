"""Names that the paper itself coins, and other words shaped like proper names."""

import re
from collections.abc import Iterator

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from kg.extract.sentences import text_of, title_end
from kg.extract.tokens import SpanMaker

__all__ = ["coinages", "mark_coined"]

_PROPOSE = (
    r"(?:propos|introduc|present|develop|devis|design|creat|releas|construct|contribut|build|built|"
    r"unveil|describ|curat|collect|formulat|establish|launch|offer|dub|nam)(?:e|es|ed|ing|s)?"
)
#: A word with a capital or a digit, its hyphenated and glued parts with it.
_PROPER = (
    r"(?:[A-Za-z0-9]*[A-Z][\w]*|[a-z]+\d[\w]*|\d+[A-Z]\w*)"
    r"(?:[-./@&$^][A-Za-z0-9]+|[-][a-z]+[A-Z]\w*)*(?:\+\+?|\*|(?<=[A-Z])\^\d)?"
)
_VERSION = r"(?: \d+(?:\.\d+)*(?![\w%])| [A-Z][\w-]*(?:[A-Z]|\d)[\w-]*)?"
_NAME = _PROPER + _VERSION
_QUOTE = r"[\"'“‘`*_{}\\]*(?:text(?:it|bf|tt|sc|sf)\{|emph\{)?[\"'“‘`*_{]*"
_QUOTED = rf"{_QUOTE}(?P<name>{_NAME})"
_HEAD = (
    r"(?:framework|method|approach|algorithm|technique|strategy|pipeline|paradigm|procedure|module"
    r"|scheme|mechanism|system|tool|toolkit|library|agent|loss|optimizer|model|network|architecture"
    r"|backbone|dataset|corpus|collection|benchmark|suite|testbed|leaderboard|metric|score|task"
    r"|challenge)s?"
)
#: What leads to a name, by rule.
_RULES = {
    "called": r"\b(?:called|named|dubbed|termed|coined|referred to as|denoted as|denoted by|namely"
    r"|call|name|term|dub|i\.e\.,)\s(?:it |this |the |them |our \w+ |this \w+ )?(?:as )?" + _QUOTED,
    "propose": r"\b[Ww]e\s(?:\w+ly\s|first\s|then\s|also\s|further\s|here\s|therefore\s|thus\s)*"
    + _PROPOSE
    + r"\s(?:the\s|a\s|an\s|our\s)?(?:new\s|novel\s)?"
    + _QUOTED,
    "paper": r"\b(?:paper|work|article|study|report)\s(?:\w+ly\s)?"
    + _PROPOSE
    + r"\s(?:the\s|a\s|an\s)?"
    + _QUOTED,
    "apposition": r"\b(?:a|an|our|new|novel|propose|this)\s(?:[\w-]+\s){0,9}?"
    + _HEAD
    + r"(?:\s(?:for|of|to|that|in|on|with)\s[^.,;:]{2,80})?(?:,|:|\s[-–—]+|\s\()\s?"
    + _QUOTED,
    "head": rf"\b(?:our|proposed|new|novel)\s{_QUOTED}\s{_HEAD}\b",
    "is": rf"(?:^|\s){_QUOTED}{_QUOTE}(?:,| is)\s(?:a|an|the first)\s(?:[\w-]+\s){{0,6}}?{_HEAD}\b",
}
_PATTERNS = {rule: re.compile(pattern) for rule, pattern in _RULES.items()}
_TITLE = re.compile(rf"\s*(?P<name>\S+(?: \S+){{0,3}}?)\s*[:–—]\s|\s*(?P<dash>{_NAME})\s+-\s")
_SHAPE = re.compile(
    r"(?<![\w@/.-])(?=\w*[A-Z]\w*[A-Z]|\w*[A-Z]\w*\d|\w*\d\w*[A-Z]|\w+-\w*[A-Z]|[A-Z]\w*-\w"
    r"|[A-Z][a-z]+\s\d)" + _NAME
)
_CAPITALS = re.compile(r"(?<=[a-z,] )[A-Z][\w-]*[a-z](?:(?: of| and| for| to)? [A-Z][\w-]+){1,5}")


def coinages(text: str, title: int) -> Iterator[tuple[int, int, str]]:
    """Yield ``(start, end, rule)`` of what may be proper names in *text*, by rule.

    The rules ``shape`` and ``capitals`` only look at the letters, the others at what leads to them.
    """
    head = _TITLE.match(text, 0, title)
    if head:
        group = "name" if head["name"] else "dash"
        yield (*_trim(text, *head.span(group)), "title")
    for rule, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            yield (*_trim(text, *match.span("name")), rule)
    for match in _SHAPE.finditer(text):
        yield (*_trim(text, *match.span()), "shape")
    for match in _CAPITALS.finditer(text, title):
        yield (*_trim(text, *match.span()), "capitals")


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not (text[end - 1].isalnum() or text[end - 1] in "+*"):
        end -= 1
    if text[end - 1 : end] == "*":
        end -= 1
    return start, end


@Language.component("kg_coined", assigns=["doc.spans"])
def mark_coined(doc: Doc) -> Doc:
    """Put names into ``doc.spans["coined"]``; ``label_`` says by which rule."""
    make = SpanMaker(doc)
    spans = []
    for start, end, rule in sorted(set(coinages(text_of(doc), title_end(doc)))):
        span = make(start, end, label=rule) if start < end else None
        if span is not None:
            spans.append(span)
    doc.spans["coined"] = SpanGroup(doc, name="coined", spans=spans)
    return doc

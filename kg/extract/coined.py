"""Names that the paper itself coins, and other words shaped like proper names."""

import re
from collections.abc import Iterator

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from kg.extract.sentences import title_end
from kg.extract.tokens import SpanMaker

__all__ = ["Coined", "coinages"]

_PROPOSE = (
    r"(?:propos|introduc|present|develop|devis|design|creat|releas|construct|contribut|build|built|"
    r"unveil|describ|curat|collect|formulat|establish|launch|offer|dub|nam)(?:e|es|ed|ing|s)?"
)
#: A word with a capital or a digit, its hyphenated and glued parts with it.
_TOKEN = (
    r"(?:[A-Za-z0-9]*[A-Z][\w]*|[a-z]+\d[\w]*|\d+[A-Z]\w*)(?:[-./@&$^][A-Za-z0-9]+|[-][a-z]+[A-Z]\w*)*(?:\+\+?|\*|(?<=[A-Z])\^\d)?"
)
_VERSION = r"(?: \d+(?:\.\d+)*(?![\w%])| [A-Z][\w-]*(?:[A-Z]|\d)[\w-]*)?"
_NAME = _TOKEN + _VERSION
_QUOTE = r"[\"'“‘`*_{}\\]*(?:text(?:it|bf|tt|sc|sf)\{|emph\{)?[\"'“‘`*_{]*"
_HEAD = (
    r"(?:framework|method|approach|algorithm|technique|strategy|pipeline|paradigm|procedure|module|scheme|"
    r"mechanism|system|tool|toolkit|library|agent|loss|optimizer|model|network|architecture|backbone|"
    r"dataset|corpus|collection|benchmark|suite|testbed|leaderboard|metric|score|task|challenge)s?"
)
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("called", re.compile(rf"\b(?:called|named|dubbed|termed|coined|referred to as|denoted as|denoted by|namely|call|name|term|dub|i\.e\.,)\s(?:it |this |the |them |our \w+ |this \w+ )?(?:as )?{_QUOTE}(?P<name>{_NAME})")),  # noqa: E501
    ("propose", re.compile(rf"\b[Ww]e\s(?:\w+ly\s|first\s|then\s|also\s|further\s|here\s|therefore\s|thus\s)*{_PROPOSE}\s(?:the\s|a\s|an\s|our\s)?(?:new\s|novel\s)?{_QUOTE}(?P<name>{_NAME})")),  # noqa: E501
    ("paper", re.compile(rf"\b(?:paper|work|article|study|report)\s(?:\w+ly\s)?(?:{_PROPOSE})\s(?:the\s|a\s|an\s)?{_QUOTE}(?P<name>{_NAME})")),  # noqa: E501
    ("apposition", re.compile(rf"\b(?:a|an|our|new|novel|propose|this)\s(?:[\w-]+\s){{0,9}}?{_HEAD}(?:\s(?:for|of|to|that|in|on|with)\s[^.,;:]{{2,80}})?(?:,|:|\s[-–—]+|\s\()\s?{_QUOTE}(?P<name>{_NAME})")),  # noqa: E501
    ("head", re.compile(rf"\b(?:our|proposed|new|novel)\s{_QUOTE}(?P<name>{_NAME})\s{_HEAD}\b")),
    ("is", re.compile(rf"(?:^|\s){_QUOTE}(?P<name>{_NAME}){_QUOTE}(?:,| is)\s(?:a|an|the first)\s(?:[\w-]+\s){{0,6}}?{_HEAD}\b")),  # noqa: E501
)
_TITLE = re.compile(rf"\s*(?P<name>\S+(?: \S+){{0,3}}?)\s*[:–—]\s|\s*(?P<dash>{_NAME})\s+-\s")
_SHAPE = re.compile(
    r"(?<![\w@/.-])(?=\w*[A-Z]\w*[A-Z]|\w*[A-Z]\w*\d|\w*\d\w*[A-Z]|\w+-\w*[A-Z]|[A-Z]\w*-\w|[A-Z][a-z]+\s\d)"
    + _NAME
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
    for rule, pattern in _RULES:
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


@Language.factory("kg_coined", assigns=["doc.spans"])
class Coined:
    """Puts names into ``doc.spans["coined"]``; ``label_`` says by which rule."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Mark what may be the paper's own names."""
        make = SpanMaker(doc)
        spans = []
        for start, end, rule in sorted(set(coinages(doc.text, title_end(doc)))):
            span = make(start, end, label=rule) if start < end else None
            if span is not None:
                spans.append(span)
        doc.spans["coined"] = SpanGroup(doc, name="coined", spans=spans)
        return doc

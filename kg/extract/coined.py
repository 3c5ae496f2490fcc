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
#: A word with a capital or a digit, its hyphenated and glued parts with it; the bounds keep the
#: search linear on texts that are one long word.
_PROPER = (
    r"(?:[A-Za-z0-9]{0,30}[A-Z]\w{0,30}|[a-z]{1,30}\d\w{0,30}|\d{1,9}[A-Z]\w{0,30})"
    r"(?:[-./@&$^][A-Za-z0-9]{1,30}|[-][a-z]{1,30}[A-Z]\w{0,30}){0,6}(?:\+\+?|\*|(?<=[A-Z])\^\d)?"
)
_VERSION = r"(?: \d{1,4}(?:\.\d{1,3}){0,3}(?![\w%])| [A-Z][\w-]{0,30}(?:[A-Z]|\d)[\w-]{0,30})?"
_NAME = _PROPER + _VERSION
_QUOTE = r"[\"'“‘`*_{}\\]{0,4}(?:text(?:it|bf|tt|sc|sf)\{|emph\{)?[\"'“‘`*_{]{0,4}"
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
    "apposition": r"\b(?:[Aa]n?|[Oo]ur|new|novel|propose|[Tt]his)\s(?:[\w-]{1,30}\s){0,9}?"
    + _HEAD
    + r"(?:\s(?:for|of|to|that|in|on|with)\s[^.,;:]{2,80})?(?:,|:|\s[-–—]+|\s\()\s?"
    + _QUOTED,
    "head": rf"\b(?:[Oo]ur|[Pp]roposed|new|novel)\s{_QUOTED}\s{_HEAD}\b",
    "is": rf"(?:^|\s){_QUOTED}{_QUOTE}(?:,| is)\s(?:a|an|the first)\s"
    + r"(?:[\w-]{1,30}\s){0,6}?"
    + rf"{_HEAD}\b",
}
_PATTERNS = {rule: re.compile(pattern) for rule, pattern in _RULES.items()}
_HEAD_NOUN = re.compile(rf"\b({_HEAD[:-2]})s?\b")
_TITLE = re.compile(
    r"\s{0,9}(?P<name>\S{1,60}(?: \S{1,40}){0,3}?)\s?[:–—]\s"
    rf"|\s{{0,9}}(?P<dash>{_NAME})\s+-\s"
)
#: A title that begins so has a phrase before its colon, not a name.
_NO_NAME = re.compile(
    r"\s*(?:(?:the|an?|on|how|what|when|where|why|which|who|is|are|do|does|can|should|towards?|beyond|not"
    r"|in|from|of|for|to|with|one|two|three|your|you|we|it|this)\b|[^:–—]*[?!])",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"(?<![\w@/.-])(?=\w{0,30}[A-Z]\w{0,30}[A-Z\d]|\w{0,30}\d\w{0,30}[A-Z]|\w{1,30}-\w{0,30}[A-Z]"
    r"|[A-Z]\w{0,30}-\w|[A-Z][a-z]{1,30}\s\d)" + _NAME
)
_CAPITALS = re.compile(
    r"(?<=[a-z,] )[A-Z][\w-]{0,30}[a-z](?:(?: of| and| for| to)? [A-Z][\w-]{1,30}){1,5}"
)
_HEADS = {
    "Model": "model network architecture backbone",
    "Dataset": "dataset corpus collection",
    "Benchmark": "benchmark suite testbed leaderboard",
    "Metric": "metric score",
    "Task": "task challenge",
}
_HEAD_TYPES = {head: kind for kind, heads in _HEADS.items() for head in heads.split()}


def coinages(text: str, title: int) -> Iterator[tuple[int, int, str]]:
    """Yield ``(start, end, rule)`` of what may be proper names in *text*, by rule.

    The rules ``shape`` and ``capitals`` only look at the letters, ``title`` at the colon; the
    others at what leads to the name, and tell the type of the head noun that is near:
    ``called:Model``.
    """
    head = _TITLE.match(text, 0, title)
    if head and not _NO_NAME.match(head[0]):
        group = "name" if head["name"] else "dash"
        yield (*_trim(text, *head.span(group)), "title")
    for rule, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            yield (
                *_trim(text, *match.span("name")),
                f"{rule}:{_kind(text, match, before=30 * (rule == 'called'))}",
            )
    for match in _SHAPE.finditer(text):
        yield (*_trim(text, *match.span()), "shape")
    for match in _CAPITALS.finditer(text, title):
        yield (*_trim(text, *match.span()), "capitals")


def _kind(text: str, match: re.Match[str], *, before: int) -> str:
    """Return the type that the first head noun from the match on stands for, in its sentence."""
    start = max(0, match.start() - before)
    near = _HEAD_NOUN.search(text[start : match.end() + 80].partition(". ")[0])
    return _HEAD_TYPES.get(near[1], "Method") if near else ""


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

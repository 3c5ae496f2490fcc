"""Names and their spelling: keys on which variants meet, singulars, and words with their places."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar

__all__ = [
    "ByKey",
    "Word",
    "is_cased",
    "key",
    "longest",
    "same_case",
    "scan",
    "singular",
    "surest",
    "web_addresses",
    "words",
]

_WORD = re.compile(r"[^\W_]+")
_URL = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.-])[\w-]{1,40}(?:\.[\w-]{1,40}){0,4}\.(?:com|org|io|net|edu|ai)/\S*"
)
#: What may stand between two words of one name.
_JOINERS = frozenset(
    ("", " ", "-", "–", "‐", "‑", "_", "/", "@", "  ", " -", "- ", "'", "’", " & ")
)
#: The most words that a name is looked up with.
_MAX_WORDS = 9
#: By so many first letters most stretches of words are told to begin no name.
_BEGINNING = 6

T = TypeVar("T")


class ByKey(dict[str, T]):
    """Values by the keys of names, complete before the first stretch of words is looked up."""

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The first letters of all keys: one of them, two, and so on."""
        return frozenset(key[:n] for key in self for n in range(1, _BEGINNING + 1))


class Word(NamedTuple):
    """A run of letters and digits, its folded form, and whether it joins on to the word before."""

    start: int
    end: int
    fold: str
    joins: bool


@lru_cache(maxsize=100_000)
def _fold_word(word: str) -> str:
    if len(word) >= 3 and word[-1] == "s" and word[:-1].isupper():
        return word[:-1].lower()
    low = word.lower()
    if len(low) <= 3 or not low.endswith("s") or low.endswith("ss"):
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("sses", "ches", "shes", "xes")):
        return low[:-2]
    return low[:-1]


@lru_cache(maxsize=100_000)
def key(text: str) -> str:
    """Return the string on which spelling variants of a name meet: case, plural, hyphen, space.

    A point between digits is kept, so that versions stay apart, and so is a plus sign at the end.

    >>> key("Vision-Language Models"), key("GPT 3.5"), key("LLMs"), key("A++")
    ('visionlanguagemodel', 'gpt3.5', 'llm', 'a++')
    """
    parts: list[str] = []
    last = 0
    for match in _WORD.finditer(text):
        gap = text[last : match.start()]
        if gap == "." and parts and parts[-1][-1].isdigit() and match[0][0].isdigit():
            parts.append(".")
        parts.append(_fold_word(match[0]))
        last = match.end()
    tail = text[last:]
    return "".join(parts) + (tail if tail and not tail.strip("+") else "")


def web_addresses(text: str) -> list[tuple[int, int]]:
    """Return where the web addresses of *text* stand, in order: nothing in them names or counts."""
    if "/" not in text and "www." not in text:
        return []
    return [match.span() for match in _URL.finditer(text)]


@lru_cache(maxsize=4)  # each finder asks for the words of the same text
def words(text: str) -> tuple[Word, ...]:
    """Return the words of *text* in order, those inside web addresses left out."""
    found: list[Word] = []
    masked = web_addresses(text)
    last = -1
    for match in _WORD.finditer(text):
        start, end = match.span()
        while masked and masked[0][1] <= start:
            masked.pop(0)
        if masked and masked[0][0] <= start:
            last = -1
            continue
        gap = text[last:start] if last >= 0 else "\n"
        fold = _fold_word(match[0])
        if gap == "." and fold[0].isdigit() and text[last - 1].isdigit():
            fold, gap = "." + fold, ""
        found.append(Word(start, end, fold, gap in _JOINERS))
        last = end
    return tuple(found)


#: Ends a row of words: nothing is joined to it.
_NO_WORD = (Word(-1, -1, "", joins=False),)


def scan(found: Sequence[Word], table: ByKey[T], text: str) -> Iterator[tuple[int, int, T]]:
    """Yield ``(start, end, value)`` for each stretch of words whose key is in *table*."""
    beginnings = table.beginnings
    for i, (start, end, fold, _) in enumerate(found):
        joined, last = fold.lstrip("."), end
        if joined[:_BEGINNING] not in beginnings:
            continue
        for _, after, more, joins in chain(found[i + 1 : i + _MAX_WORDS], _NO_WORD):
            value = table.get(joined)
            if value is not None:
                yield start, last, value
            if text[last : last + 1] == "+":
                plus = last + 2 if text[last + 1 : last + 2] == "+" else last + 1
                value = table.get(joined + text[last:plus])
                if value is not None:
                    yield start, plus, value
            joined, last = joined + more, after
            if not joins or joined[:_BEGINNING] not in beginnings:
                break


def longest(spans: Iterable[tuple[int, int, T]]) -> list[tuple[int, int, T]]:
    """Return those of *spans* that lie in no longer one and overlap none taken before, by place."""
    kept: list[tuple[int, int, T]] = []
    taken: set[int] = set()
    for start, end, value in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if start not in taken and end - 1 not in taken:
            kept.append((start, end, value))
            taken.update(range(start, end))
    return sorted(kept, key=lambda s: s[:2])


def surest(
    places: list[tuple[int, int, int]], sure: list[float], steps: float
) -> list[tuple[int, int, int]]:
    """Return those of *places* (start, end, candidate) that overlap no surer one, by place.

    Confidences are compared in so many *steps*; in the same step the longer place comes first, and
    with no steps that is all that counts.
    """
    if not steps:
        return longest(places)
    kept: list[tuple[int, int, int]] = []
    taken: set[int] = set()
    for start, end, number in sorted(
        places, key=lambda p: (-round(sure[p[2]] * steps), p[0] - p[1], p[0])
    ):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            kept.append((start, end, number))
    return sorted(kept)


@lru_cache(maxsize=100_000)
def is_cased(name: str) -> bool:
    """Whether *name* has a capital or a digit, so that its case is part of it."""
    return any(c.isupper() or c.isdigit() for c in name)


def same_case(name: str, surface: str, *, exact: bool = False) -> bool:
    """Whether *surface*, which has the key of *name*, is written as that name may be.

    Names without capitals or digits are written in any case. Others keep their letters, though a
    long one with several capitals or a digit may be levelled (ImageNet, Imagenet, IMAGENET).

    >>> same_case("LoRA", "lora"), same_case("ImageNet", "Imagenet"), same_case("LLM", "LLMs")
    (False, True, True)
    """
    if not is_cased(name):
        return True
    mine, theirs = "".join(_WORD.findall(name)), "".join(_WORD.findall(surface))
    if mine == theirs or mine + "s" == theirs or mine == theirs + "s":
        return True
    if exact or not theirs[:1].isupper() or len(mine) < 5:
        return False
    return sum(c.isupper() or c.isdigit() for c in mine) > 1


_PLURAL = re.compile(
    r"(?<=[a-z]{2})(?:ies|(?<=ss)es|(?<=ch)es|(?<=x)es|(?<![suiy])s)$|(?<=[A-Z])s$"
)
_KEEP = frozenset({"bias", "canvas", "atlas", "kudos", "series", "species", "parameters", "flops"})


def singular(name: str) -> str:
    """Return *name* with its last word in the singular.

    >>> singular("language models"), singular("losses"), singular("LLMs"), singular("analysis")
    ('language model', 'loss', 'LLM', 'analysis')
    """
    match = _PLURAL.search(name)
    if not match or name.lower().rpartition(" ")[2] in _KEEP:
        return name
    return name[: match.start()] + ("y" if match[0] == "ies" else "")

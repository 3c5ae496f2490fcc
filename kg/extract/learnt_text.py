"""Text as the encoder reads it: words, word pieces, case, shape, place and known names.

The same functions serve training and running, so that both see the same numbers.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TypeVar

__all__ = [
    "FEATURE_SIZES",
    "TYPES",
    "ByName",
    "WordPieces",
    "fold_word",
    "known_names",
    "name_key",
    "name_matches",
    "sentence_starts",
    "windows",
    "word_features",
    "words_of",
]

#: The entity types in the order of every table of weights.
TYPES = ("Model", "Method", "Dataset", "Benchmark", "Task", "Metric")
#: How many values each feature column has: shape, place, known name, times seen.
FEATURE_SIZES = (12, 8, 1 + 2 * 3 * len(TYPES), 5)

T = TypeVar("T")

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_PARTS = re.compile(r"[^\W_]+")
_NAME_LIMIT = 8
_NOTHING: tuple[int, ...] = ()
_WINDOW = 510
_OVERLAP = 64


def words_of(text: str) -> list[tuple[int, int]]:
    """The runs of letters and digits, and the single other characters, of *text*, as offsets."""
    return [match.span() for match in _WORD.finditer(text)]


def sentence_starts(text: str, words: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether each word is the first of a line or follows the end of a sentence."""
    starts, before, end = [], "\n", 0
    for start, stop in words:
        gap = text[end:start]
        starts.append("\n" in gap or not end or (before in ".?!" and bool(gap)))
        before, end = text[start:stop], stop
    return starts


@lru_cache(maxsize=100_000)
def _shape(word: str) -> int:
    if not word[0].isalnum():
        return 1 if word == "-" else 2 if word in "()[]" else 3
    if word.isdigit():
        return 4
    if not word.isalpha():
        return 5 if word == word.lower() else 6
    if word == word.lower():
        return 7
    if len(word) == 1:
        return 8
    if word == word.upper():
        return 9
    return 10 if word[1:] == word[1:].lower() else 11


def fold_word(word: str) -> str:
    """The lower case of *word*, without the plural's s (as the scorer folds it)."""
    lower = word.lower()
    return lower[:-1] if len(lower) > 3 and lower.endswith("s") and lower[-2] != "s" else lower


def name_key(surface: str) -> str:
    """The key under which spellings of a name meet: its folded words with blanks between."""
    return " ".join(fold_word(part) for part in _PARTS.findall(surface))


class ByName(dict[str, T]):
    """Values by :func:`name_key`, complete before the first text is looked through."""

    @cached_property
    def reach(self) -> dict[str, int]:
        """How many words the longest name has that begins with a word, eight at the most."""
        found: dict[str, int] = {}
        for name in self:
            first, count = name.partition(" ")[0], name.count(" ") + 1
            found[first] = min(max(count, found.get(first, 0)), _NAME_LIMIT)
        return found


def name_matches(
    text: str, words: Sequence[tuple[int, int]], names: ByName[T]
) -> list[tuple[int, int, str]]:
    """The places, in words, of the longest known names from left to right, none in another."""
    parts = [(i, fold_word(text[a:b])) for i, (a, b) in enumerate(words) if text[a].isalnum()]
    found, position = [], 0
    while position < len(parts):
        reach = names.reach.get(parts[position][1])
        if reach is None:
            position += 1
            continue
        longest = _longest_name(text, words, parts[position : position + reach], names)
        if longest:
            stop, key = (
                parts[position + longest - 1][0] + 1,
                " ".join(part for _, part in parts[position : position + longest]),
            )
            found.append((parts[position][0], stop, key))
        position += max(longest, 1)
    return found


def _longest_name(
    text: str,
    words: Sequence[tuple[int, int]],
    parts: Sequence[tuple[int, str]],
    names: ByName[T],
) -> int:
    key, longest = "", 0
    for length, (index, part) in enumerate(parts, start=1):
        if length > 1:
            gap = text[words[parts[length - 2][0]][1] : words[index][0]]
            if gap not in {" ", "-", ""}:
                break
            key += " "
        key += part
        if key in names:
            longest = length
    return longest


def known_names(
    text: str,
    words: Sequence[tuple[int, int]],
    names: ByName[tuple[int, int]],
) -> list[int]:
    """For each word the code of the known name that covers it (type, strength, first or not)."""
    codes = [0] * len(words)
    for start, stop, key in name_matches(text, words, names):
        kind, strength = names[key]
        first = 1 + 2 * (3 * kind + strength)
        codes[start:stop] = [first, *[first + 1] * (stop - start - 1)]
    return codes


def word_features(
    text: str,
    words: Sequence[tuple[int, int]],
    names: ByName[tuple[int, int]],
) -> list[tuple[int, int, int, int]]:
    """The four feature columns of each word of *text* (title, line break, abstract)."""
    known, starts = known_names(text, words, names), sentence_starts(text, words)
    seen = Counter(text[a:b] for a, b in words)
    title = text.find("\n")
    longer = [text[a:b] for a, b in words if b <= title and b - a > 3]
    headline = 2 * sum(word[0].isupper() for word in longer) > len(longer)
    rows, end = [], 0
    for index, (start, stop) in enumerate(words):
        place = (2 if headline else 3) if start < title else int(starts[index])
        times = min(seen[text[start:stop]], 4)
        rows.append((_shape(text[start:stop]), 2 * place + (start == end), known[index], times))
        end = stop
    return rows


def windows(lengths: Sequence[int], limit: int = _WINDOW) -> list[tuple[int, int, int]]:
    """Cut words of *lengths* pieces into windows (start, stop, keep) of at most *limit* pieces.

    A window after the first begins some words early, for context; its states count from *keep*.
    """
    cuts: list[tuple[int, int, int]] = []
    keep = 0
    while not cuts or keep < len(lengths):
        start, room = keep, _OVERLAP
        while keep and start and room >= lengths[start - 1]:
            start -= 1
            room -= lengths[start]
        stop, room = start, limit
        while stop < len(lengths) and room >= lengths[stop]:
            room -= lengths[stop]
            stop += 1
        cuts.append((start, stop, keep))
        keep = stop
    return cuts


class WordPieces:
    """Greedy longest-match word pieces (Wu et al. 2016) over a list of pieces.

    The list starts with ``[PAD]``, ``[UNK]``, ``[CLS]``, ``[SEP]`` and ``[MASK]``.
    """

    def __init__(self, pieces: Iterable[str]) -> None:
        self.ids = {piece: index for index, piece in enumerate(pieces)}
        self._seen: dict[str, tuple[int, ...]] = {}

    def __call__(self, word: str) -> tuple[int, ...]:
        """The ids of the pieces of one *word*; never empty."""
        found = self._seen.get(word, _NOTHING)
        if not found:
            if len(self._seen) > 200_000:
                self._seen.clear()
            found = self._seen[word] = self._split(word)
        return found

    def _split(self, word: str) -> tuple[int, ...]:
        bare = "".join(
            c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn"
        )
        pieces, start, unknown = [], 0, self.ids["[UNK]"]
        while start < len(bare):
            for stop in range(min(len(bare), start + 40), start, -1):
                piece = self.ids.get(("##" if start else "") + bare[start:stop])
                if piece is not None:
                    break
            else:
                return (unknown,)
            pieces.append(piece)
            start = stop
        return tuple(pieces[:24]) or (unknown,)

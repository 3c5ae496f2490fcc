"""Numbers that may be results."""

import re
from collections.abc import Iterable, Sequence

from kg.extract.names import web_addresses

__all__ = ["number_spans"]

_NUMBER = re.compile(
    r"(?<![\w.@])[+\-~±]?\$?\d[\d,]*(?:\.\d+)?"
    r"(?:\s?[-–]\s?\d[\d,]*(?:\.\d+)?)?"
    r"(?:\s?\\?%|\s?(?:billion|million|trillion|thousand)\b|\s?[x×](?![a-z])|[KMBT]\b|\s?(?:pp|p\.p\.)(?![a-z]))?"
)


def number_spans(
    text: str, words: Sequence[tuple[int, int]], mentions: Iterable[tuple[int, int, int]]
) -> list[tuple[int, int, int, str]]:
    """The numbers of *text*: first word, after the last, offset, as written.

    Those inside *mentions* and web addresses are left out.
    """
    covered = {index for start, stop, _ in mentions for index in range(start, stop)}
    addresses = web_addresses(text)
    found, position = [], 0
    for match in _NUMBER.finditer(text):
        if any(a <= match.start() < b for a, b in addresses):
            continue
        first = match.start() + next(i for i, c in enumerate(match.group()) if c.isdigit())
        while position < len(words) and words[position][1] <= first:
            position += 1
        start = position
        if start >= len(words) or start in covered:
            continue
        stop = start + 1
        while stop < len(words) and words[stop][0] < match.end():
            stop += 1
        found.append((start, stop, match.start(), match.group().strip()))
    return found

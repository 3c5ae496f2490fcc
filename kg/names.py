"""The keys on which the spellings of a name meet, and several names in one field of a table."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

__all__ = ["fold", "joined", "key", "parted"]

_TOKEN = re.compile(r"\d+(?:\.\d+)+|[^\W_]+|[+#]")
_WORD = re.compile(r"[^\W_]+")
_KEEP_S = ("ss", "us", "is")


@cache
def fold(surface: str) -> str:
    """Return the key on which spelling variants of *surface* meet; idempotent.

    Case, accents' encoding, hyphens and blanks go; a point inside a number, the gap between two
    numbers, ``+`` and ``#`` stay, since they tell names apart.

    >>> fold("Chain-of-Thought"), fold("GSM 8K")
    ('chainofthought', 'gsm8k')
    >>> fold("GPT-3.5") == fold("GPT-35"), fold("LLaMA-2-7B") == fold("LLaMA-27B")
    (False, False)
    """
    if surface.isascii():
        text = surface.lower()
        if text.isalnum():
            return text
    else:
        text = surface
        # folding can compose and composing can fold: twice is where both have come to rest
        for _ in range(2):
            text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", text)
    key = ""
    for token in _TOKEN.findall(text):
        key += ("-" if key[-1:].isdigit() and token[0].isdigit() else "") + token
    return key


@cache
def key(name: str) -> str:
    """Return the :func:`fold` of *name* in the singular.

    Only a small ``s`` is taken for a plural, so that ``MAPS`` is not ``MAP``.

    >>> key("Large Language Models") == key("large language model"), key("LLMs")
    (True, 'llm')
    >>> key("MAPS"), key("GPS"), key("GPs"), key("loss"), key("losses"), key("policies")
    ('maps', 'gps', 'gp', 'loss', 'loss', 'policy')
    """
    return fold(_WORD.sub(lambda match: _singular(match[0]), name)) or name


def _singular(word: str) -> str:
    if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():
        return word[:-1]
    if len(word) <= 3 or not word.endswith("s") or word.endswith(_KEEP_S):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1]


def joined(names: Iterable[str]) -> str:
    r"""Return *names* in one text, parted by ``|``; in a name ``|`` and ``\`` follow a ``\``.

    >>> print(joined(["QA", "p(x|y)"]))
    QA|p(x\|y)
    """
    return "|".join(re.sub(r"([|\\])", r"\\\1", name) for name in names)


def parted(text: str) -> tuple[str, ...]:
    r"""Return the names that :func:`joined` put into *text*, empty ones left out.

    >>> parted(r"QA|p(x\|y)")
    ('QA', 'p(x|y)')
    """
    found = re.findall(r"(?:[^|\\]|\\.|\\$)+", text, re.DOTALL)
    return tuple(re.sub(r"\\([|\\])", r"\1", name) for name in found)

"""Whether a text calls what it names a benchmark, which makes it one (GUIDELINES.md, section 1)."""

import re
from collections.abc import Iterable

__all__ = ["is_called_benchmark"]

_WORD = r"[\w@.+'’/:&-]+"
#: Another name of the same list, which has a capital or a digit.
_NAME = rf"(?=[^\s,]*[A-Z\d]){_WORD}(?: [A-Z\d]{_WORD})*"
#: "GLUE benchmark", "GLUE and MMLU benchmarks", "GLUE (short form) reasoning benchmark".
_AFTER = re.compile(
    rf"(?: ?\([^()]{{1,60}}\))?(?:(?:,? (?:and|or) |, |/){_NAME}(?: ?\([^()]{{1,20}}\))?)*"
    r"(?: \w+)? [Bb]enchmarks?\b"
)
#: "GLUE, a hard new benchmark", "GLUE: A Benchmark", "GLUE is the first benchmark".
_IS_ONE = re.compile(
    r"(?: ?\([^()]{1,60}\))?(?:,|:| is| are| as|, which is) (?:[Aa]n?|[Tt]he|two|three) "
    r"(?:[\w-]+,? ){0,6}?[Bb]enchmarks?\b"
)
#: "benchmarks such as GLUE and", "benchmarks (GLUE,", "the benchmark of"; "we benchmark" is a verb.
_BEFORE = re.compile(
    r"(?<![Ww]e )(?<!\bto )\b[Bb]enchmarks?(?: suites?| tasks?)?"
    r"(?:,? such as|,? including|,? like|,? called|,? named|,? namely| of|,|:)? \(?"
    rf"(?:i\.e\.,? |e\.g\.,? )?(?:the )?(?:{_NAME}(?:, (?:and |or )?| and | or | & ))*$"
)
_REACH = 160


def is_called_benchmark(text: str, places: Iterable[tuple[int, int]]) -> bool:
    """Whether *text* calls what it names at one of *places* (start, end) a benchmark there.

    >>> text = "We test on SQuAD and on two benchmarks, GLUE and MMLU."
    >>> is_called_benchmark(text, [(11, 16)]), is_called_benchmark(text, [(49, 53)])
    (False, True)
    """
    return any(
        _AFTER.match(text, end)
        or _IS_ONE.match(text, end)
        or _BEFORE.search(text[max(0, start - _REACH) : start].rpartition("\n")[2])
        for start, end in places
    )

"""What people read: LaTeX made plain, and nothing that plays tricks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.display import tidy

PIECES = [
    "$",
    "\\",
    "textbf{",
    "}",
    "{",
    "\\%",
    "``",
    "''",
    "infty",
    "\\times",
    "\\'",
    "e",
    " ",
    "x",
]
PIECES += ["^{2}", "_{i}", "\\alpha", "mathcal{", "---", "\u202e", "\x00", "5", "\\,", "\\$"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"2$\times$ faster, 5\% less", "2× faster, 5% less"),
        ("Adapt-infty of $textbf{a} and textbf{b}$", "Adapt-∞ of a and b"),
        (r"cost $O(n^2)$ and $\mathcal{O}(n)$", "cost O(n²) and O(n)"),
        ("``soft'' and ''hard''", "“soft” and “hard”"),
        (r"na\"{\i}ve Fr\'echet T\"ulu", "naïve Fréchet Tülu"),
        (r"{\em Quiet Nets} at {\tau}", "Quiet Nets at τ"),
        ("from $5 to $6, 10~20%", "from $5 to $6, 10~20%"),
        ("safe\u202etxt.exe\x00", "safetxt.exe"),
        ("C_{max} of gpt-4o & <b>", "C_{max} of gpt-4o & <b>"),
        ("in time, to be, minimal", "in time, to be, minimal"),
    ],
)
def test_left_overs_are_made_readable(text: str, shown: str) -> None:
    assert shown == tidy(text)


@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(text) == tidy(tidy(text))


@given(st.text("abc XYZ.,:;()0123456789-\n"))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert tidy(text) == text.replace("---", "—")

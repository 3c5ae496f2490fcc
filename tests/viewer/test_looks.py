"""Whether the page looks as it did when a person last looked at it.

`scripts/screenshot --references` writes the pictures anew after a change of looks.
"""

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from viewer_looks import REFERENCES, apart, shots, wood

from kg.viewer import to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: The share of cells that may look different. Other letters make 0.02; the last bits of another
#: processor's arithmetic, which ForceAtlas2 blows up, 0.06; the mildest fault below makes 0.12.
TOLERANCE = 0.09


def off(browser: "Browser", page: str, style: str = "") -> dict[str, float]:
    """Return how far each scene of *page* is from its picture."""
    return {
        name: apart(picture, Image.open(REFERENCES / f"{name}.png"))
        for name, picture in shots(browser, page, style)
    }


def test_the_page_looks_as_it_did(browser: "Browser") -> None:
    assert {name: far for name, far in off(browser, wood()).items() if far > TOLERANCE} == {}


@pytest.mark.parametrize(
    "style",
    [
        "* { font-family: 'DejaVu Serif', serif !important }",
        "* { font-family: monospace !important; letter-spacing: -.06em !important }",
        "* { letter-spacing: .03em !important }",
    ],
    ids=["serif", "mono", "wide"],
)
def test_other_fonts_look_alike(browser: "Browser", style: str) -> None:
    assert max(off(browser, wood(), style).values()) < TOLERANCE / 2


@pytest.mark.parametrize(
    ("page", "style"),
    [
        ("empty", ""),
        ("unstyled", ""),
        ("wood", "canvas { visibility: hidden }"),
        ("wood", "#panel { visibility: hidden }"),
        ("wood", "html { filter: invert(1) }"),
    ],
    ids=["no graph", "no style", "no picture", "no panel", "other colours"],
)
def test_a_broken_page_does_not_pass(browser: "Browser", page: str, style: str) -> None:
    whole = wood()
    start, end = whole.index("<style>"), whole.index("</style>")
    pages = {
        "wood": whole,
        "empty": to_html([], []),
        "unstyled": whole[:start] + "<style>" + whole[end:],
    }
    far = off(browser, pages[page], style)

    assert max(far.values()) > 1.2 * TOLERANCE

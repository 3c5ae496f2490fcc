"""How the page looks, small and grey: alike on any machine, whatever its fonts."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import viewer_pages
from PIL import Image, ImageChops, ImageFilter, ImageStat

from kg.viewer import to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REFERENCES = Path(__file__).parent / "viewer" / "looks"
#: What is looked at: the window, the colours, and the place in the page.
SCENES = {
    "light": ((1240, 760), "light", ""),
    "dark": ((1240, 760), "dark", "#p-104?mark=0-40"),
    "small": ((390, 800), "light", "#thing-1"),
}
_CELL = 20
#: A cell that differs by so many of 256 greys looks different; letters of other fonts make less.
_MUCH = 12


def shots(browser: "Browser", page: str, style: str = "") -> Iterator[tuple[str, Image.Image]]:
    """Yield the name and the small picture of each scene of *page*, a whole HTML document.

    *style* is put over the page's own, past its policy.
    """
    for name, ((width, height), colours, place) in SCENES.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=colours,  # type: ignore[arg-type]
            reduced_motion="reduce",
            bypass_csp=True,
        )
        tab = context.new_page()
        tab.route("**/page.html", lambda route: route.fulfill(body=page, content_type="text/html"))
        tab.goto(f"https://kg.invalid/page.html{place}")
        tab.wait_for_selector("html[data-ready]", timeout=20_000, state="attached")
        if style:
            tab.add_style_tag(content=style)
        tab.wait_for_timeout(250)
        png = tab.screenshot()
        context.close()
        yield name, small(png)


def small(png: bytes) -> Image.Image:
    """Return a picture in grey, blurred, a cell for each 20 × 20 points."""
    grey = Image.open(BytesIO(png)).convert("L").filter(ImageFilter.GaussianBlur(_CELL / 2))
    return grey.resize((grey.width // _CELL, grey.height // _CELL), Image.Resampling.BOX)


def apart(one: Image.Image, other: Image.Image) -> float:
    """Return the share of cells in which two small pictures look different: from 0 to 1."""
    if one.size != other.size:
        return 1.0
    far = ImageChops.difference(one, other).point(lambda grey: 255 * (grey > _MUCH))
    return float(ImageStat.Stat(far).mean[0]) / 255


@cache
def wood() -> str:
    """Return the page that is looked at."""
    return to_html(*viewer_pages.wood())

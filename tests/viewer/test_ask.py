"""The tab that asks the page's own triples, in a real browser."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from kg.cli import main
from kg.questions import library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def tab(
    browser: "Browser", built_sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Page"]:
    path = tmp_path_factory.mktemp("ask") / "view.html"
    made = CliRunner().invoke(
        main, ["view", "-g", str(built_sample), "--with-sparql", "-o", str(path)]
    )
    assert made.exit_code == 0, made.output
    asked: list[str] = []
    with browser.new_page(viewport={"width": 1280, "height": 800}) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=20_000)
        page.click("button.tool:text-is('Ask')")
        yield page
    assert asked == [path.as_uri()], "the page tried to reach something"


def answer(tab: "Page", query: str) -> str:
    """Run *query* and return the words of its answer."""
    tab.fill("textarea.sparql", query)
    tab.click(".ask .acts button")
    tab.wait_for_selector(".ask .acts button:enabled", timeout=20_000)
    return tab.inner_text(".answer")


def picture(tab: "Page") -> bytes:
    """Return what the canvas shows, as a PNG."""
    tab.wait_for_timeout(700)  # the picture flies to what it shows
    return tab.locator("canvas").screenshot()


def ink(png: bytes) -> float:
    """Return how far a picture is from being empty."""
    from PIL import Image, ImageStat

    grey = Image.open(BytesIO(png)).convert("L")
    return float(grey.getextrema()[1]) - float(ImageStat.Stat(grey).mean[0])


def test_query_is_answered_with_links_into_the_graph(tab: "Page") -> None:
    said = answer(tab, "SELECT ?e WHERE { ?p kgo:introduces ?e } ORDER BY ?e LIMIT 3")

    assert said.startswith("3 rows")
    assert tab.locator(".answer button.chip").count() == 3


def test_answer_stands_out_in_the_graph_until_the_tab_is_left(tab: "Page") -> None:
    before = picture(tab)
    answer(tab, "SELECT ?e WHERE { ?e a kgo:Dataset } ORDER BY ?e LIMIT 5")
    tab.click(".answer button:has-text('in the graph')")
    said = tab.inner_text(".bar")
    lit = picture(tab)
    tab.click("button.tool:text-is('Ask')")
    after = picture(tab)
    tab.click("button.tool:text-is('Ask')")

    assert said.endswith("5 nodes of the answer stand out.")
    # all else is pale, so that there is far less ink
    assert ink(lit) < ink(before) / 2
    assert ink(after) == pytest.approx(ink(before), rel=0.02)


def test_evidence_is_there_to_be_asked_for(tab: "Page") -> None:
    said = answer(tab, "ASK { GRAPH ?g { ?claim a kgo:Claim ; kgo:confidence ?sure } }")

    assert said == "Yes"


def test_wrong_query_is_told_of_in_a_sentence(tab: "Page") -> None:
    said = answer(tab, "SELECT ?e WHERE { ?e a nosuch:Thing }")

    assert said.startswith("Line 1, character ")
    assert len(said) < 200


@pytest.mark.slow
def test_each_question_of_the_library_runs_in_the_page(tab: "Page") -> None:
    wrong = {}
    for name, question in sorted(library().items()):
        if name.startswith("federated"):
            continue
        said = answer(tab, question.text)
        if not re.match(r"[\d,]+ rows? in|Yes|No", said):
            wrong[name] = said[:200]

    assert wrong == {}


def test_page_without_the_option_has_no_engine(built_sample: Path) -> None:
    page = (built_sample / "graph.html").read_text(encoding="utf-8")

    assert 'id="block-wasm"' not in page
    assert "wasm-unsafe-eval" not in page

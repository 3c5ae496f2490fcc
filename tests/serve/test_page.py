"""The query page in a browser, with no network but the endpoint."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from endpoint import Endpoint

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def wrong() -> list[str]:
    """What went wrong on the page, or elsewhere."""
    return []


@pytest.fixture
def page(served: Endpoint, browser: "Browser", wrong: list[str]) -> Iterator["Page"]:
    """The page, loaded; at the end nothing must have gone wrong or gone elsewhere."""
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        shown = context.new_page()
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((served.url, "data:", "blob:"))
                else wrong.append(request.url)
            ),
        )
        shown.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security" in told.text else None,
        )
        shown.goto(served.url)
        shown.wait_for_selector("body[data-ready]")
        yield shown
    assert wrong == []


def _write(page: "Page", text: str) -> None:
    page.evaluate("text => window.page.yasqe.setValue(text)", text)


def test_example_is_run_by_a_click(page: "Page") -> None:
    page.click("button[data-name=top-entities]")
    page.wait_for_selector("#results table tbody tr")
    shown = page.inner_text("#results table")

    assert "FoxNet" in shown
    assert "kge:foxnet" in shown
    assert "Badger" in shown


def test_examples_are_filtered_by_their_words(page: "Page") -> None:
    assert page.locator("#examples button:visible").count() >= 40

    page.fill("#filter", "duplicat")
    page.fill("#filter", "same")

    assert page.locator("#examples button:visible").count() < 5


def test_own_query_runs_without_declarations(page: "Page") -> None:
    _write(page, "SELECT (COUNT(*) AS ?papers) { ?p a schema:ScholarlyArticle }")
    page.click("#run")
    page.wait_for_selector("#results table tbody tr")

    assert "6" in page.inner_text("#results table tbody")


def test_triples_are_drawn(page: "Page") -> None:
    _write(page, "CONSTRUCT { ?s ?p ?o } WHERE { VALUES ?s { kge:foxnet } ?s ?p ?o }")
    page.click("#run")
    page.wait_for_selector("#results .yasr_btn.select_table")
    page.click("#results .select_graph")
    page.wait_for_selector(".graph-result canvas")

    assert int(page.get_attribute(".graph-result", "data-nodes") or 0) >= 5


def test_truth_is_shown(page: "Page") -> None:
    _write(page, "ASK { kge:foxnet ?p ?o }")
    page.click("#run")
    page.wait_for_selector("#results .booleanResult")

    assert "True" in page.inner_text("#results")


def test_mistake_is_shown_with_its_place(page: "Page") -> None:
    _write(page, "SELECT ?x { ?x nope:p ?y }")
    page.click("#run")
    page.wait_for_selector("#results .errorResult")

    assert 'the prefix "nope:" is not declared' in page.inner_text("#results")


def test_prefixes_and_classes_are_completed(page: "Page") -> None:
    _write(page, "PREFIX kgo: <https://w3id.org/papers-kg/ontology#>\nSELECT ?x { ?x a kgo:Bench")
    page.evaluate("() => { const e = window.page.yasqe; e.focus(); e.setCursor(1, 99); }")
    page.keyboard.press("Control+Space")
    page.wait_for_selector(".CodeMirror-hints li, .CodeMirror-hint")

    assert "Benchmark" in page.evaluate(
        "() => document.querySelector('.CodeMirror-hints').innerText"
    ) or ("kgo:Benchmark" in page.evaluate("() => window.page.yasqe.getValue()"))


def test_literal_with_markup_is_shown_as_text(page: "Page", wrong: list[str]) -> None:
    _write(page, "SELECT ('<img src=x onerror=document.title=1>' AS ?x) {}")
    page.click("#run")
    page.wait_for_selector("#results table tbody tr")

    assert "<img src=x" in page.inner_text("#results table tbody")
    assert page.title() == "Ask the graph"
    # Chromium 156 tells of this handler too, which DOMPurify met in a document where none run
    wrong[:] = [told for told in wrong if "inline event handler" not in told]


def test_explorer_is_a_click_away(page: "Page") -> None:
    page.click("text=Explore it")

    assert page.title() == "Graph"

"""The page as people use it, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import needs_path
from viewer_pages import graph, wood

from kg.viewer import ViewOptions, to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

AXE = Path(__file__).parents[2] / "kg/viewer/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "graph.html"
    path.write_text(to_html(*graph()), encoding="utf-8")
    return path.as_uri()


class Watched:
    """A tab that remembers what it was not to do."""

    def __init__(self, context: "BrowserContext", address: str) -> None:
        self.address = address
        self.tab = context.new_page()
        self.tab.set_default_timeout(10_000)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, place: str = "") -> "Page":
        """Open the page at a *place*, the part of its address after the name, and wait for it."""
        self.tab.goto("about:blank")
        self.tab.goto(self.address + place)
        self.tab.wait_for_selector("html[data-ready]", timeout=10_000)
        return self.tab


@pytest.fixture
def watched(browser: "Browser", address: str) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = Watched(context, address)
    yield page
    context.close()
    foreign = [url for url in page.asked if not url.startswith(("file:", "about:", "blob:"))]
    assert foreign == [], "the page tried to reach something"
    assert page.said == [], "the page complained, or broke its own policy"


def find(tab: "Page", text: str) -> None:
    tab.keyboard.press("/")
    tab.keyboard.type(text)
    tab.wait_for_selector("#hits li")


def heading(tab: "Page") -> str:
    return str(tab.inner_text("#panel h2"))


def test_search_finds_by_alias_and_the_address_keeps_the_choice(watched: Watched) -> None:
    tab = watched.open()
    find(tab, "qa")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#panel .kind.Task")

    assert heading(tab) == "question answering"
    assert tab.url.endswith("#question-answering")


def test_statement_leads_to_the_words_it_was_read_from_and_back(watched: Watched) -> None:
    tab = watched.open("#foxnet")
    tab.click("#panel .claim:has-text('FoxNet:')")
    tab.wait_for_selector("mark.marked")
    marked = tab.inner_text("mark.marked")
    title = heading(tab)
    tab.go_back()
    tab.wait_for_selector("#panel .kind.Model")

    assert title.startswith("FoxNet: ")
    assert marked == title
    assert heading(tab) == "FoxNet"


def test_statement_of_a_paper_marks_its_sentence(watched: Watched) -> None:
    tab = watched.open("#arxiv-2401.00001")
    tab.click("#panel .claim:has-text('FoxNet evaluated on DenQA')")
    tab.wait_for_selector("mark.marked")

    assert tab.locator(".claim[aria-current]").count() == 1
    assert tab.locator("#panel .abstract .m").count() >= 5


def test_mentions_stand_in_the_abstract_in_their_place(watched: Watched) -> None:
    tab = watched.open("#arxiv-2401.00001")
    names = tab.locator("#panel .abstract .m").all_inner_texts()

    assert names[:3] == ["FoxNet", "sparse burrow attention", "question answering"]
    assert "91.5% accuracy on DenQA" in tab.inner_text("#panel .abstract")


def test_link_shows_its_evidence(watched: Watched) -> None:
    tab = watched.open("#dens?with=foxnet")

    assert "based on" in tab.inner_text("#panel")
    assert "Dens & Co." in tab.inner_text("#panel .quote >> nth=0")


def test_filters_keep_counts_true_and_bring_general_terms_back(watched: Watched) -> None:
    tab = watched.open()
    row = tab.locator("label.pick", has_text="Task")
    before = row.count()
    tab.check("#f-generic")
    after = row.inner_text()
    tab.uncheck("#f-type-Task")
    hidden = row.inner_text()
    tab.click("text=Clear all filters")

    assert before == 0
    assert re.findall(r"\d+", after) == ["1", "1"]
    assert re.findall(r"\d+", hidden) == ["0", "1"]
    assert row.count() == 0
    assert not tab.is_checked("#f-generic")


def test_click_in_the_picture_selects_and_escape_leaves(watched: Watched) -> None:
    tab = watched.open()
    tab.focus(".canvas")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_selector("#panel .acts")
    chosen = tab.url
    tab.keyboard.press("Escape")
    tab.wait_for_selector("text=What these papers are about")

    assert re.search(r"#[\w.-]+$", chosen)


def test_escape_in_the_search_leaves_only_the_search(watched: Watched) -> None:
    tab = watched.open("#foxnet")
    find(tab, "den")
    tab.keyboard.press("Escape")

    assert heading(tab) == "FoxNet"
    assert tab.locator("#hits").is_hidden()


def test_keys_walk_through_groups_and_open_one(browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "wood.html").write_text(to_html(*wood()), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    tab = Watched(context, (tmp_path / "wood.html").as_uri()).open()
    tab.click("button.tool:text-is('Groups')")
    tab.focus(".canvas")
    tab.keyboard.press("ArrowRight")
    said = tab.inner_text(".bar")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#panel :text('Group')")

    assert re.fullmatch(r"\w+ · \w+ \(\d+\)\. Enter opens it\.", said)
    assert re.search(r"#\?group=\d$", tab.url)
    context.close()


def test_each_filter_says_what_it_leaves(watched: Watched) -> None:
    tab = watched.open()
    left = tab.locator("#side .left")
    before = left.all_inner_texts()
    tab.fill("#date-to", "1999")
    tab.keyboard.press("Enter")

    assert before[0].startswith("leaves ")
    assert before[0].endswith(" entities")
    assert left.all_inner_texts()[-1] == "0 papers"


def test_way_between_two_nodes_shows_the_words_of_each_step(watched: Watched) -> None:
    tab = watched.open("#dens?to=denqa")

    assert heading(tab) == "2 steps apart"
    assert tab.locator("#panel .way .quote").count() == 2


@pytest.mark.parametrize(
    ("name", "file", "begins"),
    [
        ("PNG", "graph.png", b"\x89PNG"),
        ("SVG", "graph.svg", b"<svg"),
        ("Turtle", "graph.ttl", b"@prefix"),
        ("CSV", "graph.csv", b'"head"'),
    ],
)
def test_what_is_seen_can_be_saved(watched: Watched, name: str, file: str, begins: bytes) -> None:
    tab = watched.open()
    tab.click("#save")
    with tab.expect_download() as waiting:
        tab.click(f"#save-{name}")
    content = Path(waiting.value.path()).read_bytes()

    assert waiting.value.suggested_filename == file
    assert content.startswith(begins)
    if name == "Turtle":
        import rdflib

        assert len(rdflib.Graph().parse(data=content.decode(), format="turtle")) > 10
    if name == "SVG":
        from defusedxml.ElementTree import fromstring

        assert fromstring(content).tag.endswith("svg")


def test_hostile_text_is_only_text(watched: Watched) -> None:
    for place in ("", "#evil", "#h-ffffffffffff", "#foxnet?with=h-ffffffffffff", "#%3Cscript%3E"):
        tab = watched.open(place)
        assert tab.evaluate("window.hurt") is None
        assert tab.locator("#app img, #app script, #app b i, #app [onerror]").count() == 0
        links = tab.locator("#panel a").evaluate_all("all => all.map(a => a.protocol)")
        assert set(links) <= {"https:"}
    find(tab, "onerror")
    assert tab.evaluate("window.hurt") is None
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: "Browser", address: str, scheme: str) -> None:
    needs_path(AXE, "npm ci in kg/viewer")
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    tab = Watched(context, address)
    for place in (
        "",
        "#foxnet",
        "#arxiv-2401.00001?mark=30-60",
        "#dens?with=foxnet",
        "#dens?to=denqa",
    ):
        page = tab.open(place)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
        assert found == []
    context.close()


def test_page_of_one_paper_shows_it(browser: "Browser", tmp_path: Path) -> None:
    options = ViewOptions(focus="h-0123456789ab", hops=0)
    (tmp_path / "one.html").write_text(to_html(*graph(), options=options), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    tab = Watched(context, (tmp_path / "one.html").as_uri()).open()
    tab.focus(".canvas")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_selector("#panel .abstract")

    assert tab.inner_text(".bar").startswith("1 of 1 nodes drawn")
    context.close()


def test_small_screens_show_picture_and_details(browser: "Browser", address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    tab = Watched(context, address).open("#foxnet")

    heights = "all => all.map(e => e.getBoundingClientRect().height)"
    assert min(tab.locator("canvas, #panel").evaluate_all(heights)) > 200
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    context.close()

"""The page as a file: what it holds, that it asks for nothing, that it is the same each time."""

import base64
import os
import re
import subprocess
import sys
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from viewer_pages import HOSTILE, graph

from kg.errors import ConfigError
from kg.model import EntityType, Extraction, Paper
from kg.viewer import ViewOptions, select, to_html


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def page() -> str:
    return to_html(*graph())


def test_page_is_one_document_that_names_no_other_file(page: str) -> None:
    tags = Tags(page).found

    assert [tag for tag, _ in tags if tag in {"link", "img", "iframe", "object", "base"}] == []
    assert [attrs for tag, attrs in tags if "src" in attrs or "href" in attrs] == []


def test_policy_forbids_connections_and_all_scripts_but_our_own(page: str) -> None:
    policy = next(a["content"] for _, a in Tags(page).found if a.get("http-equiv"))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    assert policy is not None
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_text_of_papers_stands_nowhere_in_the_markup(page: str) -> None:
    assert HOSTILE not in page
    assert all("onerror" not in attrs for _, attrs in Tags(page).found)


def test_title_is_escaped() -> None:
    page = to_html(*graph(harm=False), options=ViewOptions(title=HOSTILE))

    assert "<title>&lt;/script&gt;" in page
    assert "<script>window" not in page


def test_lone_surrogates_do_not_keep_the_page_from_being_written() -> None:
    page = to_html(*graph(harm=False), options=ViewOptions(title="half \ud83d of a sign"))

    assert "half ? of a sign" in page.encode("utf-8").decode("utf-8")


def test_empty_graph_is_a_page_too() -> None:
    assert "<title>Knowledge graph</title>" in to_html([], [])


def test_page_is_the_same_under_any_hash_seed() -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from viewer_pages import graph; from kg.viewer import to_html\n"
        "from hashlib import sha256; print(sha256(to_html(*graph()).encode()).hexdigest())"
    )
    here = Path(__file__).parent.parent
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(here), str(here.parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert len(digests) == 1


def test_focus_keeps_what_is_near() -> None:
    papers, entities = select(*graph(), ViewOptions(focus="Dens & Co. <7B>", hops=1))

    assert [x.paper.id for x in papers] == ["h-0123456789ab"]
    assert {e.id for e in entities} == {"dens", "foxnet"}


def test_focus_knows_aliases_and_titles() -> None:
    by_alias, _ = select(*graph(), ViewOptions(focus="qa", hops=1))
    by_title, _ = select(*graph(), ViewOptions(focus="dens & co. <7b> revisited", hops=1))

    assert len(by_alias) == 2
    assert [x.paper.id for x in by_title] == ["h-0123456789ab"]


def test_no_hops_keep_the_thing_itself() -> None:
    papers, entities = select(*graph(), ViewOptions(focus="dens & co. <7b> revisited", hops=0))
    nothing, model = select(*graph(), ViewOptions(focus="FoxNet", hops=0))

    assert ([x.paper.id for x in papers], entities) == (["h-0123456789ab"], [])
    assert ([e.id for e in model], nothing) == (["foxnet"], [])


def test_a_paper_that_names_nothing_can_be_focused_on() -> None:
    bare = Extraction(Paper("h-aaaaaaaaaaaa", "On Silence", "Nothing is said."), (), ())
    papers, _ = select([bare, *graph()[0]], graph()[1], ViewOptions(focus="On Silence"))

    assert papers == [bare]


def test_unknown_focus_names_what_is_near() -> None:
    with pytest.raises(ConfigError, match="near it: FoxNet"):
        select(*graph(), ViewOptions(focus="FoxNett"))


def test_types_top_and_papers_of_hold_together() -> None:
    options = ViewOptions(papers_of="Forest Corpus", types=(EntityType.MODEL,), top=1)

    papers, entities = select(*graph(), options)

    assert [x.paper.id for x in papers] == ["arxiv-2401.00001"]
    assert [(e.id, e.papers) for e in entities] == [("foxnet", 1)]

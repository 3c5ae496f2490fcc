"""The report: charts and tables of a small graph, and of nothing at all."""

import re
from pathlib import Path

import pytest
from needs import needs
from viewer_pages import HOSTILE, graph

from kg.errors import OutputError
from kg.report import draw_charts, to_report


@pytest.fixture(autouse=True)
def _plotting() -> None:
    needs("matplotlib")


def test_report_is_the_same_each_time_and_asks_for_nothing() -> None:
    pages = {to_report(*graph(), draw_charts(*graph())) for _ in range(2)}

    assert len(pages) == 1
    page = pages.pop()
    assert "Models named most" in page
    assert "default-src 'none'" in page
    assert not any(sign in page for sign in ("url(http", "@import", "<script", "<link", "<img"))
    assert re.findall(r'<[^>]*\bhref="(?!#|data:image/png)[^"]*', page) == []


def test_names_and_titles_are_escaped() -> None:
    page = to_report(*graph(), {}, title=HOSTILE)

    assert "onerror=&quot;window.hurt" in page
    assert "<img" not in page


def test_results_stand_by_benchmark_with_their_words() -> None:
    page = to_report(*graph(harm=False), {})
    table = page[page.index("<h3>DenQA</h3>") :]

    assert "91.5%" in table
    assert "It reaches 91.5% accuracy on DenQA" in table


def test_charts_are_written_as_png_and_svg(tmp_path: Path) -> None:
    drawn = draw_charts(*graph(harm=False), folder=tmp_path / "charts")
    names = {path.name for path in (tmp_path / "charts").iterdir()}

    assert {"entities-by-type.png", "entities-by-type.svg", "named-together.png"} <= names
    assert len(names) == 2 * len(drawn)
    assert (tmp_path / "charts/entities-by-type.png").read_bytes().startswith(b"\x89PNG")


def test_charts_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputError, match="file: cannot be written"):
        draw_charts(*graph(harm=False), folder=tmp_path / "file")


def test_empty_graph_has_a_report_without_charts() -> None:
    page = to_report([], [], draw_charts([], []))

    assert "0 papers, 0 entities and 0 statements" in page
    assert "<figure" not in page

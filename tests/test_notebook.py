"""Graphs show themselves in a notebook."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

import kg
from kg.errors import GraphError


def test_a_page_shows_itself_in_a_closed_frame(built_sample: Path) -> None:
    page = kg.view(built_sample, focus="LoRA", hops=1)
    frames: list[dict[str, str | None]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attributes: frames.append(  # type: ignore[method-assign]
        {"tag": tag, **dict(attributes)}
    )
    reader.feed(page._repr_html_())

    assert len(frames) == 1
    assert frames[0]["srcdoc"] == page
    assert frames[0]["sandbox"] == "allow-scripts allow-downloads"
    assert len(page) < len(kg.view(built_sample))


def test_a_loaded_graph_shows_what_is_in_it(built_sample: Path) -> None:
    shown = kg.load(built_sample)._repr_html_()  # type: ignore[attr-defined]

    assert "<td>Model</td>" in shown
    assert "ScholarlyArticle" in shown


def test_without_a_graph_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(GraphError):
        kg.view(tmp_path)

"""The sample corpus that ships: its form, its size, and that its words are our own."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from kg.model import Extraction
from kg.read import FORMATS, read_papers
from kg.records import write_jsonl

SAMPLE = Path(str(files("kg") / "data" / "sample"))
SHARED = Path(__file__).parents[3] / "shared"
DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


def test_sample_is_two_pages_with_two_papers_in_common() -> None:
    reading = read_papers([SAMPLE])

    assert (reading.entries, len(reading.papers), reading.skipped) == (54, 52, ())
    assert sum(len(paper.sources) == 2 for paper in reading.papers) == 2
    assert [name for name, _ in reading.inputs] == ["daily-papers-1.txt", "daily-papers-2.txt"]


def test_sample_has_one_page_of_each_layout() -> None:
    blank, dense = (path.read_text("utf-8") for path in sorted(SAMPLE.glob("*.txt")))

    assert "\n\n" in blank
    assert "\n\n" not in dense
    assert "SubscribeDeep" in dense


def test_sample_abstracts_are_of_abstract_length_and_some_give_their_arxiv_id() -> None:
    papers = read_papers([SAMPLE]).papers

    for paper in papers:
        assert 4 <= len(re.findall(r"[.!?](?=\s|$)", paper.abstract)) <= 9, paper.title
    assert sum(paper.arxiv_id is not None for paper in papers) >= 10
    assert {p.id for p in papers if p.title == "Attention Is All You Need"} == {"arxiv-1706.03762"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the papers to compare with are not here")
def test_sample_shares_no_twelve_words_with_known_abstracts() -> None:
    ours = {gram for path in SAMPLE.glob("*.txt") for gram in grams(path.read_text("utf-8"))}
    texts = [path.read_text("utf-8") for path in (SHARED / "seeds").glob("*.txt")]
    for path in (SHARED / "gold").glob("*.jsonl"):
        lines = path.read_text("utf-8").splitlines()
        texts += [record["abstract"] for record in map(json.loads, lines)]

    assert not [gram for text in texts for gram in grams(text) if gram in ours]


def grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[i : i + 12]) for i in range(len(words) - 11)}


def test_papers_jsonl_is_an_input_too(tmp_path: Path) -> None:
    papers = read_papers([SAMPLE]).papers
    with (tmp_path / "papers.jsonl").open("w", encoding="utf-8") as out:
        write_jsonl((Extraction(paper, (), ()) for paper in papers), out)
    again = read_papers([tmp_path / "papers.jsonl"]).papers

    fields = ("id", "text", "arxiv_id", "doi", "date", "authors", "urls", "venue")
    for field in fields:
        assert [getattr(p, field) for p in again] == [getattr(p, field) for p in papers]


def test_every_format_has_a_row_in_the_documentation() -> None:
    rows = re.findall(r"^\| `(\w+)`", DOCS.read_text("utf-8"), re.MULTILINE)

    assert sorted(rows) == list(FORMATS)

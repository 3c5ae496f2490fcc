"""Joining, naming, folders, patterns, standard input, and the laws of reading."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg.errors import InputNotFoundError
from kg.model import Paper
from kg.read import join_papers, read_papers
from kg.read.clean import (
    arxiv_id,
    clean_abstract,
    clean_title,
    date,
    doi,
    fold_title,
    ids_in,
    paper_id,
    urls_in,
)

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
GOLD = SEEDS.parent / "gold"


def lines(*records: dict[str, object]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def record(title: str, abstract: str = "We look.", **more: object) -> dict[str, object]:
    return {"title": title, "abstract": abstract, **more}


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the seed pages are not beside this checkout")
def test_seeds_give_577_entries_and_512_papers() -> None:
    reading = read_papers([SEEDS])

    assert (reading.entries, len(reading.papers), reading.skipped) == (577, 512, ())
    assert len(reading.inputs) == 5
    assert 577 >= sum(len(paper.sources) for paper in reading.papers) > 512


@pytest.mark.skipif(not GOLD.is_dir(), reason="the gold papers are not beside this checkout")
def test_seeds_are_read_letter_for_letter_as_gold_has_them() -> None:
    found = {paper.title: paper.abstract for paper in read_papers([SEEDS]).papers}
    texts = (GOLD / "dev.jsonl").read_text() + (GOLD / "train.jsonl").read_text()
    gold = [json.loads(line) for line in texts.splitlines()]
    seeds = {g["title"]: g["abstract"] for g in gold if g["id"].startswith("p")}

    assert len(seeds) > 400
    assert seeds.items() <= found.items()


def test_same_title_arxiv_id_or_doi_joins_papers_and_what_is_known(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text(
        lines(
            record("Quiet Nets", "We look once.", arxiv_id="2401.00001v2", year=2024),
            record("Loud", "We shout.", doi="10.1000/x", authors=["Bo Li"]),
        )
    )
    two.write_text(
        lines(
            record("quiet-nets!", "We look once, and at length.", date="2024-01-02"),
            record("Quiet Nets, Revised", "Short.", arxiv_id="2401.00001"),
            record("Louder", "We shout on.", doi="https://doi.org/10.1000/X", code="a.org"),
        )
    )
    loud, quiet = sorted(read_papers([one, two]).papers, key=lambda paper: paper.title.lower())

    assert (quiet.title, quiet.abstract) == ("quiet-nets!", "We look once, and at length.")
    assert (quiet.id, quiet.date) == ("arxiv-2401.00001", "2024-01-02")
    assert quiet.sources == ("one.jsonl", "two.jsonl")
    assert (loud.title, loud.doi, loud.authors) == ("Louder", "10.1000/x", ("Bo Li",))


def test_id_of_a_whole_volume_is_no_papers_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*(record(f"Paper {n}", doi="10.1000/volume") for n in "abcdef")))

    papers = read_papers([path]).papers
    assert [paper.doi for paper in papers] == [None] * 6


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("x/day", "y/day"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.jsonl").write_text(lines(record("Quiet Nets")))
    (tmp_path / "y" / "b.jsonl").write_text(lines(record("Loud")))
    reading = read_papers([tmp_path])

    assert [name for name, _ in reading.inputs] == ["b.jsonl", "x/day/a.jsonl", "y/day/a.jsonl"]
    assert {("x/day/a.jsonl", "y/day/a.jsonl"), ("b.jsonl",)} == {
        paper.sources for paper in reading.papers
    }


def test_file_given_in_several_ways_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_text(lines(record("Quiet Nets")))
    monkeypatch.chdir(tmp_path)

    assert read_papers(["a.jsonl", tmp_path / "a.jsonl", ".", "*.jsonl"]).entries == 1


def test_hidden_and_foreign_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    for name in (".hidden.jsonl", ".git/a.jsonl", "notes.docx", "deep/er/a.JSONL"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(lines(record("Quiet Nets")))

    assert [name for name, _ in read_papers([tmp_path]).inputs] == ["a.JSONL"]


def test_pattern_that_fits_files_below_is_followed(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jsonl").write_text(lines(record("Quiet Nets")))

    assert read_papers([f"{tmp_path}/**/*.jsonl"]).entries == 1
    with pytest.raises(InputNotFoundError, match="no file matches"):
        read_papers([f"{tmp_path}/*.csv"])


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(lines(record("Quiet Nets")).encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    reading = read_papers(["-"])

    assert reading.papers[0].sources == ("stdin",)
    assert [name for name, _ in reading.inputs] == ["stdin"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1706.03762", "1706.03762"),
        ("arXiv:1706.03762v5 [cs.CL]", "1706.03762"),
        ("http://arxiv.org/pdf/1706.03762v5.pdf", "1706.03762"),
        ("https://huggingface.co/papers/1706.03762", "1706.03762"),
        ("10.48550/arXiv.1706.03762", "1706.03762"),
        ("math.GT/0309136", "math.GT/0309136"),
        ("https://arxiv.org/abs/hep-th/9901001v1", "hep-th/9901001"),
        ("aaai/aaai2022/00444", None),
        ("1799.03762", None),
        ("2024", None),
        ("204e3073870fae3d05bcbc2f6a8e263d9b72e776", None),
    ],
)
def test_arxiv_ids_are_known_by_their_form(value: str, expected: str | None) -> None:
    assert expected == arxiv_id(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2017", "2017"),
        ("2017-06", "2017-06"),
        ("2017-06-12T17:57:34Z", "2017-06-12"),
        ("2017-02-31", "2017-02"),
        ("2017-00-00", "2017"),
        ("June 2017", "2017-06"),
        ("Jun 12, 2017", "2017-06-12"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04-02"),
        ("Mar 11", None),
        ("0000", None),
        ("", None),
    ],
)
def test_dates_are_as_exact_as_they_were_written(value: str, expected: str | None) -> None:
    assert expected == date(value)


@pytest.mark.parametrize(
    ("text", "arxiv", "own_doi"),
    [
        ("We look. https://arxiv.org/abs/2401.00001", "2401.00001", None),
        ("Our paper is available at https://arxiv.org/abs/2401.00001; enjoy.", "2401.00001", None),
        ("We extend the frame of Roe et al. arXiv:2004.11967. In this", None, None),
        ("As shown in https://arxiv.org/abs/2401.00001.", None, None),
        ("Data at https://doi.org/10.5281/zenodo.123", None, None),
        ("We look. https://doi.org/10.1000/abc.", None, "10.1000/abc"),
    ],
)
def test_only_a_papers_own_ids_are_taken_from_its_text(
    text: str, arxiv: str | None, own_doi: str | None
) -> None:
    assert (arxiv, own_doi) == ids_in(text)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("at https://github.com/a/b.", ("https://github.com/a/b",)),
        ("(https://a.org/x_(y)).", ("https://a.org/x_(y)",)),
        ("https://a.org/b{https://a.org/b}", ("https://a.org/b",)),
        (
            "code: github.com/a/b-c, page: www.a.org/p",
            ("https://github.com/a/b-c", "https://www.a.org/p"),
        ),
        ("https: //github.com/a/b", ("https://github.com/a/b",)),
        ("https://arxiv.org/abs/2401.00001 https://doi.org/10.1000/x", ()),
        ("https://github.com/a/cut- off, http://x and https://github.com/", ()),
        ("“https://a.org/ü”", ("https://a.org/ü",)),
    ],
)
def test_addresses_are_cut_where_they_end(text: str, urls: tuple[str, ...]) -> None:
    assert urls == urls_in(text)


@given(st.text(), st.sampled_from(["https://a.org/", "github.com/", "https://"]))
def test_addresses_are_always_iris(text: str, start: str) -> None:
    for url in urls_in(f"{start}{text} https://b.org/{text}#x#{text}"):
        NamedNode(url)


@given(st.text(alphabet=st.characters()))
@example("İ")
@example(" a \r\n\x85 b\ud800\x00")
def test_cleaning_twice_changes_nothing(text: str) -> None:
    for clean in (clean_title, clean_abstract):
        assert clean(text) == clean(clean(text))
    assert fold_title(text) == fold_title(fold_title(text))


@given(st.text(alphabet=st.characters()))
@example("a \t b\u2028 c\xa0\xa0d\x0b\x1ce")
def test_what_cannot_be_written_and_breaks_of_lines_go(text: str) -> None:
    cleaned = clean_abstract(text)
    assert not {*cleaned} & {*"\r\n\x85\u2028\u2029\x00\x0b\x1c\x7f\ud800\uffff"}
    assert clean_title(text) == " ".join(cleaned.split())


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text())
def test_values_from_any_text_have_their_form(text: str, other: str) -> None:
    assert doi(text) is None or doi(text).startswith("10.")
    assert date(text) is None or len(date(text)) in (4, 7, 10)
    assert paper_id(clean_title(text), None).startswith("h-")
    assert ids_in(text + other) is not None


words = (
    st.text("abcdé XY$\\{}-", min_size=1, max_size=12)
    .map(clean_title)
    .filter(lambda text: any(c.isalnum() for c in text))
)
papers = st.builds(
    lambda title, abstract, arxiv, when, authors, venue: Paper(
        id=paper_id(title, arxiv),
        title=title,
        abstract=abstract,
        sources=("a.jsonl",),
        arxiv_id=arxiv,
        date=when,
        authors=tuple(dict.fromkeys(authors)),
        venue=venue,
    ),
    words,
    words.map(clean_abstract),
    st.sampled_from([None, "2401.00001", "hep-th/9901001"]),
    st.sampled_from([None, "2024", "2024-01", "2024-01-02"]),
    st.lists(st.sampled_from(["Bo Li", "Ada Roe", "Ng"]), max_size=2),
    st.sampled_from([None, "icml"]),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(papers, min_size=1, max_size=6))
def test_reading_what_was_written_gives_the_same_papers(tmp_path: Path, some: list[Paper]) -> None:
    joined = join_papers(some)
    path = tmp_path / "a.jsonl"
    fields = ("id", "title", "abstract", "arxiv_id", "doi", "date", "authors", "urls", "venue")
    path.write_text(lines(*({name: getattr(p, name) for name in fields} for p in joined)))

    assert joined == read_papers([path]).papers


@given(st.lists(papers, max_size=8), st.randoms())
def test_order_of_papers_is_irrelevant_to_joining(some: list[Paper], random: Random) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)

    assert join_papers(some) == join_papers(shuffled)
    assert join_papers(join_papers(some)) == join_papers(some)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(papers, min_size=1, max_size=3), min_size=2, max_size=4), st.randoms())
def test_order_of_inputs_is_irrelevant(
    tmp_path: Path, files: list[list[Paper]], random: Random
) -> None:
    paths = []
    for number, some in enumerate(files):
        paths.append(tmp_path / f"{number}.jsonl")
        paths[-1].write_text(lines(*(record(p.title, p.abstract, id=p.arxiv_id) for p in some)))
    shuffled = [str(path) for path in paths]
    random.shuffle(shuffled)

    assert read_papers(paths) == read_papers(shuffled)


def test_sources_of_joined_papers_are_sorted() -> None:
    paper = Paper(id="x", title="Quiet", abstract="We.", sources=("b",))

    assert join_papers([paper, replace(paper, sources=("c",)), replace(paper, sources=("a",))])[
        0
    ].sources == ("a", "b", "c")

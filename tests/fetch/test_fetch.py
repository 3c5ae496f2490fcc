"""What `kg fetch` brings, and how it asks for it: over HTTP, from services on loopback."""

import json
import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from paper_services import Service, abstract, arguments, serving, title

import kg.cli_fetch
from kg.cli import main
from kg.model import Paper
from kg.read import read_papers
from kg.read.fields import Record, to_paper

Fetch = Callable[..., Result]
QUERIED = ["arxiv", "openalex", "semantic-scholar"]
ALL = ["hf-daily", *QUERIED]


def records(path: str = "papers.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("source", ALL)
def test_all_papers_come_with_what_a_record_says_of_them(kg_fetch: Fetch, source: str) -> None:
    done = kg_fetch(source)
    assert done.exit_code == 0, done.output
    found = {record["arxiv_id"]: record for record in records()}
    assert len(found) == (6 if source == "semantic-scholar" else 7)  # it has one without abstract
    number = 2003 if source == "hf-daily" else 3
    record = found[f"2601.{number:05}"]
    assert record["title"] == title(number)
    assert record["abstract"] == abstract(number)
    assert record["authors"] == ["Ada Quill", "Bo Nib"]
    assert record["date"] == "2026-01-04"
    assert f"https://github.com/quillon/q{number}" in record["urls"]
    assert record["source"] == source
    if source == "hf-daily":
        assert f"https://quillon.example.org/{number}" in record["urls"]
    else:
        assert record["doi"] == f"10.5555/q.{number}"
    assert not list(Path().glob("papers.jsonl.*"))


def test_papers_without_an_abstract_are_left_out_and_counted(kg_fetch: Fetch) -> None:
    assert "6 papers written to papers.jsonl (1 without title or abstract left out)" in (
        kg_fetch("semantic-scholar").output
    )


def test_several_days_come_in_turn_and_days_without_papers_are_no_fault(
    kg_fetch: Fetch, service: Service
) -> None:
    done = kg_fetch("hf-daily", "--from", "2026-11-19", "--to", "2026-11-23")
    assert done.exit_code == 0, done.output
    ids = [record["arxiv_id"] for record in records()]
    assert len(ids) == len(set(ids)) == 3 * service.count
    assert ids[0] == "2601.01900"
    assert {asked["date"][-2:] for asked in service.asked} == {"19", "20", "21", "22", "23"}


@pytest.mark.parametrize("source", ALL)
def test_no_more_papers_come_than_wanted(kg_fetch: Fetch, service: Service, source: str) -> None:
    assert kg_fetch(source, "--max", "4").exit_code == 0
    assert len(records()) == 4
    assert len(service.asked) == (1 if source == "openalex" else 2)


def test_openalex_turns_pages_by_number_and_with_a_key_by_cursor(
    kg_fetch: Fetch, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.count = 230
    assert kg_fetch("openalex", "--max", "230").exit_code == 0
    assert [asked.get("page") for asked in service.asked] == ["1", "2", "3"]
    without = records()
    service.asked.clear()
    monkeypatch.setenv("OPENALEX_API_KEY", " opensesame\n")
    assert kg_fetch("openalex", "--max", "230").exit_code == 0
    assert [asked["cursor"] for asked in service.asked] == ["*", "t100", "t200"]
    assert {asked["api_key"] for asked in service.asked} == {"opensesame"}
    assert records() == without
    assert len(without) == 230


def test_a_key_goes_where_the_service_wants_it_and_into_no_file(
    kg_fetch: Fetch, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S2_API_KEY", "opensesame")
    monkeypatch.setenv("OPENALEX_API_KEY", "opensesame")
    for source in ("semantic-scholar", "openalex"):
        service.faults = [None, lambda handler, _: handler.reply(b"no", 403)]
        service.count = 130
        service.page = 100
        done = kg_fetch(source, "--max", "130", "-o", f"{source}.jsonl")
        assert done.exit_code == 1
        assert "403" in done.output
        assert "opensesame" not in done.output
    assert service.headers[0]["x-api-key"] == "opensesame"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 6  # of each: the draft, its place, and a page in the cache
    assert not any(b"opensesame" in path.read_bytes() for path in files)


def test_it_says_who_is_asking(
    kg_fetch: Fetch, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KG_MAILTO", "ada@example.org")
    kg_fetch("arxiv")
    assert service.headers[0]["User-Agent"].startswith("papers-kg/")
    assert "mailto:ada@example.org" in service.headers[0]["User-Agent"]


def test_filters_go_to_the_service(kg_fetch: Fetch, service: Service) -> None:
    kg_fetch("openalex", "--filter", "publication_year:2026", "--filter", "is_oa:true")
    assert service.asked[-1]["filter"] == "has_abstract:true,publication_year:2026,is_oa:true"
    kg_fetch("semantic-scholar", "--filter", "year=2025-")
    assert service.asked[-1]["year"] == "2025-"


@pytest.mark.parametrize("source", QUERIED)
def test_requests_keep_their_distance(kg_fetch: Fetch, service: Service, source: str) -> None:
    service.count, service.page = 300, 100
    assert kg_fetch(source, "--interval", "0.15", "--max", "300").exit_code == 0
    begun = service.times[::2]
    assert len(begun) == 3
    assert all(late - early > 0.15 for early, late in pairwise(begun))


def test_the_distances_are_those_that_the_services_ask_for() -> None:
    from kg.fetch import SOURCES

    least = {"arxiv": 3, "hf-daily": 1, "openalex": 0.1, "semantic-scholar": 1}
    assert {name: SOURCES[name].interval >= least[name] for name in SOURCES} == dict.fromkeys(
        least, True
    )
    assert set(SOURCES) == set(kg.cli_fetch.NAMES)


def test_answers_are_kept_for_an_hour_and_may_be_thrown_away(
    kg_fetch: Fetch, service: Service, tmp_path: Path
) -> None:
    def requests(*more: str) -> int:
        service.asked.clear()
        assert kg_fetch("arxiv", *more).exit_code == 0
        assert len(records()) == 7
        return len(service.asked)

    assert requests() == 3
    assert requests() == 0
    assert requests("--no-cache") == 3
    kept = sorted((tmp_path / "cache" / "papers-kg" / "fetch").iterdir())
    kept[0].unlink()
    kept[1].write_bytes(b"<feed")
    assert requests() == 2
    for path in kept:
        os.utime(path, (time.time() - 4_000,) * 2)
    assert requests() == 3


def test_a_cache_that_cannot_be_written_is_done_without(kg_fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    done = kg_fetch("arxiv")
    assert done.exit_code == 0
    assert "no answers are kept here" in done.stderr


def test_kg_build_reads_what_was_fetched(kg_fetch: Fetch, tmp_path: Path) -> None:
    for source in ALL:
        kg_fetch(source, "-o", f"{source}.jsonl")
    inputs = [f"{source}.jsonl" for source in ALL]
    done = CliRunner().invoke(main, ["build", "--no-tagger", *inputs, "-o", "graph"])
    assert done.exit_code == 0, done.output
    assert "papers          14  (13 duplicates joined)" in done.output
    told = [json.loads(line) for line in Path("graph/papers.jsonl").read_text().splitlines()]
    assert {"Quillon-3", "LoRA", "GLUE"} <= {
        entity["name"] for paper in told for entity in paper["entities"]
    }


def test_the_file_is_named_by_what_is_asked_for(service: Service) -> None:
    for source, name in (
        ("arxiv", "arxiv-low-rank-adaptation.jsonl"),
        ("hf-daily", "hf-daily-2026-11-20.jsonl"),
    ):
        words = [word for word in arguments(service, source) if word not in ("-o", "papers.jsonl")]
        assert f"next: kg build {name}" in CliRunner().invoke(main, words).output
        assert Path(name).is_file()


def test_no_papers_make_no_file_and_leave_the_old_one(kg_fetch: Fetch, service: Service) -> None:
    Path("papers.jsonl").write_text("old")
    service.count = 0
    for source in ALL:
        done = kg_fetch(source)
        assert done.exit_code == 0
        assert "no papers found; nothing is written" in done.output
        assert [path.name for path in Path().glob("papers*")] == ["papers.jsonl"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["arxiv"], "wants a QUERY"),
        (["arxiv", "  "], "wants a QUERY"),
        (["arxiv", "x", "--date", "2026-11-20"], "are for hf-daily"),
        (["arxiv", "x", "--filter", "a:b"], "takes no --filter"),
        (["arxiv", "x", "--max", "30001"], "gives 30,000 papers at most"),
        (["openalex", "x", "--max", "10001"], "with a key in OPENALEX_API_KEY"),
        (["openalex", "x", "--filter", "2026"], "is NAME:VALUE, not '2026'"),
        (["hf-daily"], "give --date DAY"),
        (["hf-daily", "x", "--date", "2026-11-20"], "takes days, not a query"),
        (["hf-daily", "--from", "2026-11-20"], "give --date DAY"),
        (["hf-daily", "--from", "2026-11-20", "--to", "2026-11-01"], "lies before"),
        (["arxiv", "x", "--url", "arxiv.org"], "is no address"),
        (["orxiv", "x"], "is not one of"),
    ],
)
def test_wrong_words_are_told_before_anything_is_asked(words: list[str], hint: str) -> None:
    done = CliRunner().invoke(main, ["fetch", *words])
    assert done.exit_code == 2
    assert hint in done.output


def _as_read(record: dict[str, Any]) -> Paper:
    return to_paper(Record(None, record), "x")


TEXT = st.text(min_size=1, max_size=60).filter(lambda text: any(c.isalnum() for c in text))


@given(
    item=st.fixed_dictionaries(
        {"title": TEXT, "summary": TEXT},
        optional={
            "id": st.from_regex(r"26(0[1-9]|1[0-2])\.\d{5}", fullmatch=True),
            "publishedAt": st.dates().map(str),
            "projectPage": st.just("https://quillon.example.org/a(b)"),
        },
    )
)
def test_a_record_is_read_as_the_item_itself_would_be(item: dict[str, Any]) -> None:
    from kg.fetch.sources import record_of

    record = record_of(item, "x")
    assert record is not None
    assert _as_read(json.loads(json.dumps(record))) == _as_read(item)


def test_two_services_at_once_do_not_meet(service: Service) -> None:
    with serving(Service(count=2)) as other:
        for running in (service, other):
            CliRunner().invoke(main, arguments(running, "arxiv", "-o", f"{running.count}.jsonl"))
    assert [len(records(f"{count}.jsonl")) for count in (7, 2)] == [7, 2]
    assert len(read_papers(["7.jsonl", "2.jsonl"]).papers) == 7

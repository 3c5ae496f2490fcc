"""What `kg fetch` does when a service, the network or the user breaks off."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from paper_services import (
    Fault,
    Service,
    arguments,
    cut_body,
    hang_up,
    late,
    other,
    short_body,
    status,
)

from kg.cli import main

Fetch = Callable[..., Result]
ALL = ["hf-daily", "arxiv", "openalex", "semantic-scholar"]
EMPTY_FEED = (
    b'<feed xmlns="http://www.w3.org/2005/Atom"><totalResults xmlns='
    b'"http://a9.com/-/spec/opensearch/1.1/">7</totalResults></feed>'
)


def ids(path: str = "papers.jsonl") -> list[str]:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["id"] for line in lines]


@pytest.mark.parametrize("source", ALL)
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (status(429), "answered 429"),
        (status(500), "answered 500"),
        (status(503, Retry_After="nonsense"), "answered 503"),
        (short_body, "broke off"),
        (cut_body, "is no whole"),
        (hang_up, "broke off"),
        (late(2), "was silent for 0.8 seconds"),
        (other(b"<html>Please wait</html>"), "answered what is no"),
    ],
    ids=["429", "500", "503", "short", "cut", "hung up", "late", "html"],
)
def test_what_passes_is_waited_for(  # noqa: PLR0917 - fixtures
    kg_fetch: Fetch, service: Service, source: str, fault: Fault, told: str
) -> None:
    service.faults = [None, fault, fault]
    service.count = 120 if source == "openalex" else 7  # so that there is a second page
    done = kg_fetch(source, "--timeout", "0.8", "--max", "120")
    assert done.exit_code == 0, done.output
    assert len(set(ids())) == len(ids()) == service.count - (source == "semantic-scholar")
    assert done.stderr.count(told) == 2
    assert "try 3 of 6 in 0 s" in done.stderr


def test_an_empty_page_in_the_midst_of_arxiv_is_asked_for_again(
    kg_fetch: Fetch, service: Service
) -> None:
    service.faults = [None, other(EMPTY_FEED), None]
    done = kg_fetch("arxiv")
    assert "is empty though 7 papers are announced" in done.stderr
    assert len(ids()) == 7


@pytest.mark.parametrize("dated", [False, True])
def test_the_time_that_a_service_asks_to_wait_is_waited(
    kg_fetch: Fetch, service: Service, dated: bool
) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=2.5), usegmt=True)
    service.faults = [status(429, Retry_After=then if dated else "1")]
    assert kg_fetch("arxiv").exit_code == 0
    assert service.times[2] - service.times[1] > 0.95


def test_nobody_waits_for_an_hour(kg_fetch: Fetch, service: Service) -> None:
    service.faults = [None, status(429, Retry_After="3600")]
    done = kg_fetch("arxiv")
    assert done.exit_code == 1
    assert "asks to wait 3,600 seconds; run the same command then" in done.output
    assert len(ids("papers.jsonl.part")) == 3


@pytest.mark.parametrize("source", ALL)
def test_after_some_tries_it_gives_up_and_the_next_run_goes_on(
    kg_fetch: Fetch, service: Service, source: str
) -> None:
    service.count = 120 if source == "openalex" else 7
    service.faults = [None, *[status(500)] * 3]
    words = ("--tries", "3", "--max", "120", "--no-cache")
    done = kg_fetch(source, *words)
    assert done.exit_code == 1
    assert f"{service.url}/{source}?" in done.stderr
    assert "answered 500 Internal Server Error, 3 times in a row; run the same" in done.stderr
    assert not Path("papers.jsonl").exists()
    kept = ids("papers.jsonl.part")
    assert len(kept) == (100 if source == "openalex" else 3)
    first = service.asked[0]
    service.asked.clear()
    assert kg_fetch(source, *words).exit_code == 0
    assert first not in service.asked
    assert ids()[: len(kept)] == kept
    assert len(set(ids())) == len(ids()) == service.count - (source == "semantic-scholar")


def test_an_answer_that_stays_malformed_is_told_with_its_address(
    kg_fetch: Fetch, service: Service
) -> None:
    for body, why in (
        (b'{"data": [1, 2]}', "holds no list of papers"),
        (b'["x"]', 'is JSON of another form: ["x"]'),
        (b"", "is no whole JSON"),
    ):
        service.faults = [other(body)] * 2
        done = kg_fetch("semantic-scholar", "--tries", "2")
        assert done.exit_code == 1
        assert f"{service.url}/semantic-scholar?query=low-rank" in done.stderr
        assert f"answered what {why}" in done.stderr.splitlines()[-1]


def test_xml_with_a_document_type_is_not_read(kg_fetch: Fetch, service: Service) -> None:
    service.faults = [other(b'<!DOCTYPE f [<!ENTITY a "b">]><feed>&a;</feed>')]
    assert "EntitiesForbidden" in kg_fetch("arxiv").stderr or len(ids()) == 7


def test_a_query_that_the_service_refuses_is_not_asked_twice(
    kg_fetch: Fetch, service: Service
) -> None:
    service.faults = [lambda handler, _: handler.reply(b'{"message": "Unknown filter"}', 400)]
    done = kg_fetch("openalex")
    assert done.exit_code == 1
    assert 'answered 400 Bad Request: {"message": "Unknown filter"}' in done.output
    assert len(service.asked) == 1
    service.faults = [status(403)]
    done = kg_fetch("openalex")
    assert "403 Forbidden (a key in OPENALEX_API_KEY may help): busy" in done.output


def test_arxiv_tells_an_error_as_an_entry(kg_fetch: Fetch, service: Service) -> None:
    service.faults = [
        other(
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#q'
            b"</id><title>Error</title><summary>unbalanced bracket</summary></entry></feed>"
        )
    ]
    done = kg_fetch("arxiv")
    assert "arXiv cannot answer this query: unbalanced bracket" in done.output


def test_a_service_that_has_moved_says_where(kg_fetch: Fetch, service: Service) -> None:
    service.faults = [status(301, Location="https://new.example.org/api")]
    assert "has moved to https://new.example.org/api" in kg_fetch("arxiv").output


@pytest.mark.parametrize("source", ["openalex", "semantic-scholar"])
def test_a_place_that_the_service_has_forgotten_is_begun_anew(
    kg_fetch: Fetch, service: Service, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENALEX_API_KEY", "k")
    service.count, service.page = 250, 100
    service.faults = [None, status(429, Retry_After="3600")]
    words = (source, "--max", "250", "--no-cache")
    assert kg_fetch(*words).exit_code == 1
    service.valid = "u"
    done = kg_fetch(*words)
    assert done.exit_code == 0, done.output
    assert "does not know the place any more; asking from the start" in done.stderr
    assert len(set(ids())) == len(ids()) == 250 - (source == "semantic-scholar")
    assert "met twice" in done.stdout


def test_a_cursor_that_leads_nowhere_is_no_endless_loop(kg_fetch: Fetch, service: Service) -> None:
    again = {"total": 9, "data": [{"title": "A", "abstract": "B"}], "token": "t0"}
    service.faults = [other(json.dumps(again).encode())] * 9
    done = kg_fetch("semantic-scholar")
    assert done.exit_code == 1
    assert "the same page again and again" in done.output
    assert len(service.asked) == 2


def run(service: Service, *more: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "kg", *arguments(service, "arxiv", "--no-cache", *more)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, **pipes)  # type: ignore[call-overload, no-any-return]


def wait_for(service: Service, requests: int) -> None:
    end = time.monotonic() + 30
    while len(service.asked) < requests and time.monotonic() < end:
        time.sleep(0.02)
    assert len(service.asked) == requests


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_keeps_its_papers_and_is_continued(
    kg_fetch: Fetch, service: Service, how: signal.Signals
) -> None:
    service.faults = [None, None, late(30)]
    running = run(service)
    wait_for(service, 3)
    running.send_signal(how)
    _, said = running.communicate(timeout=20)
    if how == signal.SIGINT:
        assert running.returncode == 130
        assert "stopped; what is fetched is in papers.jsonl.part, and is continued" in said
        assert "Traceback" not in said
    assert len(ids("papers.jsonl.part")) == 6
    with Path("papers.jsonl.part").open("a") as part:
        part.write('{"id": "half a rec')  # as if it was killed while it wrote
    service.asked.clear()
    service.faults.clear()
    assert kg_fetch("arxiv", "--no-cache").exit_code == 0
    assert [asked["start"] for asked in service.asked] == ["6"]
    assert len(set(ids())) == len(ids()) == 7
    assert os.listdir() == ["papers.jsonl"]  # noqa: PTH208


def test_the_draft_of_another_request_is_not_overwritten(kg_fetch: Fetch, service: Service) -> None:
    service.faults = [None, status(404)]
    assert kg_fetch("arxiv").exit_code == 1
    done = kg_fetch("semantic-scholar")
    assert done.exit_code == 1
    assert "papers.jsonl.part: belongs to another request" in done.output
    assert len(ids("papers.jsonl.part")) == 3


def test_a_draft_whose_place_is_damaged_is_begun_anew(kg_fetch: Fetch, service: Service) -> None:
    service.faults = [None, status(404)]
    assert kg_fetch("arxiv").exit_code == 1
    Path("papers.jsonl.part.json").write_text("{")
    assert kg_fetch("arxiv").exit_code == 0
    assert len(ids()) == 7


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_without_a_network_one_sentence_tells_what_would_do(host: str) -> None:
    url = f"http://{host}:9/api"  # the port of nobody, the name of nobody (RFC 6761)
    begun = time.monotonic()
    done = CliRunner().invoke(main, ["fetch", "arxiv", "cat:cs.CL", "--url", url, "-o", "p.jsonl"])
    assert time.monotonic() - begun < 10
    assert done.exit_code == 1
    assert f"{host} cannot be reached" in done.output
    assert "check the network and HTTPS_PROXY, or name a mirror with --url" in done.output
    assert "Traceback" not in done.output
    assert not list(Path().glob("p.jsonl*"))


def test_a_folder_that_cannot_be_written_is_told(kg_fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = kg_fetch("arxiv", "-o", "file/papers.jsonl")
    assert done.exit_code == 1
    assert "file/papers.jsonl: cannot be written" in done.output

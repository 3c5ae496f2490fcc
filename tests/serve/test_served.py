"""``kg query`` asks the service that has the graph in memory already."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import query_graph
from endpoint import running, wait_until
from needs import needs

from kg.errors import QueryError
from kg.query import Options, ask
from kg.served import served

COUNT = "SELECT (COUNT(*) AS ?n) { ?p a schema:ScholarlyArticle }"


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    needs("aiohttp")
    return query_graph.write_graph(tmp_path / "output")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No query process: who answers then is the service."""

    def nobody(*_: object, **__: object) -> Iterator[None]:
        raise AssertionError("asked a process of its own")

    monkeypatch.setattr("kg.query.worker", nobody)


def _count(output: Path, options: Options | None = None) -> int:
    with ask(output, COUNT, options) as answer:
        (row,) = answer.solutions()
        return int(row["n"].value)


@pytest.mark.usefixtures("alone")
def test_the_service_answers_from_memory(graph: Path) -> None:
    with running(graph, "--memory"):
        wait_until(lambda: served(graph))

        assert _count(graph) == 6
        with pytest.raises(AssertionError):
            _count(graph, Options(memory=False))
        with pytest.raises(AssertionError):
            _count(graph, Options(services=("https://example.org/",)))


def test_a_service_from_disk_is_not_asked(graph: Path) -> None:
    with running(graph, "--disk"):
        assert served(graph) is None
        assert _count(graph) == 6


def test_a_wrong_query_is_explained_as_ever(graph: Path) -> None:
    def message() -> str:
        with pytest.raises(QueryError) as caught, ask(graph, "SELECT ?x { ?x kgx:y }"):
            pass
        return str(caught.value)

    by_itself = message()
    with running(graph, "--memory"):
        wait_until(lambda: served(graph))

        assert message() == by_itself


def test_a_service_that_was_killed_or_has_another_graph_is_not_asked(
    graph: Path, tmp_path: Path
) -> None:
    with running(graph, "--memory") as endpoint:
        wait_until(lambda: served(graph))
        os.kill(endpoint.process.pid, signal.SIGKILL)
        endpoint.process.wait()

        assert served(graph) is None
        assert _count(graph) == 6

    with running(graph, "--memory"):
        wait_until(lambda: served(graph))
        graph.rename(tmp_path / "old")
        query_graph.write_graph(graph, papers=3)

        assert _count(graph) == 3


def test_the_time_limit_holds_there_too(graph: Path) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    with running(graph, "--memory"):
        wait_until(lambda: served(graph))
        begun = time.monotonic()

        with (
            pytest.raises(QueryError, match="did not answer within 1 s"),
            ask(graph, slow, Options(seconds=1.0)),
        ):
            pass

        assert time.monotonic() - begun < 5

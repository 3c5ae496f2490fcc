"""A graph that is replaced while it is asked."""

import json
import re
import shutil
import threading
from pathlib import Path

import pyoxigraph as ox
import pytest
import query_graph
from endpoint import running, wait_until
from needs import needs

from kg.errors import GraphError
from kg.query import Options, ask

COUNT = "SELECT (COUNT(*) AS ?n) { ?p a schema:ScholarlyArticle }"
TITLES = "SELECT ?t { ?p a schema:ScholarlyArticle ; dcterms:title ?t } ORDER BY ?t"


def _replace(folder: Path, fresh: Path) -> None:
    """Put *fresh* in the place of *folder*, as a build does: two renames, then the old one goes."""
    old = folder.with_name("old")
    folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old)


@pytest.mark.parametrize("how", ["--disk", "--memory"])
def test_no_answer_is_wrong_while_the_graph_is_replaced(how: str, tmp_path: Path) -> None:
    needs("aiohttp")
    folder = query_graph.write_graph(tmp_path / "output", papers=3)
    whole, part = tmp_path / "whole", tmp_path / "part"
    query_graph.write_graph(whole)
    query_graph.write_graph(part, papers=3)
    answers: list[tuple[int, str]] = []
    titles = [_titles(part), _titles(whole)]
    done = threading.Event()

    with running(folder, how) as served:

        def work() -> None:
            while not done.is_set():
                got = served.ask(TITLES)
                answers.append((got.status, got.text))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for i in range(6):
            source = (whole, part)[i % 2]
            fresh = Path(shutil.copytree(source, tmp_path / f"fresh{i}"))
            _replace(folder, fresh)
            expected = "6" if source is whole else "3"
            wait_until(lambda n=expected: served.ask(COUNT).text.split() == ["n", n])
        done.set()
        for thread in threads:
            thread.join()

    assert len(answers) > 50
    assert {status for status, _ in answers} == {200}
    assert {text for _, text in answers} == set(titles)


def test_folder_that_is_gone_or_broken_is_served_on(tmp_path: Path) -> None:
    needs("aiohttp")
    folder = query_graph.write_graph(tmp_path / "output")
    with running(folder) as served:
        folder.rename(tmp_path / "away")
        for _ in range(10):
            assert served.ask(COUNT).text.split() == ["n", "6"]
        folder.mkdir()
        (folder / "store").mkdir()
        for _ in range(10):
            assert served.ask(COUNT).text.split() == ["n", "6"]


def test_command_meets_no_half_graph_while_it_is_replaced(tmp_path: Path) -> None:
    folder = query_graph.write_graph(tmp_path / "output")
    whole = query_graph.write_graph(tmp_path / "whole")
    done = threading.Event()

    def build() -> None:
        i = 0
        while not done.wait(0.5):
            i += 1
            _replace(folder, Path(shutil.copytree(whole, tmp_path / f"fresh{i}")))

    builder = threading.Thread(target=build)
    builder.start()
    counts = set()
    try:
        for _ in range(20):
            counts.add(_counted(folder))
    finally:
        done.set()
        builder.join()

    # between the two renames there is no folder
    assert "6" in counts
    assert counts <= {"6", f"{folder} holds no graph"}


def test_readers_share_the_store_with_each_other(tmp_path: Path) -> None:
    folder = query_graph.write_graph(tmp_path / "output")
    stores = [ox.Store.read_only(str(folder / "store")) for _ in range(20)]

    assert {len(store) for store in stores} == {len(stores[0])}


def _counted(folder: Path) -> str:
    try:
        with ask(folder, COUNT, Options(memory=False)) as answer:
            [row] = answer.solutions()
            return row["n"].value
    except GraphError as error:
        return str(error).partition(" (")[0]


def _titles(folder: Path) -> str:
    with ask(folder, TITLES) as answer:
        return "t\r\n" + "".join(_csv(row["t"].value) + "\r\n" for row in answer.solutions())


def _csv(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if '"' in value else value


def test_description_that_a_build_wrote_is_told_on(built_sample: Path) -> None:
    needs("aiohttp")
    with running(built_sample, "--disk") as served:
        told = served.send("GET", "void", headers={"Accept": "text/turtle"}).text
        words = json.loads(served.send("GET", "vocabulary.json").text)
        triples = served.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").text.split()[1]

    # the description does not count itself
    counted = int(re.search(r"void:triples (\d+)", told)[1])  # type: ignore[index]
    assert 0.9 * int(triples) < counted <= int(triples)
    assert "https://w3id.org/papers-kg/ontology#Benchmark" in words["classes"]
    assert words["prefixes"]["kgo"] == "https://w3id.org/papers-kg/ontology#"

"""`kg view` and `kg report` on a folder of a build."""

from pathlib import Path

import pytest
import small_graph
from click.testing import CliRunner
from needs import needs

from kg.cli import main
from kg.cli_view import read_output
from kg.errors import GraphError


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return small_graph.build(tmp_path / "output")


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(map(str, words)))
    return done.exit_code, done.output


def test_view_writes_a_page_into_the_folder(output: Path) -> None:
    code, said = run("view", "-g", output)

    assert (code, said) == (0, f"written to {output}/view.html: open it in a browser\n")
    assert (output / "view.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_parts_are_smaller_than_the_whole(output: Path, tmp_path: Path) -> None:
    run("view", "-g", output)
    options = ("--focus", "DenQA", "--hops", "1", "--type", "model", "--top", "3")
    code, _ = run("view", "-g", output, "-o", tmp_path / "part.html", *options)

    assert code == 0
    assert (tmp_path / "part.html").stat().st_size < (output / "view.html").stat().st_size


def test_name_that_nothing_has_is_one_line(output: Path) -> None:
    code, said = run("view", "-g", output, "--papers-of", "Foxnett")

    assert code == 1
    assert said == "Error: nothing in this graph is called 'Foxnett'; near it: FoxNet\n"


def test_folder_without_a_graph_says_what_would_do(tmp_path: Path) -> None:
    code, said = run("view", "-g", tmp_path)

    assert code == 1
    assert said.endswith("holds no papers.jsonl; make a graph with `kg build`\n")


def test_report_writes_a_page_and_charts(output: Path, tmp_path: Path) -> None:
    needs("matplotlib")
    code, _ = run("report", "-g", output, "-o", tmp_path / "r.html", "--charts", tmp_path / "c")

    assert code == 0
    assert "Named together" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert (tmp_path / "c/named-together.png").is_file()


def test_entities_are_voted_on_where_their_table_is_missing(output: Path) -> None:
    (output / "entities.csv").unlink()

    _, entities, _ = read_output(output)

    assert [(e.id, e.papers) for e in entities if e.id == "foxnet"] == [("foxnet", 2)]


def test_table_that_is_no_table_of_entities_is_named(output: Path) -> None:
    (output / "entities.csv").write_text("id,name\nx,y\n")

    with pytest.raises(GraphError, match=r"entities\.csv: is no table of entities"):
        read_output(output)

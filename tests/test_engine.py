"""Every item has its outcome, in order, whatever happens to a worker."""

import subprocess
import sys
from pathlib import Path

import pytest
from hostile_work import lengths, nice

from kg import engine as engines
from kg.engine import Engine, Failure, answer_of, engine, run_chunks
from kg.errors import ConfigError, ExtractionError

CHUNKS = [["a", "bb"], ["ccc"], ["dddd", "e", "ff"]]
#: Each engine, with two workers.
ENGINES = [("local", 2), ("dask", 2)]


def outcomes(workers: Engine, chunks: list[list[str]]) -> list[int | str]:
    return [
        answer.reason if isinstance(answer, Failure) else answer
        for _, answers in run_chunks(workers, lengths, chunks)
        for answer in answers
    ]


@pytest.mark.parametrize(("name", "jobs"), [("local", 1), *ENGINES])
def test_answers_come_in_order(name: str, jobs: int) -> None:
    if name == "dask":
        pytest.importorskip("distributed", reason="distributed is not installed")
    with engine(name, jobs) as workers:
        assert outcomes(workers, CHUNKS) == [1, 2, 3, 4, 1, 2]
        assert outcomes(workers, []) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "jobs"), ENGINES)
def test_a_poisonous_item_is_named_and_stops_nothing(name: str, jobs: int) -> None:
    if name == "dask":
        pytest.importorskip("distributed", reason="distributed is not installed")
    with engine(name, jobs) as workers:
        found = outcomes(workers, [["a", "bb"], ["ccc", "kill", "e"], ["ff"]])

    assert found == [1, 2, 3, "ended the process that read it", 1, 2]


def test_an_answer_whose_worker_ended_is_told_of() -> None:
    with engine("local", 2) as workers:
        future = workers.submit(lengths, ["kill"], 60)
        with pytest.raises(ExtractionError, match="ended the process"):
            answer_of(future)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "jobs"), ENGINES)
def test_a_worker_that_dies_once_costs_only_time(name: str, jobs: int, tmp_path: Path) -> None:
    if name == "dask":
        pytest.importorskip("distributed", reason="distributed is not installed")
    word = f"once:{tmp_path / 'mark'}"
    with engine(name, jobs) as workers:
        assert outcomes(workers, [["a"], [word], ["bb"]]) == [1, len(word), 2]
    assert (tmp_path / "mark").exists()


def test_what_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_SECONDS", 1.0)
    monkeypatch.setattr(engines, "_SECONDS_EACH", 0.5)
    with engine("local", 2) as workers:
        found = outcomes(workers, [["a", "sleep"], ["bb"]])

    assert found == [1, "could not be read within 1.5 s", 2]


def test_workers_let_the_process_that_asks_go_first() -> None:
    (mine,) = nice(["this"])
    with engine("local", 2) as workers:
        (theirs,) = answer_of(workers.submit(nice, ["that"], 60))

    assert theirs == min(mine + 10, 19)


ASK = """
import os
from kg.engine import engine, answer_of
if __name__ == "__main__":
    with engine("local", 2) as workers:
        print(answer_of(workers.submit(sorted, ["b", "a"], 60)), "PYTHONSAFEPATH" in os.environ)
"""


def test_workers_import_nothing_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    (tmp_path / "program/ask.py").write_text(ASK, encoding="utf-8")
    for name in ("onnxruntime", "spacy", "csv"):
        text = f"open({str(tmp_path / 'imported')!r}, 'w')"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")

    command = [sys.executable, "program/ask.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "['a', 'b'] False\n"
    assert not (tmp_path / "imported").exists()


def test_an_error_of_the_function_is_raised() -> None:
    with engine("local", 2) as workers, pytest.raises(ValueError, match="raise"):
        outcomes(workers, [["raise"]])


def test_workers_that_cannot_begin_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_apart", engines._SECONDS)  # cannot be called
    with engine("local", 2) as workers, pytest.raises(ExtractionError, match="--jobs 1"):
        outcomes(workers, CHUNKS)


def test_unknown_engines_and_silent_clusters_are_named() -> None:
    with pytest.raises(ConfigError, match="known are local, dask"):
        engine("spark", 2)
    pytest.importorskip("distributed", reason="distributed is not installed")
    with pytest.raises(ConfigError, match=r"tcp://127\.0\.0\.1:1"):
        engine("dask", 2, "tcp://127.0.0.1:1").__enter__()

"""An output folder is complete or untouched."""

import os
from pathlib import Path

import pytest

from kg.errors import OutputError
from kg.output import replacing, write_text

OWN = frozenset({"a.txt", "b"})


def fill(folder: Path, text: str) -> None:
    """Replace *folder* with one that holds *text*."""
    with replacing(folder, OWN) as draft:
        (draft / "a.txt").write_text(text)


def test_a_new_folder_takes_the_place_of_the_old(tmp_path: Path) -> None:
    fill(tmp_path / "deep" / "out", "one")
    fill(tmp_path / "deep" / "out", "two")

    assert (tmp_path / "deep" / "out" / "a.txt").read_text() == "two"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["out"]


def test_what_is_not_ours_is_kept_and_what_is_ours_and_old_goes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, "one")
    (out / "README.md").write_text("mine")
    (out / "b").mkdir()
    (out / "notes").mkdir()
    (out / "notes" / "n.txt").write_text("n")

    fill(out, "two")

    assert sorted(p.name for p in out.iterdir()) == ["README.md", "a.txt", "notes"]
    assert (out / "notes" / "n.txt").read_text() == "n"


def test_an_error_leaves_the_old_folder_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, "one")
    with pytest.raises(TypeError), replacing(out, OWN) as draft:
        (draft / "a.txt").write_text(draft)  # type: ignore[arg-type]

    assert (out / "a.txt").read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with (
        pytest.raises(OutputError, match=r"No space left on device.*untouched"),
        replacing(tmp_path / "out", OWN),
    ):
        full.write_text("x" * 100_000)


def test_the_draft_of_a_killed_build_is_swept_and_that_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    dead = tmp_path / ".out.building-999999999-x"
    living = tmp_path / f".out.building-{os.getppid()}-x"
    dead.mkdir()
    living.mkdir()

    fill(tmp_path / "out", "one")

    assert not dead.exists()
    assert living.exists()


def test_a_folder_of_other_things_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match=r"thesis\.tex"), replacing(tmp_path, OWN):
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="is a file"), replacing(tmp_path / "out", OWN):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        fill(tmp_path / "file" / "out", "x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "file" / "x.txt", "x")


def test_a_text_is_written_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "x" / "y.txt", "one\ntwo\n")

    assert (tmp_path / "x" / "y.txt").read_bytes() == b"one\ntwo\n"
    assert [p.name for p in (tmp_path / "x").iterdir()] == ["y.txt"]


def test_without_the_system_call_the_folders_are_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "plan9")
    fill(tmp_path / "out", "one")
    fill(tmp_path / "out", "two")

    assert (tmp_path / "out" / "a.txt").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]

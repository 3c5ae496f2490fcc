"""What one build takes over from the last, and when it does not."""

import errno
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from click.testing import CliRunner

import kg.build
from kg.build import build
from kg.cli import main
from kg.config import Config
from kg.engine import Engine
from kg.errors import OutputError
from kg.export.source import ANALYSIS
from kg.kept import BLOCKS, Kept, Stream, Told, Writer, digest_of, put_together
from kg.records import read_jsonl
from kg.store import open_store

PAPERS = [
    {"title": f"On Foxes {n}", "abstract": f"We introduce Fox{n}Net and test it on Fox{n}Bench."}
    for n in range(8)
]


def written(folder: Path, texts: dict[str, str], last: Kept, *, told: bool = False) -> Kept:
    """Write two files in which each of *texts* has a block, and note them.

    A part of the second comes later from a file of its own, or from what was *told*.
    """
    folder.mkdir()
    with (
        closing(Writer(last)) as writer,
        closing(Stream(folder / "one")) as one,
        closing(Stream(folder / "two")) as two,
    ):
        later = Told(folder / "later") if told else Stream(folder / "later")
        one.write(b"[")
        digests = [digest_of(name.encode(), text.encode()) for name, text in texts.items()]
        known = zip(texts.items(), last.numbers("text", digests), strict=True)
        new = [item for item, number in known if number < 0]
        writer.begin("text", one)
        writer.add(digests, ((f"{name}:{text};".encode(),) for name, text in new))
        # the same items have blocks in other files too
        writer.begin("text", two, later)
        writer.add(digests, ((text.encode(), name.encode()) for name, text in new))
        one.write(b"]")
        two.take(later)
    kept = writer.noted(folder, "me", ("one", "two"))
    kept.save(b"more")
    return kept


def nothing() -> Kept:
    return Kept.read(None, "me")


@pytest.mark.parametrize(("at_once", "told"), [(1 << 20, False), (3, False), (3, True)])
def test_blocks_are_those_of_a_build_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, *, told: bool
) -> None:
    monkeypatch.setattr("kg.kept._COPIED", at_once)
    written(tmp_path / "old", {"a": "xx", "b": "", "c": "yyy", "d": "z"}, nothing())
    texts = {"a": "xx", "a2": "new", "b": "", "c": "changed", "d": "z"}
    last = Kept.read(tmp_path / "old", "me")
    grown = written(tmp_path / "grown", texts, last, told=told)
    written(tmp_path / "anew", texts, nothing())

    for name in ("one", "two", BLOCKS):
        assert (tmp_path / "grown" / name).read_bytes() == (tmp_path / "anew" / name).read_bytes()
    assert (tmp_path / "grown/one").read_bytes() == b"[a:xx;a2:new;b:;c:changed;d:z;]"
    assert (tmp_path / "grown/two").read_bytes() == b"xxnewchangedzaa2bcd"
    assert not (tmp_path / "grown/later").exists()
    assert list(last.without(grown, "text", "one")) == [b"c:yyy;"]
    assert list(grown.without(last, "text", "one")) == [b"a2:new;", b"c:changed;"]
    assert grown.rest("one") == b"[]"
    assert Kept.read(tmp_path / "grown", "me").note.more == b"more"


def write(path: Path, papers: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")


def shorten(folder: Path) -> None:
    (folder / "one").write_bytes(b"[")


def rewrite(folder: Path) -> None:
    (folder / "one").write_bytes((folder / "one").read_bytes().upper())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / BLOCKS).write_bytes(b"\x93no note"),
        lambda folder: (folder / BLOCKS).unlink(),
        lambda folder: (folder / "two").unlink(),
        shorten,
        rewrite,
    ],
)
def test_what_was_touched_is_not_taken_over(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    written(tmp_path / "old", {"a": "xx"}, nothing())
    spoil(tmp_path / "old")

    assert not Kept.read(tmp_path / "old", "me").count("text")


def test_another_program_takes_nothing_over(tmp_path: Path) -> None:
    written(tmp_path / "old", {"a": "xx"}, nothing())

    assert Kept.read(tmp_path / "old", "me").count("text") == 1
    assert not Kept.read(tmp_path / "old", "you").count("text")


def test_a_store_is_changed_where_little_changes(tmp_path: Path) -> None:
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    pages = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(pages[0], PAPERS[:7])
    write(pages[1], PAPERS[7:])
    build([pages[0]], tmp_path / "out", config=config)
    data = {path.stat().st_ino for path in (tmp_path / "out/store").glob("*.sst")}
    build([pages[1]], tmp_path / "out", config=config)
    build(pages, tmp_path / "anew", config=config)

    assert data & {path.stat().st_ino for path in (tmp_path / "out/store").glob("*.sst")}
    assert set(open_store(tmp_path / "out")) == set(open_store(tmp_path / "anew"))


def test_workers_that_were_made_ready_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.build._WORTH_A_PROCESS", 1)
    config = Config(tagger=False, jobs=2, cache=tmp_path)
    pages = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(pages[0], PAPERS[:7])
    write(pages[1], PAPERS[7:])
    ready, were_ready = kg.build._ready, list[bool]()

    def noted(*given: Any) -> Engine | None:  # noqa: ANN401
        workers = ready(*given)
        were_ready.append(workers is not None)
        return workers

    monkeypatch.setattr("kg.build._ready", noted)
    build([pages[0]], tmp_path / "out", config=config)
    build([pages[1]], tmp_path / "out", config=config)
    build(pages, tmp_path / "anew", config=config)

    assert were_ready == [False, True, False]
    for name in ("graph.html", "graph.ttl", "evidence.nq", "names.bin"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "anew" / name).read_bytes()


def test_a_build_with_nothing_new_leaves_the_folder_alone(tmp_path: Path) -> None:
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    write(tmp_path / "one.jsonl", PAPERS)
    first = build([tmp_path / "one.jsonl"], tmp_path / "out", config=config)
    before = (tmp_path / "out").stat().st_ino
    second = build([tmp_path / "one.jsonl"], tmp_path / "out", config=config)
    assert (tmp_path / "out").stat().st_ino == before
    assert second == first

    (tmp_path / "out/graph.html").unlink()
    build([tmp_path / "one.jsonl"], tmp_path / "out", config=config)
    assert (tmp_path / "out/graph.html").is_file()

    write(tmp_path / "one.jsonl", PAPERS[1:])
    third = build([tmp_path / "one.jsonl"], tmp_path / "out", config=replace(config, sync=True))
    assert third.papers == len(PAPERS) - 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_store_that_cannot_be_opened_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr("kg.build._WORTH_A_PROCESS", 1)
    config = Config(tagger=False, jobs=jobs, cache=tmp_path)
    pages = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(pages[0], PAPERS[:7])
    write(pages[1], PAPERS[7:])
    build([pages[0]], tmp_path / "out", config=config)
    (tmp_path / "out/store/CURRENT").write_text("nothing\n")
    build([pages[1]], tmp_path / "out", config=config)
    build(pages, tmp_path / "anew", config=config)

    assert set(open_store(tmp_path / "out")) == set(open_store(tmp_path / "anew"))


def test_a_full_disk_leaves_the_last_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    pages = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(pages[0], PAPERS[:7])
    write(pages[1], PAPERS[7:])
    build([pages[0]], tmp_path / "out", config=config)
    before = (tmp_path / "out/evidence.nq").read_bytes()

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("kg.writing.put_together", full)
    with pytest.raises(OutputError, match="No space left on device"):
        build([pages[1]], tmp_path / "out", config=config)
    assert (tmp_path / "out/evidence.nq").read_bytes() == before


def test_a_file_is_put_together_of_bytes_and_parts_of_others(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"0123456789")
    pieces = [b"<", (other, 2, 5), (other, 5, 7), b"|", (other, 0, 1), b">"]

    assert put_together(tmp_path / "new", pieces) == blake3(b"<23456|0>").hexdigest()
    assert (tmp_path / "new").read_bytes() == b"<23456|0>"
    with pytest.raises(OSError, match="shorter than it was"):
        put_together(tmp_path / "new", [(other, 5, 12)])


def test_what_was_added_to_a_store_does_not_stay(tmp_path: Path) -> None:
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    write(tmp_path / "one.jsonl", PAPERS)
    build([tmp_path / "one.jsonl"], tmp_path / "out", config=config)
    before = set(open_store(tmp_path / "out"))
    CliRunner().invoke(main, ["stats", "--write", "-g", str(tmp_path / "out")])
    assert (tmp_path / "out" / ANALYSIS).is_file()
    build([tmp_path / "one.jsonl"], tmp_path / "out", config=config)

    assert set(open_store(tmp_path / "out")) == before
    assert len(list(read_jsonl(tmp_path / "out/papers.jsonl"))) == len(PAPERS)

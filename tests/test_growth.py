"""A folder that grew in many builds holds the bytes that one build from nothing gives."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kg.build import build, summary_of
from kg.cli import main
from kg.config import Config
from kg.errors import GraphError, RecordError
from kg.records import read_jsonl
from kg.store import open_store

NAMES = ("FoxNet", "HoundBench", "BurrowQA", "ImageNet", "GPT-4", "Tail Loss (TL)")
TEXTS = (
    "We introduce {0}, a network for image classification.",
    "We evaluate {0} on {1} and reach 91.5% accuracy.",
    "{0} outperforms {1} on ImageNet. Low-Rank Adaptation (LoRA) makes it smaller.",
)
PAPERS = st.fixed_dictionaries(
    {
        "title": st.sampled_from([f"Paper {n} on {name}" for n, name in enumerate(NAMES)]),
        "abstract": st.builds(
            str.format, st.sampled_from(TEXTS), st.sampled_from(NAMES), st.sampled_from(NAMES)
        ),
        "arxiv_id": st.sampled_from(["", "2401.00001", "2401.00002"]),
        "authors": st.lists(st.sampled_from(["A. Fox", "B. Hound"]), max_size=2),
    }
)
FILES = ("a.jsonl", "b.jsonl", "c.jsonl")


def write(path: Path, papers: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers))


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each file, the store apart."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


class Growth(RuleBasedStateMachine):
    """Files come, change and go, and the folder follows."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.config = Config(tagger=False, jobs=1, cache=self.folder / "cache")
        self.files: dict[str, list[dict[str, object]]] = {}
        self.patch = pytest.MonkeyPatch()

    @initialize(
        papers=st.lists(PAPERS, min_size=1, max_size=4), share=st.sampled_from([0.0, 0.5, 10.0])
    )
    def begin(self, papers: list[dict[str, object]], share: float) -> None:
        """Make the folder; if more than *share* of it changes, its store is made anew."""
        self.patch.setattr("kg.writing._SHARE", share)
        self.put("a.jsonl", papers)

    @rule(name=st.sampled_from(FILES), papers=st.lists(PAPERS, min_size=1, max_size=3))
    def add(self, name: str, papers: list[dict[str, object]]) -> None:
        """Add papers to a file; those with a title that is there already change what it said."""
        old = [p for p in self.files.get(name, []) if not any(is_same(p, new) for new in papers)]
        self.put(name, [*old, *papers])

    def put(self, name: str, papers: list[dict[str, object]]) -> None:
        """Write a file and build it alone into the folder."""
        self.files[name] = papers
        write(self.folder / name, papers)
        build([self.folder / name], self.folder / "out", config=self.config)

    @precondition(lambda self: len(self.files) > 1)
    @rule(name=st.sampled_from(FILES))
    def remove(self, name: str) -> None:
        """Take a file away, and let the folder hold what the others say."""
        if self.files.pop(name, None) and self.files:
            config = Config(tagger=False, jobs=1, cache=self.config.cache, sync=True)
            inputs = [self.folder / left for left in self.files]
            build(inputs, self.folder / "out", config=config)

    @rule()
    def forget(self) -> None:
        """Delete the cache, which is safe."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def teardown(self) -> None:
        """Compare with what a build from nothing gives."""
        self.patch.undo()
        if self.files:
            anew = Config(tagger=False, jobs=1, cached=False)
            build([self.folder / name for name in self.files], self.folder / "anew", config=anew)
            assert digests(self.folder / "out") == digests(self.folder / "anew")
            assert set(open_store(self.folder / "out")) == set(open_store(self.folder / "anew"))
        self.place.cleanup()


def is_same(one: dict[str, object], other: dict[str, object]) -> bool:
    """Whether two records are about one paper."""
    return one["title"] == other["title"] or one["arxiv_id"] == other["arxiv_id"] != ""


TestGrowth = Growth.TestCase
TestGrowth.settings = settings(
    max_examples=12,
    stateful_step_count=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestGrowth = pytest.mark.slow(TestGrowth)


def test_what_was_read_before_stays_until_sync(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(one, [{"title": "On FoxNet", "abstract": TEXTS[0].format("FoxNet")}, {"title": "bad"}])
    write(two, [{"title": "On BurrowQA", "abstract": TEXTS[1].format("GPT-4", "BurrowQA")}])
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    build([one], tmp_path / "out", config=config)
    both = build([two], tmp_path / "out", config=config)
    synced = build(
        [two], tmp_path / "out", config=Config(tagger=False, jobs=1, cache=tmp_path, sync=True)
    )

    assert (both.entries, both.papers) == (2, 2)
    assert [reason.startswith("one.jsonl, line 2") for reason in both.skipped] == [True]
    assert (synced.papers, synced.skipped) == (1, ())
    assert [x.paper.title for x in read_jsonl(tmp_path / "out/papers.jsonl")] == ["On BurrowQA"]


def test_an_output_whose_entries_are_gone_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "one.jsonl"
    write(page, [{"title": "On FoxNet", "abstract": TEXTS[0].format("FoxNet")}])
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    build([page], tmp_path / "out", config=config)
    (tmp_path / "out/entries.jsonl.gz").write_bytes(b"\x1f\x8b no gzip")
    before = digests(tmp_path / "out")

    with pytest.raises(GraphError, match="--sync"):
        build([page], tmp_path / "out", config=config)
    assert digests(tmp_path / "out") == before


@pytest.mark.parametrize("name", ["entries.bin", "names.bin", "blocks.bin"])
def test_what_is_remembered_can_be_missing(tmp_path: Path, name: str) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(one, [{"title": "On FoxNet", "abstract": TEXTS[0].format("FoxNet")}])
    write(two, [{"title": "On BurrowQA", "abstract": TEXTS[1].format("GPT-4", "BurrowQA")}])
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    build([one], tmp_path / "out", config=config)
    (tmp_path / "out" / name).unlink()
    build([two], tmp_path / "out", config=config)
    build([one, two], tmp_path / "anew", config=config)

    assert digests(tmp_path / "out") == digests(tmp_path / "anew")


def test_the_command_adds_and_syncs(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(one, [{"title": "On FoxNet", "abstract": TEXTS[0].format("FoxNet")}])
    write(two, [{"title": "On BurrowQA", "abstract": TEXTS[1].format("GPT-4", "BurrowQA")}])
    options = ["--no-tagger", "--cache", str(tmp_path / "c"), "-o", str(tmp_path / "out")]
    for arguments, papers in (([one], 1), ([two], 2), ([two, "--sync"], 1)):
        done = CliRunner().invoke(main, ["build", *map(str, arguments), *options])
        assert done.exit_code == 0, done.output
        assert "written to" in done.output
        assert summary_of(tmp_path / "out").papers == papers
    done = CliRunner().invoke(main, ["build", str(two), *options])
    assert f"nothing is new: {tmp_path / 'out'}/ is as it was" in done.output


def test_a_build_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    page, cache = tmp_path / "many.jsonl", tmp_path / "cache"
    long = " ".join(TEXTS[2].format("FoxNet", f"HoundNet-{n}") for n in range(30))
    write(page, [{"title": f"On FoxNet {n}", "abstract": f"{long} {n}"} for n in range(300)])
    options = ["--no-tagger", "--jobs", "1", "--cache", str(cache), "-o", str(tmp_path / "out")]
    command = [sys.executable, "-m", "kg", "build", str(page), *options]
    building = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not kept(cache / "extractions.sqlite"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    building.kill()
    building.wait()
    told: list[tuple[str, int, int]] = []
    done = kept(cache / "extractions.sqlite")
    config = Config(tagger=False, jobs=1, cache=cache)
    summary = build(
        [page], tmp_path / "out", config=config, progress=lambda *step: told.append(step)
    )

    assert 0 < done < summary.papers == 300
    assert ("extracting", 0, 300 - done) in told
    assert {path.name for path in tmp_path.iterdir()} == {"many.jsonl", "cache", "out"}


def kept(database: Path) -> int:
    """Return how many texts a cache knows."""
    if not database.is_file():
        return 0
    with closing(sqlite3.connect(database, timeout=60)) as db:
        try:
            return int(db.execute("SELECT count(*) FROM extraction").fetchone()[0])
        except sqlite3.OperationalError:  # made this moment
            return 0


def test_a_new_file_without_a_paper_changes_nothing(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write(one, [{"title": "On FoxNet", "abstract": TEXTS[0].format("FoxNet")}])
    two.write_text('{"title": "no abstract"}\n')
    config = Config(tagger=False, jobs=1, cache=tmp_path)
    build([one], tmp_path / "out", config=config)
    before = digests(tmp_path / "out")

    with pytest.raises(RecordError):
        build([two], tmp_path / "out", config=config)
    assert digests(tmp_path / "out") == before

"""Entries in a folder: what new ones do not touch is as it was, and the rest as from nothing."""

import gzip
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import entries
from kg.config import Config
from kg.entries import COLUMNS, ENTRIES, Entries, Last, read_entries_of
from kg.errors import GraphError
from kg.gather import gather

TITLES = [f"On foxes and hounds {n}" for n in range(9)]
RECORDS = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "abstract": st.sampled_from(["We track foxes.", "We track hounds, and foxes too."]),
        # more than three titles may come to share an id, which is then no paper's own
        "arxiv_id": st.sampled_from(["", "", "2401.00001", "2401.00002", "2401.00003"]),
        "doi": st.sampled_from(["", "", "10.1000/a", "10.1000/b"]),
    }
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.lists(RECORDS, min_size=1, max_size=7)),
    min_size=2,
    max_size=5,
)


def put(place: Path, name: str, records: list[dict[str, str]]) -> Path:
    path = place / f"{name}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def grown(place: Path, inputs: list[Path], last: Path | None) -> tuple[Entries, Path]:
    """Gather *inputs* and what the folder *last* holds, and write it to a folder."""
    papers = gather(inputs, Config(), last, is_known=last is not None).papers
    folder = Path(tempfile.mkdtemp(dir=place))
    papers.write(folder)
    (folder / "run.json").write_text('{"inputs": [], "skipped": [], "notes": []}')
    return papers, folder


@settings(deadline=None, max_examples=60)
@given(steps=STEPS)
def test_what_is_added_to_is_what_is_made_at_once(steps: list[tuple[str, list]]) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "_MEMBER", 2)
        place, folder = Path(name), None
        said: dict[str, list[dict[str, str]]] = {}
        for file, records in steps:
            # a record of a title or an id that the file had before takes the place of that
            old = [r for r in said.get(file, []) if not any(is_same(r, one) for one in records)]
            said[file] = old + records
            papers, folder = grown(place, [put(place, file, said[file])], folder)
        whole, anew = grown(place, [place / f"{file}.jsonl" for file in said], None)

        assert folder is not None
        assert list(papers) == list(whole)
        assert (papers.digests, papers.count) == (whole.digests, whole.count)
        for file in (ENTRIES, COLUMNS):
            assert (folder / file).read_bytes() == (anew / file).read_bytes()


def is_same(one: dict[str, str], other: dict[str, str]) -> bool:
    return any(one[key] == other[key] != "" for key in ("title", "arxiv_id", "doi"))


def test_untouched_papers_are_neither_unpacked_nor_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        {"title": f"A paper on fox number {n}", "abstract": "We track it."} for n in range(1000)
    ]
    _, folder = grown(tmp_path, [put(tmp_path, "many", many)], None)
    packed: list[int] = []
    real = gzip.compress

    def compress(data: bytes, *level: int, mtime: int) -> bytes:
        packed.append(data.count(b"\n"))
        return real(data, *level, mtime=mtime)

    monkeypatch.setattr(entries.gzip, "compress", compress)
    more = [{"title": "A paper on a hound", "abstract": "We track it too."}]
    papers, after = grown(tmp_path, [put(tmp_path, "more", more)], folder)

    assert len(papers) == 1001
    assert len(packed) == 1
    assert packed[0] < 1000
    assert len(list(read_entries_of(after))) == papers.count == 1001


def test_entries_that_are_damaged_are_said_to_be(tmp_path: Path) -> None:
    _, folder = grown(tmp_path, [put(tmp_path, "one", [{"title": "A fox", "abstract": "x"}])], None)
    raw = (folder / ENTRIES).read_bytes()
    (folder / ENTRIES).write_bytes(raw[:20] + bytes(len(raw) - 20))

    with pytest.raises(GraphError, match=r"entries\.jsonl\.gz: .*--sync"):
        Last(folder).entries(0)
    with pytest.raises(GraphError, match=r"entries\.jsonl\.gz: .*--sync"):
        list(read_entries_of(folder))
    (folder / COLUMNS).write_bytes(b"no columns")
    with pytest.raises(GraphError, match=r"entries\.bin: .*--sync"):
        Last(folder)

"""The parts together are the graph, and each can be loaded by itself."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.export import Source, export, partitions

pytest.importorskip("pyarrow", reason="pyarrow is not installed")


@pytest.fixture
def parts(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of parts that are small enough to be many."""
    monkeypatch.setattr(partitions, "_LINES", 40)
    monkeypatch.setattr(partitions, "_ROWS", 2)
    export(Source(output), "partitions", tmp_path / "parts")
    return tmp_path / "parts"


def quads_of(path: Path) -> list[ox.Quad]:
    return list(ox.parse(gzip.decompress(path.read_bytes()), format=ox.RdfFormat.N_QUADS))


def test_the_parts_together_are_the_graph(output: Path, parts: Path) -> None:
    found = [quad for path in sorted(parts.glob("*.nq.gz")) for quad in quads_of(path)]
    source = Source(output)

    assert len(list(parts.glob("plain-*.nq.gz"))) > 1
    assert set(found) == {*(ox.Quad(*triple) for triple in source.plain()), *source.evidence()}


def test_no_named_graph_is_cut_in_two(parts: Path) -> None:
    graphs = [{q.graph_name for q in quads_of(path)} for path in parts.glob("evidence-*.nq.gz")]

    assert len(graphs) == len(set.union(*graphs)) == 2


def test_a_bulk_loader_takes_them_in_any_order(output: Path, parts: Path) -> None:
    store = ox.Store()
    for path in sorted(parts.glob("*.nq.gz"), reverse=True):
        store.bulk_load(gzip.decompress(path.read_bytes()), format=ox.RdfFormat.N_QUADS)

    source = Source(output)
    assert len(store) == len({*(ox.Quad(*triple) for triple in source.plain())}) + len(
        set(source.evidence())
    )


def test_duckdb_reads_the_tables_as_one(parts: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    count = "SELECT count(*), count(DISTINCT id) FROM '{}/papers-*.parquet'"

    assert len(list(parts.glob("mentions-*.parquet"))) > 1
    assert duckdb.sql(count.format(parts)).fetchall() == [(2, 2)]


def test_the_same_graph_gives_the_same_parts(
    output: Path, parts: Path, tmp_path: Path, written: Callable[..., Path]
) -> None:
    export(Source(output), "partitions", tmp_path / "again")

    assert {p.name: p.read_bytes() for p in parts.iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "again").iterdir()
    }

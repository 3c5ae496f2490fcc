"""The graph in many files of one size, for loaders that read files side by side.

``plain-00000.nq.gz`` and ``evidence-00000.nq.gz`` are N-Quads; no named graph is cut in two, so
that each file can be loaded, or loaded again, by itself. ``papers-00000.parquet`` and so on are the
tables of :mod:`kg.export.parquet`.
"""

import gzip
from collections.abc import Iterable
from itertools import chain, groupby, islice
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, serialize

from kg.export.parquet import TABLES, rows, table_writer
from kg.export.source import Source

__all__ = ["write_partitions"]

#: Quads and rows in a file, or a few more where a paper goes on.
_LINES = 1_000_000
_ROWS = 250_000


def write_partitions(source: Source, folder: Path) -> None:
    """Write all parts into *folder*: the same graph, the same bytes; needs pyarrow."""
    quads = (Quad(*triple) for triple in source.plain())
    lines = (serialize([quad], None, RdfFormat.N_QUADS) or b"" for quad in quads)
    _write_lines(folder, "plain", ([line] for line in lines))
    with source.file("evidence.nq").open("rb") as evidence:
        papers = (block for _, block in groupby(evidence, key=_graph))
        _write_lines(folder, "evidence", papers)
    for table, columns in TABLES.items():
        rest = rows(source, table)
        for number, first in enumerate(rest):
            with table_writer(folder / f"{table}-{number:05}.parquet", columns) as write:
                write(chain([first], islice(rest, _ROWS - 1)))


def _graph(line: bytes) -> bytes:
    return line.rsplit(b" ", 2)[1]


def _write_lines(folder: Path, name: str, blocks: Iterable[Iterable[bytes]]) -> None:
    rest = iter(blocks)
    for number, first in enumerate(rest):
        with (
            (folder / f"{name}-{number:05}.nq.gz").open("wb") as raw,
            # no name and no time in the header: the same quads, the same bytes
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as out,
        ):
            count = 0
            for block in chain([first], rest):
                for line in block:
                    out.write(line)
                    count += 1
                if count >= _LINES:
                    break

"""What the export tests share: a small output folder, and how to write and compare."""

import io
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, serialize
from small_graph import build

from kg.export import Source, export


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as ``kg build`` writes it, of two made-up papers."""
    return build(tmp_path_factory.mktemp("export") / "output")


@pytest.fixture
def written(output: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a format into a file of the test's own folder."""

    def write(format_: str, name: str = "", **options: str | tuple[str, ...]) -> Path:
        path = tmp_path / (name or f"out.{format_}")
        export(Source(output, **options), format_, path)  # type: ignore[arg-type]
        return path

    return write


def text_of(source: Source, format_: str) -> str:
    """Return what *format_* writes to a stream."""
    out = io.BytesIO()
    export(source, format_, out)
    return out.getvalue().decode()


def canonical_hash(quads: Iterable[Quad]) -> str:
    """Return the SHA-256 of the canonical N-Quads of *quads* (RDFC-1.0)."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    lines = (serialize([quad], format=RdfFormat.N_QUADS) or b"" for quad in dataset)
    return sha256(b"".join(sorted(lines))).hexdigest()

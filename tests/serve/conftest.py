"""One endpoint for all tests of this folder that do not change it."""

from collections.abc import Iterator
from pathlib import Path

import endpoint
import pytest
import query_graph
from needs import needs


@pytest.fixture(scope="session")
def dens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of the six papers; nobody may change it."""
    return query_graph.write_graph(tmp_path_factory.mktemp("served") / "output")


@pytest.fixture(scope="session")
def served(dens: Path) -> Iterator[endpoint.Endpoint]:
    """A running endpoint with a short time limit."""
    needs("aiohttp")
    with endpoint.running(dens, "--timeout", "2", "--cors", "https://example.org") as running:
        yield running

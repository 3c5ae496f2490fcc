"""A service on loopback, and `kg fetch` that asks it in haste, with a cache of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from needs import needs
from paper_services import Service, arguments, serving

from kg.cli import main

Fetch = Callable[..., Result]


@pytest.fixture(autouse=True)
def _own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("httpx", "tenacity"):
        needs(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,nowhere.invalid")
    for name in ("OPENALEX_API_KEY", "S2_API_KEY", "KG_MAILTO"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of seven papers, three a page."""
    with serving(Service()) as running:
        yield running


@pytest.fixture
def kg_fetch(service: Service) -> Fetch:
    """`kg fetch SOURCE …` on that service, writing papers.jsonl."""

    def call(source: str, *more: str) -> Result:
        return CliRunner().invoke(main, arguments(service, source, *more))

    return call

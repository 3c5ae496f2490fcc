"""What all tests share: the shipped sample as a built folder, made once a session."""

import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import needs

from kg.build import build, sample_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# a shell starts what runs in the background deaf to Ctrl-C, and so would be all that tests start
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests take nothing from the user's cache and leave nothing in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def built_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``kg build --sample`` writes; nobody may change it."""
    folder = tmp_path_factory.mktemp("sample") / "output"
    build(sample_files(), folder)
    return folder


@pytest.fixture
def sample_output(built_sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample's folder that a test may change."""
    return Path(shutil.copytree(built_sample, tmp_path / "output"))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, as Playwright drives it; it reaches nothing by itself."""
    program = needs("chromium")
    needs("playwright")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=flags)
        yield opened
        opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Leave out doctests of tests: they pass over a file that cannot be imported, tests and all."""
    found = yield
    return [one for one in found if type(one).__name__ != "DoctestModule"]

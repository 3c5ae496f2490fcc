"""Tests that need a program or a package which not everybody has."""

import importlib.util
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import NoReturn

import pytest

_JS = Path(__file__).parent / "js"


def needs(name: str) -> str:
    """Return the path of the program *name*, or *name* itself if it is an installed package.

    Without it the test is skipped with a reason, or fails where ``KG_REQUIRE_ALL=1``.
    """
    places = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    found = shutil.which(name, path=places)
    if found is None and name.isidentifier() and importlib.util.find_spec(name) is not None:
        found = name
    return found or _without(f"{name} is not installed")


def needs_package(name: str) -> None:
    """Skip the test, or fail it, without the package *name*; a program of that name is no help."""
    if importlib.util.find_spec(name) is None:
        _without(f"{name} is not installed")


def needs_path(path: Path, how: str) -> Path:
    """Return *path*; without it the test is skipped, or fails, and says *how* it is made."""
    return path if path.exists() else _without(f"{path.name} is not there ({how})")


def _without(reason: str) -> NoReturn:
    if os.environ.get("KG_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def run_script(name: str, *arguments: str) -> str:
    """Return what ``tests/js/NAME.mjs`` prints, without the blanks around it."""
    node = needs("node")
    if not (_JS / "node_modules").is_dir():
        needs("node_modules of tests/js (npm ci)")
    command = [node, str(_JS / f"{name}.mjs"), *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    assert told.stderr == ""
    return told.stdout.strip()

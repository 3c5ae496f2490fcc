"""Tests that need a program or a package which not everybody has."""

import importlib.util
import os
import shutil
import sysconfig

import pytest


def needs(name: str) -> str:
    """Return the path of the program *name*, or *name* itself if it is an installed package.

    Without it the test is skipped with a reason, or fails where ``KG_REQUIRE_ALL=1``.
    """
    places = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    found = shutil.which(name, path=places)
    if found is None and name.isidentifier() and importlib.util.find_spec(name) is not None:
        found = name
    if found is None:
        reason = f"{name} is not installed"
        if os.environ.get("KG_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found

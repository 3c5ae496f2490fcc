"""The front end's own tests, and whether what is checked in was built from its source."""

import shutil
import subprocess
from pathlib import Path

from needs import needs, needs_path

ROOT = Path(__file__).parents[2]


def test_plain_functions_pass_their_own_tests() -> None:
    tests = sorted((ROOT / "tests/viewer/js").glob("*.test.mjs"))
    done = subprocess.run(
        [needs("node"), "--test", *map(str, tests)], capture_output=True, check=False, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_checked_in_bundle_is_that_of_the_source(tmp_path: Path) -> None:
    viewer = ROOT / "kg/viewer"
    node = needs("node")
    needs_path(viewer / "node_modules/esbuild", "npm ci in kg/viewer")
    shutil.copytree(viewer / "src", tmp_path / "src")
    shutil.copy(viewer / "build.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(viewer / "node_modules")
    subprocess.run([node, "build.mjs"], cwd=tmp_path, check=True, capture_output=True)

    for name in ("viewer.js", "viewer.css"):
        assert (tmp_path / "static" / name).read_bytes() == (viewer / "static" / name).read_bytes()

"""What is public is there, and the wheel is whole."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import kg

ROOT = Path(__file__).parent.parent


def test_public_names_are_there() -> None:
    for name in kg.__all__:
        assert getattr(kg, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = kg.nothing


def test_no_public_name_is_that_of_a_module() -> None:
    for name in kg.__all__:
        assert not (ROOT / "kg" / f"{name}.py").exists()
        assert not (ROOT / "kg" / name).is_dir()


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    assert any(name.startswith("kg/data/queries/") for name in names)
    assert not any("node_modules" in name or "__pycache__" in name for name in names)

    # the libraries are this environment's, the package is the wheel's alone
    venv.create(tmp_path / "env", with_pip=False)
    home = next((tmp_path / "env").glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(home)
    libraries = Path(pytest.__file__).parent.parent
    (home / "libraries.pth").write_text(f"{libraries}\n")
    python = tmp_path / "env" / "bin" / "python"
    command = [str(python), "-m", "kg", "build", "--sample", "--no-tagger", "-o", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "graph.ttl").stat().st_size > 10_000
    where = [str(python), "-c", "import kg; print(kg.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(home) in found.stdout

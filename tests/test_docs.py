"""What the documents say is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


def test_the_map_in_the_readme_is_the_folder() -> None:
    rows = set(re.findall(r"^\| `([\w/.]+)` \|", README.split("## Map of")[1], re.MULTILINE))
    folder = ROOT / "kg"
    modules = {p.name for p in folder.glob("*.py") if not p.name.startswith("__")}
    packages = {f"{p.name}/" for p in folder.iterdir() if p.is_dir() and p.name != "__pycache__"}

    assert rows == modules | packages


def test_the_two_commands_stand_in_the_readme() -> None:
    blocks = re.findall(r"^```sh (first|second)\n(.+?)\n```", README, re.MULTILINE | re.DOTALL)

    assert [name for name, _ in blocks] == ["first", "second"]
    assert "kg build --sample" in blocks[0][1]
    assert "pytest" in blocks[1][1]


def test_the_reference_of_commands_is_what_help_says() -> None:
    # in a process of its own: click keeps what other tests have called its commands with
    check = [sys.executable, str(ROOT / "scripts" / "cli_docs"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target

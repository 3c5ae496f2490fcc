"""The command line parses, calls and prints; what goes wrong is one clear sentence."""

import gzip
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kg.cli import LAZY, main

ABSTRACT = "We introduce ZooNet, a network for image classification that beats ResNet-50."


def kg(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(a) for a in arguments], input=text)


def page(folder: Path, *titles: str) -> Path:
    """Write a JSON Lines file of papers with *titles*."""
    path = folder / "papers.jsonl"
    lines = [json.dumps({"title": title, "abstract": ABSTRACT}) for title in titles]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_build_ends_with_a_summary(tmp_path: Path) -> None:
    done = kg("build", page(tmp_path, "One", "Two"), "-o", tmp_path / "out", "--no-tagger")

    assert done.exit_code == 0
    assert "papers           2" in done.output
    assert "ZooNet" in done.output
    assert "graph.ttl" in done.output
    assert kg("stats", "-g", tmp_path / "out").output in done.output


def test_extract_writes_the_form_of_the_scorer(tmp_path: Path) -> None:
    printed = kg("extract", page(tmp_path, "One"), "--no-tagger")
    kg("extract", page(tmp_path, "One"), "--no-tagger", "-o", tmp_path / "x.jsonl")
    (paper,) = map(json.loads, printed.stdout.splitlines())

    assert (tmp_path / "x.jsonl").read_text() == printed.stdout
    assert {e["id"] for e in paper["entities"]} >= {"zoonet", "image-classification"}
    for entity in paper["entities"]:
        for mention in entity["mentions"]:
            text = paper["title"] + "\n" + paper["abstract"]
            assert text[mention["start"] : mention["end"]] == mention["text"]


def test_papers_come_from_a_pipe(tmp_path: Path) -> None:
    done = kg("extract", "-", "--no-tagger", text=page(tmp_path, "One").read_text())

    assert done.exit_code == 0
    assert json.loads(done.stdout)["title"] == "One"


def test_what_is_skipped_is_counted_and_named(tmp_path: Path) -> None:
    path = page(tmp_path, *(f"Paper {n}" for n in range(6)))
    path.write_text(path.read_text() + '{"title": "broken\n{"title": "no abstract"}\n')
    done = kg("build", path, "-o", tmp_path / "out", "--no-tagger")
    strict = kg("build", path, "-o", tmp_path / "out", "--no-tagger", "--strict")

    assert done.exit_code == 0
    assert "skipped          2" in done.output
    assert "line 7" in done.output
    assert "line 8" in done.output
    assert strict.exit_code == 1
    assert "line 7" in strict.output


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.txt", None, "no such file"),
        ("empty.txt", b"", "empty"),
        ("blank.txt", b"\n \n\t\n", ""),
        ("noise.txt", bytes(range(256)) * 20, ""),
        ("prose.txt", b"A shopping list\nmilk\neggs\nbread\n", ""),
        ("broken.json", b'{"title": "x", "abstract": ', ""),
        ("list.json", b"[1, 2, 3]", ""),
        ("cut.jsonl.gz", gzip.compress(b'{"title": "x", "abstract": "y"}\n' * 99)[:40], ""),
    ],
)
def test_input_that_is_none_is_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = kg("build", tmp_path / name, "-o", tmp_path / "out", "--no-tagger")

    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {tmp_path / name}") or done.output.startswith(
        f"Error: {name}"
    )
    assert words in done.output
    assert "cannot be written" not in done.output
    assert "Traceback" not in done.output
    assert done.output.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_hard_titles_are_kept_and_hopeless_ones_named(tmp_path: Path) -> None:
    kept = ["T" * 1_900, "</script><b>\"'&", "bell \a and nul \0", "smile \U0001f600 \u202e"]
    hopeless = ["T" * 10_000, "\ud800"]
    path = page(tmp_path, *kept, *hopeless)
    done = kg("build", path, "-o", tmp_path / "out", "--no-tagger")

    assert done.exit_code == 0, done.output
    assert "papers           4" in done.output
    assert "skipped          2" in done.output
    assert "10,000 characters" in done.output


def test_a_single_line_of_fifty_megabytes_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    path.write_bytes(b"word " * 10_000_000)
    done = kg("build", path, "-o", tmp_path / "out", "--no-tagger")

    assert done.exit_code == 1
    assert done.output.count("\n") == 1


def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = kg("build", page(tmp_path, "One"), "-o", tmp_path / "file", "--no-tagger")

    assert done.exit_code == 1
    assert "is a file" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("build",), "--sample"),
        (("biuld",), "Did you mean 'build'"),
        (("build", "x.txt", "--no-taggr"), "--no-tagger"),
        (("stats", "-g", "nowhere"), "kg build"),
        (("build", "x", "--config", "none.toml"), "none.toml"),
        (("build", "x", "--base", "ftp://x"), "http"),
        (("build", "x", "--format", "docx"), "jsonl"),
    ],
)
def test_a_wrong_call_says_what_would_do(arguments: tuple[str, ...], words: str) -> None:
    done = kg(*arguments)

    assert done.exit_code in {1, 2}
    assert words in done.output


def test_settings_come_from_a_file_and_options_win(tmp_path: Path) -> None:
    toml = tmp_path / "kg.toml"
    toml.write_text('base = "https://example.org/"\ntagger = false\n')
    out = tmp_path / "out"
    kg("build", page(tmp_path, "One"), "-o", out, "--config", toml)

    assert "https://example.org/entity/zoonet" in (out / "evidence.nq").read_text()

    kg("build", page(tmp_path, "One"), "-o", out, "--config", toml, "--base", "https://x.org/")

    assert "https://x.org/entity/zoonet" in (out / "evidence.nq").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bsae = 'x'", "did you mean 'base'"),
        ("strict = 1", "must be a bool"),
        ("=", "no TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, words: str) -> None:
    toml = tmp_path / "kg.toml"
    toml.write_text(text)
    done = kg("build", page(tmp_path, "One"), "--config", toml, "-o", tmp_path / "out")

    assert done.exit_code == 1
    assert words in done.output


def test_a_pipe_that_closes_early_is_no_error() -> None:
    command = f"{sys.executable} -m kg extract --sample --no-tagger | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)  # noqa: S602

    assert done.stderr == b""


def test_control_c_ends_with_a_word_and_130(tmp_path: Path) -> None:
    import signal
    import time

    command = [sys.executable, "-m", "kg", "build", "--sample", "-o", str(tmp_path / "out")]
    running = subprocess.Popen(command, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".out.building-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate()

    assert running.returncode == 130
    assert said == b"stopped; nothing was changed\n"
    assert list(tmp_path.iterdir()) == []


def test_each_lazy_command_is_there_and_says_the_same_of_itself() -> None:
    for name, (place, about) in LAZY.items():
        module, attribute = place.split(":")
        command = getattr(importlib.import_module(module), attribute)

        assert isinstance(command, click.Command)
        assert command.name == name
        assert about


def test_each_command_and_option_has_help() -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"


def test_asking_and_help_load_nothing_heavy() -> None:
    code = (
        "import sys, kg, kg.cli, kg.cli_query\n"
        "heavy = {'spacy', 'rdflib', 'networkx', 'pyvis', 'scipy', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)

"""What was read of a text is found again by what it depends on, and by nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from factories import extraction

import kg.extract
from kg.cache import Cache
from kg.errors import ConfigError
from kg.extract import fingerprint
from kg.model import Extraction

READ = extraction(1, "FoxNet", "hound loss")
decoded = msgspec.msgpack.Decoder(Extraction).decode


def test_what_was_put_is_got_whatever_the_paper_is_called(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "c.sqlite", "maker")
    key = cache.key(READ.paper)
    other = replace(READ.paper, id="h-other", sources=("b.txt",))

    assert cache.missing([key, key]) == [key]
    cache.put([(key, Cache.pack(READ))])
    assert cache.missing([key]) == []
    assert cache.key(other) == key
    assert decoded(cache.get(key, other)) == replace(READ, paper=other)
    cache.close()


def test_another_text_or_maker_is_another_key() -> None:
    one, two = Cache(None, "one"), Cache(None, "two")
    moved = replace(READ.paper, title=READ.paper.title + ".", abstract=READ.paper.abstract[1:])

    assert one.key(READ.paper) != two.key(READ.paper)
    assert one.key(READ.paper) != one.key(moved)
    with pytest.raises(KeyError):
        one.get(one.key(READ.paper), READ.paper)
    one.close()
    two.close()


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    cache = Cache(path, "maker")
    cache.put([(cache.key(READ.paper), Cache.pack(READ))])
    cache.close()

    assert (tmp_path / "c.sqlite.damaged").is_file()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="--no-cache"):
        Cache(tmp_path / "file" / "c.sqlite", "maker")


def test_two_builds_share_one_file(tmp_path: Path) -> None:
    one, two = Cache(tmp_path / "c", "m"), Cache(tmp_path / "c", "m")
    key = one.key(READ.paper)
    one.put([(key, Cache.pack(READ))])
    two.put([(key, Cache.pack(READ))])

    assert decoded(two.get(key, READ.paper)) == READ
    one.close()
    two.close()


def test_the_fingerprint_tells_of_options_and_lexicon(tmp_path: Path) -> None:
    table = tmp_path / "names.tsv"
    prints = [fingerprint(tagger=True), fingerprint(tagger=False)]
    for text in ("name\ttype\nFoxNet\tModel\n", "name\ttype\nHoundNet\tModel\n"):
        table.write_text(text)
        prints.append(fingerprint(lexicon=table))

    assert len(set(prints)) == 4
    assert fingerprint(lexicon=table) == prints[-1]
    with pytest.raises(ConfigError, match=r"missing\.tsv"):
        fingerprint(lexicon=tmp_path / "missing.tsv")


def test_every_data_file_that_is_read_is_part_of_the_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "kg"
    shutil.copytree(Path(kg.extract.__file__).parents[1], package, ignore=_large)
    monkeypatch.setattr(kg.extract.resources, "files", lambda _: package)
    prints = {fingerprint()}
    for name in ("lexicon/model.tsv", "learnt/roles.tsv", "phrase_heads.tsv"):
        table = package / "data" / name
        assert table.is_file()
        table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        prints.add(fingerprint())

    assert len(prints) == 4


def _large(_folder: str, names: list[str]) -> list[str]:
    return [n for n in names if n in {"viewer", "serve", "tagger", "__pycache__", "node_modules"}]

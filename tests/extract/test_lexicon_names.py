from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.extract import load_pipeline
from kg.extract.lexicon import Index, Name, continuation, read_lexicon


def _found(text: str, *names: Name) -> list[tuple[str, str]]:
    return [(text[a:b], name.name) for a, b, name in Index(names).find(text)]


def _model(alias: str, name: str = "", *, exact: bool = False) -> Name:
    return Name(alias, name or alias, "Model", generic=False, exact=exact)


def test_the_longest_name_wins() -> None:
    text = "We test Foo Net Large and Foo Net."

    assert _found(text, _model("Foo Net"), _model("Foo Net Large")) == [
        ("Foo Net Large", "Foo Net Large"),
        ("Foo Net", "Foo Net"),
    ]


def test_spellings_lead_to_the_canonical_name() -> None:
    assert _found("GPT 9 and GPT9s", _model("GPT-9")) == [("GPT 9", "GPT-9"), ("GPT9s", "GPT-9")]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Zama-2-7B is", "Zama-2-7B"),
        ("Zama-2 7B is", "Zama-2 7B"),
        ("Zama-2-7B-chat is", "Zama-2-7B-chat"),
        ("Zama-2-based", "Zama-2"),
        ("Zama-2.", "Zama-2"),
    ],
)
def test_sizes_and_versions_belong_to_a_name(text: str, whole: str) -> None:
    assert _found(text, _model("Zama-2")) == [(whole, whole)]


@pytest.mark.parametrize("text", ["Alp-LoRX is", "LoRX-Drop is", "cross-domain transfer is"])
def test_a_piece_of_another_name_is_no_mention(text: str) -> None:
    assert _found(text, _model("LoRX"), _model("domain transfer")) == []


def test_a_hyphen_before_a_common_word_keeps_the_name() -> None:
    assert continuation("non-CLIX models", 4, 8) == (4, 8)


def test_exact_names_keep_their_very_letters() -> None:
    assert _found("ADAMX Adamx adamx", _model("Adamx", exact=True)) == [("Adamx", "Adamx")]


def test_a_lexicon_of_the_users_own_overrides(tmp_path: Path) -> None:
    table = tmp_path / "dataset.tsv"
    table.write_text("name\taliases\tflags\nQuuxNet\tthe Quux net|QXN\t\n", encoding="utf-8")
    nlp = load_pipeline(tagger=False, lexicon=table)

    doc = nlp("On QuuxNet\nWe use QXN.")

    assert [
        (s.text, s.label_, s.kb_id_) for s in doc.spans["lexicon"] if s.kb_id_ == "QuuxNet"
    ] == [
        ("QuuxNet", "Dataset", "QuuxNet"),
        ("QXN", "Dataset", "QuuxNet"),
    ]


@pytest.mark.parametrize("content", ["name\tflags\n\tgeneric\n", "word\nfoo\n"])
def test_a_table_without_names_is_refused(tmp_path: Path, content: str) -> None:
    table = tmp_path / "model.tsv"
    table.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match="without a name"):
        read_lexicon(table)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_lexicon(tmp_path / "none.tsv")

"""The tables of known names: their form, and that no spelling stands for two things."""

from collections import defaultdict
from importlib.resources import files
from typing import NamedTuple

import pytest

from kg.extract.names import is_cased, key
from kg.model import EntityType

TABLES = sorted(kind.value.lower() for kind in EntityType)
FLAGS = {"generic", "exact"}


class Row(NamedTuple):
    """A line of a table."""

    table: str
    name: str
    aliases: list[str]
    flags: list[str]


def lines_of(table: str) -> list[str]:
    text = (files("kg") / "data" / "lexicon" / f"{table}.tsv").read_text(encoding="utf-8")
    return text.removesuffix("\n").split("\n")


def rows_of(table: str) -> list[Row]:
    rows = []
    for line in lines_of(table)[1:]:
        name, aliases, flags = line.split("\t")
        rows.append(
            Row(
                table,
                name,
                aliases.split("|") if aliases else [],
                flags.split(",") if flags else [],
            )
        )
    return rows


def all_rows() -> list[Row]:
    return [row for table in TABLES for row in rows_of(table)]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_opens_with_its_columns_and_keeps_them(table: str) -> None:
    header, *lines = lines_of(table)

    assert header == "name\taliases\tflags"
    assert [line for line in lines if line.count("\t") != 2] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_sorted_by_name_whatever_the_case(table: str) -> None:
    names = [row.name for row in rows_of(table)]

    assert names == sorted(names, key=lambda name: (name.casefold(), name))


@pytest.mark.parametrize("table", TABLES)
def test_no_field_holds_stray_blanks_or_is_too_short_to_be_a_name(table: str) -> None:
    spellings = [text for row in rows_of(table) for text in (row.name, *row.aliases)]

    assert [text for text in spellings if text != " ".join(text.split())] == []
    assert [text for text in spellings if len(text) < 2] == []
    assert [text for text in spellings if not text.isprintable()] == []
    assert [text for text in spellings if text.startswith(("#", '"'))] == []


@pytest.mark.parametrize("table", TABLES)
def test_flags_are_known_sorted_and_given_once(table: str) -> None:
    rows = rows_of(table)

    assert [row for row in rows if not FLAGS.issuperset(row.flags)] == []
    assert [row for row in rows if row.flags != sorted(set(row.flags))] == []


@pytest.mark.parametrize("table", TABLES)
def test_only_a_name_with_its_own_case_is_matched_exactly(table: str) -> None:
    assert [row for row in rows_of(table) if "exact" in row.flags and not is_cased(row.name)] == []


@pytest.mark.parametrize("table", TABLES)
def test_an_entry_does_not_repeat_a_spelling(table: str) -> None:
    rows = rows_of(table)

    assert [row for row in rows if len({row.name, *row.aliases}) != 1 + len(row.aliases)] == []


def test_no_spelling_stands_for_two_entries() -> None:
    """Names with capitals are told apart by them (``Codex``, ``CoDEx``); others are not."""
    owners: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in all_rows():
        for text in (row.name, *row.aliases):
            owners[key(text)].add((row.table, row.name, text if is_cased(text) else ""))

    clashes = {}
    for folded, found in owners.items():
        entries = {(table, name) for table, name, _ in found}
        spelt = [text for _, _, text in found]
        if len(entries) > 1 and (
            "" in spelt or len({squeezed(text) for text in spelt}) < len(entries)
        ):
            clashes[folded] = sorted(entries)
    assert clashes == {}


def squeezed(text: str) -> str:
    return text.replace("-", "").replace(" ", "")


def test_no_table_holds_a_name_twice() -> None:
    names = [(row.table, squeezed(row.name)) for row in all_rows()]

    assert len(names) == len(set(names))


def test_the_tables_are_large_enough_to_be_worth_shipping() -> None:
    sizes = {table: len(rows_of(table)) for table in TABLES}

    assert sizes["model"] >= 1200
    assert sizes["method"] >= 1500
    assert sum(sizes.values()) >= 5000

"""Links are made where a reviewed row fits one entity, and nowhere else."""

import csv
from importlib import resources
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from small_graph import build

from kg.errors import ConfigError
from kg.export import Source
from kg.export.links import add_links, link_triples, read_links
from kg.model import Entity, EntityType
from kg.store import open_store
from kg.vocab import BASE, iri


def _linked(output: Path) -> set[tuple[str, str, str]]:
    path = output / "links.ttl"
    return {
        (q.subject.value.rpartition("/")[2], q.predicate.value.rpartition("#")[2], q.object.value)
        for q in parse(path=str(path), format=RdfFormat.TURTLE)
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "output")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "my.csv"
    path.write_text(
        "name,match,iri,types,remark\n"
        "foxnet,exactMatch,https://example.org/foxnet,Model|Method,by hand\n"
        "QA,closeMatch,https://example.org/qa,,an alias\n"
        "DenQA,exactMatch,https://example.org/denqa,Task,of another type\n"
        "Nobody,exactMatch,https://example.org/nobody,,\n",
        encoding="utf-8",
    )
    return path


def test_a_table_links_by_name_alias_and_type(folder: Path, table: Path) -> None:
    assert add_links(folder, table) == (2, 2)
    assert _linked(folder) == {
        ("foxnet", "exactMatch", "https://example.org/foxnet"),
        ("question-answering", "closeMatch", "https://example.org/qa"),
    }


def test_another_table_takes_the_place_of_the_first(folder: Path, table: Path) -> None:
    before = len(open_store(folder))
    add_links(folder, table)
    add_links(folder)

    assert len(open_store(folder)) == before + len(_linked(folder))
    assert {quad for _, _, quad in _linked(folder)} == {"http://www.wikidata.org/entity/Q1074173"}


def test_links_are_in_exports(folder: Path, table: Path) -> None:
    add_links(folder, table)
    said = {(t.subject.value, t.object.value) for t in Source(folder).plain()}

    assert (iri("kge", "foxnet"), "https://example.org/foxnet") in said


def test_a_name_of_two_entities_links_neither() -> None:
    twins = [
        Entity("clip", "CLIP", EntityType.MODEL, generic=False),
        Entity("clip-2", "Clip", EntityType.DATASET, generic=False),
    ]
    links = [link for link in read_links() if link.name == "BERT"][:1]
    same = [type(links[0])("clip", "exactMatch", "https://example.org/clip")]
    typed = [type(links[0])("clip", "exactMatch", "https://example.org/clip", frozenset({"Model"}))]

    assert [triple for _, triple in link_triples(twins, same, BASE)] == [None]
    assert [t is None for _, t in link_triples(twins, typed, BASE)] == [False]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x,sameAs,https://example.org/x", "match is exactMatch or closeMatch, not 'sameAs'"),
        ("x,exactMatch,not an iri", "is no IRI"),
        (",exactMatch,https://example.org/x", "wants a name and an iri"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "my.csv"
    path.write_text(f"name,match,iri\n{line}\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=f"line 2: .*{said}"):
        read_links(path)


def test_the_shipped_table_says_how_sure_and_how_checked() -> None:
    text = (resources.files("kg") / "data" / "links.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    targets = [(row["name"], row["iri"]) for row in rows]

    assert list(rows[0]) == ["name", "types", "match", "iri", "sure", "checked"]
    assert all(row["sure"] == "high" and row["checked"] for row in rows)
    assert all(set(row["types"].split("|")) <= {t.value for t in EntityType} for row in rows)
    assert len(targets) == len(set(targets)) == len({iri for _, iri in targets})
    assert targets == sorted(targets, key=lambda pair: (pair[0].casefold(), pair[1]))
    assert all(
        row["iri"].startswith(("https://linkedpaperswithcode.com/", "http://www.wikidata.org/"))
        for row in rows
    )

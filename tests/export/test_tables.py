"""Tables and metadata are read by the programs that they are for."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import bibtexparser
import pytest
from bibtexparser.bparser import BibTexParser
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from needs import needs

from kg.cli import main
from kg.export import Source, export
from kg.export.papers import _escaped
from kg.names import joined, parted

Write = Callable[..., Path]


@pytest.fixture
def tables(written: Write) -> Path:
    needs("pyarrow")
    return written("parquet", "tables")


def _sql(folder: Path, query: str) -> list[tuple[object, ...]]:
    needs("duckdb")
    import duckdb

    return duckdb.sql(query.replace("FOLDER", str(folder))).fetchall()


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT count(*), max(len(authors)) FROM 'FOLDER/papers.parquet'", [(2, 2)]),
        (
            "SELECT name, papers FROM 'FOLDER/entities.parquet' ORDER BY papers DESC, id LIMIT 1",
            [("FoxNet", 2)],
        ),
        (
            """SELECT count(*) FROM 'FOLDER/mentions.parquet' m JOIN 'FOLDER/papers.parquet' p
               ON m.paper = p.id
               WHERE substr(p.title || chr(10) || p.abstract, m.start + 1, m.end - m.start)
                 <> m.text""",
            [(0,)],
        ),
        (
            """SELECT predicate, object FROM 'FOLDER/claims.parquet' WHERE subject = 'dens'
               ORDER BY ALL""",
            [("basedOn", "foxnet"), ("outperforms", "foxnet")],
        ),
        (
            "SELECT subject, dataset, metric, value FROM 'FOLDER/results.parquet'",
            [("foxnet", "denqa", "accuracy", "91.5%")],
        ),
    ],
)
def test_duckdb_reads_the_parquet(tables: Path, query: str, rows: list[tuple[object, ...]]) -> None:
    assert _sql(tables, query) == rows


def test_pandas_reads_the_parquet(tables: Path) -> None:
    needs("pandas")
    import pandas as pd

    frame = pd.read_parquet(tables / "entities.parquet")

    assert list(frame.columns) == ["id", "name", "type", "generic", "papers", "aliases"]


def test_bibtex_is_parsed_to_the_same_papers(written: Write) -> None:
    text = written("bibtex").read_text(encoding="utf-8")
    first, second = bibtexparser.loads(text, BibTexParser(common_strings=True)).entries

    assert first["ID"] == "arxiv-2401.00001"
    assert first["author"] == "Ada Löwe and Bo O'Neil"
    assert (first["year"], first["month"], first["doi"]) == ("2024", "January", "10.1234/fox.1")
    assert "  month = jan,\n" in text
    assert second["title"] == second["key"] == r"{Dens \& Co. <7B> Revisited}"


def test_bibtex_of_a_selection(written: Write) -> None:
    text = written("bibtex", entities=("dens",)).read_text(encoding="utf-8")

    assert [entry["ID"] for entry in bibtexparser.loads(text).entries] == ["h-0123456789ab"]


@given(st.lists(st.text(min_size=1)))
@example(["a|b", "\\", "|", "ends in \\", "a\nb"])
def test_names_in_one_field_come_apart_as_they_were(names: list[str]) -> None:
    assert parted(joined(names)) == tuple(names)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("R&D at 50%", r"R\&D at 50\%"),
        (r"R\&D", r"R\&D"),
        ("$k_1$-NN of x_1", r"$k_1$-NN of x\_1"),
        ("costs $5", r"costs \$5"),
        ("a } b {", "a  b".replace("  ", " ") + " "),
        ("a {B} c", "a {B} c"),
    ],
)
def test_latex_of_a_title_stays_whole(text: str, safe: str) -> None:
    assert _escaped(text) == safe.strip()


def test_mlcroissant_accepts_the_metadata_and_reads_the_records(
    written: Write, output: Path, tmp_path: Path
) -> None:
    needs("mlcroissant")
    import mlcroissant

    for name in ("papers.jsonl", "entities.csv"):
        shutil.copy(output / name, tmp_path / name)
    path = written("croissant", "croissant.json")
    dataset = mlcroissant.Dataset(jsonld=path)
    entities = list(dataset.records("entities"))
    papers = list(dataset.records("papers"))

    assert not dataset.metadata.ctx.issues.warnings
    assert not dataset.metadata.ctx.issues.errors
    assert {row["entities/id"] for row in entities} >= {b"foxnet", b"dens"}
    assert papers[0]["papers/title"].decode() == 'FoxNet: "Digging" for Answers'
    assert json.loads(path.read_text())["conformsTo"] == "http://mlcommons.org/croissant/1.0"


def test_croissant_tells_what_the_publisher_said(sample_output: Path) -> None:
    told = []
    for options in ((), ("--license", "https://example.org/licence", "--attribution", "Our group")):
        CliRunner().invoke(main, ["describe", "-g", str(sample_output), *options])
        out = io.BytesIO()
        export(Source(sample_output), "croissant", out)
        found = json.loads(out.getvalue())
        told.append((found["name"], found["license"], found["citeAs"]))

    assert told == [
        ("Papers KG", "https://rightsstatements.org/vocab/CNE/1.0/", "Papers KG"),
        ("Papers KG", "https://example.org/licence", "Our group"),
    ]

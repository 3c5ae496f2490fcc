"""The commands and the guide do what the documents say."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from needs import needs
from pyoxigraph import RdfFormat, parse

from kg.cli import main
from kg.export import FORMATS

DOCS = Path(__file__).parent.parent.parent / "docs"


def _run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_suffix_tells_the_format(output: Path, tmp_path: Path) -> None:
    code, told, _ = _run("export", "-g", output, "-o", tmp_path / "x.trig")

    assert (code, told) == (0, "")
    assert list(parse(path=str(tmp_path / "x.trig"), format=RdfFormat.TRIG))


def test_standard_output_wants_a_format(output: Path) -> None:
    code, _, said = _run("export", "-g", output)
    told = _run("export", "-g", output, "--format", "bibtex")[1]

    assert code == 1
    assert "say which format with --format; known: bibtex," in said
    assert told.startswith("@article{arxiv-2401.00001,")


def test_an_unknown_suffix_names_the_known(output: Path, tmp_path: Path) -> None:
    code, _, said = _run("export", "-g", output, "-o", tmp_path / "x.tt")

    assert code == 1
    assert "x.tt: no format has this suffix; known: .bib," in said


def test_an_archive_goes_to_a_file(output: Path, tmp_path: Path) -> None:
    _run("export", "-g", output, "-o", tmp_path / "x.csv.zip")

    with zipfile.ZipFile(tmp_path / "x.csv.zip") as archive:
        assert archive.namelist() == ["edges.csv", "nodes.csv"]


def test_a_folder_that_cannot_be_written_is_told(output: Path) -> None:
    code, _, said = _run("export", "-g", output, "-o", "/nowhere/x.ttl")

    assert code == 1
    assert "/nowhere/x.ttl: cannot be written" in said


def test_the_list_and_the_page_have_every_format() -> None:
    told = _run("export", "--list")[1]
    page = (DOCS / "exports.md").read_text(encoding="utf-8")

    assert [line.split()[0] for line in told.splitlines()] == sorted(FORMATS)
    for name, form in FORMATS.items():
        assert f"| `{name}` |" in page
        assert all(suffix in page for suffix in form.suffixes), name


def test_validate_says_that_the_sample_conforms(sample_output: Path) -> None:
    needs("pyshacl")

    assert _run("validate", "-g", sample_output) == (0, "", "the graph conforms\n")


def test_validate_prints_faults_and_ends_with_1(sample_output: Path) -> None:
    needs("pyshacl")
    from pyoxigraph import NamedNode, Store

    from kg.vocab import PREFIXES

    store = Store(str(sample_output / "store"))
    label = NamedNode(PREFIXES["skos"] + "prefLabel")
    for quad in list(store.quads_for_pattern(None, label, None))[:3]:
        store.remove(quad)
    store.flush()
    del store
    code, told, said = _run("validate", "-g", sample_output, "--most", "2")

    assert code == 1
    assert told.count("an entity needs exactly one preferred label") == 2
    assert said == "3 faults\n"


def test_link_ties_the_sample_to_catalogues(sample_output: Path) -> None:
    code, told, _ = _run("link", "-g", sample_output)
    turtle = _run("export", "-g", sample_output, "-f", "turtle")[1]

    assert code == 0
    assert "links written to" in told
    assert "skos:exactMatch <http://www.wikidata.org/entity/Q" in turtle


def test_link_refuses_a_table_that_is_none(sample_output: Path, tmp_path: Path) -> None:
    code, _, said = _run("link", "-g", sample_output, "--table", tmp_path / "no.csv")

    assert code == 1
    assert "cannot be read as a table" in said


def test_what_is_added_to_a_graph_is_in_its_description(sample_output: Path) -> None:
    predicates = ("skos:exactMatch", "kgo:centrality")
    before = (sample_output / "void.ttl").read_text(encoding="utf-8")
    _run("link", "-g", sample_output)
    _run("stats", "-g", sample_output, "--write")
    after = (sample_output / "void.ttl").read_text(encoding="utf-8")

    assert [f"void:property {name}" in before for name in predicates] == [False, False]
    assert [f"void:property {name}" in after for name in predicates] == [True, True]


def test_a_licence_stays_when_the_graph_is_built_again(sample_output: Path) -> None:
    licence = "https://example.org/licence"
    _run("describe", "-g", sample_output, "--license", licence)
    code, _, _ = _run("build", "--sample", "-o", sample_output)

    assert code == 0
    assert f"dcterms:license <{licence}>" in (sample_output / "void.ttl").read_text("utf-8")


@pytest.mark.slow
def test_the_guide_runs(sample_output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("pandas")
    monkeypatch.setenv("KG_GRAPH", str(sample_output))
    notebook = json.loads((DOCS / "guide.ipynb").read_text(encoding="utf-8"))
    scope: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), scope)  # noqa: S102 - the notebook is ours

    assert scope["found"].central  # type: ignore[attr-defined]
    assert (sample_output / "mine.graphml").stat().st_size > 10_000

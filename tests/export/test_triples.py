"""Every RDF form says the same, to every parser that people use."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from needs import needs, run_script
from pyoxigraph import Quad, RdfFormat, Store, parse
from rdflib import Dataset as RdflibDataset
from rdflib import Graph

from kg.errors import ExportError, GraphError
from kg.export import Source, export
from kg.export.source import sorted_lines
from kg.vocab import PREFIXES

from .conftest import canonical_hash, text_of

Write = Callable[..., Path]
TRIPLES = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "rdfxml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
QUADS = {"nquads": RdfFormat.N_QUADS, "trig": RdfFormat.TRIG}


@pytest.fixture
def plain(output: Path) -> list[Quad]:
    return list(parse(path=str(output / "graph.ttl"), format=RdfFormat.TURTLE))


@pytest.fixture
def everything(plain: list[Quad], output: Path) -> list[Quad]:
    return plain + list(parse(path=str(output / "evidence.nq"), format=RdfFormat.N_QUADS))


@pytest.fixture
def expected(plain: list[Quad], everything: list[Quad]) -> Callable[[str], list[Quad]]:
    """Return a function that says which quads a form must hold."""
    return lambda form: everything if form in QUADS else plain


@pytest.mark.parametrize("form", TRIPLES)
def test_triples_are_those_of_the_graph_for_oxigraph(
    form: str, written: Write, plain: list[Quad]
) -> None:
    quads = parse(path=str(written(form)), format=TRIPLES[form])

    assert canonical_hash(quads) == canonical_hash(plain)


@pytest.mark.parametrize("form", QUADS)
def test_quads_are_those_of_the_graph_for_oxigraph(
    form: str, written: Write, everything: list[Quad]
) -> None:
    quads = parse(path=str(written(form)), format=QUADS[form])

    assert canonical_hash(quads) == canonical_hash(everything)


@pytest.mark.parametrize(
    ("form", "name"),
    [("turtle", "turtle"), ("ntriples", "nt"), ("rdfxml", "xml"), ("jsonld", "json-ld")],
)
def test_triples_are_those_of_the_graph_for_rdflib(
    form: str, name: str, written: Write, plain: list[Quad]
) -> None:
    graph = Graph().parse(written(form), format=name)
    again = parse(graph.serialize(format="nt"), format=RdfFormat.N_TRIPLES)

    assert canonical_hash(again) == canonical_hash(plain)


@pytest.mark.parametrize("form", QUADS)
def test_quads_are_those_of_the_graph_for_rdflib(
    form: str, written: Write, everything: list[Quad]
) -> None:
    dataset = RdflibDataset()
    dataset.parse(written(form), format=form)
    again = parse(dataset.serialize(format="nquads"), format=RdfFormat.N_QUADS)

    assert canonical_hash(again) == canonical_hash(everything)


@pytest.mark.parametrize("form", ["turtle", "ntriples", "jsonld", "nquads", "trig"])
def test_javascript_parsers_read_the_same_graph(
    form: str, written: Write, expected: Callable[[str], list[Quad]]
) -> None:
    assert run_script("hash", form, str(written(form))) == canonical_hash(expected(form))


@pytest.mark.parametrize(
    ("form", "name"),
    [("turtle", "turtle"), ("ntriples", "ntriples"), ("rdfxml", "rdfxml"), ("nquads", "nquads"),
     ("trig", "trig")],
)  # fmt: skip
def test_rapper_counts_the_same_and_warns_of_nothing(
    form: str, name: str, written: Write, expected: Callable[[str], list[Quad]]
) -> None:
    command = [needs("rapper"), "-i", name, "-c", str(written(form))]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    count = len(expected(form))

    assert f"returned {count} triples" in told
    assert "warning" not in told.lower()
    assert "error" not in told.lower()


def test_evidence_and_all_are_parts(written: Write, everything: list[Quad]) -> None:
    said = {quad.triple for quad in everything}
    path = written("turtle", part="all")

    assert {quad.triple for quad in parse(path=str(path), format=RdfFormat.TURTLE)} == said
    evidence = parse(path=str(written("nquads", part="evidence")), format=RdfFormat.N_QUADS)
    assert sum(1 for _ in evidence) < len(everything)


def test_turtle_groups_and_sorts_subjects(output: Path) -> None:
    lines = text_of(Source(output), "turtle").splitlines()
    subjects = [line.split()[0] for line in lines if line[0] not in "@\t"]

    assert max(Counter(subjects).values()) == 1
    assert all(" a " in line for line in lines if line[0] not in "@\t")
    assert [line for line in lines if line.startswith("@")] == sorted(lines[: lines.index(
        next(line for line in lines if not line.startswith("@")))])  # fmt: skip


@pytest.mark.parametrize("form", ["ntriples", "nquads"])
def test_lines_are_sorted_and_each_there_once(form: str, output: Path) -> None:
    lines = text_of(Source(output), form).encode().splitlines()

    assert lines == sorted(set(lines))


def test_rdf12_reifies_each_claim(written: Write, everything: list[Quad]) -> None:
    quads = list(parse(path=str(written("rdf12")), format=RdfFormat.TURTLE))
    reified = {
        (quad.subject, *quad.object)  # type: ignore[misc]
        for quad in quads
        if quad.predicate.value == PREFIXES["rdf"] + "reifies"
    }
    parts: dict[object, list[object]] = {}
    for name in ("subject", "predicate", "object"):
        for quad in everything:
            if quad.predicate.value == PREFIXES["rdf"] + name:
                parts.setdefault(quad.subject, []).append(quad.object)

    assert reified == {(claim, *said) for claim, said in parts.items()}
    assert len(quads) == len({q.triple for q in everything}) - 3 * len(parts)


def test_oxigraph_loads_the_dump(written: Write, everything: list[Quad]) -> None:
    store = Store()
    store.bulk_load(path=str(written("nquads")), format=RdfFormat.N_QUADS)

    assert len(store) == len(set(everything))


@pytest.mark.slow
@pytest.mark.parametrize("form", [*TRIPLES, *QUADS, "rdf12", "jsonld-framed", "graphml", "gexf"])
def test_same_bytes_under_any_hash_seed(form: str, output: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kg.export import Source, export;"
        f"export(Source(Path({str(output)!r})), {form!r}, sys.stdout.buffer)"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }

    assert len(runs) == 1


def test_sorting_in_pieces_is_sorting(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{i * 7919 % 1000}\n".encode() for i in range(1500)]
    monkeypatch.setattr("kg.export.source._CHUNK", 64)

    assert list(sorted_lines(lines)) == sorted(set(lines))


def test_an_empty_graph_can_be_written(tmp_path: Path) -> None:
    for name in ("graph.ttl", "evidence.nq"):
        (tmp_path / name).touch()

    assert text_of(Source(tmp_path), "ntriples") == ""


def test_unknown_names_are_told_with_the_known(output: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"no format 'turtel'; known: bibtex, .*turtle"):
        export(Source(output), "turtel", tmp_path / "x")
    with pytest.raises(ExportError, match=r"no part 'some'; known: plain, evidence, all"):
        export(Source(output, part="some"), "turtle", tmp_path / "x")
    with pytest.raises(ExportError, match=r"no profile 'dbpedia'; known: cskg, lpwc, schema"):
        export(Source(output, profile="dbpedia"), "turtle", tmp_path / "x")
    with pytest.raises(ExportError, match=r"graphml takes neither a part nor a profile"):
        export(Source(output, part="all"), "graphml", tmp_path / "x")
    with pytest.raises(GraphError, match="holds no graph"):
        export(Source(tmp_path), "turtle", tmp_path / "x")
    assert not (tmp_path / "x").exists()

"""The description counts what is there, and names files by what they hold."""

from dataclasses import replace
from pathlib import Path

import pytest
from blake3 import blake3
from click.testing import CliRunner
from pyoxigraph import NamedNode, RdfFormat, Store, parse
from rdflib import Graph
from small_graph import build

from kg.cli_export import describe
from kg.describe import Notice, add_description, notice_of
from kg.export import Source
from kg.export.links import add_links
from kg.store import open_store
from kg.vocab import BASE, KGO, PREFIXES

NOTICE = Notice(
    title="Two papers",
    license="https://creativecommons.org/licenses/by/4.0/",
    attribution="The papers' authors",
    download="https://example.org/dump/",
)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return build(tmp_path / "output")


def _one(output: Path, query: str) -> list[tuple[str, ...]]:
    prologue = "".join(f"PREFIX {name}: <{space}>\n" for name, space in PREFIXES.items())
    rows = open_store(output).query(prologue + query, use_default_graph_as_union=True)
    return [tuple(term.value for term in row) for row in rows]


def test_partitions_count_what_is_there(output: Path) -> None:
    before = open_store(output)
    triples = len(before)
    claims = sum(1 for _ in before.quads_for_pattern(None, None, NamedNode(KGO + "Claim")))
    del before
    add_description(output, NOTICE)
    told = dict(
        _one(output, "SELECT ?c ?n { ?d void:classPartition [void:class ?c ; void:entities ?n] }")
    )

    assert _one(output, f"SELECT ?n {{ <{BASE}> void:triples ?n }}") == [(str(triples),)]
    assert told[KGO + "Claim"] == str(claims)
    assert told[PREFIXES["skos"] + "Concept"] == "7"


def test_distributions_have_size_and_checksum(output: Path) -> None:
    add_description(output, NOTICE)
    rows = _one(
        output,
        """PREFIX spdx: <http://spdx.org/rdf/terms#>
        SELECT ?name ?size ?sum { ?d dcat:distribution ?f . ?f dcterms:title ?name ;
          dcat:byteSize ?size ; spdx:checksum/spdx:checksumValue ?sum }""",
    )
    files = {name: (output / name).read_bytes() for name, _, _ in rows}

    assert {"graph.ttl", "evidence.nq", "papers.jsonl", "entities.csv"} <= set(files)
    for name, size, checksum in rows:
        assert size == str(len(files[name]))
        assert checksum == blake3(files[name]).hexdigest()


def test_licence_attribution_and_run_are_told(output: Path) -> None:
    add_description(output, NOTICE)

    assert _one(output, f"SELECT ?l {{ <{BASE}> dcterms:license ?l }}") == [(NOTICE.license,)]
    assert len(_one(output, f"SELECT ?r {{ <{BASE}> prov:wasGeneratedBy ?r }}")) == 1
    assert len(_one(output, f"SELECT ?f {{ <{BASE}> void:dataDump ?f }}")) == 4


def test_linksets_count_the_links(output: Path) -> None:
    add_links(output)
    add_description(output, NOTICE)
    query = "SELECT ?p ?n { ?l a void:Linkset ; void:linkPredicate ?p ; void:triples ?n }"

    assert _one(output, query) == [(PREFIXES["skos"] + "exactMatch", "1")]


def test_a_second_description_replaces_the_first(output: Path) -> None:
    add_description(output, NOTICE)
    first = (output / "void.ttl").read_bytes()
    quads = len(open_store(output))
    add_description(output, Notice(title="Another"))
    add_description(output, NOTICE)

    assert (output / "void.ttl").read_bytes() == first
    assert len(open_store(output)) == quads


def test_what_was_said_is_kept_when_the_graph_changes(output: Path) -> None:
    add_description(output, NOTICE)
    add_links(output)
    add_description(output)

    assert notice_of(output) == replace(NOTICE, description=Notice().description)
    assert len(_one(output, "SELECT ?l { ?l a void:Linkset }")) == 1


def test_the_command_sets_what_is_given_and_keeps_the_rest(output: Path) -> None:
    runner = CliRunner()
    runner.invoke(describe, ["-g", str(output), "--title", "Ours"])
    told = runner.invoke(describe, ["-g", str(output), "--license", NOTICE.license])

    assert "statements written to" in told.output
    assert (notice_of(output).title, notice_of(output).license) == ("Ours", NOTICE.license)


def test_both_strict_parsers_read_it_and_exports_hold_it(output: Path) -> None:
    add_description(output, NOTICE)
    path = output / "void.ttl"
    graph = Graph().parse(path)
    quads = list(parse(path=str(path), format=RdfFormat.TURTLE))
    plain = set(Source(output).plain())

    assert len(graph) == len(quads) > 100
    assert all(quad.triple in plain for quad in quads)
    assert isinstance(open_store(output), Store)

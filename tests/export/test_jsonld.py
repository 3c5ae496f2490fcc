"""JSON-LD is what a person would write, and says nothing that the graph does not."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from needs import run_script
from pyoxigraph import RdfFormat, parse

from kg.export import Source
from kg.vocab import KGO, PREFIXES

from .conftest import canonical_hash

Write = Callable[..., Path]


@pytest.fixture
def framed(written: Write) -> list[dict[str, Any]]:
    document = json.loads(written("jsonld-framed").read_text(encoding="utf-8"))
    papers: list[dict[str, Any]] = document["@graph"]
    return papers


def test_a_paper_holds_its_entities_and_results(framed: list[dict[str, Any]]) -> None:
    first = framed[0]

    assert list(first)[:4] == ["id", "type", "title", "abstract"]
    assert first["title"] == 'FoxNet: "Digging" for Answers'
    assert [entity["name"] for entity in first["introduces"]] == ["FoxNet"]
    assert first["evaluatesOn"][0]["type"] == ["Entity", "schema:Dataset", "Benchmark", "Dataset"]
    assert first["results"][0]["value"] == "91.5"
    assert first["results"][0]["ofModel"] == "kge:foxnet"
    assert "mentions" not in first


def test_the_framed_form_says_only_what_the_graph_does(written: Write, output: Path) -> None:
    said = set(parse(path=str(written("jsonld-framed")), format=RdfFormat.JSON_LD))
    known = {q.triple for q in parse(path=str(output / "graph.ttl"), format=RdfFormat.TURTLE)}
    known |= {q.triple for q in Source(output).evidence()}
    # confidences are 0.600 in the files and 0.6 in the store that the frames are read from
    strange = {q.triple for q in said} - known

    assert {t.predicate.value for t in strange} <= {KGO + "confidence"}


def test_javascript_reads_the_framed_form_alike(written: Write) -> None:
    path = written("jsonld-framed")
    expected = canonical_hash(parse(path=str(path), format=RdfFormat.JSON_LD))

    assert run_script("hash", "jsonld", str(path)) == expected


def test_a_selection_of_papers(written: Write) -> None:
    path = written("jsonld-framed", entities=("dens",))

    assert [p["id"] for p in json.loads(path.read_text())["@graph"]] == ["kgp:h-0123456789ab"]


def test_every_property_of_papers_entities_and_statements_has_a_short_name(written: Write) -> None:
    document = json.loads(written("jsonld", part="all").read_text(encoding="utf-8"))
    people_read = {"kgp", "kge", "kgres", "kgc", "kgm", "kgs", "kgt"}
    nodes = [n for n in document["@graph"] if n["id"].partition(":")[0] in people_read]
    names = {name for node in nodes for name in node}

    assert not [name for name in names if ":" in name]
    assert document["@context"]["introduces"] == {"@id": "kgo:introduces", "@type": "@id"}


def test_the_context_agrees_with_the_prefixes() -> None:
    text = (resources.files("kg") / "data" / "context.jsonld").read_text(encoding="utf-8")
    terms = json.loads(text)["@context"]
    spaces = {name: value for name, value in terms.items() if name in PREFIXES}

    assert spaces == {name: PREFIXES[name] for name in spaces}
    assert {"kgo", "nif", "mls", "skos"} <= set(spaces)

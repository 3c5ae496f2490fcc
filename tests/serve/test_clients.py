"""The clients that people have."""

import json
import subprocess
from pathlib import Path

import pytest
import rdflib
from click.testing import CliRunner
from endpoint import Endpoint
from needs import needs
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from kg.cli import main
from kg.query import Options, ask
from kg.questions import bind, library
from kg.resolve import resolve, terms

ANSWERS = json.loads(
    (Path(__file__).parent.parent / "data" / "answers.json").read_text(encoding="utf-8")
)
PAPERS = "SELECT ?title { ?p a schema:ScholarlyArticle ; dcterms:title ?title } ORDER BY ?title"
ASK = "PREFIX kge: <https://w3id.org/papers-kg/entity/> ASK { kge:foxnet ?p ?o }"
DESCRIBE = "PREFIX kge: <https://w3id.org/papers-kg/entity/> DESCRIBE kge:foxnet"
CONSTRUCT = (
    "PREFIX kge: <https://w3id.org/papers-kg/entity/> "
    "CONSTRUCT { kge:foxnet ?p ?o } WHERE { kge:foxnet ?p ?o }"
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sparqlwrapper_asks(method: str, served: Endpoint) -> None:
    needs("SPARQLWrapper")
    import SPARQLWrapper

    client = SPARQLWrapper.SPARQLWrapper(served.query_url)
    client.setMethod(method)
    client.setReturnFormat(SPARQLWrapper.JSON)
    # it reads the query itself, so it wants the prefixes
    names = "PREFIX schema: <https://schema.org/> PREFIX dcterms: <http://purl.org/dc/terms/> "
    client.setQuery(names + PAPERS)
    found = client.query().convert()["results"]["bindings"]
    client.setQuery(ASK)
    truth = client.query().convert()["boolean"]
    client.setReturnFormat(SPARQLWrapper.XML)
    client.setQuery(DESCRIBE)
    graph = client.query().convert()

    assert found[0]["title"]["value"] == "Bark augmentation for track detection"
    assert truth is True
    assert len(graph) == 11


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_store_asks(method: str, served: Endpoint) -> None:
    store = SPARQLStore(served.query_url, method=method)  # type: ignore[arg-type]
    graph = rdflib.Graph(store)
    fox = rdflib.URIRef("https://w3id.org/papers-kg/entity/foxnet")

    assert len(list(graph.query(PAPERS))) == 6
    assert bool(graph.query(ASK)) is True
    assert len(graph.query(CONSTRUCT).graph or ()) == 11
    assert str(graph.value(fox, rdflib.SKOS.prefLabel)) == "FoxNet"
    assert (fox, rdflib.RDF.type, rdflib.SKOS.Concept) in graph


def test_curl_asks(served: Endpoint) -> None:
    curl = needs("curl")
    command = [curl, "-sS", "-H", "Accept: text/tab-separated-values", served.query_url]
    done = subprocess.run(
        [*command, "--data-urlencode", f"query={PAPERS} LIMIT 1"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == '?title\n"Bark augmentation for track detection"\n'


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_library_runs_on_the_endpoint_as_on_the_folder(
    name: str, served: Endpoint, dens: Path
) -> None:
    asked = library()[name]
    text = bind(asked, terms(asked, ANSWERS[name]["parameters"], dens, Options()))
    answers = []
    for source in (dens, served.query_url):
        with ask(source, text, Options(seconds=30)) as answer:
            if answer.form == "ASK":
                answers.append([str(answer.truth())])
            elif answer.form == "GRAPH":
                answers.append(sorted(map(str, answer.triples())))
            else:
                answers.append([str(list(row)) for row in answer.solutions()])

    assert answers[0] == answers[1]


def test_names_are_resolved_at_the_endpoint(served: Endpoint) -> None:
    found = resolve(served.query_url, "entity", "fox net", Options())

    assert found.value == "https://w3id.org/papers-kg/entity/foxnet"


def test_command_asks_the_endpoint(served: Endpoint) -> None:
    arguments = ["query", "top-entities", "-p", "n=1", "-f", "csv"]
    result = CliRunner().invoke(main, [*arguments, "--endpoint", served.query_url])

    assert result.output.splitlines() == [
        "entity,name,papers",
        "https://w3id.org/papers-kg/entity/foxnet,FoxNet,4",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT ?x { ?x nope:p ?y }", "line 1, column 16: the prefix"),
        ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "did not end within 2 s"),
    ],
)
def test_mistakes_are_told_as_on_the_folder(text: str, message: str, served: Endpoint) -> None:
    result = CliRunner().invoke(main, ["query", "-e", text, "--endpoint", served.query_url])

    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/query", "file:///etc/passwd", "nonsense"])
def test_endpoint_that_is_none_is_told(url: str) -> None:
    result = CliRunner().invoke(main, ["query", "-e", "ASK {}", "--endpoint", url])

    assert result.exit_code == 1
    assert url in result.output


def test_slow_endpoint_is_given_up(served: Endpoint) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    arguments = ["query", "-e", text, "--endpoint", served.query_url, "--timeout", "0.5"]
    result = CliRunner().invoke(main, arguments)

    assert "did not answer within 0.5 s" in result.output

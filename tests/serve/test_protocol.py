"""The cases of the W3C's SPARQL 1.1 Protocol test suite for queries, and what goes with them."""

import json
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from endpoint import Endpoint

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
PAPERS = "SELECT (COUNT(*) AS ?n) { ?p a schema:ScholarlyArticle }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ONE = "https://w3id.org/papers-kg/graph/arxiv-2311.00001"
TWO = "https://w3id.org/papers-kg/graph/arxiv-2401.00002"


def _number(text: str) -> int:
    return int(text.rsplit(maxsplit=1)[-1])


def test_query_by_get(served: Endpoint) -> None:
    got = served.send("GET", f"query?query={quote(PAPERS)}", headers={"Accept": "text/csv"})

    assert (got.status, got.kind, got.text) == (200, "text/csv", "n\r\n6\r\n")


def test_query_by_posted_form(served: Endpoint) -> None:
    body = urlencode({"query": PAPERS}).encode()
    got = served.send("POST", "query", body, {**FORM, "Accept": "text/csv"})

    assert (got.status, got.text) == (200, "n\r\n6\r\n")


def test_query_posted_directly(served: Endpoint) -> None:
    got = served.send("POST", "query", PAPERS.encode(), {**DIRECT, "Accept": "text/csv"})

    assert (got.status, got.text) == (200, "n\r\n6\r\n")


def test_kind_may_carry_a_charset(served: Endpoint) -> None:
    for kind in (FORM, DIRECT):
        text = PAPERS if kind is DIRECT else urlencode({"query": PAPERS})
        kind = {"Content-Type": kind["Content-Type"] + "; charset=UTF-8"}  # noqa: PLW2901
        got = served.send("POST", "query", text.encode(), kind)

        assert got.status == 200


@pytest.mark.parametrize("method", ["GET", "form", "direct"])
def test_dataset_of_default_graphs(method: str, served: Endpoint) -> None:
    counts = [_count(served, method, [("default-graph-uri", g)]) for g in (ONE, TWO)]
    both = _count(served, method, [("default-graph-uri", ONE), ("default-graph-uri", TWO)])

    assert min(counts) > 0
    assert both == sum(counts)


@pytest.mark.parametrize("method", ["GET", "form", "direct"])
def test_dataset_of_named_graphs(method: str, served: Endpoint) -> None:
    text = "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    pairs = [("named-graph-uri", ONE), ("named-graph-uri", TWO)]

    assert _count(served, method, pairs, text) == 2
    assert _count(served, method, pairs[:1], text) == 1


@pytest.mark.parametrize("method", ["GET", "form", "direct"])
def test_dataset_of_both(method: str, served: Endpoint) -> None:
    text = "SELECT (COUNT(DISTINCT ?g) AS ?n) { ?c a nif:Context GRAPH ?g { ?s ?p ?o } }"
    pairs = [("default-graph-uri", ONE), ("named-graph-uri", TWO)]

    assert _count(served, method, pairs, text) == 1


def test_dataset_of_the_request_goes_before_that_of_the_query(served: Endpoint) -> None:
    text = "SELECT (COUNT(DISTINCT ?c) AS ?n) FROM <ONE> FROM <TWO> { ?c a nif:Context }"
    text = text.replace("ONE", ONE).replace("TWO", TWO)

    assert _count(served, "form", [], text) == 2
    assert _count(served, "form", [("default-graph-uri", ONE)], text) == 1


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (PAPERS, {"application/sparql-results+json", "application/sparql-results+xml"}),
        ("ASK {}", {"application/sparql-results+json", "application/sparql-results+xml"}),
        ("DESCRIBE kge:foxnet", {"text/turtle", "application/n-triples", "application/rdf+xml"}),
        (
            "CONSTRUCT WHERE { kge:foxnet ?p ?o }",
            {"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"},
        ),
    ],
)
def test_answer_is_of_the_kind_that_was_asked_for(
    text: str, kinds: set[str], served: Endpoint
) -> None:
    for kind in sorted(kinds):
        got = served.ask(text, accept=kind)

        assert (got.status, got.kind) == (200, kind)


def test_xml_and_json_tell_the_same(served: Endpoint) -> None:
    text = "SELECT ?l { kge:foxnet skos:altLabel ?l } ORDER BY ?l"
    as_json = json.loads(served.ask(text, accept="application/sparql-results+json").text)
    xml = served.ask(text, accept="application/sparql-results+xml").text
    found = ox.parse_query_results(xml, ox.QueryResultsFormat.XML)

    assert isinstance(found, ox.QuerySolutions)
    assert [row["l"].value for row in found] == ["FN", "Fox Net"]
    assert [row["l"]["value"] for row in as_json["results"]["bindings"]] == ["FN", "Fox Net"]


def test_kind_that_there_is_not_is_refused(served: Endpoint) -> None:
    assert served.ask(PAPERS, accept="image/png").status == 406


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(method: str, served: Endpoint) -> None:
    assert served.send(method, f"query?query={quote(PAPERS)}").status == 405


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        (f"query?query={quote('ASK {}')}&query={quote(PAPERS)}", None, {}),
        ("query", b"query=ASK+%7B%7D&query=ASK+%7B%7D", FORM),
        (f"query?query={quote('ASK {}')}", b"ASK {}", DIRECT),
    ],
)
def test_two_queries_are_refused(
    path: str, body: bytes | None, headers: dict[str, str], served: Endpoint
) -> None:
    got = served.send("POST" if body else "GET", path, body, headers)

    assert (got.status, got.text) == (400, "a request holds one query\n")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
def test_post_of_another_kind_is_refused(kind: str, served: Endpoint) -> None:
    got = served.send("POST", "query", PAPERS.encode(), {"Content-Type": kind})

    assert got.status == 415


def test_post_without_a_query_is_refused(served: Endpoint) -> None:
    assert served.send("POST", "query", b"x=1", FORM).status == 400


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("SELECT * { ?s ?p 'é' }".encode("latin-1"), DIRECT),
        (b"query=SELECT+*+%7B+%3Fs+%3Fp+%27%E9%27+%7D", FORM),
        ("SELECT * { ?s ?p 'é' }".encode("utf-16"), DIRECT),
    ],
)
def test_query_that_is_not_utf8_is_refused(
    body: bytes, headers: dict[str, str], served: Endpoint
) -> None:
    assert served.send("POST", "query", body, headers).status == 400


def test_wrong_query_is_told_where_and_why(served: Endpoint) -> None:
    got = served.ask("SELECT ?x {\n ?x nope:p ?y }")

    assert (got.status, got.kind) == (400, "text/plain")
    assert got.text.startswith('line 2, column 5: the prefix "nope:" is not declared')


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("query", urlencode({"update": "CLEAR ALL"}).encode(), FORM),
        ("query", b"CLEAR ALL", {"Content-Type": "application/sparql-update"}),
        ("update", b"CLEAR ALL", {"Content-Type": "application/sparql-update"}),
        ("store?default", b"<a:b> <a:b> <a:b> .", {"Content-Type": "text/turtle"}),
        ("query", urlencode({"query": "CLEAR ALL"}).encode(), FORM),
        ("query", urlencode({"query": "LOAD <file:///etc/passwd>"}).encode(), FORM),
        ("query", urlencode({"query": "INSERT DATA { <a:b> <a:b> <a:b> }"}).encode(), FORM),
    ],
)
def test_nothing_changes_the_graph(
    path: str, body: bytes, headers: dict[str, str], served: Endpoint
) -> None:
    before = served.ask(COUNT).text

    assert served.send("POST", path, body, headers).status in {400, 403}
    assert served.ask(COUNT).text == before


def test_file_is_no_graph(served: Endpoint) -> None:
    for clause in ("FROM", "FROM NAMED"):
        got = served.ask(f"SELECT ?s {clause} <file:///etc/passwd> {{ ?s ?p ?o }}")

        assert got.text == "s\r\n"
    assert served.ask(COUNT, **{"default-graph-uri": "file:///etc/passwd"}).text == "n\r\n0\r\n"


def test_service_describes_itself(served: Endpoint) -> None:
    for accept, format_ in (
        ("text/turtle", ox.RdfFormat.TURTLE),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    ):
        got = served.send("GET", "query", headers={"Accept": accept})
        store = ox.Store()
        store.load(got.text, format_)

        assert got.kind == accept
        assert store.query(
            "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> "
            f"ASK {{ <{served.query_url}> a sd:Service ; sd:endpoint <{served.query_url}> ;"
            " sd:supportedLanguage sd:SPARQL11Query ; sd:feature sd:UnionDefaultGraph }"
        )


def test_void_counts_what_is_there(served: Endpoint) -> None:
    got = served.send("GET", "void", headers={"Accept": "text/turtle"})
    store = ox.Store()
    store.load(got.text, ox.RdfFormat.TURTLE)
    [row] = store.query(
        "PREFIX void: <http://rdfs.org/ns/void#> SELECT ?triples ?papers {"
        " ?d void:triples ?triples ; void:sparqlEndpoint ?e ; void:classPartition ?c ."
        " ?c void:entities ?papers ; void:class <https://schema.org/ScholarlyArticle> }"
    )

    assert int(row["papers"].value) == 6
    assert int(row["triples"].value) == _number(served.ask(COUNT).text)


def test_person_who_asks_nothing_gets_the_page(served: Endpoint) -> None:
    got = served.send("GET", "query", headers={"Accept": "text/html"})

    assert "<title>Ask the graph</title>" in got.text


def test_pages_of_the_allowed_origin_may_ask(served: Endpoint) -> None:
    ours = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    other = {**ours, "Origin": "https://elsewhere.org"}
    header = "Access-Control-Allow-Origin"

    assert served.send("OPTIONS", "query", headers=ours).headers[header] == "https://example.org"
    assert header not in served.send("OPTIONS", "query", headers=other).headers
    for path in ("query?query=ASK%7B%7D", "query?query=WRONG", "void"):
        assert served.send("GET", path, headers=ours).headers[header] == "https://example.org"
        assert header not in served.send("GET", path, headers=other).headers


def _count(served: Endpoint, method: str, pairs: list[tuple[str, str]], text: str = COUNT) -> int:
    accept = {"Accept": "text/csv"}
    if method == "GET":
        got = served.send("GET", f"query?{urlencode([('query', text), *pairs])}", headers=accept)
    elif method == "form":
        body = urlencode([("query", text), *pairs]).encode()
        got = served.send("POST", "query", body, FORM | accept)
    else:
        got = served.send("POST", f"query?{urlencode(pairs)}", text.encode(), DIRECT | accept)
    assert got.status == 200, got.text
    return _number(got.text)

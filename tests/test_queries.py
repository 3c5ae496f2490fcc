"""Every query of the library: its header, its answer, and what another engine says."""

import json
import re
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import query_graph
import rdflib

from kg.errors import QueryError
from kg.query import Options, ask
from kg.questions import bind, library, query_triples, question, read_question, term
from kg.resolve import terms
from kg.tables import rows
from kg.vocab import BASE, PREFIXES, prefixes

ANSWERS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "answers.json").read_text(encoding="utf-8")
)
LIBRARY = library()
NAMES = sorted(LIBRARY)
LOCAL = [name for name in NAMES if not name.startswith("federated")]


@pytest.fixture(scope="module")
def dens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return query_graph.write_graph(tmp_path_factory.mktemp("dens") / "output")


@pytest.fixture(scope="module")
def rdflib_graph(dens: Path) -> rdflib.Dataset:
    graph = rdflib.Dataset(default_union=True)
    graph.parse(dens / "evidence.nq", format="nquads")
    plain = rdflib.Graph().parse(dens / "graph.ttl")
    for triple in plain:
        graph.add(triple)
    return graph


def _text(name: str, source: Path) -> str:
    asked = LIBRARY[name]
    return bind(asked, terms(asked, ANSWERS[name]["parameters"], source, Options()))


def test_the_library_answers_the_questions_of_thirty_and_more() -> None:
    assert len(LIBRARY) >= 30
    assert set(LOCAL) == set(ANSWERS)


@pytest.mark.parametrize("name", NAMES)
def test_header_says_what_the_query_is_and_takes(name: str) -> None:
    asked = LIBRARY[name]

    assert asked.title
    assert asked.title[0].isupper()
    assert asked.description.endswith(".") or "allow-service" in asked.description
    for parameter in asked.parameters:
        assert parameter.example or parameter.default == ""


@pytest.mark.parametrize("name", NAMES)
def test_default_of_a_parameter_stands_in_the_text(name: str) -> None:
    asked = LIBRARY[name]
    for parameter in asked.parameters:
        if parameter.default is not None:
            value = term(parameter, parameter.default)
            shortened = bind(asked, {parameter.name: value})
            # only the spelling of the term may differ
            plain = {prefixes()["kgo"]: "kgo:", "<": "", ">": "", "^^": "", '"': ""}
            for old, new in plain.items():
                shortened = shortened.replace(old, new)
            expected = asked.text.replace('"', "").replace("<", "").replace(">", "")
            for kind in ("integer", "decimal"):
                shortened = shortened.replace(f"{PREFIXES['xsd']}{kind}", "")

            assert expected.split() == shortened.split()


@pytest.mark.parametrize("name", NAMES)
def test_query_reads_without_declarations_of_our_prefixes(name: str) -> None:
    # SERVICE would call somebody
    text = LIBRARY[name].text.replace("SERVICE", "GRAPH")

    ox.Store().query(text, prefixes=prefixes())


@pytest.mark.parametrize("name", LOCAL)
def test_query_gives_the_checked_answer(name: str, dens: Path) -> None:
    with ask(dens, _text(name, dens)) as answer:
        if answer.form == "ASK":
            found: object = answer.truth()
        elif answer.form == "GRAPH":
            found = sorted(map(str, answer.triples()))
        else:
            found = rows(answer.solutions(), prefixes())[1]

    assert ANSWERS[name]["answer"] == found


@pytest.mark.parametrize("name", LOCAL)
def test_rdflib_gives_the_same_answer(name: str, dens: Path, rdflib_graph: rdflib.Dataset) -> None:
    result = rdflib_graph.query(_text(name, dens), initNs=prefixes())
    expected = ANSWERS[name]["answer"]

    if result.type == "ASK":
        assert expected == result.askAnswer
    elif result.type == "CONSTRUCT":
        assert len(expected) == len(result.graph or ())
    else:
        found = [[_shown(cell) for cell in row] for row in result]  # type: ignore[union-attr]
        assert sorted(map(_numbers, expected)) == sorted(map(_numbers, found))


def test_executables_in_the_graph_are_the_library() -> None:
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in query_triples(BASE))
    found = {
        row["query"].value.rpartition("/")[2]: row["text"].value
        for row in store.query(
            "SELECT ?query ?text { ?query a sh:SPARQLExecutable ; rdfs:label ?label ;"
            " rdfs:comment ?comment ; sh:select|sh:ask|sh:construct ?text ;"
            " sh:prefixes/sh:declare/sh:namespace ?any }",
            prefixes=PREFIXES,
        )
    }

    assert set(NAMES) == set(found)
    for text in found.values():
        # as they stand there, they carry what they need
        ox.Store().query(text.replace("SERVICE", "GRAPH"))


@pytest.mark.parametrize(
    "value",
    [
        '" } UNION { ?s ?p ?o } #',
        '"@en } { ?x ?y ?z',
        "\\",
        '\\"',
        "a\nb",
        '""" } #',
        "' } #",
        "\\u0022 } #",
        "?month",
        "}",
    ],
)
def test_text_cannot_break_out_of_its_parameter(value: str, dens: Path) -> None:
    asked = question("most-used-datasets")
    month = next(p for p in asked.parameters if p.name == "month")
    text = bind(asked, {"month": term(month, value)})

    store = ox.Store()
    store.query(text, prefixes=prefixes())
    # the value comes back as it went in, and nothing but it
    [row] = store.query("SELECT ?month { VALUES ?month { " + str(term(month, value)) + " } }")
    assert value == row["month"].value
    with ask(dens, text) as answer:
        assert list(answer.solutions()) == []


@pytest.mark.parametrize("value", ["3 } #", "-1", "1e9", "٣", "", "0x10", "99999999999"])
def test_limit_takes_a_whole_number_only(value: str) -> None:
    asked = question("most-used-datasets")
    limit = next(p for p in asked.parameters if p.name == "n")

    with pytest.raises(QueryError, match="not a value of type limit"):
        term(limit, value)


@pytest.mark.parametrize(
    "iri", ["https://x/> } { ?s ?p ?o", "https://x/a b", "kge:a> } #", "https://x/\u007b}"]
)
def test_iri_cannot_break_out_of_its_parameter(iri: str, dens: Path) -> None:
    with pytest.raises(QueryError):
        terms(question("entity-statements"), {"entity": iri}, dens, Options())


def test_class_that_is_none_is_told_with_those_there_are(dens: Path) -> None:
    with pytest.raises(QueryError, match="no class of that name; known: Model, Method"):
        terms(question("top-entities"), {"class": "Modell"}, dens, Options())


def test_unknown_parameter_is_told_with_the_known(dens: Path) -> None:
    with pytest.raises(QueryError, match="has no parameter 'm'; known: n, month"):
        terms(question("most-used-datasets"), {"m": "1"}, dens, Options())


def test_missing_parameter_is_told_with_its_example(dens: Path) -> None:
    with pytest.raises(QueryError, match="wants entity: -p entity=LoRA"):
        terms(question("entity-statements"), {}, dens, Options())


def test_unknown_query_is_told_with_the_nearest() -> None:
    with pytest.raises(QueryError, match="'top-entities' may be meant"):
        question("top-entity")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("#+ title = 1 2\n", "no TOML"),
        ('#+ [parameters]\n#+ n = { type = "number", default = 1 }\n', "wants a type"),
        ('#+ [parameters]\n#+ n = { type = "limit" }\n', "a default or an example"),
        ('#+ [parameters]\n#+ n = { type = "limit", defalt = 1 }\n', "nothing else"),
    ],
)
def test_wrong_header_is_told(header: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        read_question(header + "SELECT * { ?s ?p ?o }", "mine")


def test_parameter_without_a_place_in_the_text_is_told() -> None:
    text = '#+ [parameters]\n#+ x = { type = "text", default = "a" }\nSELECT * { ?s ?p ?o }'
    asked = read_question(text, "mine")

    with pytest.raises(QueryError, match="nothing in it takes 'x'"):
        bind(asked, {"x": ox.Literal("b")})


def _shown(cell: object) -> str:
    text = "" if cell is None else str(cell)
    for prefix, namespace in prefixes().items():
        if isinstance(cell, rdflib.URIRef) and text.startswith(namespace):
            return f"{prefix}:{text.removeprefix(namespace)}"
    return text


def _numbers(row: list[str]) -> list[str]:
    return [_number(cell) for cell in row]


def _number(cell: str) -> str:
    try:
        return f"{float(cell):.6g}"
    except ValueError:
        return cell


def test_page_of_the_queries_lists_the_library() -> None:
    page = (Path(__file__).parent.parent / "docs" / "queries.md").read_text(encoding="utf-8")

    table = page.partition("## The library")[2].partition("## Writing")[0]

    assert re.findall(r"^\| `([\w-]+)` \| (.+?) \|", table, re.MULTILINE) == [
        (asked.name, asked.title) for asked in LIBRARY.values()
    ]


def test_query_shown_as_a_model_is_one() -> None:
    page = (Path(__file__).parent.parent / "docs" / "queries.md").read_text(encoding="utf-8")
    asked = read_question(page.partition("```sparql\n")[2].partition("```")[0], "mine")

    assert [p.name for p in asked.parameters] == ["class", "n"]
    for parameter in asked.parameters:
        bind(asked, {parameter.name: term(parameter, parameter.example)})


def test_examples_are_of_the_sample_and_find_something(built_sample: Path) -> None:
    # the sample has no dates, code or DOIs, and should have no faults
    silent = {
        "has-unnamed-entities",
        "metric-over-time",
        "new-entities",
        "offsets-that-do-not-fit",
        "papers-with-code",
        "possible-duplicates",
        "rising-entities",
        "task-methods-by-month",
        "weak-claims",
    }
    for name in LOCAL:
        asked = LIBRARY[name]
        values = {p.name: p.example for p in asked.parameters}
        text = bind(asked, terms(asked, values, built_sample, Options()))
        with ask(built_sample, text, Options(seconds=60)) as answer:
            if answer.form == "ASK":
                found = int(answer.truth())
            else:
                rows_ = answer.triples() if answer.form == "GRAPH" else answer.solutions()
                found = sum(1 for _ in rows_)

        assert found or name in silent, name


@pytest.mark.parametrize("name", ["has-unnamed-entities", "offsets-that-do-not-fit"])
def test_sample_has_no_faults(name: str, built_sample: Path) -> None:
    with ask(built_sample, LIBRARY[name].text) as answer:
        assert not (answer.truth() if answer.form == "ASK" else list(answer.solutions()))

"""A spreadsheet column can be matched against the graph with OpenRefine."""

import io
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
import reconciliation_schemas
from needs import needs_package
from small_graph import build

from kg.errors import QueryError
from kg.reconcile import Index, application, extend, manifest, reconcile, suggest


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index.of(build(tmp_path_factory.mktemp("small") / "output"))


def _ask(index: Index, path: str = "/", query: str = "", body: str | None = None) -> Any:  # noqa: ANN401
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {"PATH_INFO": path, "QUERY_STRING": query}
    if body is not None:
        content = body.encode()
        environ |= {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "wsgi.input": io.BytesIO(content),
        }
    told: list[str] = []
    answer = validator(application(index))(environ, lambda status, _: told.append(status))
    text = b"".join(answer).decode()
    answer.close()
    return told[0], text


def test_the_manifest_has_what_the_api_demands(index: Index) -> None:
    status, text = _ask(index)
    told = json.loads(text)

    assert status == "200 OK"
    assert {"versions", "name", "identifierSpace", "schemaSpace"} <= set(told)
    assert "0.2" in told["versions"]
    assert "{{id}}" in told["view"]["url"]
    assert "{{id}}" in told["preview"]["url"]
    assert told["suggest"]["entity"]["service_url"] == "http://127.0.0.1"


def test_a_name_is_a_sure_match(index: Index) -> None:
    found = reconcile(index, {"q0": {"query": "foxnet"}, "q1": {"query": "QA"}})

    assert found["q0"]["result"][0]["id"] == "foxnet"
    assert found["q0"]["result"][0]["match"] is True
    assert found["q0"]["result"][0]["score"] == 100
    assert found["q1"]["result"][0]["name"] == "question answering"


def test_a_slip_is_a_candidate_but_no_match(index: Index) -> None:
    first = reconcile(index, {"q": {"query": "sparse burow attention"}})["q"]["result"][0]

    assert first["id"] == "sparse-burrow-attention"
    assert first["match"] is False
    assert 30 < first["score"] < 95


def test_another_number_is_another_thing(index: Index) -> None:
    result = reconcile(index, {"q": {"query": "FoxNet 2"}})["q"]["result"]

    assert not any(candidate["match"] or candidate["score"] > 50 for candidate in result)


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({"type": "Task"}, []),
        ({"type": ["Model", "Task"]}, ["foxnet"]),
        ({"type": "Task", "type_strict": "should"}, ["foxnet"]),
        ({"type": ["Model", "Task"], "type_strict": "all"}, []),
        ({"limit": 0}, []),
    ],
)
def test_types_and_limits_narrow(index: Index, asked: dict[str, object], ids: list[str]) -> None:
    found = reconcile(index, {"q": {"query": "FoxNet", **asked}})

    assert [candidate["id"] for candidate in found["q"]["result"]] == ids


def test_a_wrong_type_is_no_match_where_the_type_should_fit(index: Index) -> None:
    asked = {"query": "FoxNet", "type": "Task", "type_strict": "should"}
    found = reconcile(index, {"q": asked})["q"]["result"][0]

    assert (found["score"], found["match"]) == (50, False)


def test_a_benchmark_is_found_as_a_dataset(index: Index) -> None:
    found = reconcile(index, {"q": {"query": "DenQA", "type": "Dataset"}})["q"]["result"]

    assert [kind["id"] for kind in found[0]["type"]] == ["Benchmark", "Dataset"]


def test_a_property_that_is_not_so_lowers_the_score(index: Index) -> None:
    wanted = [{"pid": "papers", "v": "7"}]
    found = reconcile(index, {"q": {"query": "FoxNet", "properties": wanted}})

    assert found["q"]["result"][0]["score"] == 90


@pytest.mark.parametrize(
    "batch",
    [[], {"q": []}, {"q": {"query": 7}}, {"q": {"query": "x", "limit": "many"}},
     {"q": {"query": "x", "type": 3}}, {"q": {"limit": 3}},
     {str(i): {"query": "x"} for i in range(1001)}],
)  # fmt: skip
def test_a_wrong_batch_is_refused(index: Index, batch: Any) -> None:  # noqa: ANN401
    with pytest.raises(QueryError):
        reconcile(index, batch)


def test_queries_by_get_post_and_jsonp_answer_alike(index: Index) -> None:
    sent = urlencode({"queries": json.dumps({"q": {"query": "FoxNet"}})})
    by_get = _ask(index, query=sent)
    by_post = _ask(index, body=sent)
    by_jsonp = _ask(index, query=sent + "&callback=f")

    assert by_get == by_post
    assert by_jsonp[1] == f"/**/f({by_get[1]});"


@pytest.mark.parametrize("query", ["queries=[", "queries=%7B%22q%22%3A1%7D", "extend=%7B%7D"])
def test_nonsense_gets_400(index: Index, query: str) -> None:
    status, text = _ask(index, query=query)

    assert status == "400 Bad Request"
    assert json.loads(text)["error"]


def test_suggestions_begin_with_what_was_typed(index: Index) -> None:
    told = json.loads(_ask(index, "/suggest/entity", "prefix=fo")[1])

    assert [found["id"] for found in told["result"]] == ["foxnet", "forest-corpus"]
    assert [kind["id"] for kind in suggest(index, "type", "m")["result"]] == [
        "Model",
        "Method",
        "Metric",
    ]
    assert {"id", "name"} <= set(suggest(index, "property", "pa")["result"][0])


def test_values_extend_a_table(index: Index) -> None:
    wanted = [{"id": "papers"}, {"id": "usedFor"}, {"id": "alias"}]
    found = extend(index, {"ids": ["foxnet", "nobody"], "properties": wanted})

    assert [column["id"] for column in found["meta"]] == ["papers", "usedFor", "alias"]
    assert found["rows"]["foxnet"] == {
        "papers": [{"int": 2}],
        "usedFor": [{"id": "question-answering", "name": "question answering"}],
        "alias": [],
    }
    assert found["rows"]["nobody"] == {"papers": [], "usedFor": [], "alias": []}


def test_a_preview_escapes_what_papers_write(index: Index) -> None:
    status, page = _ask(index, "/preview", "id=dens")

    assert status == "200 OK"
    assert "Dens &amp; Co. &lt;7B&gt;" in page
    assert "<7B>" not in page


def test_an_unknown_path_is_404(index: Index) -> None:
    assert _ask(index, "/nowhere")[0] == "404 Not Found"


def _answers(index: Index) -> dict[str, Any]:
    """Return an answer of each kind, by the name that the API gives to its schema."""
    wanted = ("usedFor", "papers", "alias", "type")
    asked = {"ids": list(index.entities), "properties": [{"id": name} for name in wanted]}
    names = {key: {"query": entity.name} for key, entity in index.entities.items()}
    return {
        "manifest": manifest(index, "http://localhost"),
        "reconciliation-result-batch": reconcile(index, {**names, "none": {"query": "zzz"}}),
        "suggest-entities-response": suggest(index, "entity", "f"),
        "suggest-properties-response": suggest(index, "property", ""),
        "suggest-types-response": suggest(index, "type", ""),
        "data-extension-response": extend(index, asked),
    }


@pytest.mark.parametrize("kind", reconciliation_schemas.SCHEMAS)
def test_answers_have_the_form_that_the_api_wants(index: Index, kind: str) -> None:
    needs_package("jsonschema")
    import jsonschema

    answer = _answers(index)[kind]
    jsonschema.validate(answer, reconciliation_schemas.SCHEMAS[kind])

    for broken in ([], {}, json.loads(json.dumps(answer).replace('"id": ', '"key": '))):
        if kind != "reconciliation-result-batch" or broken == []:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(broken, reconciliation_schemas.SCHEMAS[kind])


def test_answers_fit_the_schemas_that_the_api_publishes(index: Index) -> None:
    folder = os.environ.get("KG_RECONCILIATION_SCHEMAS")
    if not folder:
        pytest.skip("KG_RECONCILIATION_SCHEMAS names no folder with the API's JSON schemas")
    import jsonschema
    import referencing
    from referencing.jsonschema import DRAFT7

    found = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(folder).glob("*.json")}
    known = ((text["$id"], DRAFT7.create_resource(text)) for text in found.values())
    registry: Any = referencing.Registry().with_resources(known)
    for kind, answer in _answers(index).items():
        jsonschema.Draft7Validator(found[kind], registry=registry).validate(answer)

"""A spreadsheet is reconciled against the running endpoint."""

import json
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from endpoint import Endpoint


def _got(served: Endpoint, path: str, body: bytes | None = None) -> dict:
    request = Request(served.url.rstrip("/") + path, data=body)
    with urlopen(request, timeout=30) as reply:
        found: dict = json.load(reply)
    return found


def test_the_service_says_where_it_is(served: Endpoint) -> None:
    manifest = _got(served, "/reconcile")

    assert manifest["versions"]
    assert manifest["preview"]["url"].startswith(served.url.rstrip("/") + "/reconcile/")


def test_names_of_a_column_find_their_entities(served: Endpoint) -> None:
    manifest = _got(served, "/reconcile")
    name = _got(served, "/reconcile/suggest/entity?prefix=f")["result"][0]
    asked = {"q0": {"query": name["name"]}, "q1": {"query": "nothing of the kind"}}
    found = _got(served, "/reconcile", urlencode({"queries": json.dumps(asked)}).encode())

    assert found["q0"]["result"][0]["id"] == name["id"]
    assert found["q0"]["result"][0]["match"] is True
    assert not any(candidate["match"] for candidate in found["q1"]["result"])
    assert "{{id}}" in manifest["view"]["url"]

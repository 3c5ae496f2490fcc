"""A spreadsheet is reconciled against the running endpoint."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import endpoint
import pytest
from endpoint import Endpoint


@pytest.fixture(scope="module")
def sample(built_sample: Path) -> Iterator[Endpoint]:
    """The sample's graph, served."""
    with endpoint.running(built_sample) as running:
        yield running


def _got(served: Endpoint, path: str, body: bytes | None = None) -> dict:
    request = Request(served.url.rstrip("/") + path, data=body)
    with urlopen(request, timeout=30) as reply:
        found: dict = json.load(reply)
    return found


def test_the_service_says_where_it_is(sample: Endpoint) -> None:
    manifest = _got(sample, "/reconcile")

    assert manifest["versions"]
    assert manifest["preview"]["url"].startswith(sample.url.rstrip("/") + "/reconcile/")


def test_names_of_a_column_find_their_entities(sample: Endpoint) -> None:
    manifest = _got(sample, "/reconcile")
    name = _got(sample, "/reconcile/suggest/entity?prefix=f")["result"][0]
    asked = {"q0": {"query": name["name"]}, "q1": {"query": "nothing of the kind"}}
    found = _got(sample, "/reconcile", urlencode({"queries": json.dumps(asked)}).encode())

    assert found["q0"]["result"][0]["id"] == name["id"]
    assert found["q0"]["result"][0]["match"] is True
    assert not any(candidate["match"] for candidate in found["q1"]["result"])
    assert "{{id}}" in manifest["view"]["url"]

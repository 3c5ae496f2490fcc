"""What answers of the Reconciliation API 0.2 look like, as its specification says, as JSON Schema.

Written anew from the text of the specification, so that it can be checked without a network; with
``KG_RECONCILIATION_SCHEMAS`` a test takes the schemas that the API itself publishes.
"""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_PATTERN: Schema = {"type": "string", "pattern": r"\{\{id\}\}"}


def _object(needed: Schema, also: Schema | None = None, *, closed: bool = False) -> Schema:
    """Return the schema of an object with the properties *needed*, and perhaps those of *also*."""
    properties = {**needed, **(also or {})}
    more = {"additionalProperties": False} if closed else {}
    return {"type": "object", "properties": properties, "required": list(needed), **more}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


_NAMED = _object({"id": _TEXT, "name": _TEXT}, {"description": _TEXT})
_PLACE = _object({}, {"service_url": _TEXT, "service_path": _TEXT})
_CELL: Schema = {
    "oneOf": [
        _object({"id": _TEXT, "name": _TEXT}, {"description": _TEXT}, closed=True),
        _object({"str": _TEXT}, closed=True),
        _object({"int": {"type": "integer"}}, closed=True),
        _object({"float": {"type": "number"}}, closed=True),
        _object({"date": _TEXT}, closed=True),
        _object({}, closed=True),
    ]
}
_CANDIDATE = _object(
    {"id": _TEXT, "name": _TEXT, "score": {"type": "number"}},
    {"description": _TEXT, "match": {"type": "boolean"}, "type": _list(_NAMED)},
)

#: By the names that the API gives to its schemas.
SCHEMAS: dict[str, Schema] = {
    "manifest": _object(
        {
            "versions": {**_list(_TEXT), "contains": {"const": "0.2"}},
            "name": _TEXT,
            "identifierSpace": {"type": "string", "pattern": "^https?://"},
            "schemaSpace": {"type": "string", "pattern": "^https?://"},
            "defaultTypes": {**_list(_NAMED), "uniqueItems": True},
        },
        {
            "view": _object({"url": _PATTERN}),
            "preview": _object(
                {"url": _PATTERN, "width": {"type": "integer"}, "height": {"type": "integer"}}
            ),
            "suggest": _object({}, dict.fromkeys(("entity", "property", "type"), _PLACE)),
            "extend": _object({}, {"propose_properties": _PLACE, "property_settings": _list({})}),
        },
    ),
    "reconciliation-result-batch": {
        "type": "object",
        "additionalProperties": _object({"result": _list(_CANDIDATE)}),
    },
    "suggest-entities-response": _object({"result": _list(_NAMED)}),
    "suggest-properties-response": _object({"result": _list(_NAMED)}),
    "suggest-types-response": _object({"result": _list(_NAMED)}),
    "data-extension-response": _object(
        {
            "meta": _list(_NAMED),
            "rows": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": _list(_CELL)},
            },
        }
    ),
}

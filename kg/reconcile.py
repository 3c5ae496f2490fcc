"""The Reconciliation API of OpenRefine (Entity Reconciliation CG, version 0.2), on our entities.

Plain functions from JSON to JSON, and a small WSGI application that speaks them. An identifier is
the local part of an entity's IRI. A name that is an entity's name or alias, but for case and
hyphens, is a sure match if no other entity has it; the rest is scored by shared letter triples.
Names that differ in a number are not alike, whatever their letters: GPT-3 is not GPT-4.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from pyoxigraph import NamedNode, Store

from kg.errors import QueryError
from kg.export.source import Source
from kg.model import Entity, EntityType, RelationType
from kg.names import fold
from kg.store import open_store
from kg.vocab import KGO, iri

__all__ = ["Index", "application", "extend", "manifest", "preview", "reconcile", "suggest"]

Json = dict[str, Any]

_LIMIT = 10
#: Below this a candidate is noise; at a sure match's score the name was the entity's own.
_LEAST, _ALIAS, _SURE = 30.0, 95.0, 100.0
_FIELDS = {"name": "name", "type": "type", "papers": "papers that name it", "alias": "other names"}
#: Data and benchmarks are asked for alike: a benchmark is a dataset.
_WIDER = {EntityType.BENCHMARK: (EntityType.BENCHMARK.value, EntityType.DATASET.value)}
_MOST_QUERIES = 1000


@dataclass(frozen=True, slots=True)
class Index:
    """The entities of a graph, to be looked up by name; about 2 kB of memory an entity."""

    base: str
    store: Store
    entities: Mapping[str, Entity]
    names: Mapping[str, tuple[str, ...]] = field(repr=False)
    grams: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def of(cls, output: Path) -> "Index":
        """Return the index of the folder *output*; raise ``GraphError`` if it holds no graph."""
        source = Source(output)
        entities = {entity.id: entity for entity in source.all_entities()}
        names: defaultdict[str, dict[str, None]] = defaultdict(dict)
        grams: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for entity in entities.values():
            for name in (entity.name, *entity.aliases):
                names[fold(name)][entity.id] = None
                for gram in _grams(name):
                    grams[gram][entity.id] = None
        return cls(
            source.base,
            open_store(output),
            entities,
            {name: tuple(found) for name, found in names.items()},
            {gram: tuple(found) for gram, found in grams.items()},
        )


def manifest(index: Index, root: str = "") -> Json:
    """Return the service manifest; *root* is the address of the service."""
    service = {"service_url": root, "service_path": "/suggest/"}
    return {
        "versions": ["0.2"],
        "name": "Papers KG",
        "identifierSpace": index.base + "entity/",
        "schemaSpace": KGO,
        "defaultTypes": [_type(kind) for kind in EntityType],
        "view": {"url": index.base + "entity/{{id}}"},
        "suggest": {
            kind: {**service, "service_path": f"/suggest/{kind}"}
            for kind in ("entity", "type", "property")
        },
        "preview": {"url": root + "/preview?id={{id}}", "width": 400, "height": 160},
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/properties"},
            "property_settings": [],
        },
    }


def reconcile(index: Index, batch: Mapping[str, Json]) -> Json:
    """Return the candidates for each query of *batch*; raise ``QueryError`` if it is none."""
    if not isinstance(batch, dict) or not all(isinstance(q, dict) for q in batch.values()):
        raise QueryError("a batch of queries is an object of objects")
    if len(batch) > _MOST_QUERIES:
        raise QueryError(f"at most {_MOST_QUERIES} queries in a batch, not {len(batch)}")
    return {key: {"result": _candidates(index, query)} for key, query in batch.items()}


def _candidates(index: Index, query: Json) -> list[Json]:
    if "query" not in query and not query.get("properties"):
        raise QueryError("a query wants a text, or properties")
    text = query.get("query", "")
    asked = query.get("type") or []
    types = [asked] if isinstance(asked, str) else asked
    limit = query.get("limit", _LIMIT)
    if not isinstance(text, str) or not isinstance(limit, int | float) or limit < 0:
        raise QueryError("a query is a text, and its limit a number")
    if not isinstance(types, list) or not all(isinstance(kind, str) for kind in types):
        raise QueryError("a type is a name, or a list of names")
    scores = _scores(index, text)
    strict = query.get("type_strict", "any")
    kept = [
        (_constrained(index.entities[entity], score * fit, query), entity)
        for entity, score in scores.items()
        if (fit := _fit(index.entities[entity], types, strict))
    ]
    best = sorted(kept, key=lambda pair: (-pair[0], -index.entities[pair[1]].papers, pair[1]))
    sure = [entity for score, entity in best if score >= _ALIAS]
    return [
        _candidate(index.entities[entity], score, match=sure == [entity])
        for score, entity in best[: int(limit)]
        if score >= _LEAST
    ]


def _scores(index: Index, text: str) -> dict[str, float]:
    """Return how well entities fit *text*, from 0 to 100."""
    shared = Counter(
        entity for gram in sorted(_grams(text)) for entity in index.grams.get(gram, ())
    )
    scores = {
        entity: 90 * max(_alike(text, name) for name in _all_names(index.entities[entity]))
        for entity, _ in shared.most_common(200)
    }
    for entity in index.names.get(fold(text), ()):
        is_name = fold(index.entities[entity].name) == fold(text)
        scores[entity] = _SURE if is_name else _ALIAS
    return scores


def _alike(one: str, other: str) -> float:
    """Return the share of letter triples that the two names have in common (Dice)."""
    first, second = _grams(one), _grams(other)
    if not first or not second:
        return 0.0
    dice = 2 * len(first & second) / (len(first) + len(second))
    numbers = re.findall(r"\d+", one) == re.findall(r"\d+", other)
    return dice if numbers else dice / 2


def _grams(text: str) -> set[str]:
    words = re.sub(r"\W+", " ", text.casefold()).strip()
    padded = f" {words} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _all_names(entity: Entity) -> tuple[str, ...]:
    return (entity.name, *entity.aliases)


def _fit(entity: Entity, types: Sequence[str], strict: str) -> float:
    """Return what a score is worth for an entity of that type: 1 if it fits, 0 if it is out."""
    has = _types_of(entity)
    if not types or (all if strict == "all" else any)(kind in has for kind in types):
        return 1.0
    # "should", which OpenRefine always sends, keeps the others as candidates, not as matches
    return 0.5 if strict == "should" else 0.0


def _types_of(entity: Entity) -> tuple[str, ...]:
    return _WIDER.get(entity.type, (entity.type.value,))


def _constrained(entity: Entity, score: float, query: Json) -> float:
    """Return *score*, less a tenth for each property that is asked for and not so."""
    for wanted in query.get("properties") or []:
        values = wanted.get("v")
        texts = {
            str(v.get("id") if isinstance(v, dict) else v).casefold()
            for v in (values if isinstance(values, list) else [values])
        }
        has = {str(value).casefold() for value in _values(entity, wanted.get("pid", ""))}
        if has and not texts & has:
            score *= 0.9
    return round(score, 1)


def _values(entity: Entity, name: str) -> tuple[str | int, ...]:
    values: dict[str, tuple[str | int, ...]] = {
        "name": (entity.name,),
        "type": _types_of(entity),
        "papers": (entity.papers,),
        "alias": entity.aliases,
    }
    return values.get(name, ())


def _candidate(entity: Entity, score: float, *, match: bool) -> Json:
    return {
        "id": entity.id,
        "name": entity.name,
        "description": _described(entity),
        "score": score,
        "match": match,
        "type": [_type(EntityType(kind)) for kind in _types_of(entity)],
    }


def _described(entity: Entity) -> str:
    papers = f"{entity.papers} paper{'s' * (entity.papers != 1)}"
    also = f"; also {', '.join(entity.aliases[:3])}" if entity.aliases else ""
    return f"{entity.type.value} in {papers}{also}"


def _type(kind: EntityType) -> Json:
    return {"id": kind.value, "name": kind.value}


def suggest(index: Index, kind: str, prefix: str) -> Json:
    """Return what begins with *prefix*: of *kind* entity, type or property."""
    begin = prefix.casefold().strip()
    if kind == "type":
        found = [_type(t) for t in EntityType if t.value.casefold().startswith(begin)]
    elif kind == "property":
        found = [p for p in _properties() if p["name"].casefold().startswith(begin)]
    else:
        fits = (e for e in index.entities.values() if begin and _begins(e, begin))
        best = sorted(fits, key=lambda e: (-e.papers, e.id))[:_LIMIT]
        found = [
            {
                "id": e.id,
                "name": e.name,
                "description": _described(e),
                "notable": [_type(e.type)],
            }
            for e in best
        ]
    return {"result": found}


def _begins(entity: Entity, begin: str) -> bool:
    return any(name.casefold().startswith(begin) for name in _all_names(entity))


def _properties() -> list[Json]:
    return [
        *({"id": name, "name": name, "description": about} for name, about in _FIELDS.items()),
        *({"id": r.value, "name": r.value, "description": "to an entity"} for r in RelationType),
    ]


def extend(index: Index, query: Json) -> Json:
    """Return the values of properties for entities (data extension); or ``QueryError``."""
    try:
        ids = [str(entity) for entity in query["ids"]]
        names = [str(wanted["id"]) for wanted in query["properties"]]
    except (KeyError, TypeError) as error:
        raise QueryError("an extension wants ids, and properties with an id") from error
    rows = {entity: {name: list(_cells(index, entity, name)) for name in names} for entity in ids}
    return {"meta": [{"id": name, "name": name} for name in names], "rows": rows}


def _cells(index: Index, entity: str, name: str) -> Iterator[Json]:
    if entity not in index.entities:
        return
    if name in set(RelationType):
        node = NamedNode(iri("kge", entity, index.base))
        found = index.store.quads_for_pattern(node, NamedNode(KGO + name), None)
        for tail in sorted({str(quad.object).rpartition("/")[2].rstrip(">") for quad in found}):
            if tail in index.entities:
                yield {"id": tail, "name": index.entities[tail].name}
        return
    for value in _values(index.entities[entity], name):
        yield {"int": value} if isinstance(value, int) else {"str": value}


def preview(index: Index, entity: str) -> str:
    """Return a small HTML page on *entity*, or one that says that there is none."""
    if entity not in index.entities:
        return "<!doctype html><meta charset='utf-8'><p>There is no such entity."
    found = index.entities[entity]
    address = escape(iri("kge", entity, index.base), quote=True)
    return (
        "<!doctype html><meta charset='utf-8'><body style='font: 14px sans-serif'>"
        f"<b><a href='{address}' target='_blank'>{escape(found.name)}</a></b>"
        f"<p>{escape(_described(found))}</p></body>"
    )


def application(index: Index, root: str = "") -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that serves *index*; *root* is its own address, if not the host's.

    It may be mounted below any path. Browsers of any origin may ask it (CORS, and JSONP).
    """

    def answer(environ: Mapping[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        try:
            status, kind, body = _route(index, environ, root or _root(environ))
        except (QueryError, ValueError) as error:
            status, kind = "400 Bad Request", "application/json"
            body = json.dumps({"error": str(error)})
        content = body.encode()
        headers = [
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Access-Control-Allow-Origin", "*"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start(status, headers)
        return [content]

    return answer


def _root(environ: Mapping[str, Any]) -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return f"{environ.get('wsgi.url_scheme', 'http')}://{host}{environ.get('SCRIPT_NAME', '')}"


def _route(index: Index, environ: Mapping[str, Any], root: str) -> tuple[str, str, str]:
    given = _given(environ)
    path = environ.get("PATH_INFO", "").rstrip("/")
    if path == "/preview":
        return "200 OK", "text/html", preview(index, given.get("id", ""))
    if path.startswith("/suggest/"):
        found = suggest(index, path.rpartition("/")[2], given.get("prefix", ""))
    elif path == "/properties":
        found = {"type": given.get("type", ""), "properties": _properties()}
    elif path:
        return "404 Not Found", "application/json", json.dumps({"error": f"nothing at {path}"})
    elif "queries" in given:
        found = reconcile(index, json.loads(given["queries"]))
    elif "extend" in given:
        found = extend(index, json.loads(given["extend"]))
    else:
        found = manifest(index, root)
    text = json.dumps(found, ensure_ascii=False)
    callback = given.get("callback", "")
    if re.fullmatch(r"[\w$.]+", callback):
        return "200 OK", "application/javascript", f"/**/{callback}({text});"
    return "200 OK", "application/json", text


def _given(environ: Mapping[str, Any]) -> dict[str, str]:
    text = environ.get("QUERY_STRING", "")
    if environ.get("REQUEST_METHOD") == "POST":
        size = int(environ.get("CONTENT_LENGTH") or 0)
        if size > 1 << 20:
            raise QueryError("a batch is at most a mebibyte")
        text += "&" + environ["wsgi.input"].read(size).decode("utf-8", "strict")
    return {name: values[-1] for name, values in parse_qs(text).items()}

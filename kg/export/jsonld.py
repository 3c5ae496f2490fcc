"""JSON-LD that a person can read: short names from ``context.jsonld``, one node a line.

Streamed. ``write_jsonld`` gives the statements node by node, ``write_framed`` paper by paper, with
the entities and results of each inside it.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from typing import IO, Any

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.export.source import Source
from kg.export.triples import statements, subjects
from kg.model import Role
from kg.store import open_store
from kg.vocab import KGO, PREFIXES, iri

__all__ = ["context", "write_framed", "write_jsonld"]

_XSD = PREFIXES["xsd"]
_TYPE = PREFIXES["rdf"] + "type"
#: JSON's own numbers and words mean these in JSON-LD; a fraction would become a double.
_NATIVE: dict[str, Callable[[str], int | bool]] = {
    _XSD + "integer": int,
    _XSD + "boolean": lambda text: text == "true",
}


def context(source: Source) -> dict[str, Any]:
    """Return the context of our files: the shipped terms, and the prefixes of the graph's nodes."""
    text = (resources.files("kg") / "data" / "context.jsonld").read_text(encoding="utf-8")
    terms: dict[str, Any] = json.loads(text)["@context"]
    own = {name: space for name, space in source.prefixes.items() if space.startswith(source.base)}
    # IRIs that do not end in a delimiter are prefixes only if they say so
    return {**own, **terms}


def write_jsonld(source: Source, out: IO[bytes]) -> None:
    """Write one JSON-LD document: the context, then each node with all that is said of it."""
    words = _Words.of(context(source))
    nodes = (words.node(subject, said) for subject, said in subjects(statements(source, "plain")))
    _write(nodes, context(source), out)


def write_framed(source: Source, out: IO[bytes]) -> None:
    """Write one JSON-LD document of the papers, their entities and results nested in them."""
    store = open_store(source.output)
    words = _Words.of(context(source))
    papers = (
        _framed(iri("kgp", extraction.paper.id, source.base), store, words)
        for extraction in source.extractions()
    )
    _write(papers, context(source), out)


def _write(nodes: Iterable[dict[str, Any]], terms: dict[str, Any], out: IO[bytes]) -> None:
    out.write(b'{"@context": ' + _text(terms, indent=1) + b',\n"@graph": [')
    mark = b"\n"
    for node in nodes:
        out.write(mark + _text(node))
        mark = b",\n"
    out.write(b"\n]}\n")


def _text(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def _framed(paper: str, store: Store, words: "_Words") -> dict[str, Any]:
    node = words.node(paper, _said(store, NamedNode(paper)))
    for role in Role:
        if role.value in node:
            members = node[role.value] if isinstance(node[role.value], list) else [node[role.value]]
            kept = members if role is not Role.MENTIONS else _only_mentioned(node, members)
            node[role.value] = [_entity(words.expand(m), store, words) for m in kept]
    found = store.quads_for_pattern(None, NamedNode(KGO + "inPaper"), NamedNode(paper))
    results = sorted(_iri(quad.subject) for quad in found if _is_result(store, quad.subject))
    node["results"] = [
        words.node(r, _said(store, NamedNode(r), without="inPaper")) for r in results
    ]
    return {name: value for name, value in node.items() if value != []}


def _only_mentioned(node: dict[str, Any], members: list[str]) -> list[str]:
    """Return what has no other role: a role implies the mention."""
    others = [node[role.value] for role in Role if role is not Role.MENTIONS and role.value in node]
    named = {entity["id"] for group in others for entity in group}
    return [member for member in members if member not in named]


def _entity(entity: str, store: Store, words: "_Words") -> dict[str, Any]:
    said = [t for t in _said(store, NamedNode(entity)) if not _is_relation(t)]
    return words.node(entity, said)


def _is_relation(triple: Triple) -> bool:
    return isinstance(triple.object, NamedNode) and triple.predicate.value.startswith(KGO)


def _is_result(store: Store, node: Any) -> bool:  # noqa: ANN401 - a term
    return any(store.quads_for_pattern(node, NamedNode(_TYPE), NamedNode(KGO + "Result")))


def _said(store: Store, node: NamedNode, without: str = "") -> list[Triple]:
    found = (quad.triple for quad in store.quads_for_pattern(node, None, None))
    kept = (t for t in found if not without or t.predicate.value != KGO + without)
    return sorted(kept, key=lambda t: (t.predicate.value != _TYPE, str(t.predicate), str(t.object)))


@dataclass(frozen=True, slots=True)
class _Words:
    """The names of a context, to shorten IRIs by."""

    terms: dict[str, tuple[str, str]]
    types: dict[str, str]
    spaces: dict[str, str]
    places: dict[str, int]

    @classmethod
    def of(cls, terms: dict[str, Any]) -> "_Words":
        """Return the names of *terms*: those of properties with what their values are."""
        spaces = {n: _id(v) for n, v in terms.items() if _id(v).endswith(("#", "/"))}
        named: dict[str, tuple[str, str]] = {}
        types: dict[str, str] = {}
        for name, value in terms.items():
            full = _expand(_id(value), spaces)
            if name[0].isupper():
                types[full] = name
            elif name not in spaces and full.startswith("http"):
                kind = value.get("@type", "") if isinstance(value, dict) else ""
                named[full] = (name, _expand(kind, spaces))
        return cls(named, types, spaces, {name: place for place, name in enumerate(terms)})

    def node(self, subject: str, said: Iterable[Triple]) -> dict[str, Any]:
        """Return the node object of *subject*: one value as it is, several as a list."""
        values: dict[str, list[Any]] = {}
        for triple in said:
            name, value = self._pair(triple)
            values.setdefault(name, []).append(value)
        # in the order of the context: what a person looks for comes first
        named = sorted(values.items(), key=lambda pair: (self.places.get(pair[0], -1), pair[0]))
        plain = {name: found[0] if len(found) == 1 else found for name, found in named}
        return {"id": self.short(subject), **plain}

    def short(self, full: str) -> str:
        """Return *full* with a prefix if one fits."""
        for name, space in self.spaces.items():
            local = full.removeprefix(space)
            if local != full and local and not local.startswith("//"):
                return f"{name}:{local}"
        return full

    def expand(self, short: str) -> str:
        """Return the IRI that :meth:`short` shortened."""
        return _expand(short, self.spaces)

    def _pair(self, triple: Triple) -> tuple[str, Any]:
        predicate, value = triple.predicate.value, triple.object
        if predicate == _TYPE:
            return "type", self.types.get(_iri(value)) or self.short(_iri(value))
        name, kind = self.terms.get(predicate, (self.short(predicate), ""))
        if isinstance(value, NamedNode):
            return name, self.short(value.value) if kind == "@id" else {
                "id": self.short(value.value)
            }
        return name, self._literal(value, kind)

    def _literal(self, value: Any, kind: str) -> Any:  # noqa: ANN401 - a term; JSON
        assert isinstance(value, Literal)  # noqa: S101 - the graph has no blank nodes
        datatype = value.datatype.value
        if value.language:
            return {"@value": value.value, "@language": value.language}
        if datatype == kind or (not kind and datatype == _XSD + "string"):
            return value.value
        native = None if kind else _NATIVE.get(datatype)
        if native is not None and str(native(value.value)).lower() == value.value:
            return native(value.value)
        return {"@value": value.value, "@type": self.short(datatype)}


def _iri(term: Any) -> str:  # noqa: ANN401 - a term
    return str(term.value)


def _id(value: Any) -> str:  # noqa: ANN401 - JSON
    return (
        value
        if isinstance(value, str)
        else str(value.get("@id", ""))
        if isinstance(value, dict)
        else ""
    )


def _expand(short: str, spaces: dict[str, str]) -> str:
    prefix, mark, local = short.partition(":")
    return spaces[prefix] + local if mark and prefix in spaces else short

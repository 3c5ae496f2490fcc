"""Names as people write them, resolved to the entities and papers of a graph."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg.errors import QueryError
from kg.query import Options, ask
from kg.questions import Question, term
from kg.vocab import slug

__all__ = ["Hit", "resolve", "terms"]

# one question a kind: the labels, and the number that puts the better known first
_FIND = {
    "entity": """SELECT ?node ?name ?label ?papers WHERE {{ {seed}
  ?node skos:prefLabel ?name ; kgo:paperCount ?papers .
  {{ ?node skos:prefLabel ?label }} UNION {{ ?node skos:altLabel ?label }} {filter} }}""",
    "paper": """SELECT ?node ?name ?label ?papers WHERE {{ {seed}
  ?node a schema:ScholarlyArticle ; dcterms:title ?name .
  {{ ?node dcterms:title ?label }} UNION {{ ?node fabio:hasArXivId ?label }}
  BIND(1 AS ?papers) {filter} }}""",
}
_SPACES = {"entity": "kge", "paper": "kgp"}
_SHOWN = 10


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A node that a name may mean: how many papers name it, its IRI and its own name."""

    papers: int
    iri: str
    name: str


def terms(
    asked: Question, values: Mapping[str, str], source: Path | str, options: Options
) -> dict[str, NamedNode | Literal]:
    """Return the terms of the parameters of *asked*: of *values*, else of the defaults.

    A parameter that keeps its default is left out: the text holds it. Raise ``QueryError`` if one
    is unknown, missing or wrong.
    """
    known = {parameter.name: parameter for parameter in asked.parameters}
    if unknown := sorted(values.keys() - known.keys()):
        raise QueryError(
            f"{asked.name} has no parameter {unknown[0]!r}; known: {', '.join(known) or 'none'}"
        )
    found: dict[str, NamedNode | Literal] = {}
    for parameter in asked.parameters:
        value = values.get(parameter.name)
        if value is None and parameter.default is None:
            raise QueryError(
                f"{asked.name} wants {parameter.name}: -p {parameter.name}={parameter.example}"
            )
        if value is not None:
            looked_up = parameter.type in _FIND
            found[parameter.name] = (
                resolve(source, parameter.type, value, options)
                if looked_up
                else term(parameter, value)
            )
    return found


def resolve(source: Path | str, kind: str, name: str, options: Options) -> NamedNode:
    """Return the ``entity`` or ``paper`` (*kind*) that *name* means in the graph *source*.

    *name* is an IRI, a prefixed name, an id, or a label or alias, whatever its case, spaces and
    hyphens. Raise ``QueryError`` if none is found, or several are: they are named in the message.
    """
    known = options.prefixes
    if re.fullmatch(r"https?://\S+", name) or name.partition(":")[0] in known:
        prefix, _, local = name.partition(":")
        try:
            return NamedNode(known[prefix] + local if prefix in known else name)
        except ValueError as error:
            raise QueryError(f"{name}: {error}") from error
    for tier in (_by_id, _by_label, _by_fold):
        hits = tier(source, kind, name, options)
        if len(hits) == 1:
            return NamedNode(hits[0].iri)
        if hits:
            raise QueryError(f"{name!r} may be several; give one of: {_listed(hits, options)}")
    near = _containing(source, kind, name, options)
    hint = f"; there are {_listed(near, options)}" if near else ""
    raise QueryError(f"no {kind} is called {name!r}{hint}")


def _by_id(source: Path | str, kind: str, name: str, options: Options) -> list[Hit]:
    local = slug(name) if kind == "entity" else name
    if not re.fullmatch(r"[\w.-]+", local, re.ASCII):
        return []
    ids = [local] if kind == "entity" else [local, f"arxiv-{local.removeprefix('arXiv:')}"]
    nodes = " ".join(f"<{options.prefixes[_SPACES[kind]]}{i}>" for i in ids)
    hits = _ask(source, kind, (f"VALUES ?node {{ {nodes} }}", ""), options)
    # an id is free of accents and signs: the name must still be the same to a reader
    return [hit for hit in hits if kind == "paper" or slug(hit.name) == local]


def _by_label(source: Path | str, kind: str, name: str, options: Options) -> list[Hit]:
    return _ask(source, kind, (f"VALUES ?label {{ {Literal(name)} }}", ""), options)


def _by_fold(source: Path | str, kind: str, name: str, options: Options) -> list[Hit]:
    letters = [c for c in unicodedata.normalize("NFKC", name) if c.isalnum() or c in "+#"]
    if not letters:
        return []
    # a plain list of signs: classes of all letters, so often repeated, are too large for the engine
    gap = r"""[-\s_.,:;/\\()'’"“”–—!?&]*"""
    pattern = "^" + gap + gap.join(re.sub(r"([+#])", r"[\1]", c) for c in letters) + gap + "$"
    filter_ = f'FILTER(REGEX(STR(?label), {Literal(pattern)}, "i"))'
    return _ask(source, kind, ("", filter_), options)


def _containing(source: Path | str, kind: str, name: str, options: Options) -> list[Hit]:
    filter_ = f"FILTER(CONTAINS(LCASE(STR(?label)), {Literal(name.lower())}))"
    return _ask(source, kind, ("", filter_), options)


def _ask(source: Path | str, kind: str, parts: tuple[str, str], options: Options) -> list[Hit]:
    text = _FIND[kind].format(seed=parts[0], filter=parts[1])
    with ask(source, text, options) as answer:
        hits = {
            Hit(int(row["papers"].value), row["node"].value, row["name"].value)
            for row in answer.solutions()
        }
    return sorted(hits, key=lambda hit: (-hit.papers, hit.iri))


def _listed(hits: Iterable[Hit], options: Options) -> str:
    hits = list(hits)
    shown = ", ".join(f"{_short(hit.iri, options)} ({hit.name})" for hit in hits[:_SHOWN])
    return shown + (f" and {len(hits) - _SHOWN} more" if len(hits) > _SHOWN else "")


def _short(iri: str, options: Options) -> str:
    for prefix, namespace in options.prefixes.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri

"""What the endpoint says of itself: service description, VoID, and what its page offers."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph as ox

from kg.questions import library
from kg.sparql import prologue
from kg.vocab import PREFIXES

__all__ = [
    "COUNTS",
    "FORMATS",
    "examples",
    "read_counts",
    "serialised",
    "service_description",
    "vocabulary",
    "void",
]

#: How descriptions may be had, by media type.
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
#: The queries whose answers :func:`void` and :func:`vocabulary` are made of.
COUNTS = {
    "class": "SELECT ?term (COUNT(DISTINCT ?s) AS ?n) { ?s a ?term } GROUP BY ?term ORDER BY ?term",
    "property": "SELECT ?term (COUNT(*) AS ?n) { ?s ?term ?o } GROUP BY ?term ORDER BY ?term",
}
_PARTS = {"class": "entities", "property": "triples"}
_SD = "http://www.w3.org/ns/sparql-service-description#"
_RESULTS = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV")
_TRIPLES = ("Turtle", "N-Triples", "RDF_XML")

Counts = Mapping[str, Mapping[str, int]]


def service_description(url: str) -> list[ox.Triple]:
    """Return the description of the service at *url* (SPARQL 1.1 Service Description)."""
    service = ox.NamedNode(url)
    dataset = ox.NamedNode(url.rpartition("/")[0] + "/void#dataset")
    told = [
        (service, "type", PREFIXES["rdf"], ox.NamedNode(_SD + "Service")),
        (service, "endpoint", _SD, service),
        (service, "supportedLanguage", _SD, ox.NamedNode(_SD + "SPARQL11Query")),
        (service, "feature", _SD, ox.NamedNode(_SD + "UnionDefaultGraph")),
        (service, "defaultDataset", _SD, dataset),
        (dataset, "type", PREFIXES["rdf"], ox.NamedNode(_SD + "Dataset")),
        (dataset, "type", PREFIXES["rdf"], ox.NamedNode(PREFIXES["void"] + "Dataset")),
    ]
    told += [
        (service, "resultFormat", _SD, ox.NamedNode("http://www.w3.org/ns/formats/" + name))
        for name in (*_RESULTS, *_TRIPLES)
    ]
    return [ox.Triple(s, ox.NamedNode(space + p), o) for s, p, space, o in told]


def void(url: str, counts: Counts) -> list[ox.Triple]:
    """Return the VoID description of the graph served at *url*: sizes by class and property."""
    space = PREFIXES["void"]
    home = url.rpartition("/")[0] + "/void"
    dataset = ox.NamedNode(home + "#dataset")
    triples = sum(counts["property"].values())
    told = [
        ox.Triple(dataset, _term("rdf:type"), ox.NamedNode(space + "Dataset")),
        ox.Triple(dataset, _term("dcterms:title"), ox.Literal("Knowledge graph of papers")),
        ox.Triple(dataset, _term("void:sparqlEndpoint"), ox.NamedNode(url)),
        ox.Triple(dataset, _term("void:triples"), ox.Literal(triples)),
    ]
    for kind, number in _PARTS.items():
        for i, (term, count) in enumerate(sorted(counts[kind].items())):
            part = ox.NamedNode(f"{home}#{kind}-{i}")
            told += [
                ox.Triple(dataset, ox.NamedNode(f"{space}{kind}Partition"), part),
                ox.Triple(part, ox.NamedNode(space + kind), ox.NamedNode(term)),
                ox.Triple(part, ox.NamedNode(space + number), ox.Literal(count)),
            ]
    return told


def read_counts(path: Path) -> dict[str, dict[str, int]] | None:
    """Return the counts that the VoID file of a build holds; None if there is no such file."""
    if not path.is_file():
        return None
    store = ox.Store()
    store.bulk_load(path=str(path), format=ox.RdfFormat.TURTLE)
    found = {}
    for kind, number in _PARTS.items():
        text = f"SELECT ?term ?n {{ ?part void:{kind} ?term ; void:{number} ?n }}"
        rows = store.query(text, prefixes=PREFIXES)
        if isinstance(rows, ox.QuerySolutions):
            found[kind] = {row["term"].value: int(row["n"].value) for row in rows}
    return found


def vocabulary(counts: Counts, known: Mapping[str, str]) -> dict[str, object]:
    """Return what the editor completes: prefixes, and the classes and properties in use."""
    return {
        "prefixes": dict(known),
        "classes": sorted(counts["class"]),
        "properties": sorted(counts["property"]),
    }


def examples(known: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the queries of the library as the page shows them, by title."""
    told = [
        {
            "name": found.name,
            "title": found.title,
            "description": found.description,
            "text": "".join(_line(p, known) for p in _used(found.text, known)) + found.text.strip(),
        }
        for found in library().values()
    ]
    return sorted(told, key=lambda one: one["title"].casefold())


def serialised(triples: Iterable[ox.Triple], format_: ox.RdfFormat) -> bytes:
    """Return *triples* in *format_*."""
    shown = {name: PREFIXES[name] for name in ("dcterms", "rdf", "void")} | {"sd": _SD}
    out = ox.serialize(triples, format=format_, prefixes=shown)
    return out or b""


def _term(curie: str) -> ox.NamedNode:
    prefix, _, local = curie.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def _used(text: str, known: Mapping[str, str]) -> list[str]:
    declared = prologue(text, known)
    return [name for name in known if f"PREFIX {name}:" in declared]


def _line(name: str, known: Mapping[str, str]) -> str:
    return f"PREFIX {name}: <{known[name]}>\n"

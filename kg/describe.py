"""The graph described in itself: VoID and DCAT, so that others know what is in it before they load.

Counts are read off the files. The run that made the graph (PROV) stands in the graph already and is
referred to. There is no time of day: the same graph is described by the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from sys import intern
from urllib.parse import quote, urlsplit

from blake3 import blake3
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.export.source import DESCRIPTION, Source
from kg.store import STORE, write_turtle
from kg.vocab import KGO, PREFIXES

__all__ = [
    "Notice",
    "Tally",
    "add_description",
    "describe",
    "load_description",
    "notice_of",
    "write_description",
]

_FILES = {
    "graph.ttl": "text/turtle",
    "evidence.nq": "application/n-quads",
    "links.ttl": "text/turtle",
    "papers.jsonl": "application/jsonl",
    "entities.csv": "text/csv",
    "graph.graphml": "application/graphml+xml",
}
_RDF_TYPE = PREFIXES["rdf"] + "type"
_OF_TYPE = f"<{_RDF_TYPE}>"
#: So many bytes of the evidence are counted at once. More lines would wake the garbage collector,
#: which has much to look through at the end of a build.
_AT_ONCE = 1 << 16
_ACTIVITY = PREFIXES["prov"] + "Activity"
_ARTICLE = PREFIXES["schema"] + "ScholarlyArticle"
_MATCHES = frozenset(PREFIXES["skos"] + match for match in ("exactMatch", "closeMatch"))
#: Where the description says what a notice does.
_SAID = {
    "title": "dcterms:title",
    "description": "dcterms:description",
    "creator": "dc:creator",
    "attribution": "dcterms:bibliographicCitation",
    "license": "dcterms:license",
    "endpoint": "void:sparqlEndpoint",
    "download": "void:dataDump",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a publisher says of a graph; what is empty is left out."""

    title: str = "Papers KG"
    description: str = (
        "What machine-learning papers name and state, read from their titles and abstracts."
    )
    license: str = ""
    creator: str = ""
    attribution: str = ""
    endpoint: str = ""
    download: str = ""


@dataclass(slots=True)
class Tally:
    """How often the statements of a graph have each predicate, each class, and each link.

    *triples* and *entities* go by the IRIs of predicates and classes, *links* by host and
    predicate; *runs* made the graph, and *example* is the first of its papers.
    """

    triples: Counter[str] = field(default_factory=Counter)
    entities: Counter[str] = field(default_factory=Counter)
    links: Counter[tuple[str, str]] = field(default_factory=Counter)
    runs: list[str] = field(default_factory=list)
    example: str = ""

    @classmethod
    def of(cls, source: Source) -> "Tally":
        """Count in the files of *source*."""
        tally = cls()
        tally.add(source.plain(), source.base)
        with source.file("evidence.nq").open("rb") as lines:
            while some := lines.readlines(_AT_ONCE):
                tally.add_nquads(some)
        return tally

    def add(self, triples: Iterable[Triple], base: str) -> None:
        """Count *triples*, but for what is said of the graph (its IRI is *base*) itself."""
        for triple in triples:
            if not _is_own(triple.subject, base):
                name = intern(triple.predicate.value)  # which pickle then writes but once
                self._add(_name(triple.subject), name, _name(triple.object))

    def add_nquads(self, lines: Iterable[bytes]) -> None:
        """Count the *lines* of N-Quads."""
        # there are hundreds of lines a paper: each is cut at its blanks and not parsed
        rows = [line.split(b" ", 3) for line in lines]
        is_a = _OF_TYPE.encode()
        told = [r[1] for r in rows], [r[2] for r in rows if r[1] == is_a]
        self._count(*({name.decode(): n for name, n in Counter(some).items()} for some in told))

    def add_terms(self, statements: Sequence[tuple[str, str, str]]) -> None:
        """Count *statements*, of each subject, predicate and object as N-Triples has them."""
        kinds = [value for _, name, value in statements if name == _OF_TYPE]
        self._count(Counter([name for _, name, _ in statements]), Counter(kinds))

    def take(self, other: "Tally", times: int = 1) -> None:
        """Add what *other* counted; with *times* -1 take its predicates and classes away."""
        for counts, more in ((self.triples, other.triples), (self.entities, other.entities)):
            for name, count in more.items():
                counts[name] += times * count
                if not counts[name]:
                    del counts[name]
        self.links.update(other.links)
        self.runs += other.runs
        self.example = min(filter(None, (self.example, other.example)), default="")

    def _count(self, predicates: Mapping[str, int], classes: Mapping[str, int]) -> None:
        for counts, found in ((self.triples, predicates), (self.entities, classes)):
            for name, count in found.items():
                counts[name[1:-1]] += count

    def _add(self, subject: str, predicate: str, value: str) -> None:
        self.triples[predicate] += 1
        if predicate in _MATCHES:
            self.links[urlsplit(value).netloc, predicate] += 1
        elif predicate == _RDF_TYPE:
            self.entities[intern(value)] += 1
            if value == _ACTIVITY:
                self.runs.append(subject)
            elif value == _ARTICLE:
                self.example = min(self.example or subject, subject)


def describe(
    output: Path,
    notice: Notice | None = None,
    tally: Tally | None = None,
    sums: Mapping[str, str] | None = None,
) -> Iterator[Triple]:
    """Yield the description of the graph in the folder *output*, as *notice* wants it.

    The dataset (its IRI is the base), its partitions by class and property, a linkset for each
    catalogue that entities are linked to, and a distribution for each file with size and BLAKE3
    (*sums*, by name, which are worked out if they are not given).
    """
    source = Source(output)
    node = NamedNode(source.base)
    # what is said here is no part of what is counted
    counts = tally or Tally.of(source)
    yield from _dataset(node, counts, notice or Notice())
    yield from _partitions(node, counts)
    yield from _linksets(node, counts)
    yield from _distributions(node, output, notice or Notice(), sums or _sums(output))


def _sums(output: Path) -> dict[str, str]:
    there = [name for name in _FILES if (output / name).is_file()]
    return {name: blake3().update_mmap(output / name).hexdigest() for name in there}


def add_description(output: Path, notice: Notice | None = None) -> int:
    """Write the description to ``void.ttl`` and to the store; return the number of its triples.

    A description that was there is replaced, and without a *notice* its own is kept.
    """
    path = output / DESCRIPTION
    if path.is_file():
        notice = notice or notice_of(output)
        _edit(output, remove=[quad.triple for quad in parse(path=str(path))])
    written = write_description(output, notice)
    load_description(output)
    return written


def load_description(output: Path) -> None:
    """Add what ``void.ttl`` says to the store."""
    told = parse(path=str(output / DESCRIPTION), format=RdfFormat.TURTLE)
    _edit(output, add=[quad.triple for quad in told])


def write_description(
    output: Path,
    notice: Notice | None = None,
    tally: Tally | None = None,
    sums: Mapping[str, str] | None = None,
) -> int:
    """Write the description to ``void.ttl`` alone, and return the number of its triples.

    Without a *tally* of the graph its files are counted, without their *sums* (what
    :class:`Sums` finds) they are read.
    """
    triples = sorted(set(describe(output, notice, tally, sums)), key=_place)
    write_turtle(triples, output / DESCRIPTION, Source(output).prefixes)
    return len(triples)


def notice_of(output: Path) -> Notice:
    """Return what the description in the folder *output* says of the graph as published."""
    path = output / DESCRIPTION
    triples = [quad.triple for quad in parse(path=str(path))] if path.is_file() else []
    said = {t.predicate: t.object for t in triples if t.subject == NamedNode(Source(output).base)}
    found = {name: said.get(_term(curie)) for name, curie in _SAID.items()}
    return Notice(**{name: _text(term) for name, term in found.items() if term is not None})


def _text(term: object) -> str:
    if isinstance(term, NamedNode) and "/" in term.value and term.value.endswith(tuple(_FILES)):
        return term.value.rpartition("/")[0] + "/"  # a dump's address: where all are
    return term.value if isinstance(term, NamedNode | Literal) else ""


def _edit(output: Path, *, add: list[Triple] = [], remove: list[Triple] = []) -> None:  # noqa: B006
    store = Store(str(output / STORE))
    for triple in remove:
        store.remove(Quad(*triple))
    store.extend(Quad(*triple) for triple in add)
    store.flush()


def _place(triple: Triple) -> tuple[str, bool, str, str]:
    predicate = triple.predicate.value
    return str(triple.subject), predicate != PREFIXES["rdf"] + "type", predicate, str(triple.object)


def _dataset(node: NamedNode, counts: Tally, notice: Notice) -> Iterator[Triple]:
    yield _say(node, "rdf:type", _term("void:Dataset"))
    yield _say(node, "rdf:type", _term("dcat:Dataset"))
    for name, value in (
        ("dcterms:title", notice.title),
        ("dcterms:description", notice.description),
        ("dc:creator", notice.creator),
        ("dcterms:bibliographicCitation", notice.attribution),
    ):
        if value:
            yield _say(node, name, Literal(value))
    for name, value in (
        ("dcterms:license", notice.license),
        ("void:sparqlEndpoint", notice.endpoint),
    ):
        if value:
            yield _say(node, name, NamedNode(value))
    yield _say(node, "void:uriSpace", Literal(node.value))
    for prefix in ("dcterms", "fabio", "kgo", "mls", "nif", "prov", "schema", "skos"):
        yield _say(node, "void:vocabulary", NamedNode(PREFIXES[prefix]))
    for run in counts.runs:
        yield _say(node, "prov:wasGeneratedBy", NamedNode(run))
    if counts.example:
        yield _say(node, "void:exampleResource", NamedNode(counts.example))


@cache
def _is_own(subject: object, base: str) -> bool:
    name = _name(subject)
    return name == base or name.startswith(base + "void/")


def _name(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else ""


def _partitions(node: NamedNode, counts: Tally) -> Iterator[Triple]:
    yield _say(node, "void:triples", _integer(counts.triples.total()))
    yield _say(node, "void:entities", _integer(counts.entities[PREFIXES["skos"] + "Concept"]))
    yield _say(node, "void:classes", _integer(len(counts.entities)))
    yield _say(node, "void:properties", _integer(len(counts.triples)))
    for kind, found, number in (
        ("class", counts.entities, "entities"),
        ("property", counts.triples, "triples"),
    ):
        for name, count in sorted(found.items()):
            part = NamedNode(f"{node.value}void/{kind}-{_slug(name)}")
            yield _say(node, f"void:{kind}Partition", part)
            yield _say(part, f"void:{kind}", NamedNode(name))
            yield _say(part, f"void:{number}", _integer(count))


def _linksets(node: NamedNode, counts: Tally) -> Iterator[Triple]:
    for (host, predicate), count in sorted(counts.links.items()):
        links = NamedNode(f"{node.value}void/links-{_slug(predicate)}-{_slug(host)}")
        yield _say(links, "rdf:type", _term("void:Linkset"))
        yield _say(links, "void:linkPredicate", NamedNode(predicate))
        yield _say(links, "void:subjectsTarget", node)
        yield _say(links, "void:objectsTarget", NamedNode(f"https://{host}/"))
        yield _say(links, "void:triples", _integer(count))
        yield _say(node, "void:subset", links)


def _distributions(
    node: NamedNode, output: Path, notice: Notice, sums: Mapping[str, str]
) -> Iterator[Triple]:
    for name, kind in _FILES.items():
        if name not in sums:
            continue
        path = output / name
        file = NamedNode(f"{node.value}void/file-{_slug(name)}")
        yield _say(node, "dcat:distribution", file)
        yield _say(file, "rdf:type", _term("dcat:Distribution"))
        yield _say(file, "dcterms:title", Literal(name))
        yield _say(
            file,
            "dcat:mediaType",
            NamedNode(f"https://www.iana.org/assignments/media-types/{kind}"),
        )
        yield _say(file, "dcat:byteSize", _integer(path.stat().st_size, "nonNegativeInteger"))
        checksum = NamedNode(f"{file.value}-blake3")
        yield Triple(file, NamedNode(_SPDX + "checksum"), checksum)
        yield _say(checksum, "rdf:type", NamedNode(_SPDX + "Checksum"))
        algorithm = NamedNode(_SPDX + "checksumAlgorithm_blake3")
        yield Triple(checksum, NamedNode(_SPDX + "algorithm"), algorithm)
        value = Literal(sums[name], datatype=_term("xsd:hexBinary"))
        yield Triple(checksum, NamedNode(_SPDX + "checksumValue"), value)
        if notice.download:
            yield _say(file, "dcat:downloadURL", NamedNode(notice.download + quote(name)))
            yield _say(node, "void:dataDump", NamedNode(notice.download + quote(name)))


_SPDX = "http://spdx.org/rdf/terms#"


def _slug(iri: str) -> str:
    """Return a name for what *iri* counts: its prefix, if it has one of ours, and its end."""
    for prefix, namespace in sorted(PREFIXES.items(), key=lambda item: -len(item[1])):
        if iri.startswith(namespace) and iri != namespace:
            return f"{prefix}-{quote(iri.removeprefix(namespace), safe='')}"
    return quote(iri.removeprefix(KGO), safe="").replace("%", "")


def _term(curie: str) -> NamedNode:
    prefix, local = curie.split(":")
    return NamedNode(PREFIXES[prefix] + local)


def _say(subject: NamedNode, predicate: str, value: NamedNode | Literal) -> Triple:
    return Triple(subject, _term(predicate), value)


def _integer(number: int, kind: str = "integer") -> Literal:
    return Literal(str(number), datatype=_term(f"xsd:{kind}"))

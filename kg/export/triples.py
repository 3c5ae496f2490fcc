"""The RDF forms: sorted, so that the same graph gives the same bytes, and written as they come.

They are made of ``graph.ttl`` and ``evidence.nq``, not of the store, which keeps numbers in another
form than they were written.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from itertools import chain, groupby, islice
from typing import IO, Any

from pyoxigraph import NamedNode, Quad, QueryTriples, RdfFormat, Triple, parse, serialize

from kg.errors import ExportError
from kg.export.source import PARTS, Source, sorted_lines
from kg.store import open_store
from kg.vocab import BASE, PREFIXES

__all__ = [
    "profiles",
    "statements",
    "subjects",
    "write_nquads",
    "write_ntriples",
    "write_rdf12",
    "write_rdfxml",
    "write_trig",
    "write_turtle",
]

_TYPE_TEXT = b" <" + PREFIXES["rdf"].encode() + b"type> "
_RDF = PREFIXES["rdf"]
_BATCH = 10_000


def write_ntriples(source: Source, out: IO[bytes]) -> None:
    """Write N-Triples, the lines sorted."""
    out.writelines(sorted_lines(_lines(statements(source, "plain"))))


def write_nquads(source: Source, out: IO[bytes]) -> None:
    """Write N-Quads, the lines sorted: the plain statements are in the default graph."""
    out.writelines(sorted_lines(_lines(_quads(source), RdfFormat.N_QUADS)))


def write_turtle(source: Source, out: IO[bytes]) -> None:
    """Write Turtle: subjects sorted, what is said of one together, its types first."""
    _write(_sorted(statements(source, "plain")), out, RdfFormat.TURTLE, _prefixes(source))


def write_rdfxml(source: Source, out: IO[bytes]) -> None:
    """Write RDF/XML, ordered as the Turtle."""
    _write(_sorted(statements(source, "plain")), out, RdfFormat.RDF_XML, _prefixes(source))


def write_trig(source: Source, out: IO[bytes]) -> None:
    """Write TriG: the plain statements first, then the evidence of each paper in its graph."""
    _write(_quads(source, ordered=True), out, RdfFormat.TRIG, _prefixes(source))


def write_rdf12(source: Source, out: IO[bytes]) -> None:
    """Write Turtle of RDF 1.2: each claim reifies its statement as a triple term."""
    part = source.part or "all"
    plain = _sorted(source.plain()) if part != "evidence" else iter(())
    graphs = _graphs(source) if part != "plain" else iter(())
    claims = chain.from_iterable(map(_reified, graphs))
    _write(chain(plain, claims), out, RdfFormat.TURTLE, source.prefixes)


def statements(source: Source, usual: str) -> Iterator[Triple]:
    """Yield the triples that *source* asks for, of the part *usual* if it names none.

    With a profile they are what its query constructs of the store.
    """
    if source.profile:
        yield from _profiled(source)
        return
    part = source.part or usual
    if part != "evidence":
        yield from source.plain()
    if part != "plain":
        yield from (quad.triple for quad in source.evidence())


def subjects(triples: Iterable[Triple]) -> Iterator[tuple[str, list[Triple]]]:
    """Yield each subject once with what is said of it, sorted, the types first."""
    for subject, group in groupby(_sorted(triples), key=lambda triple: triple.subject):
        yield str(subject.value), list(group)


def profiles() -> dict[str, str]:
    """Return the CONSTRUCT queries that write the graph in the words of others, by name."""
    folder = resources.files("kg") / "data" / "queries" / "profiles"
    if not folder.is_dir():  # a checkout: the wheel has them beside the data
        folder = resources.files("kg") / ".." / "queries" / "profiles"
    found = sorted(folder.iterdir(), key=str) if folder.is_dir() else []
    return {f.name.removesuffix(".rq"): f.read_text("utf-8") for f in found}


def _prefixes(source: Source) -> dict[str, str]:
    """Return the prefixes of the graph and those of the profile's query."""
    declared = re.findall(r"(?m)^PREFIX (\S+): <(.+)>$", _query(source)) if source.profile else []
    return dict(sorted({**source.prefixes, **dict(declared)}.items()))


def _query(source: Source) -> str:
    known = profiles()
    if source.profile not in known:
        raise ExportError(f"no profile {source.profile!r}; known: {', '.join(known)}")
    # what a profile mints lies below the base of the graph; the ontology stays where it is
    return re.sub(re.escape(BASE) + "(?!ontology#)", source.base, known[source.profile])


def _profiled(source: Source) -> Iterator[Triple]:
    query = _query(source)
    found = open_store(source.output).query(query, use_default_graph_as_union=True)
    if not isinstance(found, QueryTriples):
        raise ExportError(f"the profile {source.profile!r} is no CONSTRUCT query")
    yield from found


def _quads(source: Source, *, ordered: bool = False) -> Iterator[Quad]:
    if source.profile:
        yield from (Quad(*triple) for triple in _sorted(_profiled(source)))
        return
    part = source.part or "all"
    if part not in PARTS:
        raise ExportError(f"no part {part!r}; known: {', '.join(PARTS)}")
    if part != "evidence":
        plain = _sorted(source.plain()) if ordered else source.plain()
        yield from (Quad(*triple) for triple in plain)
    if part != "plain":
        for graph in _graphs(source):
            yield from (sorted(graph, key=_place) if ordered else graph)


def _graphs(source: Source) -> Iterator[list[Quad]]:
    """Yield the evidence paper by paper: what one paper gives fits in memory."""
    for _, group in groupby(source.evidence(), key=lambda quad: quad.graph_name):
        yield list(group)


def _reified(graph: list[Quad]) -> Iterator[Triple]:
    parts: dict[object, dict[str, object]] = {}
    kept = []
    for quad in graph:
        local = quad.predicate.value.removeprefix(_RDF)
        if local in {"subject", "predicate", "object"}:
            parts.setdefault(quad.subject, {})[local] = quad.object
        elif quad.object != NamedNode(_RDF + "Statement"):
            kept.append(quad.triple)
    for node, said in parts.items():
        term = Triple(said["subject"], said["predicate"], said["object"])  # type: ignore[arg-type]
        kept.append(Triple(node, NamedNode(_RDF + "reifies"), term))  # type: ignore[arg-type]
    return iter(sorted(kept, key=_place))


def _place(statement: Quad | Triple) -> tuple[str, bool, str, str]:
    predicate = statement.predicate.value
    return (str(statement.subject), predicate != _RDF + "type", predicate, str(statement.object))


def _sorted(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield *triples* sorted, each once, the types of a subject first, in bounded memory."""
    lines = sorted_lines(_lines(triples), key=_types_first)
    while batch := tuple(islice(lines, _BATCH)):
        for quad in parse(b"".join(batch), format=RdfFormat.N_TRIPLES):
            yield quad.triple


def _types_first(line: bytes) -> bytes:
    # a blank sorts before any "<"
    return line.replace(_TYPE_TEXT, b"  ", 1)


def _lines(
    statements: Iterable[Triple] | Iterable[Quad], format_: RdfFormat = RdfFormat.N_TRIPLES
) -> Iterator[bytes]:
    rest: Iterator[Any] = iter(statements)
    while batch := tuple(islice(rest, _BATCH)):
        yield from (serialize(batch, format=format_) or b"").splitlines(keepends=True)


def _write(
    statements: Iterable[Triple] | Iterable[Quad],
    out: IO[bytes],
    format_: RdfFormat,
    prefixes: Mapping[str, str],
) -> None:
    with tempfile.TemporaryFile() as draft:
        serialize(statements, draft, format_, prefixes=dict(prefixes))
        draft.seek(0)
        # pyoxigraph 0.5 writes the prefixes in the order of a hash that changes with the run
        if format_ == RdfFormat.RDF_XML:
            out.write(draft.readline())
            names = draft.readline().rstrip(b">\n").split()
            out.write(b"\n    ".join([names[0], *sorted(names[1:])]) + b">\n")
        else:
            out.writelines(sorted(draft.readline() for _ in prefixes))
        shutil.copyfileobj(draft, out)

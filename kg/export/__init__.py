"""The graph in the formats of others.

A table of formats, a writer each. A format is one file, which goes to a file or to standard output,
or several, which go to a folder or, as a ZIP archive, to a file or to standard output. Whatever a
writer reads comes piece by piece (:class:`Source`), and the same graph gives the same bytes.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

from kg.errors import ExportError
from kg.export.source import PARTS, Source

__all__ = ["FORMATS", "PARTS", "Format", "Source", "export", "format_of"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its *suffixes*, what it is, and the writer as ``module:function``.

    *many* files go to a folder; with *selects* the papers can be chosen; *rdf* forms take a part of
    the graph or a profile.
    """

    suffixes: tuple[str, ...]
    about: str
    writer: str
    many: bool = False
    selects: bool = False
    rdf: bool = False


#: The formats by name. A new one is a line here, a writer, its test and a line in the docs.
FORMATS: dict[str, Format] = {
    "turtle": Format((".ttl",), "Turtle", "triples:write_turtle", rdf=True),
    "ntriples": Format((".nt",), "N-Triples", "triples:write_ntriples", rdf=True),
    "nquads": Format((".nq",), "N-Quads", "triples:write_nquads", rdf=True),
    "trig": Format((".trig",), "TriG", "triples:write_trig", rdf=True),
    "rdfxml": Format((".rdf", ".xml"), "RDF/XML", "triples:write_rdfxml", rdf=True),
    "rdf12": Format((".ttl12",), "RDF 1.2 Turtle (triple terms)", "triples:write_rdf12", rdf=True),
    "jsonld": Format((".jsonld",), "JSON-LD, node by node", "jsonld:write_jsonld", rdf=True),
    "jsonld-framed": Format(
        (".framed.jsonld",), "JSON-LD, paper by paper", "jsonld:write_framed", selects=True
    ),
    "graphml": Format((".graphml",), "GraphML", "networks:write_graphml"),
    "gexf": Format((".gexf",), "GEXF 1.2", "networks:write_gexf"),
    "cytoscape": Format((".cyjs",), "Cytoscape JSON", "networks:write_cytoscape"),
    "csv": Format((".csv.zip",), "nodes.csv and edges.csv", "networks:write_csv", many=True),
    "parquet": Format(
        (".parquet.zip",), "five tables", "parquet:write_parquet", many=True, selects=True
    ),
    "partitions": Format(
        (".parts.zip",), "N-Quads and Parquet in parts", "partitions:write_partitions", many=True
    ),
    "neo4j": Format((".neo4j.zip",), "neo4j-admin CSV and Cypher", "neo4j:write_neo4j", many=True),
    "cypher": Format((".cypher",), "openCypher statements", "neo4j:write_cypher"),
    "bibtex": Format((".bib",), "BibTeX", "papers:write_bibtex", selects=True),
    "croissant": Format((".croissant.json",), "Croissant metadata", "papers:write_croissant"),
}  # fmt: skip


def format_of(path: str | Path) -> str:
    """Return the name of the format that the suffix of *path* means; raise ``ExportError``."""
    name = Path(path).name.lower()
    fits = [(s, n) for n, f in FORMATS.items() for s in f.suffixes if name.endswith(s)]
    if not fits:
        known = ", ".join(sorted(s for f in FORMATS.values() for s in f.suffixes))
        raise ExportError(
            f"{path}: no format has this suffix; known: {known}; or name one: {_names()}"
        )
    return max(fits, key=lambda fit: len(fit[0]))[1]


def export(source: Source, format_: str, out: IO[bytes] | Path) -> None:
    """Write *source* in *format_* (a name of :data:`FORMATS`).

    *out* is a stream, or a path: of the file to write, or of the folder for formats of many files.
    Raises ``ExportError`` for an unknown format, part, profile or choice, and if it cannot write.
    """
    if format_ not in FORMATS:
        raise ExportError(f"no format {format_!r}; known: {_names()}")
    chosen = FORMATS[format_]
    _check(source, format_, chosen)
    module, function = chosen.writer.split(":")
    write = getattr(import_module(f"kg.export.{module}"), function)
    try:
        if chosen.many:
            _write_many(write, source, out)
        else:
            _write_one(write, source, out)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise ExportError(
            f"{_shown(out)}: cannot be written ({error.strerror or error})"
        ) from error


def _check(source: Source, name: str, chosen: Format) -> None:
    if source.part and source.part not in PARTS:
        raise ExportError(f"no part {source.part!r}; known: {', '.join(PARTS)}")
    if (source.part or source.profile) and not chosen.rdf:
        raise ExportError(
            f"{name} takes neither a part nor a profile; those that do: {_names('rdf')}"
        )
    if source.entities and not chosen.selects:
        raise ExportError(f"{name} writes all papers; those that select: {_names('selects')}")


def _write_one(
    write: Callable[[Source, IO[bytes]], None], source: Source, out: IO[bytes] | Path
) -> None:
    if not isinstance(out, Path):
        write(source, out)
        return
    with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as draft:
        path = Path(draft.name)
        try:
            write(source, draft)
        except BaseException:
            path.unlink()
            raise
    path.chmod(0o644)
    path.replace(out)


def _write_many(
    write: Callable[[Source, Path], None], source: Source, out: IO[bytes] | Path
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(source, folder)
        if isinstance(out, Path) and out.suffix != ".zip":
            out.mkdir(parents=True, exist_ok=True)
            for file in sorted(folder.iterdir()):
                shutil.move(file, out / file.name)
            return
        with out.open("wb") if isinstance(out, Path) else nullcontext(out) as stream:
            _zip(folder, stream)


def _zip(folder: Path, stream: IO[bytes]) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            # a fixed time, so that the same files give the same archive
            entry = zipfile.ZipInfo(file.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with file.open("rb") as content, archive.open(entry, "w", force_zip64=True) as member:
                shutil.copyfileobj(content, member)


def _names(flag: str = "") -> str:
    return ", ".join(sorted(name for name, f in FORMATS.items() if not flag or getattr(f, flag)))


def _shown(out: object) -> str:
    return str(out) if isinstance(out, Path) else "standard output"

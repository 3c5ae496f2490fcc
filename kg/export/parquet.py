"""Parquet: a table each for papers, entities, mentions, claims and results."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import ExportError
from kg.model import Extraction

if TYPE_CHECKING:
    from kg.export.source import Source

__all__ = ["TABLES", "rows", "table_writer", "write_parquet"]

_BATCH = 5_000
#: The tables and their columns, with the names that pyarrow has for their types.
TABLES: dict[str, dict[str, str]] = {
    "papers": {
        **dict.fromkeys(("id", "title", "abstract", "date", "arxiv_id", "doi", "venue"), "string"),
        **dict.fromkeys(("authors", "urls", "sources"), "strings"),
    },
    "entities": {
        **dict.fromkeys(("id", "name", "type"), "string"),
        "generic": "bool_",
        "papers": "int32",
        "aliases": "strings",
    },
    "mentions": {
        **dict.fromkeys(("paper", "entity", "type"), "string"),
        **dict.fromkeys(("start", "end"), "int32"),
        "text": "string",
        "confidence": "float64",
    },
    "claims": {
        **dict.fromkeys(("paper", "subject", "predicate", "object"), "string"),
        "confidence": "float64",
        **dict.fromkeys(("evidence_start", "evidence_end"), "int32"),
        "evidence": "string",
    },
    "results": {
        **dict.fromkeys(("paper", "subject", "dataset", "metric", "value", "kind"), "string"),
        **dict.fromkeys(("start", "end"), "int32"),
        "confidence": "float64",
        "evidence": "string",
    },
}

Row = Mapping[str, Any]


def rows(source: "Source", table: str) -> Iterator[Row]:
    """Yield the rows of *table* (a name of :data:`TABLES`), by paper or by entity id."""
    if table == "entities":
        yield from map(_entity, source.all_entities())
        return
    for extraction in source.extractions():
        yield from _ROWS[table](extraction)


def write_parquet(source: "Source", folder: Path) -> None:
    """Write ``papers.parquet`` and so on into *folder*; needs pyarrow (the extra ``export``)."""
    for table, columns in TABLES.items():
        with table_writer(folder / f"{table}.parquet", columns) as write:
            write(rows(source, table))


@contextmanager
def table_writer(
    path: Path, columns: Mapping[str, str]
) -> Iterator[Callable[[Iterable[Row]], None]]:
    """Give a function that writes rows with *columns* (as in :data:`TABLES`) to the file *path*.

    Raises ``ExportError`` without pyarrow.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ExportError(
            "Parquet needs pyarrow; install it with `pip install 'papers-kg[export]'`"
        ) from error
    kinds = {"strings": pa.list_(pa.string())}
    schema = pa.schema([(n, kinds.get(k) or getattr(pa, k)()) for n, k in columns.items()])
    with parquet.ParquetWriter(path, schema) as out:

        def write(found: Iterable[Row]) -> None:
            for batch in _batches(found):
                out.write_table(pa.Table.from_pylist(list(batch), schema))

        yield write


def _batches(found: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    rest = iter(found)
    while batch := tuple(islice(rest, _BATCH)):
        yield batch


def _entity(entity: Any) -> Row:  # noqa: ANN401
    return {name: _plain(getattr(entity, name)) for name in TABLES["entities"]}


def _papers(extraction: Extraction) -> Iterator[Row]:
    yield {name: _plain(getattr(extraction.paper, name)) for name in TABLES["papers"]}


def _mentions(extraction: Extraction) -> Iterator[Row]:
    for entity in extraction.entities:
        for m in entity.mentions:
            yield {
                "paper": extraction.paper.id,
                "entity": entity.id,
                "type": entity.type.value,
                "start": m.start,
                "end": m.end,
                "text": m.text,
                "confidence": m.confidence,
            }


def _claims(extraction: Extraction) -> Iterator[Row]:
    paper = extraction.paper
    roles = ((paper.id, e.role, e.id, e.role_confidence, e.evidence) for e in extraction.entities)
    said = ((r.head, r.type, r.tail, r.confidence, r.evidence) for r in extraction.relations)
    for subject, predicate, object_, confidence, evidence in chain(roles, said):
        yield {
            "paper": paper.id,
            "subject": subject,
            "predicate": predicate.value,
            "object": object_,
            "confidence": confidence,
            "evidence_start": evidence.start,
            "evidence_end": evidence.end,
            "evidence": paper.text[evidence.start : evidence.end],
        }


def _results(extraction: Extraction) -> Iterator[Row]:
    paper = extraction.paper
    names = ("subject", "dataset", "metric", "value", "start", "end", "confidence")
    for r in extraction.results:
        yield {
            "paper": paper.id,
            **{name: getattr(r, name) for name in names},
            "kind": r.kind.value,
            "evidence": paper.text[r.evidence.start : r.evidence.end],
        }


_ROWS: dict[str, Callable[[Extraction], Iterator[Row]]] = {
    "papers": _papers,
    "mentions": _mentions,
    "claims": _claims,
    "results": _results,
}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else getattr(value, "value", value)

"""Links from our entities to other catalogues, by a table that a person reviewed.

A row names an entity, how well it fits (``exactMatch`` or ``closeMatch``) and the IRI there. A name
fits an entity if it is its name or one of its aliases, whatever the case, and no other entity has
it; with the column ``types`` the entity must be of one of them. What does not fit gets no link: a
wrong link is worse than none.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.errors import ConfigError
from kg.export.source import LINKS, Source
from kg.model import Entity
from kg.store import STORE, open_store, write_turtle
from kg.vocab import PREFIXES, iri

__all__ = ["Link", "add_links", "link_triples", "read_links"]

_MATCHES = ("exactMatch", "closeMatch")


@dataclass(frozen=True, slots=True)
class Link:
    """A row of the table; *types* is empty if any will do."""

    name: str
    match: str
    iri: str
    types: frozenset[str] = frozenset()


def read_links(path: Path | None = None) -> tuple[Link, ...]:
    """Return the rows of a CSV or TSV (by its suffix), or of the shipped table; or ``ConfigError``.

    The columns *name* and *iri* are needed, *match* (``exactMatch`` if empty) and *types* (parted
    by ``|``) are read if they are there, others are for people.
    """
    shipped = Path(str(resources.files("kg") / "data" / "links.tsv"))
    path = path or shipped
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ",")
            return tuple(_link(path, number, row) for number, row in enumerate(reader, 2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read as a table ({error})") from error


def _link(path: Path, number: int, row: Mapping[str, str | None]) -> Link:
    name, target = ((row.get(column) or "").strip() for column in ("name", "iri"))
    match = (row.get("match") or "exactMatch").strip().removeprefix("skos:")
    where = f"{path}, line {number}"
    if not name or not target:
        raise ConfigError(f"{where}: wants a name and an iri")
    if match not in _MATCHES:
        raise ConfigError(f"{where}: match is {' or '.join(_MATCHES)}, not {match!r}")
    try:
        NamedNode(target)
    except ValueError as error:
        raise ConfigError(f"{where}: {target!r} is no IRI") from error
    types = frozenset(filter(None, (row.get("types") or "").split("|")))
    return Link(name, match, target, types)


def link_triples(
    entities: Iterable[Entity], links: Iterable[Link], base: str
) -> Iterator[tuple[Link, Triple | None]]:
    """Yield each link with the triple that it makes, or None if it fits no entity or several."""
    named: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    preferred: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for entity in entities:
        preferred[entity.name.casefold()].add((entity.id, entity.type))
        for alias in (entity.id, *entity.aliases):
            named[alias.casefold()].add((entity.id, entity.type))
    for link in links:
        found = preferred.get(link.name.casefold()) or named.get(link.name.casefold()) or set()
        fits = [key for key, kind in found if not link.types or kind in link.types]
        if len(fits) != 1:
            yield link, None
            continue
        match = NamedNode(PREFIXES["skos"] + link.match)
        yield link, Triple(NamedNode(iri("kge", fits[0], base)), match, NamedNode(link.iri))


def add_links(output: Path, table: Path | None = None) -> tuple[int, int]:
    """Link the entities of the folder *output*; return how many links were made and rows left over.

    The links are written to ``links.ttl`` and to the store, in the place of those that were there.
    Raises ``ConfigError`` for a wrong table and ``GraphError`` if the folder holds no graph.
    """
    source = Source(output)
    open_store(output)
    made = list(link_triples(source.all_entities(), read_links(table), source.base))
    triples = sorted({triple for _, triple in made if triple is not None}, key=str)
    path = output / LINKS
    old = list(parse(path=str(path), format=RdfFormat.TURTLE)) if path.is_file() else []
    store = Store(str(output / STORE))
    for quad in old:
        store.remove(quad)
    store.extend(Quad(*triple) for triple in triples)
    store.flush()
    write_turtle(triples, path, source.prefixes)
    return len(triples), sum(triple is None for _, triple in made)

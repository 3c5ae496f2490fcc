"""What an export reads: the files of an output folder, one piece at a time."""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.errors import GraphError
from kg.model import Entity, EntityType, Extraction
from kg.names import parted
from kg.records import read_jsonl
from kg.spill import sorted_rows
from kg.vocab import BASE, prefixes

__all__ = ["ANALYSIS", "DESCRIPTION", "LINKS", "PARTS", "Source", "sorted_lines"]

#: Files of plain statements that stand beside ``graph.ttl`` if they were made.
LINKS = "links.ttl"
DESCRIPTION = "void.ttl"
ANALYSIS = "analysis.ttl"
#: What of the graph the RDF forms write: the plain statements, their evidence, or both.
PARTS = ("plain", "evidence", "all")
#: Lines sorted in memory at once; more go to temporary files and are merged.
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Source:
    """An output folder, and what of it to write.

    *part* is one of :data:`PARTS`, or empty for what the format is for; *profile* names the
    vocabulary of others to write the statements in; *entities* are ids: only papers that name one
    of them are written by the formats that can select.
    """

    output: Path
    part: str = ""
    profile: str = ""
    entities: Collection[str] = ()

    @property
    def base(self) -> str:
        """The base of the IRIs, as the build noted it."""
        try:
            noted = (self.output / "run.json").read_text(encoding="utf-8")
            return str(json.loads(noted)["base"])
        except (OSError, ValueError, KeyError):
            return BASE

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes of the graph's own IRIs and of the vocabularies, sorted."""
        return prefixes(self.base)

    @property
    def notice(self) -> dict[str, str]:
        """What the description says of the graph as a whole, by the local names of its terms."""
        path = self.output / DESCRIPTION
        said = parse(path=str(path), format=RdfFormat.TURTLE) if path.is_file() else ()
        return {
            quad.predicate.value.rpartition("/")[2]: quad.object.value
            for quad in said
            if quad.subject == NamedNode(self.base) and isinstance(quad.object, NamedNode | Literal)
        }

    def file(self, name: str) -> Path:
        """Return the path of a file of the folder; raise ``GraphError`` if it is not there."""
        path = self.output / name
        if not path.is_file():
            raise GraphError(
                f"{self.output} holds no graph (no {name} in it); "
                f"make one with `kg build INPUT -o {self.output}`"
            )
        return path

    def plain(self) -> Iterator[Triple]:
        """Yield the plain statements: those of the build, then what was added to them."""
        added = (self.output / name for name in (LINKS, ANALYSIS, DESCRIPTION))
        for path in (self.file("graph.ttl"), *(path for path in added if path.is_file())):
            for quad in parse(path=str(path), format=RdfFormat.TURTLE):
                yield quad.triple

    def evidence(self) -> Iterator[Quad]:
        """Yield the evidence, paper by paper."""
        yield from parse(path=str(self.file("evidence.nq")), format=RdfFormat.N_QUADS)

    def extractions(self) -> Iterator[Extraction]:
        """Yield the papers (those that name one of *entities*, if any are given) by id."""
        for extraction in read_jsonl(self.file("papers.jsonl")):
            if not self.entities or any(e.id in self.entities for e in extraction.entities):
                yield extraction

    def all_entities(self) -> Iterator[Entity]:
        """Yield the entities by id."""
        with self.file("entities.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield Entity(
                    id=row["id"],
                    name=row["name"],
                    type=EntityType(row["type"]),
                    generic=row["generic"] == "true",
                    aliases=parted(row["aliases"]),
                    papers=int(row["papers"]),
                )


def sorted_lines(
    lines: Iterable[bytes], *, key: Callable[[bytes], bytes] | None = None
) -> Iterator[bytes]:
    """Yield *lines* sorted (by *key*, if given), each once, in bounded memory.

    Lines that differ must differ in their keys.
    """
    for line, _ in groupby(sorted_rows(lines, key=key, kind=bytes, run=_CHUNK)):
        yield line

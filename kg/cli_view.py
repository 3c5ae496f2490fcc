"""``kg view`` and ``kg report``: the graph for people who would rather look than query."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg.errors import GraphError
from kg.model import Entity, EntityType, Extraction, PaperEntity, Run
from kg.names import parted
from kg.records import read_jsonl
from kg.vocab import BASE

if TYPE_CHECKING:
    from kg.viewer import SavedQuery

__all__ = ["read_output", "report", "view"]

_TYPES = [kind.value for kind in EntityType]
_GRAPH = click.option(
    "-g",
    "--graph",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="The folder that `kg build` wrote.",
)


@click.command()
@_GRAPH
@click.option("-o", "--output", type=click.Path(path_type=Path), help="[default: GRAPH/view.html]")
@click.option("--focus", metavar="NAME", help="Keep what lies near an entity or paper.")
@click.option("--hops", type=click.IntRange(0), default=1, show_default=True, help="How near.")
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(_TYPES, case_sensitive=False),
    help="Keep entities of this type; may be given again.",
)
@click.option("--top", type=click.IntRange(1), metavar="N", help="Keep the N most named entities.")
@click.option("--papers-of", metavar="NAME", help="Keep the papers that name an entity.")
@click.option("--with-sparql", is_flag=True, help="Add a tab that runs SPARQL in the page.")
def view(graph: Path, output: Path | None, **given: Any) -> None:  # noqa: ANN401 - click's values are untyped
    """Write one HTML page of the graph, or of a part of it, that needs no network."""
    from kg.output import write_text  # noqa: PLC0415
    from kg.viewer import ViewOptions, select, to_html  # noqa: PLC0415 (heavy)

    extractions, entities, base = read_output(graph)
    given["types"] = tuple(map(EntityType, given["types"]))
    options = ViewOptions(base=base, **given)
    nquads = ""
    if options.with_sparql:
        options = replace(options, queries=_examples())
        nquads = _quads(*select(extractions, entities, options), base)
    target = output or graph / "view.html"
    write_text(target, to_html(extractions, entities, options=options, nquads=nquads))
    click.echo(f"written to {target}: open it in a browser")


def _examples() -> "tuple[SavedQuery, ...]":
    """Return the library's questions that need nothing but this graph."""
    from kg.questions import library  # noqa: PLC0415
    from kg.viewer import SavedQuery  # noqa: PLC0415

    # what a newcomer asks first stands first
    names = sorted(library(), key=lambda name: (name != "top-entities", name))
    own = (library()[name] for name in names if not name.startswith("federated"))
    return tuple(SavedQuery(q.title, q.text, q.description) for q in own)


def _quads(extractions: Sequence[Extraction], entities: Sequence[Entity], base: str) -> str:
    """Return the part's plain statements and evidence as N-Quads."""
    from pyoxigraph import Quad, RdfFormat, serialize  # noqa: PLC0415

    from kg import __version__  # noqa: PLC0415
    from kg.rdf import evidence_quads, plain_triples, relation_support  # noqa: PLC0415

    run = Run(__version__, base)
    plain = (
        Quad(t.subject, t.predicate, t.object) for t in plain_triples(extractions, entities, run)
    )
    support = relation_support(extractions)
    evidence = (q for x in extractions for q in evidence_quads(x, run, support))
    out = BytesIO()
    serialize(chain(plain, evidence), out, RdfFormat.N_QUADS)
    return out.getvalue().decode()


@click.command()
@_GRAPH
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@click.option(
    "--charts",
    type=click.Path(path_type=Path),
    help="A folder for the charts, each as PNG and SVG.",
)
def report(graph: Path, output: Path, charts: Path | None) -> None:
    """Write charts and tables of the graph as one HTML page."""
    from kg.output import write_text  # noqa: PLC0415
    from kg.report import draw_charts, to_report  # noqa: PLC0415 (a plotting library)

    extractions, entities, _ = read_output(graph)
    drawn = draw_charts(extractions, entities, folder=charts)
    write_text(output, to_report(extractions, entities, drawn))
    click.echo(f"written to {output}: open it in a browser")


def read_output(folder: Path) -> tuple[list[Extraction], list[Entity], str]:
    """Return the papers, the entities and the base of the IRIs of a folder of ``kg build``.

    Raises GraphError if the folder is none; without ``entities.csv``, entities are made of what
    the papers say of them.
    """
    papers = folder / "papers.jsonl"
    if not papers.is_file():
        raise GraphError(f"{folder}: holds no papers.jsonl; make a graph with `kg build`")
    extractions = sorted(read_jsonl(papers), key=lambda x: x.paper.id)
    table = folder / "entities.csv"
    entities = _entities(table) if table.is_file() else _voted(extractions)
    run = folder / "run.json"
    base = json.loads(run.read_text(encoding="utf-8")).get("base", BASE) if run.is_file() else BASE
    return extractions, entities, base


def _entities(table: Path) -> list[Entity]:
    csv.field_size_limit(2**31 - 1)
    with table.open(encoding="utf-8", newline="") as rows:
        try:
            return [
                Entity(
                    row["id"],
                    row["name"],
                    EntityType(row["type"]),
                    row["generic"] == "true",
                    parted(row["aliases"]),
                    int(row["papers"]),
                )
                for row in csv.DictReader(rows)
            ]
        except (KeyError, ValueError, AttributeError, csv.Error) as error:
            message = f"{table}: is no table of entities ({error}); make it with `kg build`"
            raise GraphError(message) from error


def _voted(extractions: Sequence[Extraction]) -> list[Entity]:
    seen: defaultdict[str, list[PaperEntity]] = defaultdict(list)
    for extraction in extractions:
        for entity in extraction.entities:
            seen[entity.id].append(entity)
    made = []
    for key, members in sorted(seen.items()):
        votes = Counter((e.name, e.type, e.generic) for e in members)
        name, kind, generic = min(votes, key=lambda vote: (-votes[vote], vote))
        spellings = sorted({m.text for e in members for m in e.mentions} - {name})
        made.append(Entity(key, name, kind, generic, tuple(spellings), len(members)))
    return made

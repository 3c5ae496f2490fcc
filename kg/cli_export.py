"""The commands that carry the graph elsewhere: export, link, validate, describe."""

import sys
from pathlib import Path
from typing import Any

import click

from kg.errors import ExportError
from kg.export import FORMATS, PARTS, Source, format_of
from kg.export import export as write

__all__ = ["describe", "export", "link", "validate"]

_graph = click.option(
    "-g",
    "--graph",
    type=click.Path(path_type=Path),
    default="output",
    show_default=True,
    help="The folder that `kg build` wrote.",
)


@click.command("export")
@_graph
@click.option("-f", "--format", "name", help="A format of the list.  [default: by the suffix]")
@click.option("-o", "--output", default="-", help="A file, or a folder.  [default: stdout]")
@click.option("--part", default="", help=f"Of RDF: {', '.join(PARTS)}.  [default: by the format]")
@click.option("--profile", default="", help="Write in others' words: cskg, lpwc, schema.")
@click.option("--entity", "entities", multiple=True, help="Only papers that name it (its id).")
@click.option("--list", "listed", is_flag=True, help="List the formats.")
def export(graph: Path, name: str | None, output: str, **given: Any) -> None:  # noqa: ANN401
    """Write the graph in another format, to a file or to standard output.

    The suffix of the file tells the format. Several files go to a folder or into a ZIP archive.
    """
    if given.pop("listed"):
        click.echo(_formats(), nl=False)
        return
    source = Source(graph, **given)
    if output != "-":
        write(source, name or format_of(output), Path(output))
        return
    if name is None:
        raise ExportError(f"say which format with --format; known: {', '.join(sorted(FORMATS))}")
    write(source, name, sys.stdout.buffer)


def _formats() -> str:
    lines = (f"{n:14} {' '.join(f.suffixes):18} {f.about}\n" for n, f in sorted(FORMATS.items()))
    return "".join(lines)


@click.command("validate")
@_graph
@click.option(
    "--most", default=100, show_default=True, help="Print so many faults, count the rest."
)
def validate(graph: Path, most: int) -> None:
    """Check the graph against its shapes, and each mention against its text.

    Prints a line for each fault and ends with 1 if there are any.
    """
    from kg.validate import validate as check  # noqa: PLC0415 - it imports rdflib

    count = 0
    for count, found in enumerate(check(graph), 1):
        if count <= most:
            click.echo(found)
    click.echo(f"{count:,} faults" if count else "the graph conforms", err=True)
    sys.exit(1 if count else 0)


@click.command("link")
@_graph
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="A CSV or TSV with the columns name, match and iri.  [default: the shipped table]",
)
def link(graph: Path, table: Path | None) -> None:
    """Tie entities to other catalogues by a table, in the graph and in its exports."""
    from kg.describe import add_description  # noqa: PLC0415
    from kg.export.links import add_links  # noqa: PLC0415

    added, missed = add_links(graph, table)
    add_description(graph)
    click.echo(f"{added:,} links written to {graph}/links.ttl, {missed:,} rows fit no entity")


@click.command("describe")
@_graph
@click.option("--title", help="What the graph is called.")
@click.option("--description", help="What is in it, in a sentence or two.")
@click.option("--license", help="The IRI of the licence it is published under.")
@click.option("--creator", help="Who made it.")
@click.option("--attribution", help="How it is to be cited.")
@click.option("--endpoint", help="Where SPARQL is answered.")
@click.option("--download", help="The address that the files lie below.")
def describe(graph: Path, **given: str | None) -> None:
    """Say in the graph what it holds and how it may be used (VoID, DCAT).

    What is not given stays as it was.
    """
    from dataclasses import replace  # noqa: PLC0415

    from kg.describe import add_description, notice_of  # noqa: PLC0415

    told = {name: value for name, value in given.items() if value is not None}
    count = add_description(graph, replace(notice_of(graph), **told))
    click.echo(f"{count:,} statements written to {graph}/void.ttl")

"""The commands that ask: ``kg query``, ``kg serve``, ``kg push``. Loaded when one is called."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from kg.query import (
    GRAPH_FORMATS,
    ROW_FORMATS,
    Answer,
    Options,
    ask,
    explain,
    prefixes_of,
    write_truth,
)
from kg.questions import bind, library, question, read_question
from kg.resolve import terms
from kg.tables import markdown, rows, terminal

__all__ = ["query"]

_FORMATS = ["table", "md", *ROW_FORMATS, *GRAPH_FORMATS]

graph_option = click.option(
    "-g",
    "--graph",
    "output",
    type=click.Path(path_type=Path),
    default="output",
    show_default=True,
    help="The folder that `kg build` wrote.",
)
endpoint_option = click.option(
    "--endpoint", metavar="URL", help="Ask this SPARQL endpoint instead of a folder."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was given to ``kg query``."""

    name: str | None
    text: str | None
    output: Path
    endpoint: str | None
    parameters: tuple[str, ...]
    format_: str | None
    seconds: float | None
    rows: int | None
    memory: bool | None
    services: tuple[str, ...]
    exit_code: bool
    explained: bool
    shown: bool
    listed: bool

    @property
    def source(self) -> Path | str:
        return self.endpoint or self.output

    def options(self) -> Options:
        memory = {None: "auto", True: "all", False: "no"}[self.memory]
        known = prefixes_of(self.source)
        return Options(self.seconds, self.rows, self.services, memory, known)


@click.command()
@click.argument("name", required=False)
@click.option("-e", "--execute", "text", metavar="TEXT", help="Run this text; - reads it.")
@graph_option
@endpoint_option
@click.option(
    "-p",
    "--param",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter; entities may be given by any of their names.",
)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="How to print the answer.  [default: table, or ttl for triples]",
)
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End the query after this time.",
)
@click.option("--rows", type=click.IntRange(min=0), metavar="N", help="Print N rows at most.")
@click.option(
    "--memory/--disk",
    default=None,
    help="Load the graph into memory first, or never.  [default: if it is small]",
)
@click.option(
    "--allow-service",
    "services",
    metavar="IRI",
    multiple=True,
    help="Let SERVICE call this endpoint.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 3 if an ASK is false.")
@click.option("--explain", "explained", is_flag=True, help="Print the plan, with timings.")
@click.option("--show", "shown", is_flag=True, help="Print the text, run nothing.")
@click.option("--list", "listed", is_flag=True, help="List the library.")
def query(**given: object) -> None:
    r"""Ask the graph: a query of the library by its NAME, a file NAME.rq, or a text with -e.

    \b
    kg query --list
    kg query most-used-datasets -p n=20
    kg query entity-statements -p entity=LoRA -f csv
    kg query -e 'SELECT ?e { ?e a kgo:Dataset } LIMIT 5'
    """
    asked = _Asked(**given)  # type: ignore[arg-type]
    if asked.listed:
        _list()
        return
    text = _text(asked)
    if asked.shown:
        click.echo(text.strip())
    elif asked.explained:
        click.echo(explain(asked.output, text, asked.options()))
    else:
        with ask(asked.source, text, asked.options()) as answer:
            true = _print(answer, asked)
        if asked.exit_code and not true:
            click.get_current_context().exit(3)


def _text(asked: _Asked) -> str:
    if (asked.name is None) == (asked.text is None):
        raise click.UsageError("give a NAME or -e TEXT (`kg query --list` shows the names)")
    if asked.name is not None:
        found = question(asked.name)
    else:
        text = sys.stdin.read() if asked.text == "-" else asked.text or ""
        found = read_question(text, "query")
    values = dict(_split(pair) for pair in asked.parameters)
    return bind(found, terms(found, values, asked.source, asked.options()))


def _split(pair: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise click.UsageError(f"--param wants NAME=VALUE, not {pair!r}")
    return name, value


def _print(answer: Answer, asked: _Asked) -> bool:
    """Print *answer* and return whether it is true, or no answer to an ASK."""
    if answer.form == "ASK":
        truth = answer.truth()
        if asked.format_ in {"json", "xml"}:
            write_truth(truth, sys.stdout.buffer, asked.format_)
        else:
            click.echo(str(truth).lower())
        return truth
    format_ = asked.format_ or ("table" if answer.form == "SELECT" else "ttl")
    if format_ in {"table", "md"}:
        names, cells = rows(answer.solutions(), asked.options().prefixes)
        click.echo(
            terminal(names, cells) if format_ == "table" else markdown(names, cells), nl=False
        )
    else:
        answer.write(sys.stdout.buffer, format_)
    if answer.truncated:
        click.echo(f"only the first {asked.rows} rows are shown", err=True)
    return True


def _list() -> None:
    for found in library().values():
        click.echo(click.style(found.name, bold=True) + f"  {found.title}")
        click.echo(f"    {found.description}")
        for parameter in found.parameters:
            default = "must be given" if parameter.default is None else parameter.default or "any"
            about = f"{parameter.about}; " if parameter.about else ""
            click.echo(f"    -p {parameter.name}={parameter.example}  {about}default: {default}")

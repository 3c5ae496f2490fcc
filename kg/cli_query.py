"""The commands that ask: ``kg query``, ``kg serve``, ``kg push``. Loaded when one is called."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

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

__all__ = ["push", "query", "serve"]

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
        known = prefixes_of(self.source)
        return Options(self.seconds, self.rows, self.services, self.memory, known)


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
    help="Load the graph into memory first, or never.  [default: if that is faster]",
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
    """Ask the graph: a query of the library by its NAME, a file NAME.rq, or a text with -e.

    \b
    kg query --list
    kg query most-used-datasets -p n=20
    kg query entity-statements -p entity=LoRA -f csv
    kg query -e 'SELECT ?e { ?e a kgo:Dataset } LIMIT 5'
    """  # noqa: D301 - click looks for the character itself
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


@click.command()
@graph_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=7878,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    default=30.0,
    show_default=True,
    help="End a query after this time.",
)
@click.option("--cors", metavar="ORIGIN", help="Let pages of this origin ask; * for all.")
@click.option(
    "--allow-service",
    "services",
    metavar="IRI",
    multiple=True,
    help="Let SERVICE call this endpoint.",
)
@click.option(
    "--memory/--disk",
    default=None,
    help="Answer from memory, or from disk.  [default: from memory if the graph is small]",
)
def serve(host: str, port: int, timeout: float, **given: object) -> None:
    """Serve the graph: a SPARQL endpoint at /query, a query page and the explorer, read-only."""
    try:
        from kg.serve import Limits, Settings  # noqa: PLC0415 (an extra)
        from kg.serve import serve as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f"{error.name} is missing: pip install 'papers-kg[serve]'"
        raise click.ClickException(message) from error
    settings = Settings(limits=Limits(query=timeout), **given)  # type: ignore[arg-type]
    run(settings, host, port, ready=lambda url: click.echo(f"serving {settings.output} at {url}"))


@click.command()
@graph_option
@click.option("--endpoint", metavar="URL", required=True, help="The Graph Store address.")
@click.option("--query-endpoint", metavar="URL", help="The query address, if it is another.")
@click.option("--user", help="Your name at the store; the password is asked for.")
@click.option("--password-file", type=click.File(), help="Read the password from here.")
def push(output: Path, endpoint: str, query_endpoint: str | None, **given: object) -> None:
    """Send the graph to another SPARQL store, just what changed.

    \b
    kg push --endpoint http://localhost:3030/kg/data --query-endpoint http://localhost:3030/kg/query
    kg query most-used-datasets --endpoint http://localhost:3030/kg/query
    """  # noqa: D301
    from kg.push import Target  # noqa: PLC0415 (of no use to the other commands)
    from kg.push import push as send  # noqa: PLC0415

    file, user = given["password_file"], given["user"]
    password = file.readline().rstrip("\n") if isinstance(file, TextIO) else ""
    if user and file is None:
        password = click.prompt("Password", hide_input=True, err=True)
    target = Target(endpoint, query_endpoint or endpoint, user, password)  # type: ignore[arg-type]
    bar = click.progressbar(length=1, file=sys.stderr, label="graphs", show_pos=True)

    def tell(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        done = send(output, target, tell=tell)
    click.echo(f"sent {done.sent}, unchanged {done.unchanged}, removed {done.removed} graphs")


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

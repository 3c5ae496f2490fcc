"""The command line: parse, call, print. Commands are imported when they are called."""

import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg import __version__
from kg.errors import KgError

if TYPE_CHECKING:
    from kg.build import Summary

__all__ = ["main"]

#: Commands that live in modules of their own: ``module:attribute`` and what `kg --help` says.
LAZY = {
    "describe": ("kg.cli_export:describe", "Say in the graph what is in it (VoID, DCAT)."),
    "export": ("kg.cli_export:export", "Write the graph in another format."),
    "fetch": ("kg.cli_fetch:fetch", "Bring papers from arXiv, OpenAlex and others."),
    "link": ("kg.cli_export:link", "Tie entities to other catalogues by a table."),
    "push": ("kg.cli_query:push", "Send the graph to another SPARQL store."),
    "query": ("kg.cli_query:query", "Ask the graph."),
    "report": ("kg.cli_view:report", "Write charts and tables of the graph."),
    "serve": ("kg.cli_query:serve", "Serve the graph to SPARQL clients and browsers."),
    "validate": ("kg.cli_export:validate", "Check the graph against its shapes."),
    "view": ("kg.cli_view:view", "Write a page of the graph, or of a part of it."),
}


class _Group(click.Group):
    """A group that imports its commands on use, and turns our errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *LAZY})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LAZY:
            module, attribute = LAZY[cmd_name][0].split(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: self.commands[name].get_short_help_str(70) for name in self.commands}
        lines = own | {name: about for name, (_, about) in LAZY.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches  # noqa: PLC0415

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near:
                raise
            message = f"{error.message} Did you mean {near[0]!r}?"
            raise click.UsageError(message, ctx) from error

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - whatever the command returns
        try:
            return super().invoke(ctx)
        except KgError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            # the reader of a pipe has seen enough; nothing more can be said to it
            sys.stderr.close()
            ctx.exit(0)
        except KeyboardInterrupt:
            click.echo("stopped; nothing was changed", err=True)
            ctx.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kg")
def main() -> None:
    """Read papers into a graph that leads each statement back to its words.

    Begin with `kg build --sample`, which makes a small graph in output/.
    """


def _inputs(function: Any) -> Any:  # noqa: ANN401 - click's decorators are untyped values
    """Add what every command takes that reads papers."""
    for option in (
        click.argument("inputs", nargs=-1, metavar="[INPUT]..."),
        click.option("--sample", is_flag=True, help="Use the small corpus that ships with kg."),
        click.option("--config", "path", type=click.Path(path_type=Path), help="A kg.toml file."),
        click.option("--format", help="The format of all inputs.  [default: told by content]"),
        click.option("--strict", is_flag=True, default=None, help="Stop at the first bad record."),
        click.option("--tagger/--no-tagger", default=None, help="Use the trained tagger or rules."),
        click.option("--decisions", type=click.Path(), help="What a person decided on candidates."),
        click.option("--lexicon", type=click.Path(), help="Names to know besides the shipped."),
        click.option("--jobs", type=click.IntRange(0), help="Processes.  [default: one a core]"),
        click.option("--cache", type=click.Path(), help="The folder of what was read before."),
        click.option("--cached/--no-cache", default=None, help="Take from it what it knows."),
        click.option("--engine", help="What runs the processes: local, or dask."),
        click.option("--cluster", help="The address of a running Dask scheduler."),
    ):
        function = option(function)
    return function


@main.command()
@_inputs
@click.option("-o", "--output", default="output", show_default=True, help="The folder to write.")
@click.option("--base", help="The beginning of every IRI.")
@click.option("--sync", is_flag=True, default=None, help="Hold what is in INPUT, and no more.")
def build(inputs: tuple[str, ...], path: Path | None, output: str, **given: Any) -> None:  # noqa: ANN401
    """Read INPUT (files, folders, patterns, or -) into a graph: a new one, or one to add to."""
    from kg.build import build as run  # noqa: PLC0415
    from kg.config import read_config  # noqa: PLC0415
    from kg.engine import one_thread  # noqa: PLC0415

    one_thread()
    chosen = _chosen(inputs, sample=given.pop("sample"))
    before = _identity(Path(output))
    with _Bar() as bar:
        summary = run(chosen, output, config=read_config(path, given), progress=bar.tell)
    _print_summary(summary)
    if before is not None and before == _identity(Path(output)):
        click.echo(f"nothing is new: {output}/ is as it was")
    else:
        _print_files(Path(output))


@main.command()
@_inputs
@click.option("-o", "--output", type=click.Path(), default="-", help="A file.  [default: stdout]")
def extract(inputs: tuple[str, ...], path: Path | None, output: str, **given: Any) -> None:  # noqa: ANN401
    """Write what each paper of INPUT says as JSON Lines."""
    import io  # noqa: PLC0415

    from kg.build import extract_files  # noqa: PLC0415
    from kg.config import read_config  # noqa: PLC0415
    from kg.engine import one_thread  # noqa: PLC0415
    from kg.output import write_text  # noqa: PLC0415
    from kg.records import write_jsonl  # noqa: PLC0415

    one_thread()
    chosen = _chosen(inputs, sample=given.pop("sample"))
    with _Bar() as bar:
        reading, found = extract_files(chosen, config=read_config(path, given), progress=bar.tell)
    text = io.StringIO()
    write_jsonl(found.extractions, text)
    if output == "-":
        click.echo(text.getvalue().encode(), nl=False)  # UTF-8, whatever the locale
    else:
        write_text(Path(output), text.getvalue())
    for skipped in reading.skipped:
        click.echo(f"skipped {skipped.source}, line {skipped.line}: {skipped.reason}", err=True)


@main.command()
@click.option("-g", "--graph", default="output", show_default=True, help="The output folder.")
@click.option("--central", is_flag=True, help="The most central entities (PageRank).")
@click.option("--communities", is_flag=True, help="Entities that are named together.")
@click.option("--bridges", is_flag=True, help="Entities between communities (betweenness).")
@click.option("--rising", is_flag=True, help="Entities whose share of papers grows.")
@click.option("-n", "most", default=10, show_default=True, help="So many of each.")
@click.option("--write", is_flag=True, help="Add what was found to the graph, as RDF.")
def stats(graph: str, most: int, *, write: bool, **wanted: bool) -> None:
    """Say what is in a graph, or what its shape tells."""
    if write or any(wanted.values()):
        from kg.analyse import add_analysis, analysis_of, tell  # noqa: PLC0415
        from kg.describe import add_description  # noqa: PLC0415

        analysis = (add_analysis if write else analysis_of)(Path(graph))
        if write:
            add_description(Path(graph))
        chosen = [name for name, is_wanted in wanted.items() if is_wanted] or list(wanted)
        click.echo("\n".join(tell(analysis, chosen, most)))
        return
    from kg.build import summary_of  # noqa: PLC0415

    _print_summary(summary_of(Path(graph)))


@main.command()
@click.argument("gold")
@click.option("--tagger/--no-tagger", default=True, help="Use the trained tagger, or rules alone.")
@click.option("--worst", type=click.IntRange(0), default=3, show_default=True, help="Papers shown.")
def evaluate(gold: str, tagger: bool, worst: int) -> None:
    """Score what kg reads against GOLD, a file of annotated papers."""
    import json  # noqa: PLC0415

    from kg.build import extract_files  # noqa: PLC0415
    from kg.config import Config  # noqa: PLC0415
    from kg.evaluate import evaluate as score  # noqa: PLC0415
    from kg.evaluate import format_evaluation  # noqa: PLC0415
    from kg.records import to_record  # noqa: PLC0415

    with _Bar() as bar:
        _, found = extract_files([gold], config=Config(tagger=tagger), progress=bar.tell)
    with Path(gold).open(encoding="utf-8") as lines:
        annotated = [json.loads(line) for line in lines if line.strip()]
    result = score(annotated, map(to_record, found.extractions))
    click.echo(format_evaluation(result, worst=worst))


def _chosen(inputs: tuple[str, ...], *, sample: bool) -> list[str | Path]:
    if sample:
        from kg.build import sample_files  # noqa: PLC0415

        return [*inputs, *sample_files()]
    if not inputs:
        raise click.UsageError("Give an INPUT, or --sample for the corpus that ships with kg.")
    return list(inputs)


def _print_summary(summary: "Summary") -> None:
    joined = summary.entries - summary.papers
    click.echo(
        f"papers     {summary.papers:7,}" + (f"  ({joined:,} duplicates joined)" * (joined > 0))
    )
    click.echo(f"entities   {sum(summary.types.values()):7,}  " + _listed(summary.types))
    click.echo(f"links      {summary.roles:7,}  from papers to entities")
    click.echo(f"relations  {summary.relations:7,}  between entities")
    click.echo(f"results    {summary.results:7,}  numbers reported")
    if summary.candidates:
        click.echo(f"candidates {summary.candidates:7,}  pairs that may be one thing, to decide")
    if summary.top:
        click.echo("most named")
        width = max(len(name) for name, _, _ in summary.top)
        for name, kind, papers in summary.top:
            click.echo(f"  {name:{width}}  {kind:9}  {papers:,} paper{'s' * (papers != 1)}")
    if summary.skipped:
        click.echo(f"skipped    {len(summary.skipped):7,}  records")
        for reason in summary.skipped[:20]:
            click.echo(f"  {reason}")
        if len(summary.skipped) > 20:
            click.echo(f"  and {len(summary.skipped) - 20:,} more, all listed in run.json")
    for note in summary.notes:
        click.echo(f"note       {note}")


def _listed(types: Any) -> str:  # noqa: ANN401 - a mapping of counts
    return ", ".join(f"{count:,} {kind}" for kind, count in types.items() if count)


def _identity(output: Path) -> tuple[int, ...] | None:
    from kg.store import identity  # noqa: PLC0415

    with suppress(KgError):
        return identity(output)
    return None


def _print_files(output: Path) -> None:
    from kg.build import OUTPUT_FILES  # noqa: PLC0415

    click.echo(f"written to {output}/: " + ", ".join(OUTPUT_FILES))


class _Bar:
    """A progress bar on a terminal, silence elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._bar: Any = None
        self._stage = ""
        self._begun = 0.0

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()

    def tell(self, stage: str, done: int, total: int) -> None:
        """Show that *done* of *total* steps of *stage* are made."""
        if not self._shown:
            return
        if stage != self._stage:
            self._finish()
            self._stage = stage
            self._begun = time.monotonic()
            self._bar = click.progressbar(
                length=total,
                label=f"{stage:15}",
                file=sys.stderr,
                show_pos=True,
                item_show_func=lambda rate: rate,
            )
            self._bar.__enter__()
        spent = time.monotonic() - self._begun
        rate = f"{done / spent:,.0f} a second" if done and spent > 1 else ""
        self._bar.update(done - self._bar.pos, current_item=rate)

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None

"""The command that brings papers from the services that list them: ``kg fetch``."""

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kg.fetch import Fetched, Source, Wanted

__all__ = ["fetch"]

#: The names of kg.fetch.SOURCES, which is an extra and loaded only when used.
NAMES = ("arxiv", "hf-daily", "openalex", "semantic-scholar")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("source", type=click.Choice(NAMES))
@click.argument("query", required=False)
@click.option("--date", "day", type=_DAY, metavar="DAY", help="The day of hf-daily: 2026-11-20.")
@click.option("--from", "first", type=_DAY, metavar="DAY", help="The first of several days.")
@click.option("--to", "last", type=_DAY, metavar="DAY", help="The last of them.")
@click.option(
    "--max",
    "most",
    type=click.IntRange(1),
    metavar="N",
    help="Stop at so many papers.  [default: 100 for a QUERY, all of a day]",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="FILTER",
    help="openalex: publication_year:2026; semantic-scholar: year=2025-. May be given again.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The JSON Lines to write.  [default: named by what is asked for]",
)
@click.option("--no-cache", is_flag=True, help="Use no answers of the last hour, and keep none.")
@click.option("--url", help="The address of a mirror of the service.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="The time between requests.  [default: what the service asks for]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for an answer.",
)
@click.option(
    "--tries",
    type=click.IntRange(1),
    default=6,
    metavar="N",
    show_default=True,
    help="How often to ask for a page.",
)
def fetch(
    source: str,
    query: str | None,
    output: Path | None,
    most: int | None,
    **given: Any,  # noqa: ANN401
) -> None:
    """Bring papers from SOURCE, for `kg build`. A run that breaks off is continued by the same.

    \b
    kg fetch hf-daily --date 2026-11-20
    kg fetch hf-daily --from 2026-11-01 --to 2026-11-20 -o november.jsonl
    kg fetch arxiv 'cat:cs.CL AND LoRA' --max 500
    kg fetch openalex 'low-rank adaptation' --filter publication_year:2026
    kg fetch semantic-scholar '"low-rank adaptation"' --filter year=2025-
    """  # noqa: D301 - click looks for the character itself
    try:
        from kg.fetch import SOURCES, Client, Manners, Wanted, cache_folder  # noqa: PLC0415
        from kg.fetch import fetch as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f"{error.name} is missing: pip install 'papers-kg[fetch]'"
        raise click.ClickException(message) from error
    service = SOURCES[source]
    first, last = _days(service, given["day"], given["first"], given["last"])
    _check(source, service, query, given["filters"])
    wanted = Wanted(source, (query or "").strip(), given["filters"], first, last)
    target = output or Path(_name(wanted))
    most = most or (None if service.by_day else 100)
    url = given["url"] or ""
    if url and not re.match(r"https?://[^/]", url):
        raise click.BadParameter(f"{url} is no address", param_hint="--url")
    manners = Manners(given["interval"], given["timeout"], given["tries"])
    cache = None if given["no_cache"] else cache_folder()
    try:
        with Client(service, url=url, manners=manners, cache=cache, tell=_tell) as client:
            limit = service.most_with_key if client.keyed else service.most
            if limit and (most or 0) > limit:
                raise click.UsageError(_too_many(source, service, limit))
            found = run(wanted, target, client, most=most, tell=_tell)
    except KeyboardInterrupt:
        click.echo(f"stopped; what is fetched is in {target}.part, and is continued", err=True)
        click.get_current_context().exit(130)
    _print(found, target)


def _days(
    service: "Source", day: datetime | None, first: datetime | None, last: datetime | None
) -> tuple[str, str]:
    given = bool(day or first or last)
    if not service.by_day:
        if given:
            raise click.UsageError("--date, --from and --to are for hf-daily")
        return "", ""
    if bool(day) == bool(first or last) or bool(first) != bool(last):
        raise click.UsageError("give --date DAY, or --from DAY --to DAY")
    begin, end = (day or first), (day or last)
    if begin is None or end is None or end < begin:
        raise click.UsageError("--to lies before --from")
    return begin.date().isoformat(), end.date().isoformat()


def _check(name: str, service: "Source", query: str | None, filters: tuple[str, ...]) -> None:
    if service.by_day and query:
        raise click.UsageError(f"{name} takes days, not a query")
    if not service.by_day and not (query or "").strip():
        raise click.UsageError(f"{name} wants a QUERY")
    sign = service.filter_sign
    if filters and not sign:
        raise click.UsageError(f"{name} takes no --filter; say it in the query")
    if wrong := [text for text in filters if not text.partition(sign)[2]]:
        raise click.UsageError(f"a filter of {name} is NAME{sign}VALUE, not {wrong[0]!r}")


def _too_many(name: str, service: "Source", limit: int) -> str:
    more = f"; with a key in {service.key}, all" if service.key else "; ask for parts of it"
    return f"{name} gives {limit:,} papers at most for one query{more}"


def _name(wanted: "Wanted") -> str:
    days = "-".join(dict.fromkeys([wanted.first_day, wanted.last_day]))
    said = re.sub(r"[^\w.]+", "-", " ".join([wanted.query, *wanted.filters, days])).strip("-")
    return f"{wanted.source}-{said[:100]}.jsonl"


def _tell(text: str) -> None:
    """Show *text* on stderr: in place on a terminal, as a line elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r{text}\x1b[K", nl=False, err=True)
    else:
        click.echo(text, err=True)


def _print(found: "Fetched", target: Path) -> None:
    if sys.stderr.isatty():
        click.echo(err=True)
    notes = [
        f"{count:,} {what}"
        for count, what in (
            (found.left_out, "without title or abstract left out"),
            (found.repeated, "met twice"),
        )
        if count
    ]
    about = f" ({', '.join(notes)})" if notes else ""
    if not found.kept:
        click.echo(f"no papers found{about}; nothing is written")
        return
    click.echo(f"{found.kept:,} papers written to {target}{about}; next: kg build {target}")

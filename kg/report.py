"""A report of a graph: charts and tables on one HTML page, for people who would rather look.

matplotlib (Hunter 2007) draws the charts; it needs no network and no screen.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.display import tidy
from kg.errors import OutputError
from kg.model import Entity, EntityType, Extraction, PaperEntity, Role

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_charts", "to_report"]

#: The colours of the types, as in the viewer's light dress; they hold apart for the colour-blind.
_COLOURS = {
    EntityType.MODEL: "#0b62a8",
    EntityType.METHOD: "#8a3f97",
    EntityType.DATASET: "#0a7c56",
    EntityType.BENCHMARK: "#a85f00",
    EntityType.TASK: "#bf3a2b",
    EntityType.METRIC: "#0f7585",
}
_PLURALS = {kind: f"{kind.value}s" for kind in EntityType}
_MOST = 12
# matplotlib would write the day and random ids into its files
_SAME: dict[Any, Any] = {"svg.hashsalt": "kg", "svg.fonttype": "none", "font.family": "sans-serif"}


def draw_charts(
    extractions: Sequence[Extraction], entities: Sequence[Entity], *, folder: Path | None = None
) -> dict[str, str]:
    """Return each chart as SVG text by its title; write PNG and SVG files too if *folder* is given.

    A chart that has nothing to show is left out. Raises OutputError if a file cannot be written.
    """
    import matplotlib as mpl  # noqa: PLC0415 (heavy)

    drawn: dict[str, str] = {}
    with mpl.rc_context(_SAME):
        for title, draw in _charts(extractions, entities).items():
            if (figure := draw()) is not None:
                drawn[title] = _svg(figure)
                if folder is not None:
                    _write(figure, folder, title)
    return drawn


def _charts(
    extractions: Sequence[Extraction], entities: Sequence[Entity]
) -> dict[str, Callable[[], "Figure | None"]]:
    charts: dict[str, Callable[[], Figure | None]] = {
        "Entities by type": lambda: _by_type(entities),
    }
    for kind in (EntityType.MODEL, EntityType.METHOD, EntityType.DATASET, EntityType.BENCHMARK):
        charts[f"{_PLURALS[kind]} named most"] = partial(_named_most, entities, kind)
    charts["Named together"] = lambda: _together(extractions, entities)
    charts["Papers over time"] = lambda: _over_time(extractions)
    return charts


def _by_type(entities: Sequence[Entity]) -> "Figure | None":
    count = Counter(entity.type for entity in entities)
    rows = [(_PLURALS[kind], count[kind], _COLOURS[kind]) for kind in EntityType if count[kind]]
    return _bars(rows)


def _named_most(entities: Sequence[Entity], kind: EntityType) -> "Figure | None":
    fit = sorted(
        (e for e in entities if e.type is kind and not e.generic), key=lambda e: (-e.papers, e.id)
    )
    return _bars([(_short(e.name), e.papers, _COLOURS[kind]) for e in fit[:_MOST]])


def _bars(rows: Sequence[tuple[str, int, str]]) -> "Figure | None":
    if not rows:
        return None
    figure, axes = _figure(0.32 * len(rows) + 0.3)
    places = range(len(rows))
    axes.barh(places, [n for _, n, _ in rows], color=[c for _, _, c in rows], height=0.68)
    axes.set_yticks(places, [_plain(name) for name, _, _ in rows], fontsize=9.5)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    for place, (_, count, _) in enumerate(rows):
        axes.text(count, place, f" {count:,}", va="center", fontsize=9, color="#596273")
    return figure


def _together(extractions: Sequence[Extraction], entities: Sequence[Entity]) -> "Figure | None":
    """Draw how often two of the best-known entities are named by one paper."""
    fit = [e for e in entities if not e.generic and e.type is not EntityType.METRIC]
    ranked = sorted(fit, key=lambda e: (-e.papers, e.id))[:16]
    place = {entity.id: i for i, entity in enumerate(ranked)}
    grid = [[0] * len(ranked) for _ in ranked]
    for extraction in extractions:
        present = sorted({place[e.id] for e in extraction.entities if e.id in place})
        for i in present:
            for j in present:
                grid[i][j] += i != j
    if not any(map(any, grid)):
        return None
    figure, axes = _figure(5.6)
    axes.imshow(grid, cmap="Blues", aspect="auto")
    names = [_plain(_short(entity.name, 22)) for entity in ranked]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8.5)
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    top = max(map(max, grid))
    for i, row in enumerate(grid):
        for j, count in enumerate(row):
            if count:
                colour = "white" if count > top / 2 else "#1d2330"
                axes.text(j, i, str(count), ha="center", va="center", fontsize=7.5, color=colour)
    return figure


def _over_time(extractions: Sequence[Extraction]) -> "Figure | None":
    count = Counter(int(x.paper.date[:4]) for x in extractions if x.paper.date)
    if len(count) < 2:
        return None
    years = list(range(min(count), max(count) + 1))
    figure, axes = _figure(2.4)
    axes.bar(years, [count[year] for year in years], color="#667085", width=0.72)
    axes.set_xticks(years[:: max(1, len(years) // 12)])
    axes.yaxis.set_visible(False)
    for year in years:
        if count[year]:
            axes.text(year, count[year], f"{count[year]:,}", ha="center", va="bottom", fontsize=8.5)
    return figure


def _figure(height: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure  # noqa: PLC0415 (heavy)

    figure = Figure(figsize=(7.2, height), layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelcolor="#1d2330")
    return figure, axes


def _svg(figure: "Figure") -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return out.getvalue()[out.getvalue().index("<svg") :]


def _write(figure: "Figure", folder: Path, title: str) -> None:
    name = title.lower().replace(" ", "-")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from error


def _short(text: str, most: int = 34) -> str:
    text = tidy(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _plain(text: str) -> str:
    """Keep matplotlib from reading a name as a formula."""
    return text.replace("$", r"\$")


def to_report(
    extractions: Sequence[Extraction],
    entities: Sequence[Entity],
    charts: Mapping[str, str],
    *,
    title: str = "What these papers are about",
) -> str:
    """Return one HTML page: *charts* (title to SVG), who introduced what, results by benchmark.

    Everything that was read is escaped, and the page asks for nothing from anywhere.
    """
    statements = sum(len(x.entities) + len(x.relations) for x in extractions)
    parts = [
        f"<h1>{escape(tidy(title))}</h1>",
        f"<p class=lead>{len(extractions):,} papers, {len(entities):,} entities and {statements:,} "
        "statements, each read from a sentence.</p>",
        *(_figure_part(name, svg) for name, svg in charts.items()),
        *_introduced(extractions, entities),
        *_results(extractions, entities),
    ]
    return _PAGE.replace("@TITLE@", escape(tidy(title))).replace("@BODY@", "\n".join(parts))


def _figure_part(name: str, svg: str) -> str:
    # the accessible name stands on the figure; within, the letters are shapes to a reader
    return f"<figure aria-label={_quoted(name)}><h2>{escape(name)}</h2>{svg}</figure>"


def _introduced(extractions: Sequence[Extraction], entities: Sequence[Entity]) -> list[str]:
    known = {entity.id: entity for entity in entities}
    rows = sorted(
        (-known[e.id].papers, known[e.id].name, x.paper.title, x.paper.text[slice(*_span(e))])
        for x in extractions
        for e in x.entities
        if e.role is Role.INTRODUCES and e.id in known
    )
    cells = [
        [_text(name), _text(paper), f"{-count:,}", _text(sentence)]
        for count, name, paper, sentence in rows[:60]
    ]
    if not cells:
        return []
    note = f"<p>The first 60 of {len(rows):,}.</p>" if len(rows) > 60 else ""
    return [
        "<h2>Who introduced what</h2>" + note,
        _table(["Entity", "Introduced by", "Papers that name it", "In the words"], cells),
    ]


def _span(entity: PaperEntity) -> tuple[int, int]:
    return entity.evidence.start, entity.evidence.end


def _results(extractions: Sequence[Extraction], entities: Sequence[Entity]) -> list[str]:
    name = {entity.id: entity.name for entity in entities}
    groups: dict[str, list[list[str]]] = {}
    for x in extractions:
        for r in x.results:
            sentence = x.paper.text[r.evidence.start : r.evidence.end]
            row = [
                _text(r.value),
                _text(name.get(r.metric or "", "–")),
                _text(name.get(r.subject, r.subject)),
                f"{r.confidence:.0%}",
                f"{_text(sentence)} <cite>{_text(x.paper.title)}</cite>",
            ]
            groups.setdefault(name.get(r.dataset or "", "No benchmark named"), []).append(row)
    if not groups:
        return []
    parts = ["<h2>Results by benchmark</h2>"]
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    for benchmark, rows in ranked[:40]:
        parts.append(f"<h3>{_text(benchmark)}</h3>")
        parts.append(_table(["Value", "Metric", "By", "Confidence", "In the words"], rows[:40]))
    return parts


def _table(names: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        "<div class=wide tabindex=0 role=region aria-label=Table><table>"
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


def _text(text: str) -> str:
    return escape(_short(text, 400))


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'


_STYLE = """
:root { color-scheme: light dark; --text: light-dark(#1d2330, #e9ebf0);
  --muted: light-dark(#596273, #a3abba); --line: light-dark(#e3e0da, #30363f);
  --ground: light-dark(#fbfaf8, #14171d); --panel: light-dark(#fff, #e9ebf0); }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 5rem; overflow-wrap: anywhere;
  background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 2rem; letter-spacing: -.02em; margin: 0; }
.lead, p { color: var(--muted); }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; max-width: 46rem; background: var(--panel);
  border-radius: 8px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; color: var(--muted); font-weight: 600; }
th, td { padding: .35rem .9rem .35rem 0; vertical-align: top; }
td { border-top: 1px solid var(--line); min-width: 5rem; }
td:first-child { font-weight: 600; max-width: 16rem; }
td:last-child { min-width: 18rem; }
cite { color: var(--muted); display: block; font-size: .85rem; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@TITLE@</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
@BODY@
</main>
</body>
</html>
"""

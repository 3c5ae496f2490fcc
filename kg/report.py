"""Charts and tables of a graph, for people who would rather look than read.

``draw_charts`` draws with matplotlib (Hunter 2007), which needs no network and no screen;
``to_report`` makes one HTML page of the charts, with the tables that a chart cannot show. The same
graph gives the same bytes.
"""

import io
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.display import tidy
from kg.errors import OutputError
from kg.model import Entity, EntityType, Extraction, ResultKind, Role

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Chart", "draw_charts", "to_report"]

_COLOURS = {
    EntityType.MODEL: "#3568d4",
    EntityType.METHOD: "#8b46c9",
    EntityType.DATASET: "#1f9254",
    EntityType.BENCHMARK: "#b67a00",
    EntityType.TASK: "#d93d52",
    EntityType.METRIC: "#0b8ba8",
}
_MOST_USED = (
    EntityType.MODEL,
    EntityType.METHOD,
    EntityType.DATASET,
    EntityType.BENCHMARK,
    EntityType.TASK,
)
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "kg",  # else the ids in the file change with each run
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name may hold a dollar sign
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a3",
    "text.color": "#1b2430",
    "axes.labelcolor": "#56606e",
    "xtick.color": "#56606e",
    "ytick.color": "#1b2430",
}
_BARS = 12
_CELLS = 18
_ROWS = 60


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: *name* is its file's stem, *summary* says in words what it shows."""

    name: str
    title: str
    summary: str
    svg: str


def draw_charts(
    extractions: Sequence[Extraction], entities: Sequence[Entity], *, folder: Path | None = None
) -> list[Chart]:
    """Return the charts that the graph has data for; with *folder*, write each as PNG and SVG too.

    Raises OutputError if they cannot be written there.
    """
    import matplotlib as mpl  # noqa: PLC0415  (heavy)

    charts = []
    # what the font lacks is drawn by the reader's browser; its width is then a guess
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        for name, title, figure, summary in _figures(extractions, entities):
            svg = _svg(figure)
            charts.append(Chart(name, title, summary, svg))
            if folder is not None:
                _write(figure, svg, folder / name)
    return charts


def _figures(
    extractions: Sequence[Extraction], entities: Sequence[Entity]
) -> Iterable[tuple[str, str, "Figure", str]]:
    by_type = Counter(entity.type for entity in entities)
    pairs = [(kind.value, by_type[kind], _COLOURS[kind]) for kind in EntityType if by_type[kind]]
    if pairs:
        yield "types", "Entities by type", _bars(pairs), _said(pairs)
    users = _used(extractions)
    for kind in _MOST_USED:
        ranked = sorted(
            (e for e in entities if e.type is kind and not e.generic and users[e.id]),
            key=lambda e: (-users[e.id], e.id),
        )
        pairs = [(_name(e.name), users[e.id], _COLOURS[kind]) for e in ranked[:_BARS]]
        if pairs:
            title = f"Most used {_plural(kind)}"
            yield title.lower().replace(" ", "-"), title, _bars(pairs), _said(pairs)
    if len(dates := [x.paper.date for x in extractions if x.paper.date]) > 1:
        yield "growth", "Growth over time", _growth(dates), f"{len(dates)} papers have a date"
    top, counts = _together(extractions, entities)
    if len(top) > 2:
        strongest = max(counts, key=lambda pair: (counts[pair], pair))
        words = " and ".join(_name(top[i].name) for i in strongest)
        summary = f"most often together: {words}, in {counts[strongest]} papers"
        yield (
            "together",
            "What is named together",
            _heat([_name(e.name) for e in top], counts),
            summary,
        )


def _used(extractions: Iterable[Extraction]) -> Counter[str]:
    """Count the papers that use a thing, and do more than mention it."""
    return Counter(
        entity.id for x in extractions for entity in x.entities if entity.role is not Role.MENTIONS
    )


def _together(
    extractions: Iterable[Extraction], entities: Iterable[Entity]
) -> tuple[list[Entity], Counter[tuple[int, int]]]:
    named = [e for e in entities if not e.generic and e.type is not EntityType.METRIC]
    top = sorted(named, key=lambda e: (-e.papers, e.id))[:_CELLS]
    place = {entity.id: i for i, entity in enumerate(top)}
    counts: Counter[tuple[int, int]] = Counter()
    for x in extractions:
        inside = sorted({place[e.id] for e in x.entities if e.id in place})
        counts.update((a, b) for i, a in enumerate(inside) for b in inside[i + 1 :])
    return (top, counts) if counts else ([], counts)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415  (heavy)

    return Figure(figsize=(width, height), layout="constrained")


def _bars(pairs: Sequence[tuple[str, int, str]]) -> "Figure":
    figure = _figure(6.4, 0.6 + 0.3 * len(pairs))
    axes = figure.subplots()
    places = range(len(pairs))
    drawn = axes.barh(places, [p[1] for p in pairs], color=[p[2] for p in pairs], height=0.68)
    axes.bar_label(drawn, padding=4, color="#56606e")
    axes.set_yticks(places, [p[0] for p in pairs])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.xaxis.set_visible(False)
    axes.spines[["bottom", "left"]].set_visible(False)
    return figure


def _growth(dates: Sequence[str]) -> "Figure":
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  (heavy)

    # by year if they span more than three, or if some say no more than the year
    years = {date[:4] for date in dates}
    size = 4 if len(years) > 3 or any(len(date) < 7 for date in dates) else 7
    tally = Counter(date[:size] for date in dates)
    keys = _every(min(tally), max(tally))
    figure = _figure(6.4, 3.0)
    axes = figure.subplots()
    axes.bar(range(len(keys)), [tally[key] for key in keys], color="#3568d4", width=0.8)
    step = max(len(keys) // 8, 1)
    axes.set_xticks(range(0, len(keys), step), keys[::step])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("papers")
    return figure


def _every(first: str, last: str) -> list[str]:
    """Return all years or months from *first* to *last*.

    >>> _every("2023-11", "2024-01")
    ['2023-11', '2023-12', '2024-01']
    """
    if len(first) == 4:
        return [f"{year:04d}" for year in range(int(first), int(last) + 1)]
    begin, end = (int(key[:4]) * 12 + int(key[5:7]) - 1 for key in (first, last))
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(begin, end + 1)]


def _heat(names: Sequence[str], counts: Mapping[tuple[int, int], int]) -> "Figure":
    size = len(names)
    cells = [[counts.get((min(i, j), max(i, j)), 0) for j in range(size)] for i in range(size)]
    figure = _figure(7.4, 6.4)
    axes = figure.subplots()
    # squares, not an image: they stay sharp, and the page's policy allows no images
    axes.pcolormesh(cells, cmap="Blues", edgecolors="white", linewidth=1)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    middle = [i + 0.5 for i in range(size)]
    axes.set_xticks(middle, names, rotation=50, ha="right", rotation_mode="anchor")
    axes.set_yticks(middle, names)
    axes.tick_params(length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    most = max(counts.values())
    for i, row in enumerate(cells):
        for j, count in enumerate(row):
            if count:
                colour = "white" if count > most * 0.6 else "#1b2430"
                axes.text(
                    j + 0.5, i + 0.5, str(count), ha="center", va="center", color=colour, fontsize=8
                )
    return figure


def _svg(figure: "Figure") -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = out.getvalue()
    return text[text.index("<svg") :]


def _write(figure: "Figure", svg: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".svg").write_text(svg, encoding="utf-8", newline="\n")
        figure.savefig(path.with_suffix(".png"), dpi=160, metadata={"Software": None})
    except OSError as error:
        raise OutputError(f"cannot write charts to {path.parent}: {error.strerror}") from error


def _name(text: str) -> str:
    text = tidy(text)
    return text if len(text) <= 34 else f"{text[:33].rstrip()}…"


def _plural(kind: EntityType) -> str:
    return f"{kind.value.lower()}s"


def _said(pairs: Iterable[tuple[str, int, str]]) -> str:
    return ", ".join(f"{name} {count}" for name, count, _ in pairs)


def to_report(
    extractions: Sequence[Extraction], entities: Sequence[Entity], charts: Sequence[Chart]
) -> str:
    """Return one HTML page of *charts* and tables: UTF-8, no script, no request to anywhere."""
    names = {entity.id: entity.name for entity in entities}
    sections = [(c.name, c.title, _picture(c)) for c in charts]
    for key, title, make in _TABLES:
        if table := make(extractions, names):
            sections.append((key, title, table))
    links = "".join(f'<li><a href="#{key}">{title}</a></li>' for key, title, _ in sections)
    body = "".join(f'<section id="{k}"><h2>{t}</h2>{b}</section>' for k, t, b in sections)
    relations = sum(len(x.relations) for x in extractions)
    results = sum(len(x.results) for x in extractions)
    facts = (
        f"{len(extractions):,} papers · {len(entities):,} entities · "
        f"{relations:,} relations · {results:,} results"
    )
    return _PAGE.format(style=_STYLE, facts=facts, links=links, body=body)


def _picture(chart: Chart) -> str:
    label = escape(f"{chart.title}: {chart.summary}")
    # ids must not meet: those of one chart begin with its name
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{chart.name}-", chart.svg)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return f"<figure>{svg}</figure>"


def _introduced(extractions: Iterable[Extraction], names: Mapping[str, str]) -> str:
    users: defaultdict[str, set[str]] = defaultdict(set)
    for x in extractions:
        for e in x.entities:
            if e.role not in {Role.INTRODUCES, Role.MENTIONS}:
                users[e.id].add(x.paper.id)
    found = [
        (len(users[e.id]), names.get(e.id, e.name), e.type.value, x, e.evidence)
        for x in extractions
        for e in x.entities
        if e.role is Role.INTRODUCES
    ]
    found.sort(key=lambda row: (-row[0], row[1].casefold(), row[3].paper.id))
    rows = [
        (_cell(name), kind, _cell(x.paper.title), str(used), _quote(x, place.start, place.end))
        for used, name, kind, x, place in found[:_ROWS]
    ]
    head = ("Introduced", "Kind", "By the paper", "Then used by", "In its words")
    return _table(head, rows, len(found))


def _results(extractions: Iterable[Extraction], names: Mapping[str, str]) -> str:
    found = [(names.get(r.dataset or "", ""), x, r) for x in extractions for r in x.results]
    found = [row for row in found if row[0]]
    often = Counter(row[0] for row in found)
    found.sort(key=lambda row: (-often[row[0]], row[0], row[1].paper.id, row[2].start))
    rows = [
        (
            _cell(on),
            _cell(names.get(r.subject, r.subject)),
            _cell(names.get(r.metric or "", "–")),
            _cell(r.value) + (" Δ" if r.kind is ResultKind.DELTA else ""),
            _quote(x, r.evidence.start, r.evidence.end),
        )
        for on, x, r in found[:_ROWS]
    ]
    return _table(("Benchmark", "System", "Metric", "Value", "In the words of"), rows, len(found))


def _cell(text: str) -> str:
    text = tidy(text)
    return f"<bdi>{escape(text if len(text) <= 160 else text[:159] + '…')}</bdi>"


def _quote(x: Extraction, start: int, end: int) -> str:
    words = tidy(x.paper.text[start:end])
    words = words if len(words) <= 400 else f"{words[:399]}…"
    return f"<q><bdi>{escape(words)}</bdi></q> <cite>{_cell(x.paper.title)}</cite>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> str:
    if not rows:
        return ""
    top = "".join(f'<th scope="col">{text}</th>' for text in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    rest = f"<p>The first {len(rows)} of {total:,}.</p>" if total > len(rows) else ""
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{rest}"
    )


_TABLES: tuple[tuple[str, str, Callable[[Iterable[Extraction], Mapping[str, str]], str]], ...] = (
    ("introduced", "Who introduced what", _introduced),
    ("results", "Results by benchmark", _results),
)

_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:1.5rem;background:#fbfcfe;color:#1b2430;
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
overflow-wrap:anywhere}
h1{font-size:26px;margin:0}h2{font-size:17px;margin:0 0 .6rem}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;padding:0}a{color:#2456c4}
main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1.2rem}
section{background:#fff;border:1px solid #dfe4ec;border-radius:12px;
padding:1.1rem 1.2rem;min-width:0}
#together,#introduced,#results{grid-column:1/-1}figure{margin:0}svg{width:100%;height:auto}
#together svg{max-width:820px;display:block;margin:auto}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px}
th{text-align:left;color:#56606e;font-weight:600}th,td{padding:.4rem .8rem .4rem 0;
vertical-align:top;border-bottom:1px solid #e7ebf2;min-width:5rem}td:last-child{min-width:20rem;color:#56606e}
cite{font-size:12.5px;color:#56606e}cite::before{content:"— "}p{color:#56606e}
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Report of a knowledge graph</title><style>{style}</style></head>
<body><header><h1>What these papers say</h1><p>{facts}</p>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header><main>{body}</main></body></html>
"""

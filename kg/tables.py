"""Rows of an answer as a table for a terminal or for Markdown."""

import shutil
import unicodedata
from collections.abc import Mapping, Sequence

import pyoxigraph as ox

__all__ = ["markdown", "rows", "terminal"]


def rows(
    solutions: ox.QuerySolutions, prefixes: Mapping[str, str]
) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns in the order of the answer, and its rows as shown text.

    IRIs are shortened by *prefixes*, literals are their value, what is unbound is empty.
    """
    names = [variable.value for variable in solutions.variables]
    spaces = sorted(prefixes.items(), key=lambda item: -len(item[1]))
    return names, [[_shown(solution[name], spaces) for name in names] for solution in solutions]


def terminal(names: Sequence[str], cells: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return the table in at most *width* columns (those of the terminal): long cells are cut.

    Columns of numbers stand right. What must not act on a terminal (control characters) is shown
    as a space.
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    shown = [[_plain(cell) for cell in row] for row in cells]
    widths = _fit([max(map(_columns, column)) for column in zip(names, *shown, strict=True)], width)
    right = [all(_is_number(row[i]) for row in shown) and bool(shown) for i in range(len(names))]
    lines = [_line(names, widths, right), _line(["─" * w for w in widths], widths, right)]
    lines += [_line(row, widths, right) for row in shown]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def markdown(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Return the table in GitHub's Markdown."""
    table = [names, ["---"] * len(names), *cells]
    return "".join("| " + " | ".join(map(_escaped, row)) + " |\n" for row in table)


def _shown(term: object, spaces: Sequence[tuple[str, str]]) -> str:
    if term is None:
        return ""
    if not isinstance(term, ox.NamedNode):
        return term.value if isinstance(term, ox.Literal) else str(term)
    for prefix, namespace in spaces:
        if term.value.startswith(namespace) and len(term.value) > len(namespace):
            return f"{prefix}:{term.value.removeprefix(namespace)}"
    return term.value


def _plain(text: str) -> str:
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in text)


def _columns(text: str) -> int:
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text
    )


def _fit(wanted: list[int], width: int) -> list[int]:
    """Return the widths of the columns: the widest give way until all fit, none below 8."""
    widths = list(wanted)
    room = width - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 8:
        widest = max(widths)
        second = max([w for w in widths if w < widest] + [8])
        among = [i for i, w in enumerate(widths) if w == widest]
        give = min(-(-(sum(widths) - room) // len(among)), widest - second or 1)
        for i in among:
            widths[i] = widest - give
    return widths


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    out = []
    for cell, width, to_right in zip(cells, widths, right, strict=True):
        while _columns(cell) > width:
            cell = cell[:-2] + "…"  # noqa: PLW2901 (cut until it fits, wide letters counting two)
        pad = " " * (width - _columns(cell))
        out.append(pad + cell if to_right else cell + pad)
    return "  ".join(out)


def _is_number(cell: str) -> bool:
    try:
        float(cell or 0)
    except ValueError:
        return False
    return True


def _escaped(cell: str) -> str:
    return _plain(cell).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")

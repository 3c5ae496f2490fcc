"""The page of a graph inside a notebook."""

from html import escape
from pathlib import Path
from typing import Any

from kg.cli_view import read_output
from kg.viewer import ViewOptions, to_html

__all__ = ["Page", "view"]


class Page(str):
    """The HTML of a page, which Jupyter shows in a frame that may do nothing but draw and save."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self)}" title="Knowledge graph" width="100%" height="640" '
            'sandbox="allow-scripts allow-downloads" style="border: 0"></iframe>'
        )


def view(output: str | Path = "output", **options: Any) -> Page:  # noqa: ANN401 - as ViewOptions
    """Return the page of the graph in the folder *output*, or of the part that *options* choose.

    *options* are the fields of ``kg.viewer.ViewOptions``: ``focus="LoRA", hops=2``. Write it to a
    file with ``Path("page.html").write_text(page)``. Raise ``GraphError`` if there is no graph.
    """
    extractions, entities, base = read_output(Path(output))
    return Page(to_html(extractions, entities, options=ViewOptions(base=base, **options)))

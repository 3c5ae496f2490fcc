"""One HTML page of a graph, to be opened from disk and explored by eye; it needs no network."""

from kg.view.options import SavedQuery, ViewOptions
from kg.view.page import to_html
from kg.view.selection import select

__all__ = ["SavedQuery", "ViewOptions", "select", "to_html"]

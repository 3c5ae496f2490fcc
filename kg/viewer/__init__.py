"""One HTML page of a graph, to be opened from disk and explored by eye; it needs no network."""

from kg.viewer.options import SavedQuery, ViewOptions
from kg.viewer.page import to_html
from kg.viewer.selection import most_telling, named_in, select

__all__ = ["SavedQuery", "ViewOptions", "most_telling", "named_in", "select", "to_html"]

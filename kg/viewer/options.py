"""What a page shall show, as one value."""

from dataclasses import dataclass

from kg.model import EntityType
from kg.vocab import BASE

__all__ = ["SavedQuery", "ViewOptions"]


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A SPARQL query that the page offers under *name*, explained by *about*."""

    name: str
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How a page is made; the defaults show the whole graph.

    *focus* names an entity or a paper by id, name, alias or title, and keeps what lies within
    *hops* steps of it. *types* keeps entities of these types, *top* the so many most important
    ones, *papers_of* the papers that name an entity. All given conditions hold together, in the
    order *papers_of*, *focus*, *types*, *top*. *first* is how many nodes are drawn at once.
    *with_sparql* inlines a SPARQL engine (about 2 MB) and the triples given to ``to_html``.
    """

    title: str = "Knowledge graph"
    base: str = BASE
    focus: str | None = None
    hops: int = 1
    types: tuple[EntityType, ...] = ()
    top: int | None = None
    papers_of: str | None = None
    first: int = 220
    with_sparql: bool = False
    queries: tuple[SavedQuery, ...] = ()

"""Parts of a graph: what lies near a thing, of some types, the most important, of one topic."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

import numpy as np

from kg.errors import ConfigError
from kg.model import Entity, Extraction
from kg.viewer.options import ViewOptions

__all__ = ["most_telling", "named_in", "select"]

Part = tuple[list[Extraction], list[Entity]]


def select(
    extractions: Sequence[Extraction], entities: Sequence[Entity], options: ViewOptions
) -> Part:
    """Return the papers and entities that *options* ask for, in their order; all if they ask none.

    Counts of papers are those of the part. Raises ConfigError if a name is known to nothing.
    """
    part: Part = list(extractions), list(entities)
    if options.papers_of is not None:
        kept = _named(options.papers_of, [], entities)
        part = _cut([x for x in part[0] if any(e.id in kept for e in x.entities)], part[1])
    if options.focus is not None:
        part = _near(part, options.focus, options.hops)
    if options.types:
        part = _cut(part[0], [e for e in part[1] if e.type in options.types])
    if options.top is not None:
        ranked = sorted(part[1], key=lambda e: (e.generic, -e.papers, e.id))[: options.top]
        kept = {e.id for e in ranked}
        part = _cut(part[0], [e for e in part[1] if e.id in kept])
    return part


def most_telling(named: Iterable[Iterable[str]], entities: set[str], papers: int) -> list[int]:
    """Return the numbers of those *papers* of a large graph that name most of *entities* (ids).

    *named* has the ids that each paper names, once each. Ties go by the number; the numbers are in
    their order.
    """
    counts = np.fromiter((len(entities.intersection(ids)) for ids in named), dtype=np.int64)
    most: list[int] = np.sort(np.argsort(-counts, kind="stable")[:papers]).tolist()
    return most


def named_in(
    extractions: Iterable[Extraction], entities: Iterable[Entity], always: Collection[str] = ()
) -> list[Entity]:
    """Return those of *entities* that *extractions* name, with their counts of papers there.

    Those whose ids are in *always* stay, whatever else there is about them.
    """
    count = Counter(id_ for x in extractions for id_ in {e.id for e in x.entities})
    return [replace(e, papers=count[e.id]) for e in entities if count[e.id] or e.id in always]


def _cut(
    extractions: Sequence[Extraction],
    entities: Sequence[Entity],
    always: Collection[str] = (),
) -> Part:
    """Keep of the papers what is about *entities*, and of these what the papers still name.

    Papers and entities whose ids are in *always* stay, whatever else there is about them. Counts of
    papers are those of the part.
    """
    known = {entity.id for entity in entities}
    kept = [
        replace(
            x,
            entities=tuple(e for e in x.entities if e.id in known),
            relations=tuple(r for r in x.relations if r.head in known and r.tail in known),
            results=tuple(
                replace(
                    r,
                    dataset=r.dataset if r.dataset in known else None,
                    metric=r.metric if r.metric in known else None,
                )
                for r in x.results
                if r.subject in known
            ),
        )
        for x in extractions
        if x.paper.id in always or any(e.id in known for e in x.entities)
    ]
    return kept, named_in(kept, entities, always)


def _named(name: str, extractions: Sequence[Extraction], entities: Sequence[Entity]) -> set[str]:
    """Return the ids that *name* stands for: an id, else a name or title, else an alias."""
    papers = [x.paper for x in extractions]
    wanted = name.casefold().strip()
    for found in (
        {e.id for e in entities if e.id == name} | {p.id for p in papers if p.id == name},
        {e.id for e in entities if e.name.casefold() == wanted}
        | {p.id for p in papers if p.title.casefold() == wanted},
        {e.id for e in entities if any(a.casefold() == wanted for a in e.aliases)},
    ):
        if found:
            return found
    near = get_close_matches(name, [e.name for e in entities], n=3, cutoff=0.6)
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise ConfigError(f"nothing in this graph is called {name!r}{hint}")


def _near(part: Part, focus: str, hops: int) -> Part:
    extractions, entities = part
    generic = {e.id for e in entities if e.generic}
    middle = _named(focus, extractions, entities)
    reached, edge = set(middle), set(middle)
    links: dict[str, set[str]] = {}
    for x in extractions:
        pairs = [(x.paper.id, e.id) for e in x.entities] + [(r.head, r.tail) for r in x.relations]
        for a, b in pairs:
            links.setdefault(a, set()).add(b)
            links.setdefault(b, set()).add(a)
    for step in range(hops):
        # what is generic is near everything: it is shown, but nothing is reached through it
        through = {node for node in edge if step == 0 or node not in generic}
        edge = {near for node in through for near in links.get(node, ())} - reached
        reached |= edge
    return _cut(
        [x for x in extractions if x.paper.id in reached],
        [e for e in entities if e.id in reached],
        middle,
    )

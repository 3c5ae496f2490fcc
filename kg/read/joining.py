"""Entries become papers: what shares a title, an arXiv id or a DOI is one paper."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from kg.model import Paper
from kg.read.clean import fold_title, paper_id
from kg.spill import Spill

__all__ = ["Joined", "join", "keys_of", "paper_of"]

# An id that more titles share is that of a volume, or a filled-down column, and no paper's own.
_MOST_TITLES = 3

_encode = msgspec.msgpack.Encoder().encode


def keys_of(paper: Paper) -> tuple[str, ...]:
    """Return what two entries for one paper have in common: the folded title, and the ids."""
    ids = (("arxiv", paper.arxiv_id), ("doi", paper.doi))
    named = tuple(f"{kind}:{value}" for kind, value in ids if value)
    return (f"title:{fold_title(paper.title)}", *named)


class Joined:
    """The papers that entries stand for, sorted by id; each is made when it is asked for.

    *ids* are theirs; *shared* are the keys of ids that so many titles have that they are no
    paper's own.
    """

    def __init__(self, shelf: Spill[Paper], keys: Sequence[tuple[str, ...]]) -> None:
        """Group the entries of *shelf*, of which *keys* holds what :func:`keys_of` returns."""
        self._shelf = shelf
        titles_of = Counter(key for _, key in {(k[0], key) for k in keys for key in k[1:]})
        self.shared = frozenset(key for key, count in titles_of.items() if count > _MOST_TITLES)
        groups = _groups([[k for k in some if k not in self.shared] for some in keys])
        named = [(paper.id, paper.title, group) for group, paper in self._made(groups)]
        named.sort()
        self.ids = [id_ for id_, _, _ in named]
        self._groups = [group for _, _, group in named]

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Paper]:
        return (paper for _, paper in self._made(self._groups))

    def __getitem__(self, number: int) -> Paper:
        ((_, paper),) = self._made([self._groups[number]])
        return paper

    def raws(self) -> Iterator[bytes]:
        """Yield the papers in MessagePack: nearly all are just as they were read."""
        for group in self._groups:
            if len(group) == 1 and not self.shared:
                yield self._shelf.raw_of(group[0])
            else:
                yield from (_encode(paper) for _, paper in self._made([group]))

    def group(self, number: int) -> tuple[int, ...]:
        """Return the numbers of the entries of the paper of a *number*."""
        return self._groups[number]

    def count(self, number: int) -> int:
        """Return how many entries the paper of a *number* has, each counted once."""
        group = self._groups[number]
        return 1 if len(group) == 1 else len(self.entries(number))

    def entries(self, number: int) -> list[Paper]:
        """Return the entries of the paper of a *number* as they were read, each once."""
        group = self._groups[number]
        if len(group) == 1:
            return [self._shelf[group[0]]]
        return sorted({self._shelf[one] for one in group}, key=_order)

    def _made(self, groups: Iterable[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], Paper]]:
        for group in groups:
            yield group, paper_of([self._shelf[number] for number in group], self.shared)


def paper_of(entries: Iterable[Paper], shared: frozenset[str]) -> Paper:
    """Return the paper that *entries* stand for, but for the ids in *shared* (their keys)."""
    members = [_without(entry, shared) for entry in entries]
    # nearly every paper is one entry
    return members[0] if len(members) == 1 else _join(sorted({*members}, key=_order))


def _groups(keys: Sequence[Sequence[str]]) -> list[tuple[int, ...]]:
    """Return the numbers of the entries that keys tie together, directly or by others."""
    # Union-find (Tarjan 1975): each key points towards the head of its group.
    heads: dict[str, str] = {}

    def head(key: str) -> str:
        while heads.setdefault(key, key) != key:
            heads[key] = heads[heads[key]]
            key = heads[key]
        return key

    for first, *others in keys:
        for key in others:
            heads[head(key)] = head(first)
    groups: dict[str, list[int]] = {}
    for number, (first, *_) in enumerate(keys):
        groups.setdefault(head(first), []).append(number)
    return [tuple(group) for group in groups.values()]


def join(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Return one paper for all that share a folded title, an arXiv id or a DOI, sorted by id.

    The text is that of the longest abstract, then the first in the alphabet; the most exact date,
    then the earliest; the longest list of authors; all sources and addresses.
    """
    shelf = Spill[Paper](Paper, papers)
    return tuple(Joined(shelf, [keys_of(paper) for paper in shelf]))


def _without(paper: Paper, shared: frozenset[str]) -> Paper:
    """Return *paper* without the ids that it has in common with other papers."""
    if not shared:
        return paper
    if shared.isdisjoint(keys_of(paper)[1:]):
        return paper
    arxiv = None if f"arxiv:{paper.arxiv_id}" in shared else paper.arxiv_id
    own_doi = None if f"doi:{paper.doi}" in shared else paper.doi
    return replace(paper, id=paper_id(paper.title, arxiv), arxiv_id=arxiv, doi=own_doi)


def _order(paper: Paper) -> tuple[object, ...]:
    return (-len(paper.abstract), paper.abstract, paper.title, paper.sources, str(paper))


def _least(values: Iterable[str | None], key: Callable[[str], object] = str) -> str | None:
    return min(filter(None, values), key=key, default=None)  # type: ignore[arg-type]


def _join(group: Sequence[Paper]) -> Paper:
    best = group[0]
    arxiv = _least(p.arxiv_id for p in group)
    return replace(
        best,
        id=paper_id(best.title, arxiv),
        arxiv_id=arxiv,
        # arXiv's own DOI says no more than the id.
        doi=_least((p.doi for p in group), lambda d: ("arxiv" in d, d)),
        date=_least((p.date for p in group), lambda d: (-len(d), d)),
        authors=max((p.authors for p in group), key=lambda a: (len(a), a)),
        sources=tuple(sorted({source for p in group for source in p.sources})),
        urls=tuple(sorted({url for p in group for url in p.urls})),
        venue=_least(p.venue for p in group),
    )

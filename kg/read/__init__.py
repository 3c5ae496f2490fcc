"""Read papers (title, abstract and what else a record says) from files in any known format."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kg.errors import FormatError, RecordError
from kg.model import Paper, Skipped
from kg.read.clean import fold_title, paper_id
from kg.read.fields import to_paper
from kg.read.formats import READERS, recognise
from kg.read.sources import Content, Source, examine, find_sources

__all__ = ["FORMATS", "Reading", "join_papers", "read_papers"]

#: The names that ``format`` may take.
FORMATS = tuple(sorted(READERS))
# An id that more titles share is that of a volume, or a filled-down column, and no paper's own.
_MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    The distinct *papers* sorted by id; how many *entries* they were joined from; the *skipped*
    records by source and line; ``(file name, SHA-256)`` of the *inputs*; *notes* in words.
    """

    papers: tuple[Paper, ...]
    entries: int
    skipped: tuple[Skipped, ...]
    inputs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def read_papers(
    inputs: Sequence[str | Path],
    *,
    format: str | None = None,  # noqa: A002 - the name of the option
    strict: bool = False,
) -> Reading:
    """Return the papers of files, folders (with all below), patterns, and ``-`` for standard input.

    The result does not depend on the order of *inputs*. *format* is one of :data:`FORMATS`; without
    it each file is recognised by its content. Broken records, and those without title or abstract,
    are skipped and named; with *strict* the first raises ``RecordError``. A file of no known format
    raises ``FormatError`` if it was named, and is skipped if a folder holds it (unless *strict*).

    Raises ``InputNotFoundError`` for what is not there, ``FormatError`` for a file that is empty,
    damaged or in no known format, ``InputError`` for one that cannot be opened, and ``RecordError``
    if there is no usable record at all.
    """
    if format is not None and format not in READERS:
        raise FormatError(f"there is no format {format!r}; known are {', '.join(FORMATS)}")
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    papers: list[Paper] = []
    skipped: list[Skipped] = []
    hashes: list[tuple[str, str]] = []
    notes: list[str] = []
    with find_sources(inputs) as sources:
        for source in sources:
            try:
                content = examine(source)
                found = list(_read(content, format or recognise(content), strict=strict))
            except FormatError as error:
                if source.named or strict or format:
                    raise
                skipped.append(Skipped(source.name, None, error.message))
                continue
            papers += [paper for paper in found if isinstance(paper, Paper)]
            skipped += [fault for fault in found if isinstance(fault, Skipped)]
            hashes.append((source.name, content.sha256))
            if content.mixed:
                notes.append(
                    f"{source.name}: some bytes are no UTF-8 and were read as Windows-1252"
                )
    if not papers:
        first = skipped[0]
        message = (
            f"nothing here can be used: {len(skipped)} skipped, the first since it {first.reason}"
        )
        raise RecordError(message, source=first.source, line=first.line)
    return Reading(
        papers=join_papers(papers),
        entries=len(papers),
        skipped=tuple(skipped),
        inputs=tuple(sorted(hashes)),
        notes=tuple(notes),
    )


def _read(content: Content, format_: str, *, strict: bool) -> Iterator[Paper | Skipped]:
    source: Source = content.source
    empty = True
    for record in READERS[format_](content):
        empty = False
        try:
            yield to_paper(record, source.name)
        except RecordError as error:
            if strict:
                raise
            yield Skipped(source.name, error.line, error.message)
    if empty:
        raise FormatError(f"was read as {format_}, and holds no papers", source=source.name)


def join_papers(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Return one paper for all that share a folded title, an arXiv id or a DOI, sorted by id.

    The text is that of the longest abstract, then the first in the alphabet; the most exact date,
    then the earliest; the longest list of authors; all sources and addresses.
    """
    ordered = sorted(_without_shared_ids(set(papers)), key=_order)
    # Union-find over the keys (Tarjan 1975): each points towards the head of its group.
    heads: dict[str, str] = {}

    def head(key: str) -> str:
        while heads.setdefault(key, key) != key:
            heads[key] = heads[heads[key]]
            key = heads[key]
        return key

    for paper in ordered:
        for key in _keys(paper):
            heads[head(key)] = head(_keys(paper)[0])
    groups: dict[str, list[Paper]] = {}
    for paper in ordered:
        groups.setdefault(head(_keys(paper)[0]), []).append(paper)
    return tuple(sorted((_join(group) for group in groups.values()), key=_order_by_id))


def _without_shared_ids(papers: set[Paper]) -> Iterator[Paper]:
    titles = {(key, fold_title(paper.title)) for paper in papers for key in _ids(paper)}
    titles_of = Counter(key for key, _ in titles)
    for paper in papers:
        shared = {key for key in _ids(paper) if titles_of[key] > _MOST_TITLES}
        if shared:
            arxiv = None if f"arxiv:{paper.arxiv_id}" in shared else paper.arxiv_id
            own_doi = None if f"doi:{paper.doi}" in shared else paper.doi
            new_id = paper_id(paper.title, arxiv)
            yield replace(paper, id=new_id, arxiv_id=arxiv, doi=own_doi)
        else:
            yield paper


def _ids(paper: Paper) -> list[str]:
    named = (("arxiv", paper.arxiv_id), ("doi", paper.doi))
    return [f"{kind}:{value}" for kind, value in named if value]


def _keys(paper: Paper) -> list[str]:
    return [f"title:{fold_title(paper.title)}", *_ids(paper)]


def _order(paper: Paper) -> tuple[object, ...]:
    return (-len(paper.abstract), paper.abstract, paper.title, paper.sources, str(paper))


def _order_by_id(paper: Paper) -> tuple[str, str]:
    return (paper.id, paper.title)


def _join(group: list[Paper]) -> Paper:
    best = min(group, key=_order)
    arxiv = min((p.arxiv_id for p in group if p.arxiv_id), default=None)
    dates = [p.date for p in group if p.date]
    return replace(
        best,
        id=paper_id(best.title, arxiv),
        arxiv_id=arxiv,
        # arXiv's own DOI says no more than the id.
        doi=min((p.doi for p in group if p.doi), key=lambda d: ("arxiv" in d, d), default=None),
        date=min(dates, key=lambda d: (-len(d), d), default=None),
        authors=max((p.authors for p in group), key=lambda a: (len(a), a)),
        sources=tuple(sorted({source for p in group for source in p.sources})),
        urls=tuple(sorted({url for p in group for url in p.urls})),
        venue=min((p.venue for p in group if p.venue), default=None),
    )

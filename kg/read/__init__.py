"""Read papers (title, abstract and what else a record says) from files in any known format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import FormatError, RecordError
from kg.model import Paper, Skipped
from kg.read.fields import to_paper
from kg.read.formats import READERS, recognise
from kg.read.joining import Joined, join, keys_of, paper_of
from kg.read.sources import Content, Source, examine, find_sources

__all__ = [
    "FORMATS",
    "Faults",
    "Joined",
    "Reading",
    "join_papers",
    "keys_of",
    "paper_of",
    "read_entries",
    "read_papers",
]

#: The names that ``format`` may take.
FORMATS = tuple(sorted(READERS))

join_papers = join


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


@dataclass(slots=True)
class Faults:
    """What :func:`read_entries` found beside entries: as in :class:`Reading`."""

    skipped: list[Skipped] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
    faults = Faults()
    entries = list(read_entries(inputs, faults, format=format, strict=strict))
    return Reading(
        papers=join(entries),
        entries=len(entries),
        skipped=tuple(faults.skipped),
        inputs=tuple(sorted(faults.inputs)),
        notes=tuple(faults.notes),
    )


def read_entries(
    inputs: Sequence[str | Path],
    faults: Faults,
    *,
    format: str | None = None,  # noqa: A002 - the name of the option
    strict: bool = False,
) -> Iterator[Paper]:
    """Yield each usable record of *inputs* as a paper of its own, and note in *faults* what is not.

    No more than one record is in memory. Takes and raises what :func:`read_papers` does.
    """
    if format is not None and format not in READERS:
        raise FormatError(f"there is no format {format!r}; known are {', '.join(FORMATS)}")
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    count = 0
    with find_sources(inputs) as sources:
        for source in sources:
            for paper in _usable(source, faults, format, strict=strict):
                count += 1
                yield paper
    if not count:
        first = faults.skipped[0]
        message = (
            f"nothing here can be used: {len(faults.skipped)} skipped, "
            f"the first since it {first.reason}"
        )
        raise RecordError(message, source=first.source, line=first.line)


def _usable(
    source: Source, faults: Faults, format_: str | None, *, strict: bool
) -> Iterator[Paper]:
    is_input = False
    try:
        content = examine(source)
        for found in _read(content, format_ or recognise(content), strict=strict):
            is_input = True
            if isinstance(found, Paper):
                yield found
            else:
                faults.skipped.append(found)
    except FormatError as error:
        if source.named or strict or format_:
            raise
        faults.skipped.append(Skipped(source.name, None, error.message))
    if is_input:  # even if it is damaged further down
        faults.inputs.append((source.name, content.sha256))
        if content.mixed:
            faults.notes.append(
                f"{source.name}: some bytes are no UTF-8 and were read as Windows-1252"
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

"""The entries of this build and of those before it, as papers, and what is read in them.

An output folder keeps the entries that it was made of (:mod:`kg.entries`). A later build adds to
them; what it reads from a file of the same name takes the place of what that file said of the same
paper before.
"""

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from kg.cache import Cache, cache_folder
from kg.config import Config
from kg.engine import Engine, Failure, run_chunks
from kg.entries import Entries, Last, read_entries_of
from kg.errors import ExtractionError, GraphError
from kg.extract import fingerprint
from kg.model import Extraction, Paper, Skipped
from kg.read import Faults, keys_of, read_entries
from kg.spill import Spill
from kg.work import Reader

__all__ = ["Found", "Gathered", "extract_all", "gather"]

#: So many characters go to a worker at once: long texts and short ones make equal shares.
_CHUNK = 40_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All entries as *papers*; the rest as in a reading."""

    papers: Entries
    skipped: tuple[Skipped, ...]
    inputs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def gather(
    inputs: Sequence[str | Path], config: Config, output: Path | None, *, is_known: bool = False
) -> Gathered:
    """Return the entries of *inputs*, and those of the folder *output* unless ``config.sync``.

    If *is_known*, this program made the folder and nothing changed it since: then only what new
    entries touch is read there. Raises what ``kg.read.read_papers`` does, and ``GraphError`` if the
    entries of *output* cannot be read.
    """
    faults = Faults()
    shelf = Spill[Paper](Paper)
    keys: list[tuple[str, ...]] = []
    told: set[tuple[str, ...]] = set()
    for paper in read_entries(inputs, faults, format=config.format, strict=config.strict):
        shelf.append(paper)
        keys.append(keys_of(paper))
        told.update((*paper.sources, key) for key in keys[-1])
    last = untouched = None
    if output is not None and not config.sync and (output / "run.json").is_file():
        old: Iterable[Paper] = read_entries_of(output)
        if is_known:
            last = Last(output)
            touched = last.touched(key for some in keys for key in some)
            untouched = np.flatnonzero(~touched)
            old = chain.from_iterable(map(last.entries, np.flatnonzero(touched).tolist()))
        for paper in old:
            some = keys_of(paper)
            if not any((*paper.sources, key) in told for key in some):
                shelf.append(paper)
                keys.append(some)
        _remember(output, faults)
    return Gathered(
        papers=Entries(shelf, keys, last, untouched),
        skipped=tuple(sorted(faults.skipped, key=lambda s: (s.source, s.line or 0, s.reason))),
        inputs=tuple(sorted(faults.inputs)),
        notes=tuple(sorted(faults.notes)),
    )


def _remember(output: Path, faults: Faults) -> None:
    """Add to *faults* what the last build noted of files that this one does not read again."""
    given = {name for name, _ in faults.inputs} | {fault.source for fault in faults.skipped}
    try:
        noted = json.loads((output / "run.json").read_text(encoding="utf-8"))
        faults.inputs += [
            (i["name"], i["sha256"]) for i in noted["inputs"] if i["name"] not in given
        ]
        faults.skipped += [Skipped(*row) for row in noted["skipped"] if row[0] not in given]
        faults.notes += [note for note in noted["notes"] if note.split(": ")[0] not in given]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GraphError(
            f"{output}/run.json: cannot be read, so that nothing can be added; "
            "give all inputs and --sync"
        ) from error


class Found:
    """What is read in each paper that could be read, by paper id (:class:`kg.canonicalise.Read`).

    *digests* are of the papers. What need not be read anew is fetched if it is asked for. To be
    closed.
    """

    def __init__(self, papers: Entries, cache: Cache, engine: Engine, reader: Reader) -> None:
        self.digests: list[bytes] = []
        self._papers = papers
        self._cache = cache
        self._engine = engine
        self.reader = reader
        self._numbers = array("I")
        self._places = array("q")
        self._new = Spill[Extraction](Extraction)

    def __len__(self) -> int:
        return len(self.digests)

    def add(self, digest: bytes, number: int, raw: bytes | None) -> None:
        """Add the paper of a *number* with what was read in it, None if that can be had later."""
        self.digests.append(digest)
        self._numbers.append(number)
        self._places.append(-1 if raw is None else self._new.append_raw(raw))

    def raws(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Yield what was read in the papers of these *numbers*, in MessagePack."""
        for number in numbers:
            place = self._places[number]
            yield self._again(number) if place < 0 else self._new.raw_of(place)

    def __iter__(self) -> Iterator[Extraction]:
        return map(msgspec.msgpack.Decoder(Extraction).decode, self.raws(range(len(self))))

    def close(self) -> None:
        """Close the cache."""
        self._cache.close()

    def _again(self, number: int) -> bytes:
        paper = self._papers[self._numbers[number]]
        key = self._cache.key(paper)
        if self._cache.missing([key]):  # it was deleted since
            for *_, reason in _read([[paper]], self._cache, self._engine, self.reader):
                if reason:
                    raise ExtractionError(f"{paper.sources[0]}: {_about(paper, reason)}")
        return self._cache.get(key, paper)


def extract_all(
    papers: Entries,
    config: Config,
    engine: Engine,
    tell: Progress,
    *,
    known: Callable[[bytes], bool] | None = None,
) -> tuple[Found, list[Skipped]]:
    """Return what is read in each of *papers*, in their order, and those that could not be read.

    What the cache knows is not read again, and what is read is in the cache at once: a build that
    was stopped goes on where it was. What is *known*, by its digest, is not even fetched.
    """
    path = (config.cache or cache_folder()) / "extractions.sqlite" if config.cached else None
    maker = fingerprint(tagger=config.tagger, lexicon=config.lexicon)
    cache = Cache(path, maker)
    found = Found(papers, cache, engine, Reader(config.tagger, config.lexicon))
    try:
        keys = {
            number: cache.key(papers[number])
            for number, digest in enumerate(papers.digests)
            if known is None or not known(digest)
        }
        missing = set(cache.missing(keys.values()))
        tell("extracting", 0, len(missing))
        first = {key: number for number, key in reversed(keys.items()) if key in missing}
        todo = (papers[number] for number in sorted(first.values()))
        share = -(-len(missing) // engine.workers)
        failed: dict[bytes, str] = {}
        skipped: list[Skipped] = []

        def settle(number: int) -> int:
            """Add papers from that of a *number* on, and return the first that is not read yet."""
            while number < len(papers) and (key := keys.get(number)) not in missing:
                digest = papers.digests[number]
                if key is None:
                    found.add(digest, number, None)
                elif key in failed:
                    paper = papers[number]
                    skipped.append(Skipped(paper.sources[0], None, _about(paper, failed[key])))
                else:
                    found.add(digest, number, cache.get(key, papers[number]))
                number += 1
            return number

        count, place = len(missing), 0
        for done, key, reason in _read(_chunks(todo, share), cache, engine, found.reader):
            missing.remove(key)
            if reason:
                failed[key] = reason
            place = settle(place)  # while workers read
            tell("extracting", done, count)
        settle(place)
    except BaseException:
        found.close()
        raise
    return found, skipped


def _about(paper: Paper, reason: str) -> str:
    return f"{reason}: “{paper.title[:60]}{'…' if len(paper.title) > 60 else ''}”"


def _read(
    chunks: Iterable[list[Paper]], cache: Cache, engine: Engine, reader: Reader
) -> Iterator[tuple[int, bytes, str]]:
    """Read papers into the *cache*; yield for each its number, its key, and what went wrong."""
    done = 0
    for chunk, answers in run_chunks(engine, reader, chunks):
        pairs = [(cache.key(p), a) for p, a in zip(chunk, answers, strict=True)]
        cache.put([(key, a) for key, a in pairs if not isinstance(a, Failure)])
        for key, answer in pairs:
            done += 1
            yield done, key, answer.reason if isinstance(answer, Failure) else ""


def _chunks(papers: Iterable[Paper], share: int) -> Iterator[list[Paper]]:
    """Yield *papers* in chunks, of at most as many as are a worker's *share*."""
    chunk: list[Paper] = []
    size = 0
    for paper in papers:
        chunk.append(paper)
        size += len(paper.abstract)
        if size >= _CHUNK or len(chunk) == share:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk

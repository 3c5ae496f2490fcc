"""Fetch page after page into a draft beside the output, so that it can be continued at any time."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import FetchError, OutputError
from kg.fetch.client import Client, RefusedError
from kg.fetch.sources import SOURCES, Page, Params, Wanted, record_of

__all__ = ["Fetched", "draft_of", "fetch"]


@dataclass(slots=True)
class Fetched:
    """How many papers were *kept*, *left_out* for want of an abstract, and met once more.

    *total* is what the service says that there are, if it does; *ids* are those of the kept papers.
    """

    kept: int = 0
    left_out: int = 0
    repeated: int = 0
    total: int | None = None
    ids: set[str] = field(default_factory=set)


def draft_of(output: Path) -> Path:
    """Return where the papers lie until all are there; it is JSON Lines, too."""
    return output.with_name(output.name + ".part")


def fetch(
    wanted: Wanted,
    output: Path,
    client: Client,
    *,
    most: int | None = None,
    tell: Callable[[str], object] = str,
) -> Fetched:
    """Write the papers that *wanted* describes to *output*, *most* of them at most.

    What a run before has fetched is kept and continued. *output* appears when all is there, and
    what stood in it until then is replaced; if there are no papers, nothing is written.
    Raises ``FetchError`` as ``Client.get`` does, and ``OutputError`` if files cannot be written.
    """
    source = SOURCES[wanted.source]
    draft = _Draft(output, wanted)

    def read(body: bytes, asked: Params) -> Page:
        return source.read(body, asked, wanted)

    try:
        found, resumed = draft.open(source.first(wanted, client.keyed))
        while draft.next is not None and (most is None or found.kept < most):
            asked = draft.next
            try:
                page = client.get(asked, read)
            except RefusedError:
                if not resumed:
                    raise
                tell(f"{wanted.source} does not know the place any more; asking from the start")
                draft.next = source.first(wanted, client.keyed)
            else:
                if page.next == asked:
                    raise FetchError(f"{wanted.source} gives the same page again and again")
                draft.add(page, found, most)
                tell(_progress(wanted, found, most, asked))
            resumed = False
        draft.finish(found)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{output}: cannot be written ({error.strerror or error})") from error
    return found


def _progress(wanted: Wanted, found: Fetched, most: int | None, asked: Params) -> str:
    known = [number for number in (most, found.total) if number is not None]
    of = f" of {min(known):,}" if known else ""
    day = f" up to {asked['date']}" if "date" in asked else ""
    return f"{wanted.source}: {found.kept:,}{of} papers{day}"


class _Draft:
    """The papers so far in ``FILE.part``; beside them the place, as it was after the last page."""

    def __init__(self, output: Path, wanted: Wanted) -> None:
        self._output = output
        self._part = draft_of(output)
        self._place = output.with_name(output.name + ".part.json")
        self._wanted = json.loads(json.dumps(asdict(wanted)))
        self.next: Params | None = None

    def open(self, first: Params) -> tuple[Fetched, bool]:
        """Return what is there already and whether it is to be continued; set ``next``."""
        self._output.parent.mkdir(parents=True, exist_ok=True)
        place = self._left()
        if place is None:
            self.next = first
            self._part.unlink(missing_ok=True)
            return Fetched(), False
        self.next = place["next"]
        os.truncate(self._part, place["size"])  # a killed run may have left half a page
        with self._part.open(encoding="utf-8") as lines:
            ids = {json.loads(line)["id"] for line in lines}
        counts = {name: place[name] for name in ("left_out", "repeated", "total")}
        return Fetched(kept=len(ids), ids=ids, **counts), True

    def _left(self) -> Any:  # noqa: ANN401 - JSON of our own
        """Return the place that a run before has left for these papers, if it has."""
        try:
            place = json.loads(self._place.read_text(encoding="utf-8"))
            fits = self._part.stat().st_size >= place["size"]
        except (FileNotFoundError, ValueError, KeyError):
            return None
        if fits and place["wanted"] != self._wanted:
            raise OutputError(
                f"{self._part}: belongs to another request, which broke off; finish that one, "
                "delete the file, or give another name with -o"
            )
        return place if fits else None

    def add(self, page: Page, found: Fetched, most: int | None) -> None:
        """Keep the new papers of *page*, as far as *most* allows, and the place behind it."""
        lines = []
        for item in page.items:
            if most is not None and found.kept >= most:
                break
            record = record_of(item, self._wanted["source"])
            if record is None:
                found.left_out += 1
            elif record["id"] in found.ids:
                found.repeated += 1
            else:
                found.ids.add(record["id"])
                found.kept += 1
                lines.append(json.dumps(record, ensure_ascii=False) + "\n")
        found.total = page.total if page.total is not None else found.total
        self.next = page.next
        with self._part.open("a", encoding="utf-8", newline="") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
        counts = {"left_out": found.left_out, "repeated": found.repeated, "total": found.total}
        place = {"wanted": self._wanted, "next": self.next, "size": size, **counts}
        draft = self._place.with_suffix(".new")
        draft.write_text(json.dumps(place), encoding="utf-8")
        draft.replace(self._place)

    def finish(self, found: Fetched) -> None:
        """Put the papers where they were wanted, and leave nothing beside them."""
        if found.kept:
            self._part.replace(self._output)
        self._part.unlink(missing_ok=True)
        self._place.unlink(missing_ok=True)

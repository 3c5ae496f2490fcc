"""Compose the stages: files in, an output folder out. The one place that reads a ``Config``."""

import csv
import filecmp
import gc
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kg import __version__
from kg.candidates import COMPARED, candidates, candidates_table
from kg.canonicalise import Canonical, Decision, Remembered, canonicalise
from kg.config import Config
from kg.describe import load_description, notice_of, write_description
from kg.engine import Engine, Here, answer_of, engine, run_all
from kg.entries import COLUMNS, ENTRIES
from kg.errors import ConfigError, ExtractionError, GraphError
from kg.extract import fingerprint
from kg.gather import Found, Gathered, extract_all, gather
from kg.kept import BLOCKS, NAMES, PAPERS, Kept, maker_of, unpacked
from kg.model import Entity, EntityType, Extraction, Run, Skipped
from kg.output import replacing
from kg.questions import query_triples
from kg.rdf import run_id
from kg.store import EVIDENCE, STORE, Change, Filler
from kg.writing import Counts, write_statements

if TYPE_CHECKING:
    from kg.viewer import ViewOptions

__all__ = [
    "OUTPUT_FILES",
    "Summary",
    "build",
    "extract_files",
    "sample_files",
    "summary_of",
]

#: What a build writes into its folder, in the order of the summary.
OUTPUT_FILES = (
    "graph.html",
    "graph.ttl",
    "evidence.nq",
    f"{STORE}/",
    "graph.graphml",
    "papers.jsonl",
    "entities.csv",
    "candidates.csv",
    ENTRIES,
    COLUMNS,
    BLOCKS,
    NAMES,
    PAPERS,
    "void.ttl",
    "run.json",
)
# what later commands add to a graph, and a new build takes away
_ADDED = ("analysis.ttl", "links.ttl")

_OWN = frozenset((*(name.rstrip("/") for name in OUTPUT_FILES), *_ADDED))

Progress = Callable[[str, int, int], None]
#: No page and no list of candidates takes so long.
_PATIENCE_S = 86_400.0
# below this a second process costs more (two seconds to start) than it saves
_WORTH_A_PROCESS = 256
#: The page of a graph that has more papers than this shows so many of them, and so many entities.
_SHOWN_PAPERS, _SHOWN_ENTITIES = 8_000, 16_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build made: counts, the ten most named entities, and what was left out and why."""

    entries: int
    papers: int
    types: Mapping[str, int]
    roles: int
    relations: int
    results: int
    candidates: int
    top: tuple[tuple[str, str, int], ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def build(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    config: Config | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Read *inputs*, add them to what the folder *output* holds, and return what is in it then.

    With ``config.sync`` the folder holds what is in *inputs*, and nothing else. The folder is
    replaced as a whole or, on any error, left as it was; the same entries, settings and version
    give the same bytes, in however many builds they came (``store/`` apart, and ``blocks.bin``,
    which also depends on the libraries and on how kg is installed). *progress* is called with the
    name of the stage, how much of it is done and how much there is. Raises ``KgError``.
    """
    config = config or Config()
    tell = progress or _silent
    decided = _decisions(config.decisions)
    with suppress(_Unchanged), replacing(Path(output), _OWN) as folder, ExitStack() as stack:
        tell("reading", 0, 1)
        aside = _aside(stack)
        ready = _ready(stack, config, Path(output))
        last = _kept(Path(output), config)
        gathered = gather(inputs, config, Path(output), is_known=bool(last.note.files))
        tell("reading", 1, 1)
        entries = aside(gathered.papers.write, folder)
        if last.note.files and _is_told_of(Path(output), config, gathered):
            entries.result()
            if filecmp.cmp(Path(output) / ENTRIES, folder / ENTRIES, shallow=False):
                raise _Unchanged
        if names := _remembered(last):
            # while texts are read there is time for it
            aside(names.fold)
            aside(last.index)
            aside(last.read_ahead, EVIDENCE)
        with nullcontext(ready) if ready else _engine(config, len(gathered.papers)) as workers:
            found, unread = _extracted(gathered, config, workers, tell, names=names)
            stack.enter_context(closing(found))
            if ready:  # it loads what draws a page while names are brought together
                aside(ready.submit, _pages, [_EMPTY], _PATIENCE_S)
            tell("canonicalising", 0, 1)
            stack.enter_context(_uncollected())
            canonical = _canonical(found, config, workers, decided, last=names)
            tell("canonicalising", 1, 1)
            tell("writing", 0, 1)
            run = _run(config, gathered.inputs)
            with Filler(folder / STORE, folder / EVIDENCE) as filler:
                # a cluster's workers may be far away; this is a matter of seconds
                near = workers if config.engine == "local" else Here()
                shown = _Shown(canonical, config, near)
                if last.note.files:  # it takes longer than all else
                    _ = shown.page
                canonical.remembered.save(folder / NAMES)
                entries.result()
                beside = _Beside(folder, Path(output), filler, shown, near)
                counts = write_statements(folder, canonical, run, workers, last=last, beside=beside)
                summary, asked = _summary(canonical, counts), shown.begin()
                # to free all that takes a while, in which what is awaited here goes on
                del canonical, names, last, shown, beside
                summary = replace(
                    summary,
                    entries=gathered.papers.count,
                    candidates=_write_shown(folder, *asked),
                    skipped=tuple(map(_told, [*gathered.skipped, *unread])),
                    notes=gathered.notes,
                )
                _write_run(folder / "run.json", _record(config, gathered), summary)
                write_description(folder, notice_of(Path(output)), counts.tally, counts.settled())
                filler.result()
            load_description(folder)
        tell("writing", 1, 1)
        return summary
    return summary_of(Path(output))


def extract_files(
    inputs: Sequence[str | Path],
    *,
    config: Config | None = None,
    progress: Progress | None = None,
) -> tuple[Gathered, Canonical]:
    """Return what was read from *inputs* and the canonical extractions, papers sorted by id."""
    config = config or Config()
    decided = _decisions(config.decisions)
    gathered = gather(inputs, config, None)
    with _engine(config, len(gathered.papers)) as workers:
        found, unread = _extracted(gathered, config, workers, progress or _silent)
        with closing(found):
            canonical = canonicalise(found, aliases=shipped_aliases(), decisions=decided)
    return replace(gathered, skipped=(*gathered.skipped, *unread)), canonical


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the garbage collector rest: it walks again and again through rows that are all in use."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _engine(config: Config, papers: int) -> Iterator[Engine]:
    jobs = _jobs(config)
    if config.engine == "local":
        jobs = min(jobs, papers // _WORTH_A_PROCESS + 1)
    with engine(config.engine, jobs, config.cluster) as workers:
        yield workers


def _ready(stack: ExitStack, config: Config, output: Path) -> Engine | None:
    """Start the engine before anything is read, if *output* is so large that all of it is wanted.

    What its workers need takes seconds to load.
    """
    jobs = _jobs(config)
    with suppress(GraphError):
        if config.engine == "local" and 1 < jobs <= summary_of(output).papers // _WORTH_A_PROCESS:
            return stack.enter_context(engine("local", jobs))
    return None


def _aside(stack: ExitStack) -> Callable[..., "Future[Any]"]:
    """Return what runs functions in threads, which *stack* waits for."""
    return stack.enter_context(ThreadPoolExecutor(4)).submit


class _Shown:
    """The page and the pairs to look at, which workers make."""

    def __init__(self, canonical: Canonical, config: Config, engine: Engine) -> None:
        self._canonical = canonical
        self._config = config
        self._engine = engine

    def begin(self) -> "tuple[Future[list[str]], Future[tuple[int, str]]]":
        """Ask for both, if nobody did, and return what will hold them."""
        return self.page, self.pairs

    @cached_property
    def page(self) -> "Future[list[str]]":
        """What will hold the page, which is begun when it is asked for."""
        drawing = _drawing(self._canonical, self._config)
        return self._engine.submit(_pages, [drawing], _PATIENCE_S)

    @cached_property
    def pairs(self) -> "Future[tuple[int, str]]":
        """What will hold how many pairs there are and their table, begun when it is asked for."""
        names = self._canonical
        most = names.entities.some(names.most_named(COMPARED))
        return self._engine.submit(_candidates, [(most, names.homonyms)], _PATIENCE_S)


def _write_shown(folder: Path, page: "Future[list[str]]", pairs: "Future[tuple[int, str]]") -> int:
    """Write the page and the pairs once they are there; return how many pairs there are."""
    (text,), (count, table) = answer_of(page), answer_of(pairs)
    (folder / "graph.html").write_text(text, encoding="utf-8", newline="\n")
    (folder / "candidates.csv").write_text(table, encoding="utf-8", newline="")
    return count


class _Beside(NamedTuple):
    """What fills the store while the files are written."""

    folder: Path
    last: Path
    filler: Filler
    shown: _Shown
    engine: Engine

    def grown(self, size: int) -> None:
        self.filler.take(size)

    def stated(self, change: Change | None) -> None:
        if change:
            self.filler.change(self.last, change)
        else:
            self.filler.finish(self.folder / "graph.ttl")
        self.shown.begin()


def _jobs(config: Config) -> int:
    return config.jobs or os.cpu_count() or 1


def _extracted(
    gathered: Gathered,
    config: Config,
    workers: Engine,
    tell: Progress,
    *,
    names: Remembered | None = None,
) -> tuple[Found, list[Skipped]]:
    known = names.knows if names and config.cached else None
    found, unread = extract_all(gathered.papers, config, workers, tell, known=known)
    if unread and (config.strict or not len(found)):
        found.close()
        raise ExtractionError(f"{unread[0].source}: {unread[0].reason}")
    return found, unread


def _canonical(
    found: Found,
    config: Config,
    workers: Engine,
    decided: Sequence[Decision],
    *,
    last: Remembered | None,
) -> Canonical:
    return canonicalise(
        found,
        aliases=shipped_aliases(),
        decisions=decided,
        voted=True,
        # a cluster makes the groups entities where it is; here that takes seconds
        each=map if config.engine == "local" else partial(run_all, workers),
        last=last,
    )


def sample_files() -> tuple[Path, ...]:
    """Return the pages of the sample corpus that ships with the package."""
    folder = resources.files("kg") / "data" / "sample"
    return tuple(sorted(Path(str(page)) for page in folder.iterdir() if page.name.endswith(".txt")))


def shipped_aliases() -> dict[str, str]:
    """Return the shipped alias table: other spellings of well-known names, and the names."""
    data = resources.files("kg") / "data"
    table = {row["alias"]: row["name"] for row in _rows(Path(str(data / "aliases.tsv")), tabs=True)}
    for lexicon in sorted(Path(str(data / "lexicon")).glob("*.tsv")):
        for row in _rows(lexicon, tabs=True):
            names = (row["name"], *filter(None, row["aliases"].split("|")))
            table |= dict.fromkeys(names, row["name"])
    return table


def summary_of(output: Path) -> Summary:
    """Return the summary that a build left in the folder *output*; raise ``GraphError`` if none."""
    try:
        counts = json.loads((output / "run.json").read_text(encoding="utf-8"))["counts"]
        lists = {name: tuple(counts[name]) for name in ("skipped", "notes")}
        return Summary(**{**counts, **lists, "top": tuple(map(tuple, counts["top"]))})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GraphError(
            f"{output} holds no graph (no readable run.json); make one with `kg build`"
        ) from error


def _silent(_stage: str, _done: int, _total: int) -> None:
    return None


class _Unchanged(Exception):  # noqa: N818 (no error: there is nothing to do)
    """The folder holds already what a build would make."""


def _last(output: Path) -> Path | None:
    """Return the folder *output* if it holds what a build wrote, and nothing was added to it."""
    is_whole = all((output / name).exists() for name in (*OUTPUT_FILES, f"{STORE}/CURRENT"))
    return output if is_whole and not any((output / name).exists() for name in _ADDED) else None


def _kept(output: Path, config: Config) -> Kept:
    """Return what can be taken over from *output*, if these settings and this program made it."""
    run = _run(config)
    maker = maker_of(
        run_id(run),
        fingerprint(tagger=config.tagger, lexicon=config.lexicon),
        [str(triple) for triple in query_triples(run.base)],
    )
    return Kept.read(_last(output), maker)


def _remembered(last: Kept) -> Remembered | None:
    """Return what the *last* build remembered, if there is one to be added to."""
    if not last.note.files:
        return None
    return Remembered.read(last.folder / NAMES, lambda number: last.block("papers", number, PAPERS))


def _is_told_of(output: Path, config: Config, gathered: Gathered) -> bool:
    """Tell whether *output* was made of files as these, and all of them could be read."""
    with suppress(GraphError, OSError, ValueError, KeyError):
        record = json.loads((output / "run.json").read_text(encoding="utf-8"))
        del record["counts"]
        skipped = summary_of(output).skipped
        return record == _record(config, gathered) and len(skipped) == len(gathered.skipped)
    return False


def _candidates(
    compared: Sequence[tuple[bytes, Mapping[str, tuple[str, ...]]]],
) -> tuple[int, str]:
    entities, homonyms = compared[0]
    with _uncollected():
        pairs = candidates(msgspec.msgpack.decode(entities, type=list[Entity]), homonyms)
        return len(pairs), candidates_table(pairs)


class _Drawing(NamedTuple):
    """What a page shows: papers (packed), entities (in MessagePack), and whether this is a part."""

    extractions: list[bytes]
    entities: bytes
    is_part: bool
    options: "ViewOptions | None" = None


#: What is drawn of nothing.
_EMPTY = _Drawing([], b"\x90", is_part=False)


class _Telling(msgspec.Struct):
    """Of an entity what tells whether papers that name it tell much."""

    id: str
    generic: bool


def _drawing(canonical: Canonical, config: Config) -> _Drawing:
    from kg.viewer import ViewOptions, most_telling  # noqa: PLC0415

    options, count = ViewOptions(base=config.base), len(canonical.extractions)
    papers: Iterable[int] = range(count)
    things: Iterable[int] = range(len(canonical.entities))
    if is_part := count > _SHOWN_PAPERS:
        title = f"{options.title}: {_SHOWN_PAPERS:,} of {count:,} papers"
        options = replace(options, title=title)
        things = sorted(canonical.most_named(_SHOWN_ENTITIES))
        chosen = msgspec.msgpack.decode(canonical.entities.some(things), type=list[_Telling])
        named = {entity.id for entity in chosen if not entity.generic}
        papers = most_telling(canonical.extractions.named(), named, _SHOWN_PAPERS)
    shown = canonical.extractions.packed(papers), canonical.entities.some(things)
    return _Drawing(*shown, is_part, options)


def _pages(shown: Sequence[_Drawing]) -> list[str]:
    with _uncollected():
        return [_page(one) for one in shown]


def _page(shown: _Drawing) -> str:
    from kg.viewer import named_in, to_html  # noqa: PLC0415

    decode = msgspec.msgpack.Decoder(Extraction).decode
    papers = [decode(unpacked(paper)) for paper in shown.extractions]
    entities = msgspec.msgpack.decode(shown.entities, type=list[Entity])
    if shown.is_part:  # what papers say of other entities is left out there
        entities = named_in(papers, entities)
    return to_html(papers, entities, options=shown.options)


def _decisions(path: Path | None) -> list[Decision]:
    decided = []
    for number, row in enumerate(_rows(path) if path else [], 2):
        word = (row.get("decision") or "").strip().lower()
        first, second = row.get("first"), row.get("second")
        if word not in {"", "same", "different"} or not first or not second:
            raise ConfigError(
                f"{path}, line {number}: wants first, second and a decision that is 'same', "
                f"'different' or empty, not {word!r}"
            )
        if word:
            decided.append(Decision(first, second, same=word == "same"))
    return decided


def _rows(path: Path, *, tabs: bool = False) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            if tabs:  # the shipped tables know no quoting
                return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read as a table ({error})") from error


def _summary(canonical: Canonical, counts: Counts) -> Summary:
    top = [canonical.entities[number] for number in canonical.most_named(10, generic=False)]
    return Summary(
        entries=counts.papers,
        papers=counts.papers,
        types={kind.value: counts.types[kind.value] for kind in EntityType},
        roles=counts.roles,
        relations=counts.relations,
        results=counts.results,
        candidates=0,
        top=tuple((e.name, e.type.value, e.papers) for e in top),
    )


def _told(skipped: Skipped) -> str:
    line = "" if skipped.line is None else f", line {skipped.line}"
    return f"{skipped.source}{line}: {skipped.reason}"


def _options(config: Config) -> tuple[tuple[str, str], ...]:
    """Return the settings that can change a byte of the output."""
    decided = config.decisions.read_text(encoding="utf-8") if config.decisions else ""
    return (
        ("decisions", decided),
        ("format", config.format or ""),
        ("lexicon", config.lexicon.name if config.lexicon else ""),
        ("strict", str(config.strict).lower()),
        ("tagger", str(config.tagger).lower()),
    )


def _run(config: Config, inputs: tuple[tuple[str, str], ...] = ()) -> Run:
    return Run(__version__, config.base, _options(config), inputs)


def _record(config: Config, gathered: Gathered) -> dict[str, Any]:
    libraries = ("networkx", "pyoxigraph", "pyvis", "rdflib", "spacy")
    return {
        "kg": __version__,
        "libraries": {name: metadata.version(name) for name in libraries},
        "base": config.base,
        "options": dict(_options(config)),
        "inputs": [{"name": name, "sha256": digest} for name, digest in gathered.inputs],
        "skipped": [[s.source, s.line, s.reason] for s in gathered.skipped],
        "notes": list(gathered.notes),
    }


def _write_run(path: Path, record: Mapping[str, Any], summary: Summary) -> None:
    counts = {name: getattr(summary, name) for name in Summary.__slots__}
    text = json.dumps({**record, "counts": counts}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")

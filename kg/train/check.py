"""A quick look at the development set between two epochs."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

from kg.train.data import Example
from kg.train.losses import gold_loss, tag_loss
from kg.train.network import Network, collate

__all__ = ["checker"]


def checker(dev: Sequence[Example]) -> Callable[[Network], dict[str, float]]:
    """A function from a network to the F1 of its plain tags on *dev*, and its losses there."""

    def check(network: Network) -> dict[str, float]:
        network.eval()
        hit = gold = found = 0
        sums: defaultdict[str, float] = defaultdict(float)
        with torch.no_grad():
            for start in range(0, len(dev), 10):
                batch = collate(dev[start : start + 10])
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    states = network.states(batch)
                tags = network.tags(states).argmax(-1).tolist()
                for example, (a, b) in zip(batch.examples, pairwise(batch.offsets), strict=True):
                    mine, theirs = _spans(example.tags), _spans(tags[a:b])
                    hit += len(mine & theirs)
                    gold += len(mine)
                    found += len(theirs)
                losses = gold_loss(network, states, batch, random.Random(1))  # noqa: S311
                losses["tags"] = tag_loss(network, states, batch)
                for name, loss in losses.items():
                    sums[f"dev {name}"] += float(loss) * 10 / len(dev)
        network.train()
        row = {name: round(loss, 4) for name, loss in sorted(sums.items())}
        return {"dev f1": round(200 * hit / max(gold + found, 1), 2), **row}

    return check


def _spans(tags: Sequence[int]) -> set[tuple[int, int, int]]:
    found, start, kind = set(), -1, -1
    for index, tag in enumerate([*tags, 0]):
        if tag and not tag % 2 and start >= 0 and (tag - 1) // 2 == kind:
            continue
        if start >= 0:
            found.add((start, index, kind))
        start, kind = (index, (tag - 1) // 2) if tag else (-1, -1)
    return found

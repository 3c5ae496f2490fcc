"""The training loop."""

import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from kg.train.data import GOLD, TAUGHT, Example
from kg.train.losses import gold_loss, mask_words, masked_loss, tag_loss
from kg.train.network import Network, collate

__all__ = ["KNOWN", "UNKNOWN", "WEIGHTS", "batches", "falling", "fit"]

_LOG = logging.getLogger(__name__)
#: The feature column of known names, and in which share of the texts no name is known.
KNOWN, UNKNOWN = 2, 0.15
_SEED, _BATCH, _MASKED = 7, 8, 0.1
#: How much each head's loss counts.
WEIGHTS = {
    "tags": 1.0,
    "type": 0.7,
    "generic": 0.2,
    "role": 0.5,
    "relation": 1.0,
    "result": 0.5,
    "delta": 0.1,
    "masked": 0.2,
}


def batches(examples: Sequence[Example], chance: random.Random) -> list[list[Example]]:
    """Batches of one source each, of texts of like length, in a random order."""
    groups: dict[int, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.source, []).append(example)
    found = []
    for _, group in sorted(groups.items(), key=lambda item: item[0]):
        group.sort(key=lambda e: sum(map(len, e.pieces)) + chance.random() * 12)
        # Sentences are short, so that four times as many make a batch.
        rows = _BATCH if sum(len(e.pieces) for e in group) > 150 * len(group) else 4 * _BATCH
        found += [group[i : i + rows] for i in range(0, len(group), rows)]
    chance.shuffle(found)
    return found


def fit(
    network: Network,
    epochs: Sequence[Sequence[Example]],
    folder: Path,
    *,
    rate: float = 2e-4,
    masked: float = _MASKED,
    check: Callable[[Network], dict[str, float]],
) -> Network:
    """Train on each of *epochs* in turn; return the network with the running mean of its weights.

    *folder* gets a log with what *check* says after each epoch, and the weights then. Of the
    pieces a share of *masked* is hidden, to be told from the rest.
    """
    chance = random.Random(_SEED)  # noqa: S311
    torch.manual_seed(_SEED)
    plans = [batches(list(examples), chance) for examples in epochs]
    total = sum(map(len, plans))
    optimizer, schedule = _optimizer(network, rate, total)
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.9))  # type: ignore[no-untyped-call]
    averaged = cast("Network", mean.module)
    folder.mkdir(parents=True, exist_ok=True)
    begun, step = time.time(), 0
    network.train()
    for epoch, plan in enumerate(plans, start=1):
        sums: dict[str, list[float]] = {}
        for examples in plan:
            losses = _step(network, examples, chance, masked)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            step += 1
            if step % 20 == 0:
                _LOG.info("step %d of %d, %d s", step, total, time.time() - begun)
            if step % 10 == 0:
                mean.update_parameters(network)
            for name, loss in losses.items():
                sums.setdefault(name, []).append(loss)
        row = {name: round(sum(seen) / len(seen), 4) for name, seen in sorted(sums.items())}
        row |= {"epoch": epoch, "seconds": round(time.time() - begun), **check(averaged)}
        with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        torch.save(averaged.state_dict(), folder / f"mean{epoch}.pt")
    return averaged.eval()


def _optimizer(
    network: Network, rate: float, total: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Adam with a slow rate for what is pre-trained and a fast one for all else, both falling."""
    encoder = network.encoder
    slow = [
        *encoder.layers.parameters(),
        encoder.words.weight,
        encoder.places.weight,
        *encoder.norm.parameters(),
    ]
    if encoder.size.distances:
        slow.append(encoder.distances.weight)
    held = {id(parameter) for parameter in slow}
    fast = [parameter for parameter in network.parameters() if id(parameter) not in held]
    groups = [{"params": slow, "lr": rate}, {"params": fast, "lr": 5 * rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    return optimizer, falling(optimizer, total, warm=0.08)


def falling(
    optimizer: torch.optim.Optimizer, total: int, *, warm: float
) -> torch.optim.lr_scheduler.LRScheduler:
    """The schedule of *total* steps in which the rate rises for a share of *warm*, then falls."""

    def factor(step: int) -> float:
        left = (total - step) / ((1 - warm) * total)
        return min((step + 1) / (warm * total), max(0.02, left))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _step(
    network: Network, examples: list[Example], chance: random.Random, masked: float
) -> dict[str, float]:
    """Add up the gradients of one batch; its losses by name."""
    batch = collate(examples)
    for row in range(len(batch.features)):
        if chance.random() < UNKNOWN:
            batch.features[row, :, KNOWN] = 0
    losses: dict[str, Tensor] = {}
    where, truth = mask_words(batch, masked, chance)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = network.encoder(batch.pieces, batch.features, batch.mask)
        if masked:
            losses["masked"] = masked_loss(network, states, where, truth)
    words = states.reshape(-1, states.shape[-1])[batch.firsts].float()
    source = f" {examples[0].source}" if examples[0].source != GOLD else ""
    losses[f"tags{source}"] = tag_loss(network, words, batch)
    if examples[0].source in {GOLD, TAUGHT}:
        above = gold_loss(network, words, batch, chance)
        losses.update({f"{name}{source}": loss for name, loss in above.items()})
    whole = torch.stack([WEIGHTS[k.split()[0]] * v for k, v in losses.items()]).sum()
    whole.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    return {name: float(loss.detach()) for name, loss in losses.items()}

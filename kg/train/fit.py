"""The training loop."""

import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from kg.train.data import GOLD, TAUGHT, Example
from kg.train.losses import gold_loss, mask_words, masked_loss, tag_loss
from kg.train.network import Network, collate

__all__ = ["WEIGHTS", "fit", "load_encoder"]

_LOG = logging.getLogger(__name__)
#: The feature column of known names, and in which share of the texts no name is known.
_KNOWN, _UNKNOWN = 2, 0.15
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


def load_encoder(network: Network, weights: dict[str, Tensor], keep: Sequence[int]) -> None:
    """Put published BERT *weights* into the encoder, with the rows *keep* of its word table."""
    encoder = network.encoder
    with torch.no_grad():
        encoder.words.weight.copy_(weights["embeddings.word_embeddings.weight"][list(keep)])
        encoder.words.weight.add_(weights["embeddings.token_type_embeddings.weight"][0])
        encoder.places.weight.copy_(weights["embeddings.position_embeddings.weight"])
        _copy(encoder.norm, weights, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layers):
            stem = f"encoder.layer.{number}."
            for part in ("weight", "bias"):
                names = (
                    f"{stem}attention.self.{kind}.{part}" for kind in ("query", "key", "value")
                )
                getattr(layer.qkv, part).copy_(torch.cat([weights[name] for name in names]))
            _copy(layer.out, weights, stem + "attention.output.dense")
            _copy(layer.norm_1, weights, stem + "attention.output.LayerNorm")
            _copy(layer.up, weights, stem + "intermediate.dense")
            _copy(layer.down, weights, stem + "output.dense")
            _copy(layer.norm_2, weights, stem + "output.LayerNorm")


def _copy(layer: nn.Module, weights: dict[str, Tensor], stem: str) -> None:
    layer.weight.copy_(weights[stem + ".weight"])
    layer.bias.copy_(weights[stem + ".bias"])


def _batches(examples: Sequence[Example], size: int, chance: random.Random) -> list[list[Example]]:
    """Batches of one source each, of texts of like length, in a random order."""
    groups: dict[int, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.source, []).append(example)
    batches = []
    for _, group in sorted(groups.items(), key=lambda item: item[0]):
        group.sort(key=lambda e: sum(map(len, e.pieces)) + chance.random() * 12)
        rows = size if sum(len(e.pieces) for e in group) > 150 * len(group) else size * 4
        batches += [group[i : i + rows] for i in range(0, len(group), rows)]
    chance.shuffle(batches)
    return batches


def fit(
    network: Network,
    epochs: Sequence[Sequence[Example]],
    folder: Path,
    *,
    rate: float = 2e-4,
    batch: int = 8,
    masked: float = 0.1,
    check: Callable[[Network], dict[str, float]] | None = None,
    seed: int = 7,
) -> Network:
    """Train on each of *epochs* in turn, and return the network with the running mean of its weights.

    *folder* gets a log, and the weights after each epoch.
    """
    chance = random.Random(seed)  # noqa: S311
    torch.manual_seed(seed)
    plan = [b for examples in epochs for b in [*_batches(list(examples), batch, chance), None]]
    total = sum(b is not None for b in plan)
    slow = list(network.encoder.layers.parameters()) + [
        network.encoder.words.weight,
        network.encoder.places.weight,
        *network.encoder.norm.parameters(),
    ]
    held = {id(p) for p in slow}
    fast = [p for p in network.parameters() if id(p) not in held]
    optimizer = torch.optim.AdamW(
        [{"params": slow, "lr": rate}, {"params": fast, "lr": 5 * rate}], weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min((n + 1) / (0.08 * total), max(0.02, (total - n) / (0.92 * total)))
    )
    mean = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)
    )
    folder.mkdir(parents=True, exist_ok=True)
    sums: dict[str, list[float]] = {}
    begun, epoch, step = time.time(), 0, 0
    network.train()
    for examples in plan:
        if examples is None:
            epoch += 1
            row: dict[str, float] = {k: round(sum(v) / len(v), 4) for k, v in sorted(sums.items())}
            row.update(epoch=epoch, seconds=round(time.time() - begun))
            if check:
                row.update(check(mean.module))
            with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            _LOG.info("%s", row)
            torch.save(mean.module.state_dict(), folder / f"mean{epoch}.pt")
            torch.save(network.state_dict(), folder / "last.pt")
            sums = {}
            continue
        losses = _step(network, examples, masked, chance)
        loss = sum(WEIGHTS[k.split()[0]] * v for k, v in losses.items())
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        step += 1
        if step % 20 == 0:
            _LOG.info("step %d of %d, %d s", step, total, time.time() - begun)
        if step % 10 == 0:
            mean.update_parameters(network)
        for k, v in losses.items():
            sums.setdefault(k, []).append(float(v.detach()))
    result: Network = mean.module
    return result.eval()


def _step(
    network: Network, examples: list[Example], masked: float, chance: random.Random
) -> dict[str, Tensor]:
    batch = collate(examples)
    for row in range(len(batch.features)):
        if chance.random() < _UNKNOWN:
            batch.features[row, :, _KNOWN] = 0
    where, truth = mask_words(batch, masked, chance)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = network.encoder(batch.pieces, batch.features, batch.mask)
        hidden = masked_loss(network, states, where, truth)
    words = states.reshape(-1, states.shape[-1])[batch.firsts].float()
    source = f" {examples[0].source}" if examples[0].source != GOLD else ""
    losses = {"masked": hidden, f"tags{source}": tag_loss(network, words, batch)}
    if examples[0].source in {GOLD, TAUGHT}:
        above = gold_loss(network, words, batch, chance)
        losses.update({f"{name}{source}": loss for name, loss in above.items()})
    return losses

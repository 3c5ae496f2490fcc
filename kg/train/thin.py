"""A smaller network that imitates a larger one.

Heads of attention and inner units that the loss would miss least are left out (first-order Taylor:
Michel et al. 2019, Molchanov et al. 2017). What stays learns, on plain abstracts, which need no
labels, to have the states that the larger network has after each layer (Romero et al. 2015).
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_

from kg.train.data import Example
from kg.train.fit import KNOWN, UNKNOWN, WEIGHTS, batches, falling
from kg.train.losses import gold_loss, tag_loss
from kg.train.network import Network, collate

__all__ = ["imitate", "importance", "most_telling", "narrowed"]

_LOG = logging.getLogger(__name__)
#: The learning rate of the layers (that of the tables below them is a fifth), how long it rises.
_RATE, _WARM = 4e-4, 0.05
#: What the states between the layers count, and the odds of the tags, beside the last states.
_BETWEEN, _TAGS = 0.3, 0.5
_SEED = 7


def importance(network: Network, examples: Sequence[Example]) -> tuple[list[Tensor], list[Tensor]]:
    """Return of each layer how much the loss depends on each head, and on each inner unit."""
    chance = random.Random(5)  # noqa: S311
    layers, size = list(network.encoder.layers), network.encoder.size
    heads = [torch.zeros(count) for count, _ in size.layers]
    units = [torch.zeros(inner) for _, inner in size.layers]
    network.eval()
    for group in batches(examples, chance):
        network.zero_grad()
        _loss(network, group, chance).backward()  # type: ignore[no-untyped-call]
        for number, layer in enumerate(layers):
            heads[number] += _weighed(layer.get_submodule("out")).view(-1, size.head).sum(1).abs()
            units[number] += _weighed(layer.get_submodule("down")).abs()
    network.zero_grad()
    return heads, units


def _weighed(linear: torch.nn.Module) -> Tensor:
    """The change of the loss, to the first order, if an input of *linear* went."""
    weight = linear.weight
    assert isinstance(weight, Tensor)  # noqa: S101
    assert weight.grad is not None  # noqa: S101
    return (weight * weight.grad).detach().sum(0)


def _loss(network: Network, examples: list[Example], chance: random.Random) -> Tensor:
    batch = collate(examples)
    states = network.states(batch)
    losses = {"tags": tag_loss(network, states, batch), **gold_loss(network, states, batch, chance)}
    return torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum()


def most_telling(
    scores: Sequence[Tensor], count: int, *, least: int, group: int = 1
) -> list[list[int]]:
    """Return which *count* parts of all layers together stay, by layer, in order.

    Each layer keeps its *least* best; of the others the best groups stay (so many parts each).
    """
    kept, rest = [], []
    for number, values in enumerate(scores):
        order = [i for _, i in sorted(((float(v), i) for i, v in enumerate(values)), reverse=True)]
        kept.append(order[:least])
        groups = [order[start : start + group] for start in range(least, len(order), group)]
        rest += [(sum(float(values[i]) for i in some), number, some) for some in groups]
    left = count - sum(map(len, kept))
    for _, number, some in sorted(rest, key=lambda row: -row[0]):
        if len(some) <= left:
            kept[number] += some
            left -= len(some)
    return [sorted(parts) for parts in kept]


def narrowed(network: Network, heads: list[list[int]], units: list[list[int]]) -> Network:
    """Return a copy of *network* with these heads and inner units of each layer alone."""
    state, head = dict(network.state_dict()), network.encoder.size.head
    for number, (some, inner) in enumerate(zip(heads, units, strict=True)):
        stem = f"encoder.layers.{number}."
        rows = torch.tensor([row for h in some for row in range(h * head, (h + 1) * head)])
        width = state[f"{stem}out.weight"].shape[1]
        three = torch.cat([rows, rows + width, rows + 2 * width])
        keep = torch.tensor(inner)
        for name, chosen in (("qkv", three), ("up", keep)):
            for part in ("weight", "bias"):
                state[f"{stem}{name}.{part}"] = state[f"{stem}{name}.{part}"][chosen]
        for name, chosen in (("out", rows), ("down", keep)):
            state[f"{stem}{name}.weight"] = state[f"{stem}{name}.weight"][:, chosen]
    layers = tuple((len(some), len(inner)) for some, inner in zip(heads, units, strict=True))
    size = replace(network.encoder.size, layers=layers)
    small = Network(network.encoder.words.num_embeddings, size)
    small.load_state_dict(state)
    return small


def imitate(
    whole: Network,
    small: Network,
    examples: Sequence[Example],
    folder: Path,
    *,
    rate: float = _RATE,
    check: Callable[[Network], dict[str, float]],
) -> Network:
    """Train the encoder of *small* on *examples*, once, to have the states of *whole*.

    The heads above stay as they are. *folder* gets the weights and what *check* says in the end.
    """
    chance = random.Random(_SEED)  # noqa: S311
    torch.manual_seed(_SEED)
    whole.eval()
    small.eval()  # what is imitated is sure of itself: nothing is dropped out
    layers = [p for name, p in small.encoder.named_parameters() if name.startswith("layers")]
    tables = [p for name, p in small.encoder.named_parameters() if not name.startswith("layers")]
    plan = batches(examples, chance)
    groups = [{"params": layers, "lr": rate}, {"params": tables, "lr": rate / 5}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = falling(optimizer, len(plan), warm=_WARM)
    begun = time.time()
    for step, group in enumerate(plan, start=1):
        small.zero_grad()
        loss = _difference(whole, small, group, chance)
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(small.encoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            _LOG.info("step %d of %d, %d s: %.4f", step, len(plan), time.time() - begun, loss)
    folder.mkdir(parents=True, exist_ok=True)
    _LOG.info("%s", check(small))
    torch.save(small.state_dict(), folder / "imitated.pt")
    return small.eval()


def _difference(
    whole: Network, small: Network, examples: list[Example], chance: random.Random
) -> Tensor:
    batch = collate(examples)
    for row in range(len(batch.features)):
        if chance.random() < UNKNOWN:
            batch.features[row, :, KNOWN] = 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with torch.no_grad():
            theirs = whole.encoder.all_states(batch.pieces, batch.features, batch.mask)
        mine = small.encoder.all_states(batch.pieces, batch.features, batch.mask)
    there = batch.mask.bool()
    errors = [
        functional.mse_loss(one[there].float(), other[there].float())
        for one, other in zip(mine, theirs, strict=True)
    ]
    words, truth = (
        states[-1].reshape(-1, states[-1].shape[-1])[batch.firsts].float()
        for states in (mine, theirs)
    )
    with torch.no_grad():
        odds = whole.tags(truth).softmax(-1)
    tags = functional.cross_entropy(small.tags(words), odds)
    return errors[-1] + _BETWEEN * torch.stack(errors[:-1]).sum() + _TAGS * tags

"""The network with all its heads."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kg.extract.learnt_pairs import GAP_CODES
from kg.extract.learnt_text import FEATURE_SIZES, TYPES, windows
from kg.train.data import AUXILIARY, RELATIONS, ROLES, Example
from kg.train.encoder import SMALL, Encoder, Size

__all__ = ["Batch", "Network", "collate", "pool_entities"]

_MENTION, _PAIR, _KIND = 256, 128, 16


@dataclass(slots=True)
class Batch:
    """Rows of pieces, and where the first piece of each word of each example stands in them."""

    pieces: Tensor
    features: Tensor
    mask: Tensor
    firsts: Tensor
    offsets: list[int]
    examples: Sequence[Example]


def collate(examples: Sequence[Example]) -> Batch:
    """Lay *examples* out in rows, more than one row for a text that is longer than a window."""
    rows: list[tuple[list[int], list[tuple[int, int, int, int]]]] = []
    firsts, offsets = [], [0]
    for example in examples:
        where = [(0, 0)] * len(example.words)
        for start, stop, keep in windows([len(p) for p in example.pieces]):
            row, feats = [2], [(0, 0, 0, 0)]
            for word in range(start, stop):
                if word >= keep:
                    where[word] = (len(rows), len(row))
                row.extend(example.pieces[word])
                feats.extend([example.features[word]] * len(example.pieces[word]))
            rows.append(([*row, 3], [*feats, (0, 0, 0, 0)]))
        firsts.extend(where)
        offsets.append(len(firsts))
    length = max(len(row) for row, _ in rows)
    pieces = torch.zeros(len(rows), length, dtype=torch.long)
    features = torch.zeros(len(rows), length, len(FEATURE_SIZES), dtype=torch.long)
    mask = torch.zeros(len(rows), length)
    for index, (row, feats) in enumerate(rows):
        pieces[index, : len(row)] = torch.tensor(row)
        features[index, : len(row)] = torch.tensor(feats)
        mask[index, : len(row)] = 1
    flat = torch.tensor([row * length + place for row, place in firsts])
    return Batch(pieces, features, mask, flat, offsets, examples)


def _mlp(inside: int, hidden: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inside, hidden), nn.ReLU(), nn.Dropout(0.1), nn.Linear(hidden, outside)
    )


class Network(nn.Module):
    """Everything that is trained; what runs is exported from it."""

    def __init__(self, vocabulary: int, size: Size = SMALL) -> None:
        super().__init__()
        self.encoder = Encoder(vocabulary, FEATURE_SIZES, size)
        width = size.width
        self.tags = nn.Linear(width, 1 + 2 * len(TYPES))
        self.auxiliary = nn.Linear(width, 1 + 2 * len(AUXILIARY))
        self.masked = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.masked_bias = nn.Parameter(torch.zeros(vocabulary))
        self.mention = nn.Linear(3 * width, _MENTION)
        self.kind = nn.Embedding(len(TYPES) + 1, _KIND)
        self.label = _mlp(2 * _MENTION, _MENTION, len(TYPES) + 1)
        self.generic = nn.Linear(2 * _MENTION, 1)
        self.role = _mlp(2 * _MENTION + _KIND + width, _MENTION, len(ROLES))
        self.head = nn.Linear(2 * _MENTION, _PAIR)
        self.tail = nn.Linear(2 * _MENTION, _PAIR)
        self.between = nn.Linear(width, _PAIR)
        self.gap = nn.Embedding(GAP_CODES, 2 * _KIND)
        self.relation = _mlp(4 * _PAIR + 4 * _KIND, _MENTION, len(RELATIONS))
        self.number = nn.Linear(3 * width, _PAIR)
        self.reported = nn.Linear(2 * _MENTION, _PAIR)
        self.result = _mlp(3 * _PAIR + 3 * _KIND, _PAIR, 3)
        self.no_result = nn.Linear(_PAIR, 3)
        self.delta = nn.Linear(_PAIR, 2)

    def states(self, batch: Batch) -> Tensor:
        """The state of each word's first piece, all words of the batch in one row."""
        states = self.encoder(batch.pieces, batch.features, batch.mask)
        chosen: Tensor = states.reshape(-1, states.shape[-1])[batch.firsts].float()
        return chosen

    def span_states(self, states: Tensor, spans: Tensor) -> Tensor:
        """First, last and mean state of each span of words (start, stop)."""
        sums = torch.cat([torch.zeros_like(states[:1]), states.cumsum(0)])
        start, stop = spans[:, 0], spans[:, 1]
        mean = (sums[stop] - sums[start]) / (stop - start).clamp(min=1)[:, None]
        return torch.cat([states[start], states[stop - 1], mean], dim=1)

    def between_states(self, states: Tensor, spans: Tensor) -> Tensor:
        """The mean state of each stretch of words, zero for an empty one."""
        sums = torch.cat([torch.zeros_like(states[:1]), states.cumsum(0)])
        start, stop = spans[:, 0], spans[:, 1]
        return (sums[stop] - sums[start]) / (stop - start).clamp(min=1)[:, None]


def pool_entities(network: Network, states: Tensor, spans: Tensor, count: int) -> Tensor:
    """Mean and maximum of the mention vectors of *count* entities; *spans* end in the entity."""
    mentions = torch.relu(network.mention(network.span_states(states, spans)))
    owner = spans[:, 2]
    total = mentions.new_zeros(count, _MENTION).index_add(0, owner, mentions)
    number = mentions.new_zeros(count).index_add(0, owner, torch.ones(len(spans)))
    mean = total / number.clamp(min=1)[:, None]
    most = mentions.new_zeros(count, _MENTION).scatter_reduce(
        0, owner[:, None].expand_as(mentions), mentions, "amax"
    )
    return torch.cat([mean, most], dim=1)

"""A BERT encoder in plain torch, with features of case, shape and known names.

The layers follow Devlin et al. (2019) exactly, so that published weights load into them; with a
table of distances they follow MPNet (Song et al. 2020).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["SMALL", "Encoder", "Shape", "Size", "load_encoder"]

Shape = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Size:
    """How large an encoder is.

    *layers* has the heads and the inner width of each layer. The first *frozen* layers and the
    word table stay as published, and the features are added above them. *distances* is the number
    of buckets of the table of distances, 0 for none.
    """

    layers: tuple[tuple[int, int], ...] = ((12, 1536),) * 6
    width: int = 384
    head: int = 32
    frozen: int = 0
    distances: int = 0
    epsilon: float = 1e-12


#: The published small encoder.
SMALL = Size()
_HEADS, _PLACES, _DROPOUT, _FARTHEST = 12, 512, 0.1, 128


class _Layer(nn.Module):
    def __init__(self, size: Size, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        width, eps = size.width, size.epsilon
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * heads * size.head)
        self.out = nn.Linear(heads * size.head, width)
        self.norm_1 = nn.LayerNorm(width, eps=eps)
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)
        self.norm_2 = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        rows, length, _ = states.shape
        split = self.qkv(states).view(rows, length, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        # Written out: in bfloat16 on a CPU it is twice as fast backwards as the fused attention.
        scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2)) + bias
        mixed = torch.matmul(scores.softmax(-1), value)
        mixed = self.out(mixed.transpose(1, 2).flatten(2))
        states = self.norm_1(states + self.dropout(mixed))
        inner = self.down(functional.gelu(self.up(states)))
        result: Tensor = self.norm_2(states + self.dropout(inner))
        return result


class Encoder(nn.Module):
    """Word pieces and their features to states, one for each piece."""

    def __init__(self, vocabulary: int, features: Shape, size: Size = SMALL) -> None:
        super().__init__()
        self.size = size
        self.words = nn.Embedding(vocabulary, size.width)
        self.places = nn.Embedding(_PLACES, size.width)
        self.features = nn.ModuleList(nn.Embedding(number, size.width) for number in features)
        self.norm = nn.LayerNorm(size.width, eps=size.epsilon)
        self.dropout = nn.Dropout(_DROPOUT)
        self.layers = nn.ModuleList(
            _Layer(size, heads, inner, _DROPOUT) for heads, inner in size.layers
        )
        for table in self.features.parameters():
            nn.init.normal_(table, std=0.01)
        if size.distances:
            self.distances = nn.Embedding(size.distances, _HEADS)
            self.register_buffer("_buckets", _buckets(_PLACES, size.distances), persistent=False)
        if size.frozen:
            for part in (self.words, self.places, self.norm, *self.layers[: size.frozen]):
                part.requires_grad_(requires_grad=False)

    def forward(self, pieces: Tensor, features: Tensor, mask: Tensor) -> Tensor:
        """States of *pieces* (rows, length); *features* has an axis more, *mask* is 1 at pieces."""
        return self.all_states(pieces, features, mask)[-1]

    def all_states(self, pieces: Tensor, features: Tensor, mask: Tensor) -> list[Tensor]:
        """The same after each layer, the last one last."""
        states = self.words(pieces) + self.places.weight[: pieces.shape[1]]
        if not self.size.frozen:
            states = self._with_features(states, features)
        states = self.dropout(self.norm(states))
        bias = (1.0 - mask[:, None, None, :]) * -1e4
        if self.size.distances:
            near = cast("Tensor", self._buckets)[: pieces.shape[1], : pieces.shape[1]]
            bias = bias + self.distances(near).permute(2, 0, 1)
        if torch.is_autocast_enabled("cpu"):
            bias = bias.to(torch.bfloat16)
        found = []
        for number, layer in enumerate(self.layers, start=1):
            states = layer(states, bias)
            if number == self.size.frozen:
                states = self._with_features(states, features)
            found.append(states)
        return found

    def _with_features(self, states: Tensor, features: Tensor) -> Tensor:
        for column, table in enumerate(self.features):
            states = states + table(features[:, :, column])
        return states


def _buckets(length: int, count: int) -> Tensor:
    """The bucket of each query's (row) distance to each key (column), finer when near."""
    places = torch.arange(length)
    ahead = places[None, :] - places[:, None]
    half, far = count // 2, ahead.abs()
    exact = half // 2
    steps = torch.log(far.clamp(min=1).float() / exact) / math.log(_FARTHEST / exact)
    coarse = (exact + (steps * (half - exact)).long()).clamp(max=half - 1)
    return torch.where(far < exact, far, coarse) + (ahead > 0).long() * half


#: The names that BERT's and MPNet's published weights have for the parts of attention.
_PARTS = {
    "bert": "self.query self.key self.value output.dense output.LayerNorm",
    "mpnet": "attn.q attn.k attn.v attn.o LayerNorm",
}


def load_encoder(encoder: Encoder, weights: Mapping[str, Tensor], keep: Sequence[int]) -> None:
    """Put published *weights* into *encoder*, with the rows *keep* of their word table."""
    kind = "mpnet" if encoder.size.distances else "bert"
    with torch.no_grad():
        encoder.words.weight.copy_(weights["embeddings.word_embeddings.weight"][list(keep)])
        places = weights["embeddings.position_embeddings.weight"]
        # MPNet's first two places are for padding.
        encoder.places.weight.copy_(places[len(places) - _PLACES :])
        if kind == "bert":
            encoder.words.weight.add_(weights["embeddings.token_type_embeddings.weight"][0])
        else:
            encoder.distances.weight.copy_(weights["encoder.relative_attention_bias.weight"])
        _copy(encoder.norm, weights, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layers):
            stem = f"encoder.layer.{number}."
            *three, out, norm = (f"{stem}attention.{part}" for part in _PARTS[kind].split())
            for part in ("weight", "bias"):
                joined = torch.cat([weights[f"{name}.{part}"] for name in three])
                getattr(layer.qkv, part).copy_(joined)
            _copy(layer.out, weights, out)
            _copy(layer.norm_1, weights, norm)
            _copy(layer.up, weights, stem + "intermediate.dense")
            _copy(layer.down, weights, stem + "output.dense")
            _copy(layer.norm_2, weights, stem + "output.LayerNorm")


def _copy(layer: nn.Module | Tensor, weights: Mapping[str, Tensor], stem: str) -> None:
    for name, parameter in cast("nn.Module", layer).named_parameters():
        parameter.copy_(weights[f"{stem}.{name}"])

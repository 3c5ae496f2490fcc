"""A larger encoder than the one that runs, which labels plain papers for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from kg.extract.learnt_heads import Heads, log_softmax
from kg.extract.learnt_network import Network as Running
from kg.extract.learnt_network import Reading
from kg.extract.learnt_text import WordPieces
from kg.train.check import checker
from kg.train.data import Example, Names, plain_example
from kg.train.encoder import Size, load_encoder
from kg.train.fit import fit
from kg.train.network import Network, collate

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.language import Language

    from kg.extract.learnt_pairs import Pair

    Array = NDArray[np.floating[Any]]

__all__ = ["LARGE", "SIZE", "Panel", "Teacher", "panel", "teacher_pieces", "teacher_training"]

#: The folder of all-mpnet-base-v2 in the archive whose five parts PyPI has.
LARGE = "all-mpnet-base-v2"

SIZE = Size(layers=((12, 3072),) * 8, width=768, head=64, frozen=3, distances=32, epsilon=1e-5)
#: How MPNet calls the special pieces that all of our lists begin with.
_SPECIAL = {"[PAD]": "<pad>", "[UNK]": "[UNK]", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>"}


def teacher_pieces(encoder: Path) -> tuple[list[str], list[int]]:
    """The word pieces of the published *encoder*, the special ones first, and their rows in it."""
    whole = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    rows = {piece: number for number, piece in enumerate(whole)}
    kept = {ours: rows[theirs] for ours, theirs in _SPECIAL.items()}
    for piece, number in rows.items():
        if not piece.startswith(("[unused", "<")):
            kept.setdefault(piece, number)
    return list(kept), list(kept.values())


def teacher_training(
    gold: Sequence[Example], dev: Sequence[Example], *, encoder: Path, folder: Path, epochs: int
) -> Network:
    """Train the large *encoder* on the gold papers, in two rounds of *epochs* each.

    In each round the learning rate rises and falls: after the first, losses still fall.
    """
    torch.manual_seed(7)
    pieces, rows = teacher_pieces(encoder)
    network = Network(len(pieces), SIZE)
    load_encoder(network.encoder, load_file(encoder / "model.safetensors"), rows)
    split = WordPieces(pieces)
    own, check = _split_again(gold, split), checker(_split_again(dev, split))
    for part in ("a", "b"):
        network = fit(network, [own] * epochs, folder / part, rate=1e-4, masked=0.0, check=check)
    return network


def _split_again(examples: Sequence[Example], split: WordPieces) -> list[Example]:
    return [replace(e, pieces=[split(e.text[a:b]) for a, b in e.words]) for e in examples]


class Teacher:
    """The large encoder at work; it reads as ``kg.extract.learnt_network.Network`` does."""

    def __init__(self, weights: Mapping[str, Tensor], pieces: Sequence[str], names: Names) -> None:
        self._network = Network(len(pieces), SIZE).eval()
        self._network.load_state_dict(dict(weights))
        outside = ("encoder", "auxiliary", "masked", "masked_bias")
        self.heads = Heads(
            {k: v.float().numpy() for k, v in weights.items() if k.split(".")[0] not in outside}
        )
        for part in self._network.encoder.modules():
            if isinstance(part, nn.Linear):
                part.bfloat16()
        self._split, self._names = WordPieces(pieces), names

    def read(self, text: str) -> Reading:
        """The states of all words of *text*."""
        example = plain_example("", text, self._split, self._names)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            states = self._network.states(collate([example]))
        return Reading(text, example.words, states.float().numpy())


class Panel:
    """Several networks that read together: the mean of what their heads say.

    The states of a word stand one after the other; it is its own ``heads``.
    """

    def __init__(self, networks: Sequence[Running | Teacher]) -> None:
        self.networks = networks
        self._states: list[int] = []
        self._vectors: list[int] = []

    @property
    def heads(self) -> "Panel":
        """Itself."""
        return self

    def read(self, text: str) -> Reading:
        """The states of all words of *text*, of each network in turn."""
        readings = [network.read(text) for network in self.networks]
        self._states = [reading.states.shape[1] for reading in readings]
        states = np.concatenate([reading.states for reading in readings], axis=1)
        return Reading(text, readings[0].words, states)

    def _each(self, states: "Array", sizes: Sequence[int]) -> list[tuple[Heads, "Array"]]:
        cuts = pairwise(accumulate(sizes, initial=0))
        return [(n.heads, states[:, a:b]) for n, (a, b) in zip(self.networks, cuts, strict=True)]

    def tags(self, states: "Array") -> "Array":
        """As ``Heads.tags``."""
        said = [heads.tags(own) for heads, own in self._each(states, self._states)]
        return log_softmax(np.mean(said, axis=0))

    def entities(
        self, states: "Array", spans: Sequence[tuple[int, int, int]], count: int
    ) -> "Array":
        """As ``Heads.entities``."""
        vectors = [h.entities(own, spans, count) for h, own in self._each(states, self._states)]
        self._vectors = [own.shape[1] for own in vectors]
        return np.concatenate(vectors, axis=1)

    def labels(self, entities: "Array") -> "Array":
        """As ``Heads.labels``."""
        said = [heads.labels(own) for heads, own in self._each(entities, self._vectors)]
        return log_softmax(np.mean(said, axis=0))

    def generic(self, entities: "Array") -> "Array":
        """As ``Heads.generic``."""
        said = [heads.generic(own) for heads, own in self._each(entities, self._vectors)]
        mean: Array = np.mean(said, axis=0)
        return mean

    def roles(self, entities: "Array", types: Sequence[int], states: "Array") -> "Array":
        """As ``Heads.roles``."""
        both = zip(
            self._each(entities, self._vectors), self._each(states, self._states), strict=True
        )
        said = [heads.roles(own, types, words) for (heads, own), (_, words) in both]
        mean: Array = np.mean(said, axis=0)
        return mean

    def relations(
        self, states: "Array", entities: "Array", types: Sequence[int], pairs: "Sequence[Pair]"
    ) -> "Array":
        """As ``Heads.relations``."""
        both = zip(
            self._each(entities, self._vectors), self._each(states, self._states), strict=True
        )
        said = [heads.relations(words, own, types, pairs) for (heads, own), (_, words) in both]
        mean: Array = np.mean(said, axis=0)
        return mean

    def results(
        self,
        states: "Array",
        entities: "Array",
        types: Sequence[int],
        *,
        numbers: Sequence[tuple[int, int]],
        gaps: Sequence[Sequence[int]],
    ) -> tuple["Array", "Array"]:
        """As ``Heads.results``."""
        both = zip(
            self._each(entities, self._vectors), self._each(states, self._states), strict=True
        )
        said = [
            heads.results(words, own, types, numbers=numbers, gaps=gaps)
            for (heads, own), (_, words) in both
        ]
        return np.mean([s for s, _ in said], axis=0), np.mean([d for _, d in said], axis=0)


def panel(
    pipeline: "Language", weights: Mapping[str, Tensor], encoder: Path, names: Names
) -> "Language":
    """Put the teacher with *weights* beside the network of the tagger of *pipeline*, in place."""
    tagger: Any = pipeline.get_pipe("kg_tagger")
    pieces, _ = teacher_pieces(encoder)
    tagger.network = Panel([tagger.network, Teacher(weights, pieces, names)])
    return pipeline

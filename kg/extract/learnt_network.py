"""The trained encoder at work: from a text to a state for each of its words."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kg.extract.learnt_heads import Heads
from kg.extract.learnt_text import (
    ByName,
    WordPieces,
    sentence_starts,
    windows,
    word_features,
    words_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Network", "Reading"]

_CLS, _SEP = 2, 3


@dataclass
class Reading:
    """A text as the encoder has read it: word offsets and one state for each word."""

    text: str
    words: list[tuple[int, int]]
    states: "NDArray[np.float32]"

    @cached_property
    def sentences(self) -> list[int]:
        """The number of the sentence of each word."""
        return list(accumulate(map(int, sentence_starts(self.text, self.words))))

    @cached_property
    def first_words(self) -> dict[int, int]:
        """The word that starts at each offset."""
        return {start: index for index, (start, _) in enumerate(self.words)}

    @cached_property
    def last_words(self) -> dict[int, int]:
        """The number of the word after the one that ends at each offset."""
        return {end: index + 1 for index, (_, end) in enumerate(self.words)}


class Network:
    """The encoder of a folder of weights, as ``kg.train.ship`` writes it."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # noqa: PLC0415 (all else works without it)

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            folder / "encoder.onnx",
            options,
            providers=["CPUExecutionProvider"],
            # The fused kernel takes four times as long on a CPU as its parts.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        with np.load(folder / "arrays.npz") as file:
            arrays: dict[str, Any] = dict(file)
        self._words, self._scales = arrays.pop("words.int8"), arrays.pop("words.scale")
        wide: dict[str, NDArray[np.float32]] = {}
        for name, values in arrays.items():
            if name.endswith(".int8"):
                stem = name.removesuffix(".int8")
                wide[stem] = values * arrays[f"{stem}.scale"]
            elif not name.endswith(".scale"):
                wide[name] = values.astype(np.float32)
        self._places = wide.pop("places")
        self._tables = [wide.pop(f"features.{n}.weight") for n in range(4)]
        self.heads = Heads(wide)
        self._split = WordPieces((folder / "pieces.txt").read_text(encoding="utf-8").splitlines())
        rows = (folder / "names.tsv").read_text(encoding="utf-8").splitlines()
        table = (row.split("\t") for row in rows)
        self._names = ByName((name, (int(kind), int(strength))) for name, kind, strength in table)

    def read(self, text: str) -> Reading:
        """The states of all words of *text*, which is read in windows if it is long."""
        words = words_of(text)
        pieces = [self._split(text[a:b]) for a, b in words]
        features = word_features(text, words, self._names)
        states = np.zeros((len(words), self._words.shape[1]), dtype=np.float32)
        for start, stop, keep in windows([len(p) for p in pieces]) if words else ():
            ids, places, row = [_CLS], [], [(0, 0, 0, 0)]
            for word in range(start, stop):
                places.append(len(ids))
                ids.extend(pieces[word])
                row.extend([features[word]] * len(pieces[word]))
            embedded = self._embed([*ids, _SEP], [*row, (0, 0, 0, 0)])
            (found,) = self._session.run(["states"], {"embedded": embedded[None]})
            states[keep:stop] = found[0][places[keep - start :]]
        return Reading(text, words, states)

    def _embed(
        self, ids: list[int], features: list[tuple[int, int, int, int]]
    ) -> "NDArray[np.float32]":
        columns = np.array(features).T
        total = self._words[ids].astype(np.float32) * self._scales[ids] + self._places[: len(ids)]
        for table, column in zip(self._tables, columns, strict=True):
            total += table[column]
        result: NDArray[np.float32] = total
        return result

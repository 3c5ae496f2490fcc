"""Weights of evidence: a table of features, learnt by ``scripts/learn_rules.py``, as probabilities.

A log-linear model (maximum entropy): each feature that holds adds its weight to each outcome.
"""

import math
from collections.abc import Iterable
from importlib.resources import files

__all__ = ["Weights"]


class Weights:
    """Outcomes and what each feature says for and against them."""

    def __init__(self, outcomes: list[str], table: dict[str, list[float]]) -> None:
        self.outcomes = outcomes
        self.table = table

    @classmethod
    def shipped(cls, name: str) -> "Weights":
        """Return the table ``kg/data/learnt/<name>.tsv``; one without a row if there is none."""
        path = files("kg") / "data" / "learnt" / f"{name}.tsv"
        if not path.is_file():
            return cls([], {})
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        table = {}
        for row in rows:
            feature, *numbers = row.split("\t")
            table[feature] = [float(n or 0) for n in numbers]
        return cls(header.split("\t")[1:], table)

    def probabilities(self, features: Iterable[str]) -> dict[str, float]:
        """Return the probability of each outcome, given the *features* that hold."""
        scores = [0.0] * len(self.outcomes)
        rows = [row for row in map(self.table.get, features) if row is not None]
        if rows:
            scores = list(map(sum, zip(*rows, strict=True)))
        top = max(scores, default=0.0)
        grown = [math.exp(score - top) for score in scores]
        total = sum(grown)
        return {o: g / total for o, g in zip(self.outcomes, grown, strict=True)}

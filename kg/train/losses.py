"""What each head is wrong by on a batch, and the sum of it all."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kg.extract.learnt_pairs import allowed, gap_code, pairs_of
from kg.extract.learnt_text import TYPES, fold_word, sentence_starts
from kg.train.data import GOLD, RELATIONS, TAUGHT, Example
from kg.train.network import Batch, Network, pool_entities

__all__ = ["gold_loss", "mask_words", "masked_loss", "sentence_numbers", "tag_loss"]

_NONE = len(TYPES)
#: At most so many wrong candidates of a paper are shown at a time.
_TAGGED, _RULED = 14, 16


def sentence_numbers(example: Example) -> list[int]:
    """The number of the sentence of each word."""
    return list(accumulate(map(int, sentence_starts(example.text, example.words))))


def mask_words(batch: Batch, rate: float, chance: random.Random) -> tuple[Tensor, Tensor]:
    """Put [MASK] over some pieces of *batch*, in place; where they stood, and what they were."""
    flat = batch.pieces.view(-1)
    open_ = torch.nonzero((flat > 4) & (batch.mask.view(-1) > 0)).squeeze(1).tolist()
    chosen = sorted(chance.sample(open_, int(len(open_) * rate)))
    where = torch.tensor(chosen, dtype=torch.long)
    truth = flat[where].clone()
    flat[where] = 4
    return where, truth


def masked_loss(network: Network, states: Tensor, where: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of the masked pieces."""
    hidden = network.masked(states.reshape(-1, states.shape[-1])[where])
    scores = hidden @ network.encoder.words.weight.T + network.masked_bias
    return functional.cross_entropy(scores.float(), truth)


def tag_loss(network: Network, states: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of the tags of the gold papers or of a public set, or of a teacher's tags."""
    tags = torch.tensor([tag for example in batch.examples for tag in example.tags])
    source = batch.examples[0].source
    soft = [example.soft for example in batch.examples if example.soft is not None]
    if len(soft) == len(batch.examples):
        odds = torch.tensor(np.concatenate(soft), dtype=torch.float32)
        return functional.cross_entropy(network.tags(states), odds)
    if source in {GOLD, TAUGHT}:
        return functional.cross_entropy(network.tags(states), tags)
    low, high = ((1, 8), (9, 14), (15, 26))[source - 1]
    scores = network.auxiliary(states)
    known = torch.cat([scores[:, :1], scores[:, low : high + 1]], dim=1)
    return functional.cross_entropy(known, torch.where(tags > 0, tags - low + 1, tags))


class _Wrong:
    """Candidates of an example that are no entities, by their folded words."""

    def __init__(self, example: Example) -> None:
        self.example = example
        self.gold = {(a, b) for a, b, _ in example.spans}
        self.found: dict[str, list[tuple[int, int]]] = {}

    def add(self, start: int, stop: int) -> None:
        """Take a stretch of words, unless it is an annotated one."""
        words = self.example.words
        if 0 <= start < stop <= len(words) and (start, stop) not in self.gold:
            key = " ".join(fold_word(self.example.text[a:b]) for a, b in words[start:stop])
            places = self.found.setdefault(key, [])
            if (start, stop) not in places:
                places.append((start, stop))

    def add_runs(self, labels: Sequence[int]) -> None:
        """Take the stretches that *labels* (odd where one begins) mark."""
        start = -1
        for index, label in enumerate([*labels, 0]):
            if start >= 0 and (label == 0 or label % 2):
                self.add(start, index)
                start = -1
            if label % 2 and start < 0:
                start = index


def _wrong_spans(
    example: Example, tags: list[int], chance: random.Random
) -> list[list[tuple[int, int]]]:
    """What the tagger or the rules take for a name, known names, shifted bounds, stray words."""
    wrong = _Wrong(example)
    wrong.add_runs(tags)
    wrong.add_runs([row[2] for row in example.features])
    for start, stop, _ in example.spans:
        if chance.random() < 0.15:
            wrong.add(start + chance.choice((-1, 0, 1)), stop + chance.choice((-1, 0, 1)))
    for _ in range(2):
        start = chance.randrange(len(example.words))
        wrong.add(start, start + chance.choice((1, 2, 3)))
    keys = sorted(wrong.found)
    chance.shuffle(keys)
    others = chance.sample(example.wrong, min(len(example.wrong), _RULED))
    return [wrong.found[key] for key in keys[:_TAGGED]] + others


@dataclass(slots=True)
class _Entities:
    """The entities of a batch, right ones and wrong ones, with their vectors."""

    types: list[int]
    bases: list[int]
    vectors: Tensor
    seen: Tensor


def _entities(
    network: Network, states: Tensor, batch: Batch, chance: random.Random
) -> _Entities | None:
    predicted = network.tags(states.detach()).argmax(-1).tolist()
    spans: list[tuple[int, int, int]] = []
    types: list[int] = []
    bases = []
    for example, offset in zip(batch.examples, batch.offsets, strict=False):
        bases.append(len(types))
        spans += [(a + offset, b + offset, e + len(types)) for a, b, e in example.spans]
        types += example.types
        tags = predicted[offset : offset + len(example.words)]
        for places in _wrong_spans(example, tags, chance):
            spans += [(a + offset, b + offset, len(types)) for a, b in places]
            types.append(_NONE)
    if not spans:
        return None
    vectors = pool_entities(network, states, torch.tensor(spans), len(types))
    seen = torch.zeros(len(types), dtype=torch.bool)
    seen[[entity for _, _, entity in spans]] = True
    return _Entities(types, bases, vectors, seen)


def gold_loss(
    network: Network, states: Tensor, batch: Batch, chance: random.Random
) -> dict[str, Tensor]:
    """The losses of the heads above the tags; of all of them only where roles are annotated."""
    entities = _entities(network, states, batch, chance)
    if entities is None:
        return {}
    kinds, seen = torch.tensor(entities.types), entities.seen
    scores = network.label(entities.vectors)
    losses = {"type": functional.cross_entropy(scores[seen], kinds[seen])}
    if batch.examples[0].roles:
        losses |= _role_loss(network, states, batch, entities)
        losses |= _relation_loss(network, states, batch, entities)
        losses |= _result_loss(network, states, batch, entities)
    return losses


def _role_loss(
    network: Network, states: Tensor, batch: Batch, entities: _Entities
) -> dict[str, Tensor]:
    where, owners, generic, roles = [], [], [], []
    for number, (example, base) in enumerate(zip(batch.examples, entities.bases, strict=True)):
        for entity in range(len(example.types)):
            if entities.seen[base + entity]:
                where.append(base + entity)
                owners.append(number)
                generic.append(float(example.generic[entity]))
                roles.append(example.roles[entity])
    vectors = entities.vectors[where]
    documents = torch.stack([states[a:b].mean(0) for a, b in pairwise(batch.offsets)])
    kind = network.kind(torch.tensor(entities.types)[where])
    scores = network.role(torch.cat([vectors, kind, documents[owners]], dim=1))
    return {
        "generic": functional.binary_cross_entropy_with_logits(
            network.generic(vectors).squeeze(1), torch.tensor(generic)
        ),
        "role": functional.cross_entropy(scores, torch.tensor(roles)),
    }


def relation_scores(
    network: Network, states: Tensor, entities: Tensor, rows: Sequence[tuple[int, ...]]
) -> Tensor:
    """Scores of the relations of pairs: (head, tail, start, stop, gap, head type, tail type)."""
    table = torch.tensor(rows)
    head, tail = network.head(entities)[table[:, 0]], network.tail(entities)[table[:, 1]]
    between = network.between(network.between_states(states, table[:, 2:4]))
    kinds = network.kind(table[:, 5:7]).flatten(1)
    parts = [head, tail, head * tail, between, network.gap(table[:, 4]), kinds]
    scores: Tensor = network.relation(torch.cat(parts, dim=1))
    return scores


def _relation_loss(
    network: Network, states: Tensor, batch: Batch, entities: _Entities
) -> dict[str, Tensor]:
    rows, truth, mask = [], [], []
    for example, offset, base in zip(batch.examples, batch.offsets, entities.bases, strict=False):
        gold: dict[tuple[int, int], set[int]] = {}
        for h, kind, t in example.relations:
            gold.setdefault((h, t), set()).add(kind)
        for pair in pairs_of(example.spans, example.types, sentence_numbers(example)):
            left, right = example.types[pair.head], example.types[pair.tail]
            rows.append(
                (
                    pair.head + base,
                    pair.tail + base,
                    pair.start + offset,
                    pair.stop + offset,
                    pair.gap,
                    left,
                    right,
                )
            )
            kinds = gold.get((pair.head, pair.tail), set())
            truth.append([float(k in kinds) for k in range(len(RELATIONS))])
            mask.append(allowed(left, right))
    if not rows:
        return {}
    scores = relation_scores(network, states, entities.vectors, rows)
    loss = functional.binary_cross_entropy_with_logits(
        scores, torch.tensor(truth), reduction="none"
    )
    valid = torch.tensor(mask).float()
    return {"relation": (loss * valid).sum() / len(rows)}


def result_scores(
    network: Network, numbers: Tensor, entities: Tensor, rows: Sequence[tuple[int, ...]]
) -> Tensor:
    """Scores (subject, dataset, metric) of pairs (number, entity, type, gap)."""
    table = torch.tensor(rows)
    left, right = numbers[table[:, 0]], network.reported(entities)[table[:, 1]]
    parts = [left, right, left * right, network.kind(table[:, 2]), network.gap(table[:, 3])]
    scores: Tensor = network.result(torch.cat(parts, dim=1))
    return scores


def number_gap(
    place: tuple[int, int], mentions: list[tuple[int, int]], sentences: list[int]
) -> int:
    """The gap code of a number and the nearest mention of an entity."""
    near = min(
        mentions, key=lambda m: (sentences[m[0]] != sentences[place[0]], abs(m[0] - place[0]))
    )
    return gap_code(place, near, sentences)


def _result_loss(
    network: Network, states: Tensor, batch: Batch, entities: _Entities
) -> dict[str, Tensor]:
    total, count, deltas = states.new_zeros(()), 0, []
    for example, offset, base in zip(batch.examples, batch.offsets, entities.bases, strict=False):
        known = [n for n in example.numbers if n[2] != -2]
        if not known or not example.types:
            continue
        sentences = sentence_numbers(example)
        places: dict[int, list[tuple[int, int]]] = {}
        for a, b, e in example.spans:
            places.setdefault(e, []).append((a, b))
        there = sorted(places)
        vectors = torch.relu(
            network.number(
                network.span_states(
                    states, torch.tensor([(n[0] + offset, n[1] + offset) for n in known])
                )
            )
        )
        rows = [
            (i, e + base, example.types[e], number_gap(n[:2], places[e], sentences))
            for i, n in enumerate(known)
            for e in there
        ]
        scores = result_scores(network, vectors, entities.vectors, rows).view(
            len(known), len(there), 3
        )
        full = torch.cat([network.no_result(vectors)[:, None], scores], dim=1)
        for column in range(3):
            for i, number in enumerate(known):
                label = number[2 + column]
                if label == -2 or (label >= 0 and label not in places):
                    continue
                target = torch.tensor(0 if label < 0 else 1 + there.index(label))
                total = total + functional.cross_entropy(full[i, :, column], target)
                count += 1
        reported = [i for i, n in enumerate(known) if n[5] >= 0]
        if reported:
            deltas.append(
                functional.cross_entropy(
                    network.delta(vectors[reported]), torch.tensor([known[i][5] for i in reported])
                )
            )
    out = {}
    if count:
        out["result"] = total / count
    if deltas:
        out["delta"] = torch.stack(deltas).mean()
    return out

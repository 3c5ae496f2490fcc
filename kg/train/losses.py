"""What each head is wrong by on a batch, and the sum of it all."""

import random
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional

from kg.extract.learnt_pairs import allowed, gap_code, pairs_of
from kg.extract.learnt_text import TYPES, fold_word, sentence_starts
from kg.train.data import GOLD, RELATIONS, TAUGHT, Example
from kg.train.network import Batch, Network, pool_entities

__all__ = ["gold_loss", "mask_words", "masked_loss", "sentence_numbers", "tag_loss"]

_NONE = len(TYPES)


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
    if source in {GOLD, TAUGHT}:
        return functional.cross_entropy(network.tags(states), tags)
    low, high = ((1, 8), (9, 14), (15, 26))[source - 1]
    scores = network.auxiliary(states)
    known = torch.cat([scores[:, :1], scores[:, low : high + 1]], dim=1)
    return functional.cross_entropy(known, torch.where(tags > 0, tags - low + 1, tags))


def _wrong_spans(
    example: Example, tags: list[int], chance: random.Random
) -> list[list[tuple[int, int]]]:
    """Candidates that are no entities: what the tagger takes for one, known names, shifted bounds."""
    gold = {(a, b) for a, b, _ in example.spans}
    found: dict[str, list[tuple[int, int]]] = {}

    def add(start: int, stop: int) -> None:
        if 0 <= start < stop <= len(example.words) and (start, stop) not in gold:
            key = " ".join(fold_word(example.text[a:b]) for a, b in example.words[start:stop])
            places = found.setdefault(key, [])
            if (start, stop) not in places:
                places.append((start, stop))

    for labels in (tags, [row[2] for row in example.features]):
        start = -1
        for index, label in enumerate([*labels, 0]):
            if start >= 0 and (label == 0 or label % 2):
                add(start, index)
                start = -1
            if label % 2 and start < 0:
                start = index
    for start, stop, _ in example.spans:
        if chance.random() < 0.15:
            add(start + chance.choice((-1, 0, 1)), stop + chance.choice((-1, 0, 1)))
    for _ in range(2):
        start = chance.randrange(len(example.words))
        add(start, start + chance.choice((1, 2, 3)))
    keys = sorted(found)
    chance.shuffle(keys)
    return [found[key] for key in keys[:14]]


def gold_loss(
    network: Network, states: Tensor, batch: Batch, chance: random.Random
) -> dict[str, Tensor]:
    """The losses of the heads above the tags, on gold papers."""
    predicted = network.tags(states.detach()).argmax(-1).tolist()
    spans: list[tuple[int, int, int]] = []
    types: list[int] = []
    entity_offsets = []
    for example, offset in zip(batch.examples, batch.offsets, strict=False):
        base = len(types)
        entity_offsets.append(base)
        spans += [(a + offset, b + offset, e + base) for a, b, e in example.spans]
        types += example.types
        tags = predicted[offset : offset + len(example.words)]
        for places in _wrong_spans(example, tags, chance):
            spans += [(a + offset, b + offset, len(types)) for a, b in places]
            types.append(_NONE)
    if not spans:
        return {}
    kinds = torch.tensor(types)
    entities = pool_entities(network, states, torch.tensor(spans), len(types))
    seen = torch.zeros(len(types), dtype=torch.bool)
    seen[[entity for _, _, entity in spans]] = True
    losses = {
        "type": functional.cross_entropy(network.label(entities)[seen], kinds[seen]),
    }
    if not batch.examples[0].roles:
        return losses
    gold = [
        base + i
        for base, e in zip(entity_offsets, batch.examples, strict=True)
        for i in range(len(e.types))
    ]
    where = torch.tensor(gold)
    where = where[seen[where]]
    generic = dict(zip(gold, (g for e in batch.examples for g in e.generic), strict=True))
    roles = dict(zip(gold, (r for e in batch.examples for r in e.roles), strict=True))
    truth = torch.tensor([float(generic[i]) for i in where.tolist()])
    losses["generic"] = functional.binary_cross_entropy_with_logits(
        network.generic(entities[where]).squeeze(1), truth
    )
    documents = torch.stack(
        [states[a:b].mean(0) for a, b in zip(batch.offsets, batch.offsets[1:], strict=False)]
    )
    owner = {
        i: n
        for n, (base, e) in enumerate(zip(entity_offsets, batch.examples, strict=True))
        for i in range(base, base + len(e.types))
    }
    rows = torch.tensor([owner[i] for i in where.tolist()])
    kind = network.kind(kinds[where])
    scores = network.role(torch.cat([entities[where], kind, documents[rows]], dim=1))
    losses["role"] = functional.cross_entropy(
        scores,
        torch.tensor([roles[i] for i in where.tolist()]),
    )
    losses.update(_relation_loss(network, states, batch, entities, entity_offsets))
    losses.update(_result_loss(network, states, batch, entities, entity_offsets))
    return losses


def relation_scores(
    network: Network, states: Tensor, entities: Tensor, rows: list[tuple[int, ...]]
) -> Tensor:
    """Scores of the relations of pairs: (head, tail, start, stop, gap, head type, tail type)."""
    table = torch.tensor(rows)
    head, tail = network.head(entities)[table[:, 0]], network.tail(entities)[table[:, 1]]
    between = network.between(network.between_states(states, table[:, 2:4]))
    kinds = network.kind(table[:, 5:7]).flatten(1)
    return network.relation(
        torch.cat([head, tail, head * tail, between, network.gap(table[:, 4]), kinds], dim=1)
    )


def _relation_loss(
    network: Network, states: Tensor, batch: Batch, entities: Tensor, bases: list[int]
) -> dict[str, Tensor]:
    rows, truth, mask = [], [], []
    for example, offset, base in zip(batch.examples, batch.offsets, bases, strict=False):
        gold = {(h, t): set() for h, _, t in example.relations}
        for h, kind, t in example.relations:
            gold[h, t].add(kind)
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
    scores = relation_scores(network, states, entities, rows)
    loss = functional.binary_cross_entropy_with_logits(
        scores, torch.tensor(truth), reduction="none"
    )
    valid = torch.tensor(mask).float()
    return {"relation": (loss * valid).sum() / len(rows)}


def result_scores(
    network: Network, numbers: Tensor, entities: Tensor, rows: list[tuple[int, ...]]
) -> Tensor:
    """Scores (subject, dataset, metric) of pairs (number, entity, type, gap)."""
    table = torch.tensor(rows)
    left, right = numbers[table[:, 0]], network.reported(entities)[table[:, 1]]
    parts = [left, right, left * right, network.kind(table[:, 2]), network.gap(table[:, 3])]
    return network.result(torch.cat(parts, dim=1))


def number_gap(
    place: tuple[int, int], mentions: list[tuple[int, int]], sentences: list[int]
) -> int:
    """The gap code of a number and the nearest mention of an entity."""
    near = min(
        mentions, key=lambda m: (sentences[m[0]] != sentences[place[0]], abs(m[0] - place[0]))
    )
    return gap_code(place, near, sentences)


def _result_loss(
    network: Network, states: Tensor, batch: Batch, entities: Tensor, bases: list[int]
) -> dict[str, Tensor]:
    total, count, deltas = states.new_zeros(()), 0, []
    for example, offset, base in zip(batch.examples, batch.offsets, bases, strict=False):
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
        scores = result_scores(network, vectors, entities, rows).view(len(known), len(there), 3)
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

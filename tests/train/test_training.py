"""Training and running agree; gold papers are laid out as their guidelines say."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("onnx", reason="training needs the extra train")

from kg.extract.learnt_network import Network as Running  # noqa: E402
from kg.extract.learnt_text import TYPES, ByName, WordPieces  # noqa: E402
from kg.train.data import count_names, gold_example, gold_mentions, names_table  # noqa: E402
from kg.train.encoder import Size  # noqa: E402
from kg.train.losses import gold_loss, mask_words, tag_loss  # noqa: E402
from kg.train.network import Network, collate, pool_entities  # noqa: E402
from kg.train.ship import ship  # noqa: E402
from kg.train.stages import _without_layer, choose_pieces  # noqa: E402

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"abcdefghijklmnopqrstuvwxyz0123456789.%",
]
VOCABULARY += [f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz0123456789"]


def entity(name: str, kind: str, role: str, *surfaces: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "surface": [name, *surfaces],
        "role": role,
        "generic": False,
    }


PAPER: dict[str, Any] = {
    "id": "x1",
    "title": "Fenwick",
    "abstract": "Fenwick (FW) beats Bramble on Ortolan by 3.5%. FW is fast.",
    "entities": [
        entity("Fenwick", "Model", "introduces", "FW"),
        entity("Bramble", "Model", "comparesWith"),
        entity("Ortolan", "Dataset", "evaluatesOn"),
    ],
    "relations": [{"head": "Fenwick", "type": "outperforms", "tail": "Bramble"}],
    "results": [
        {
            "subject": "Fenwick",
            "dataset": "Ortolan",
            "metric": None,
            "value": "3.5%",
            "kind": "delta",
        }
    ],
}
NAMES = ByName({"ortolan": (2, 2)})


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    return Network(len(VOCABULARY), Size(layers=((12, 1536),) * 2)).eval()


def test_a_name_is_marked_wherever_it_stands_the_longest_first() -> None:
    found = gold_mentions("CIFAR-100 and CIFAR, not CIFARs", {"CIFAR": 0, "CIFAR-100": 1})

    assert found == [(0, 9, 1), (14, 19, 0)]


def test_a_gold_paper_keeps_all_its_labels() -> None:
    example = gold_example(PAPER, WordPieces(VOCABULARY), NAMES)

    assert Counter(entity for _, _, entity in example.spans) == {0: 4, 1: 1, 2: 1}
    assert example.tags.count(1 + 2 * TYPES.index("Dataset")) == 1
    assert example.numbers == [(10, 14, 0, 2, -1, 1)]
    assert len(example.relations) == 1


def test_a_paper_does_not_know_its_own_names() -> None:
    papers = [PAPER, {**PAPER, "entities": PAPER["entities"][:1]}]
    names = count_names(papers)

    table = names_table(names, Counter(dict.fromkeys(names, 2)), {}, PAPER)

    assert set(table) == {"fenwick", "fw"}


def test_all_losses_are_finite_and_reach_the_encoder(network: Network) -> None:
    batch = collate([gold_example(PAPER, WordPieces(VOCABULARY), NAMES)])
    states = network.states(batch)
    losses = gold_loss(network, states, batch, random.Random(1))  # noqa: S311
    losses["tags"] = tag_loss(network, states, batch)

    sum(losses.values()).backward()

    assert all(torch.isfinite(loss) for loss in losses.values())
    assert {"type", "role", "relation", "result", "delta"} <= set(losses)
    assert network.encoder.words.weight.grad.abs().sum() > 0
    network.zero_grad()


def test_masked_pieces_are_told_apart_from_the_rest() -> None:
    batch = collate([gold_example(PAPER, WordPieces(VOCABULARY), NAMES)])
    before = batch.pieces.view(-1).clone()

    where, truth = mask_words(batch, 0.3, random.Random(2))  # noqa: S311

    assert (batch.pieces.view(-1)[where] == 4).all()
    assert (before[where] == truth).all()


def test_what_is_shipped_reads_as_what_was_trained(network: Network, tmp_path: Path) -> None:
    ship(network.state_dict(), VOCABULARY, NAMES, tmp_path, whole=True)
    example = gold_example(PAPER, WordPieces(VOCABULARY), NAMES)
    with torch.no_grad():
        expected = network.states(collate([example]))
        entities = pool_entities(network, expected, torch.tensor(example.spans), 3)
        labels = network.label(entities).log_softmax(-1).numpy()

    running = Running(tmp_path)
    reading = running.read(example.text)

    assert np.abs(reading.states - expected.numpy()).max() < 0.1
    vectors = running.heads.entities(reading.states, example.spans, 3)
    assert np.abs(running.heads.labels(vectors) - labels).max() < 0.05


def test_a_layer_can_be_left_out_and_the_rest_keep_their_order(network: Network) -> None:
    state = network.state_dict()

    shorter = _without_layer(state, 0)

    Network(len(VOCABULARY), Size(layers=((12, 1536),))).load_state_dict(shorter)
    name = "encoder.layers.{}.up.weight"
    assert torch.equal(shorter[name.format(0)], state[name.format(1)])


def test_the_commonest_pieces_are_kept_with_all_single_characters() -> None:
    corpus = [{"title": "Gliding", "abstract": "gliding gliding ions"}]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "g", "##g", "gliding", "ions", "never"]

    kept = choose_pieces(corpus, pieces)

    assert kept == [*pieces[:7], "gliding", "ions"]


def test_int8_stays_near_the_floats(network: Network, tmp_path: Path) -> None:
    ship(network.state_dict(), VOCABULARY, NAMES, tmp_path / "whole", whole=True)
    ship(network.state_dict(), VOCABULARY, NAMES, tmp_path / "int8")
    text = f"{PAPER['title']}\n{PAPER['abstract']}"

    whole, small = (Running(tmp_path / name).read(text).states for name in ("whole", "int8"))

    assert np.abs(whole - small).mean() < 0.1 * np.abs(whole).mean()
    assert (tmp_path / "int8/encoder.onnx").stat().st_size * 3 < (
        tmp_path / "whole/encoder.onnx"
    ).stat().st_size

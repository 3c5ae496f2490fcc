"""The large encoder, the panel, and what they label for the small one."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("onnx", reason="training needs the extra train")

from kg.extract import load_pipeline  # noqa: E402
from kg.extract.learnt_text import FEATURE_SIZES, TYPES, ByName, WordPieces, words_of  # noqa: E402
from kg.extract.tagger import has_weights  # noqa: E402
from kg.train.data import ROLES, taught_example  # noqa: E402
from kg.train.encoder import Encoder, Size, load_encoder  # noqa: E402
from kg.train.losses import tag_loss  # noqa: E402
from kg.train.network import Network, collate  # noqa: E402
from kg.train.stages import Material, label, read_labels  # noqa: E402
from kg.train.teacher import Panel, Teacher, teacher_pieces  # noqa: E402

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz."]
PIECES += [f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"]
SMALL = Size(layers=((12, 48),) * 2, width=24, head=2, frozen=1, distances=32, epsilon=1e-5)
RECORD: dict[str, Any] = {
    "title": "Fenwick",
    "abstract": "Fenwick beats Bramble by 3.5%.",
    "entities": [
        {
            "id": "fenwick",
            "type": "Model",
            "role": "introduces",
            "generic": False,
            "mentions": [{"start": 0, "end": 7}, {"start": 8, "end": 15}],
        },
        {
            "id": "bramble",
            "type": "Model",
            "role": "comparesWith",
            "generic": False,
            "mentions": [{"start": 22, "end": 29}],
        },
    ],
    "relations": [
        {"head": "fenwick", "type": "outperforms", "tail": "bramble", "confidence": 0.9},
        {"head": "fenwick", "type": "comparedWith", "tail": "bramble", "confidence": 0.3},
    ],
    "results": [
        {"subject": "fenwick", "dataset": None, "metric": None, "start": 33, "kind": "delta"}
    ],
}
TEXT = f"{RECORD['title']}\n{RECORD['abstract']}"


def published(kind: str) -> dict[str, Any]:
    """Weights of a tiny encoder under the names that *kind* gives them."""
    torch.manual_seed(3)
    attention = {
        "bert": ["self.query", "self.key", "self.value", "output.dense", "output.LayerNorm"],
        "mpnet": ["attn.q", "attn.k", "attn.v", "attn.o", "LayerNorm"],
    }[kind]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (60, 24),
        "embeddings.position_embeddings.weight": (514 if kind == "mpnet" else 512, 24),
        "embeddings.LayerNorm.weight": (24,),
        "embeddings.LayerNorm.bias": (24,),
    }
    if kind == "bert":
        shapes["embeddings.token_type_embeddings.weight"] = (2, 24)
    else:
        shapes["encoder.relative_attention_bias.weight"] = (32, 12)
    for number in range(2):
        stem = f"encoder.layer.{number}."
        for part in attention:
            size = (24,) if part.endswith("Norm") else (24, 24)
            shapes |= {
                f"{stem}attention.{part}.weight": size,
                f"{stem}attention.{part}.bias": (24,),
            }
        for part, size in {
            "intermediate.dense": (48, 24),
            "output.dense": (24, 48),
            "output.LayerNorm": (24,),
        }.items():
            shapes |= {f"{stem}{part}.weight": size, f"{stem}{part}.bias": size[:1]}
    return {name: torch.randn(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_published_weights_find_their_places(kind: str) -> None:
    size = Size(layers=((12, 48),) * 2, width=24, head=2, distances=32 if kind == "mpnet" else 0)
    encoder, weights = Encoder(10, FEATURE_SIZES, size), published(kind)

    load_encoder(encoder, weights, range(5, 15))

    rows = weights["embeddings.word_embeddings.weight"][5:15]
    if kind == "bert":
        rows = rows + weights["embeddings.token_type_embeddings.weight"][0]
    places = weights["embeddings.position_embeddings.weight"][-512:]
    assert torch.equal(encoder.words.weight, rows)
    assert torch.equal(encoder.places.weight, places)
    assert torch.equal(
        encoder.layers[1].down.weight, weights["encoder.layer.1.output.dense.weight"]
    )


def test_distances_are_told_apart_the_finer_the_nearer_and_by_side() -> None:
    buckets = Encoder(5, FEATURE_SIZES, SMALL)._buckets

    assert buckets[0, :8].tolist() == [0, 17, 18, 19, 20, 21, 22, 23]
    assert buckets[:8, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert len(set(buckets[0, 8:12].tolist())) == 1
    assert buckets[300, 0] == 15
    assert buckets[0, 300] == 31


def test_what_is_frozen_stays_and_the_features_still_learn() -> None:
    torch.manual_seed(1)
    network = Network(len(PIECES), SMALL)
    example = taught_example(RECORD, WordPieces(PIECES), ByName())
    batch = collate([example])

    tag_loss(network, network.states(batch), batch).backward()

    assert network.encoder.words.weight.grad is None
    assert network.encoder.layers[0].up.weight.grad is None
    assert network.encoder.layers[1].up.weight.grad.abs().sum() > 0
    assert network.encoder.features[0].weight.grad.abs().sum() > 0


def test_the_pieces_of_the_large_encoder_begin_as_ours_do(tmp_path: Path) -> None:
    names = ["<s>", "<pad>", "</s>", "[PAD]", "[unused0]", "[UNK]", "ion", "<mask>"]
    (tmp_path / "vocab.txt").write_text("\n".join(names), encoding="utf-8")

    pieces, rows = teacher_pieces(tmp_path)

    assert pieces == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ion"]
    assert rows == [1, 5, 0, 2, 7, 6]


def test_labels_keep_what_was_read_and_the_surer_relations() -> None:
    soft = np.full((len(words_of(TEXT)), 1 + 2 * len(TYPES)), 1 / 13)
    example = taught_example(RECORD, WordPieces(PIECES), ByName(), soft)

    assert len(example.relations) == 1
    assert [row[2:] for row in example.numbers] == [(0, -1, -1, 1)]
    assert [ROLES[role] for role in example.roles] == ["introduces", "comparesWith"]
    assert example.soft is not None
    assert np.allclose(example.soft.sum(1), 1)
    assert example.soft.argmax(1).tolist() == example.tags


def test_a_panel_of_one_network_twice_says_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    monkeypatch.setattr("kg.train.teacher.SIZE", SMALL)
    teacher = Teacher(Network(len(PIECES), SMALL).state_dict(), PIECES, ByName())
    panel, text = Panel([teacher, teacher]), "Fenwick\nFenwick beats Bramble."
    one, two = teacher.read(text), panel.read(text)
    spans = [(0, 1, 0), (1, 2, 0), (3, 4, 1)]

    vectors = teacher.heads.entities(one.states, spans, 2), panel.entities(two.states, spans, 2)

    assert two.states.shape == (5, 48)
    assert np.allclose(panel.tags(two.states), teacher.heads.tags(one.states), atol=1e-5)
    assert np.allclose(panel.labels(vectors[1]), teacher.heads.labels(vectors[0]), atol=1e-5)
    assert np.allclose(panel.generic(vectors[1]), teacher.heads.generic(vectors[0]), atol=1e-5)
    said = teacher.heads.roles(vectors[0], [0, 0], one.states)
    assert np.allclose(panel.roles(vectors[1], [0, 0], two.states), said, atol=1e-5)


def test_what_is_labelled_can_be_learnt_from(tmp_path: Path) -> None:
    if not has_weights():
        pytest.skip("needs the tagger's weights")
    (tmp_path / "gold").mkdir()
    for name in ("train", "dev"):
        (tmp_path / f"gold/{name}.jsonl").write_text('{"title": "Known"}\n', encoding="utf-8")
    abstract = "We present Fenwick, a model that beats Bramble on the Ortolan data set. " * 8
    rows = [{"id": t, "title": t, "abstract": abstract} for t in ("Known", "New", "Newer")]
    (tmp_path / "corpus").mkdir()
    with gzip.open(tmp_path / "corpus/papers.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)

    label(tmp_path, load_pipeline(), 2, tmp_path / "labels.jsonl")
    found = read_labels(tmp_path / "labels.jsonl", Material(PIECES, ByName(), [], [], []))

    assert {example.id for example in found} == {"New", "Newer"}
    assert all(example.spans and example.soft is not None for example in found)

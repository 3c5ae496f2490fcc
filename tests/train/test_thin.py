"""A network with fewer heads and units that imitates a larger one."""

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("onnx", reason="training needs the extra train")

from kg.extract.learnt_text import ByName, WordPieces  # noqa: E402
from kg.train.data import Example, gold_example, plain_example  # noqa: E402
from kg.train.encoder import Size  # noqa: E402
from kg.train.network import Network, collate  # noqa: E402
from kg.train.thin import imitate, importance, most_telling, narrowed  # noqa: E402

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"abcdefghijklmnopqrstuvwxyz0123456789.",
]
VOCABULARY += [f"##{letter}" for letter in VOCABULARY[5:]]
NAMES = ByName[tuple[int, int]]()
PAPER = {
    "id": "x1",
    "title": "Plover",
    "abstract": "Plover is a model. We test Plover on Heron.",
    "entities": [
        {"name": name, "type": kind, "surface": [name], "role": role, "generic": False}
        for name, kind, role in (("Plover", "Model", "introduces"), ("Heron", "Dataset", "uses"))
    ],
}
SIZE = Size(layers=((3, 8), (3, 8)), width=12, head=4)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(3)
    return Network(len(VOCABULARY), SIZE).eval()


def annotated() -> Example:
    return gold_example(PAPER, WordPieces(VOCABULARY), NAMES)


def states(network: Network) -> torch.Tensor:
    with torch.no_grad():
        return network.states(collate([annotated()]))


def silence(network: Network) -> None:
    """Let the second head and the fourth unit of the first layer say nothing."""
    layer = network.encoder.layers[0]
    with torch.no_grad():
        layer.out.weight[:, 4:8] = 0
        layer.down.weight[:, 3] = 0


def test_what_says_nothing_can_go_and_nothing_changes(network: Network) -> None:
    silence(network)

    small = narrowed(network, [[0, 2], [0, 1, 2]], [[0, 1, 2, 4, 5, 6, 7], list(range(8))]).eval()

    assert small.encoder.size.layers == ((2, 7), (3, 8))
    assert torch.allclose(states(small), states(network), atol=1e-5)


def test_what_says_nothing_is_of_no_importance(network: Network) -> None:
    silence(network)

    heads, units = importance(network, [annotated()])

    assert [values.argmin().item() for values in (heads[0], units[0])] == [1, 3]
    assert (heads[1] > 0).all()


def test_the_most_telling_stay_and_some_of_each_layer() -> None:
    scores = [torch.tensor([5.0, 1.0, 4.0, 3.0]), torch.tensor([0.2, 0.1, 0.4, 0.3])]

    assert most_telling(scores, 4, least=1) == [[0, 2, 3], [2]]
    assert most_telling(scores, 5, least=1, group=3) == [[0, 1, 2, 3], [2]]


def test_the_states_of_the_larger_network_are_learnt(network: Network, tmp_path: Path) -> None:
    parts = [[0, 1], [1, 2]], [[0, 1, 2, 3], [4, 5, 6, 7]]
    chance = random.Random(1)  # noqa: S311
    words = ["".join(chance.sample("abcdefgh", 4)) for _ in range(40)]
    texts = [" ".join(chance.sample(words, 9)) for _ in range(480)]
    examples = [plain_example("", text, WordPieces(VOCABULARY), NAMES) for text in texts]
    before = states(narrowed(network, *parts).eval())

    small = imitate(network, narrowed(network, *parts), examples, tmp_path, check=lambda _: {})

    expected = states(network)
    assert ((states(small) - expected) ** 2).mean() < 0.95 * ((before - expected) ** 2).mean()
    assert (tmp_path / "imitated.pt").is_file()

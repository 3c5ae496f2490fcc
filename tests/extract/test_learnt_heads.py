"""The heads above the encoder, and which pairs they are asked about."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.learnt_entities import Knobs, Verdict, pooled
from kg.extract.learnt_heads import best_tags, log_softmax, softmax
from kg.extract.learnt_pairs import GAP_CODES, allowed, gap_code, pairs_of
from kg.extract.learnt_results import number_spans
from kg.extract.learnt_text import TYPES, words_of
from kg.model import RelationType

MODEL, METHOD, DATASET, TASK = (TYPES.index(t) for t in ("Model", "Method", "Dataset", "Task"))
SCORES = st.lists(st.lists(st.floats(-9, 9), min_size=13, max_size=13), min_size=1, max_size=12)


@given(SCORES)
def test_no_name_goes_on_that_did_not_begin(scores: list[list[float]]) -> None:
    tags = best_tags(np.array(scores, dtype=np.float32))

    before = [0, *tags]
    assert all(tag % 2 or not tag or before[i] in {tag, tag - 1} for i, tag in enumerate(tags))


@given(SCORES)
def test_no_other_tags_of_whole_names_score_more(scores: list[list[float]]) -> None:
    array = np.array(scores, dtype=np.float32)
    best = array[0].astype(float)
    best[2::2] = -np.inf  # no text begins inside a name
    for row in array[1:]:
        before = best
        best = before.max() + row
        for tag in range(2, len(row), 2):
            best[tag] = max(before[tag - 1], before[tag]) + row[tag]

    total = sum(float(row[tag]) for row, tag in zip(array, best_tags(array), strict=True))

    assert np.isclose(total, best.max(), atol=1e-3)


@given(SCORES)
def test_probabilities_sum_to_one(scores: list[list[float]]) -> None:
    array = np.array(scores)

    assert np.allclose(softmax(array).sum(-1), 1)
    assert np.allclose(np.exp(log_softmax(array)), softmax(array))


def test_a_dataset_may_be_trained_on_but_trains_on_nothing() -> None:
    trained = list(RelationType).index(RelationType.TRAINED_ON)

    assert allowed(MODEL, DATASET)[trained]
    assert not allowed(DATASET, MODEL)[trained]


def test_a_pair_stands_between_its_nearest_mentions() -> None:
    spans = [(0, 1, 0), (10, 11, 0), (12, 13, 1)]

    forth, back = pairs_of(spans, [MODEL, METHOD], [0] * 20)

    assert (forth.start, forth.stop) == (back.start, back.stop) == (11, 12)
    assert forth.gap != back.gap


def test_a_task_is_no_head_of_a_relation_to_a_model() -> None:
    found = pairs_of([(0, 1, 0), (2, 3, 1)], [TASK, MODEL], [0] * 4)

    assert [(pair.head, pair.tail) for pair in found] == [(1, 0)]


@given(st.integers(0, 150), st.integers(0, 150), st.booleans())
def test_gap_codes_are_within_their_table(one: int, other: int, apart: bool) -> None:
    sentences = [int(apart and i > 75) for i in range(160)]

    assert 0 <= gap_code((one, one + 1), (other, other + 1), sentences) < GAP_CODES


def test_numbers_within_names_are_no_results() -> None:
    text = "Fenwick-7 gains 3.5\\% over 12 sets"
    words = words_of(text)

    found = number_spans(text, words, [(0, 3, 0)])

    assert [value for _, _, _, value in found] == ["3.5\\%", "12"]


def test_pooling_follows_whoever_is_surer() -> None:
    sure = tuple(np.log([0.9, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01]).tolist())
    unsure = dict.fromkeys((*TYPES, "none"), 1 / 7)

    kind, confidence = pooled(Verdict(sure, sure, 0.0), unsure, Knobs())

    assert kind == "Model"
    assert confidence > 0.8


def test_a_number_that_belongs_to_a_metric_is_no_result() -> None:
    text = "It reaches 43.1% pass@1."

    assert [value for *_, value in number_spans(text, words_of(text), [])] == ["43.1%"]

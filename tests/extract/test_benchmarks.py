"""What a text calls a benchmark."""

import pytest

from kg.extract.benchmarks import is_called_benchmark


def _is_called(text: str, name: str) -> bool:
    start = text.index(name)
    return is_called_benchmark(text, [(start, start + len(name))])


@pytest.mark.parametrize(
    "text",
    [
        "Scores rise on the QUUX benchmark.",
        "Scores rise on the QUUX and MMLU benchmarks.",
        "Scores rise on QUUX, HellaSwag, and MMLU reasoning benchmarks.",
        "We introduce QUUX (Questions Under Uncertainty), a hard new benchmark for planning.",
        "QUUX: A Benchmark for Planning\nPlans are hard.",
        "We improve on two benchmarks, GLUE and QUUX.",
        "Several benchmarks (GLUE, Big Bench Hard, QUUX) agree.",
        "Two benchmarks such as QUUX are not enough.",
        "The benchmark of QUUX is beaten.",
    ],
)
def test_a_name_that_stands_with_the_word_is_called_one(text: str) -> None:
    assert _is_called(text, "QUUX")


@pytest.mark.parametrize(
    "text",
    [
        "Scores rise on the QUUX dataset.",
        "We train on QUUX and test on two benchmarks, GLUE and MMLU.",
        "We benchmark QUUX on three tasks.",
        "Six benchmark datasets, i.e., GLUE, QUUX and others, were read.",
        "Benchmarks are old.\nQUUX is read by all.",
        "",
    ],
)
def test_a_name_that_stands_elsewhere_is_not(text: str) -> None:
    assert not (text and _is_called(text, "QUUX"))


def test_one_place_is_enough() -> None:
    text = "QUUX holds photographs. The QUUX benchmark is hard."
    assert is_called_benchmark(text, [(0, 4), (28, 32)])
    assert not is_called_benchmark(text, [(0, 4)])


def test_a_long_list_is_read_in_no_time() -> None:
    text = "benchmarks " + ", ".join(["A1 B2 C3"] * 500) + ", QUUX x"
    assert not _is_called(text, "QUUX")

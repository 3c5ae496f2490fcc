import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.extract.names import ByKey, key, longest, same_case, scan, singular, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GPT-4", "GPT4"),
        ("Chain-of-Thought", "chain of thought"),
        ("LLMs", "LLM"),
        ("losses", "loss"),
        ("capabilities", "capability"),
    ],
)
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("GPT-3.5", "GPT-35"), ("CIFAR-10", "CIFAR-100"), ("A", "A++"), ("Llama 2", "Llama 3")],
)
def test_versions_stay_apart(one: str, other: str) -> None:
    assert key(one) != key(other)


@given(st.text())
@example("ſs İ ẞ")
def test_a_key_has_no_white_space(text: str) -> None:
    assert not any(c.isspace() for c in key(text))


def test_web_addresses_hold_no_words() -> None:
    assert [w.fold for w in words("see https://a.example/FooNet and FooNet")] == [
        "see",
        "and",
        "foonet",
    ]


def test_names_are_found_across_hyphens_but_not_across_sentences() -> None:
    text = "Chain-of thought. Chain. Of thought"

    assert [text[a:b] for a, b, _ in scan(words(text), ByKey(chainofthought=1), text)] == [
        "Chain-of thought"
    ]


@given(st.lists(st.sampled_from(["ab", "abcdef", "abcdefg", "x3", "c++", "b"]), max_size=8))
def test_every_stretch_of_words_with_a_known_key_is_found(parts: list[str]) -> None:
    text = " ".join(parts)
    table = ByKey({"ab": 1, "abcdefab": 2, "abcdefgx3b": 3, "x3c++": 4, "abcdefgc": 5})

    found = {text[a:b] for a, b, _ in scan(words(text), table, text)}

    stretches = {" ".join(parts[i:j]) for i in range(len(parts)) for j in range(i, len(parts) + 1)}
    ends = {stretch.removesuffix("++") for stretch in stretches} | stretches
    assert found == {stretch for stretch in ends if stretch and key(stretch) in table}


def test_the_longest_stretch_is_kept() -> None:
    assert longest([(0, 4, "a"), (0, 9, "b"), (5, 9, "c"), (12, 13, "d")]) == [
        (0, 9, "b"),
        (12, 13, "d"),
    ]


def test_case_is_kept_where_a_name_has_some() -> None:
    assert same_case("mixup", "MixUp")
    assert same_case("ImageNet", "Imagenet")
    assert not same_case("ImageNet", "Imagenet", exact=True)
    assert not same_case("CLIP", "clip")


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("networks", "network"),
        ("GANs", "GAN"),
        ("capabilities", "capability"),
        ("analysis", "analysis"),
        ("loss", "loss"),
        ("bias", "bias"),
        ("corpus", "corpus"),
        ("parameters", "parameters"),
    ],
)
def test_the_singular_of_common_words(plural: str, one: str) -> None:
    assert singular(plural) == one

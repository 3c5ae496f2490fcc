import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.sentences import sentence_starts


def _sentences(text: str, title: int = 0) -> list[str]:
    starts = sentence_starts(text, title)
    return [text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Some models, e.g. Foo and Bar, grow.",
        "We follow Ada et al. (2020) here.",
        "Small ones, i.e. Those below a billion, fail.",
        "As Fig. 3 tells, loss falls.",
        "Cats vs. Dogs is an old task.",
        "It gains 3.5 points with GPT-3.5 and v2.0.",
        "The set (it is large. Very large) helps.",
        "The model of J. K. Doe is small.",
    ],
)
def test_points_that_end_nothing_break_nothing(sentence: str) -> None:
    assert _sentences(sentence) == [sentence]


def test_sentences_end_at_points_questions_and_closing_quotes() -> None:
    text = 'It works. Does it? "Yes." 12 runs agree! We stop.'

    assert _sentences(text) == [
        "It works.",
        "Does it?",
        '"Yes."',
        "12 runs agree!",
        "We stop.",
    ]


def test_the_title_is_a_sentence_of_its_own() -> None:
    title = "Is It So? A Study"

    assert _sentences(f"{title}\nwe say so. It is.", len(title)) == [
        title,
        "we say so.",
        "It is.",
    ]


@given(st.text(max_size=200), st.integers(0, 50))
def test_starts_ascend_from_zero_and_lie_in_the_text(text: str, title: int) -> None:
    starts = sentence_starts(text, min(title, len(text)))

    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert all(start < len(text) or start == 0 for start in starts)

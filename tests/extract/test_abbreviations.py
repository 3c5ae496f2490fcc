import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.abbreviations import definitions
from kg.extract.sentences import sentence_starts


def _pairs(text: str) -> list[tuple[str, str]]:
    return [
        (text[slice(*short)], text[slice(*long)])
        for short, long in definitions(text, sentence_starts(text))
    ]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        # scispaCy issue 410: the shortest stretch that fits is not the long form
        ("We try Mindful memoization (MM) here.", "MM", "Mindful memoization"),
        ("It needs large language models (LLMs).", "LLMs", "large language models"),
        ("We use Low-Rank Adaptation (LoRA).", "LoRA", "Low-Rank Adaptation"),
        (
            "We propose Sparse Pre-training and Dense Fine-tuning (SPDF).",
            "SPDF",
            "Sparse Pre-training and Dense Fine-tuning",
        ),
        ("It needs in-context learning (ICL).", "ICL", "in-context learning"),
        ("A mean average precision (mAP) of 3.", "mAP", "mean average precision"),
        ("It uses Mixture of Experts (MoE).", "MoE", "Mixture of Experts"),
        ("SGD (stochastic gradient descent) is old.", "SGD", "stochastic gradient descent"),
        ("We tune named entity recognition (NER) models.", "NER", "named entity recognition"),
        ("Then text-to-image (T2I) is drawn.", "T2I", "text-to-image"),
        (
            "reinforcement learning from human feedback (RLHF; see below)",
            "RLHF",
            "reinforcement learning from human feedback",
        ),
        ("We ask QUIL, short for quick unlearning in loops.", "QUIL", "quick unlearning in loops"),
        (r"Target-led Mobile Moves (\textit{TaMMo}) go.", "TaMMo", "Target-led Mobile Moves"),
        ("multi-modal large language models (MLLMs)", "MLLMs", "multi-modal large language models"),
        ("QUIL: Quick Unlearning in Loops for All\nWe.", "QUIL", "Quick Unlearning in Loops"),
        ("VLM: Thrifty Valley-Level Maps\nWe draw maps.", "VLM", "Valley-Level Maps"),
    ],
)
def test_a_definition_gives_its_short_and_long_form(text: str, short: str, long: str) -> None:
    assert _pairs(text) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "It binds the protein (receptor) well.",  # scispaCy 441: an ordinary word
        "The value (x = 3) of a loss (L_2) falls.",  # scispaCy 161: mathematics
        "We use MM (MM) and nothing else.",  # scispaCy 406: the short form only
        "This is mindful. Memoization (MM) is not.",  # scispaCy pull 188: over a sentence's end
        "Results grow (see Table 3) and (Fig. 2) fall.",
        "The gains (5%) are small ().",
        "(ABC) starts the text.",
        "QUIL: Quick Loops that are Unlearnt in Time\nWe unlearn.",
        "QUIL: Quick Unlearning\nin Loops",  # the title ends before
        "QUIL: Quick Unlearning in Loop-free Nets\nWe.",
        "QUIL: A Set for Quick Unlearning in Loops\nWe.",
        "A-B-C: A B C\nLetters.",
    ],
)
def test_what_defines_nothing_gives_nothing(text: str) -> None:
    assert _pairs(text) == []


def test_two_definitions_in_one_sentence_are_told_apart() -> None:
    text = "From vision transformers (ViTs) to state space models (SSMs)."

    assert _pairs(text) == [("ViTs", "vision transformers"), ("SSMs", "state space models")]


@given(st.text(alphabet="ABab (),.-𝔸é", max_size=120))
def test_forms_lie_in_the_text_and_short_ones_are_shorter(text: str) -> None:
    for short, long in definitions(text, sentence_starts(text)):
        assert min(short + long) >= 0
        assert max(short + long) <= len(text)
        assert short[1] - short[0] < long[1] - long[0]

"""Text as the encoder reads it."""

from hypothesis import example, given
from hypothesis import strategies as st

from kg.extract.learnt_text import (
    FEATURE_SIZES,
    ByName,
    WordPieces,
    name_key,
    name_matches,
    sentence_starts,
    windows,
    word_features,
    words_of,
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=80)
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "gl", "##ide", "##r", "glide", "e"]


@given(TEXTS)
@example("İX-2_b é\n(Ä)")
def test_words_hold_every_character_that_is_no_blank(text: str) -> None:
    covered = {i for start, stop in words_of(text) for i in range(start, stop)}

    assert all(i in covered or text[i].isspace() for i in range(len(text)))


@given(TEXTS)
def test_every_feature_is_within_its_table(text: str) -> None:
    rows = word_features(text, words_of(text), ByName({"gliding rule": (1, 2)}))

    assert all(0 <= v < n for row in rows for v, n in zip(row, FEATURE_SIZES, strict=True))


@given(st.lists(st.integers(1, 24), max_size=300), st.integers(100, 200))
def test_windows_keep_every_word_once_and_none_is_too_long(lengths: list[int], limit: int) -> None:
    cuts = windows(lengths, limit)

    assert [w for start, stop, keep in cuts for w in range(keep, stop)] == list(range(len(lengths)))
    assert all(sum(lengths[start:stop]) <= limit for start, stop, _ in cuts)


def test_a_later_window_begins_early_for_context() -> None:
    (_, stop, _), (start, _, keep) = windows([10] * 60, 510)[:2]

    assert keep == stop
    assert start < keep


def test_the_longest_piece_comes_first() -> None:
    split = WordPieces(PIECES)

    assert [PIECES[i] for i in split("Glider")] == ["glide", "##r"]


def test_a_word_without_pieces_is_unknown_and_accents_do_not_matter() -> None:
    split = WordPieces(PIECES)

    assert split("xyz") == (1,)
    assert split("glidé") == split("glide")


@given(TEXTS)
def test_a_word_always_has_a_piece(text: str) -> None:
    split = WordPieces(PIECES)

    assert all(split(text[a:b]) for a, b in words_of(text))


def test_the_longest_known_name_is_found_across_a_hyphen_but_not_across_a_comma() -> None:
    text = "We use gliding-rule models, rule"
    names = ByName({"gliding": 1, "gliding rule": 1, "rule model rule": 1})

    found = name_matches(text, words_of(text), names)

    assert [key for _, _, key in found] == ["gliding rule"]


def test_spellings_of_a_name_share_a_key() -> None:
    assert name_key("Gliding-Rules") == name_key("gliding rule")


def test_a_sentence_starts_after_a_point_and_a_blank() -> None:
    text = "One title\nA v1.5 rule. Then e"

    starts = sentence_starts(text, words_of(text))

    assert [text[a:b] for (a, b), first in zip(words_of(text), starts, strict=True) if first] == [
        "One",
        "A",
        "Then",
    ]

"""Lists and sorted rows on disk behave as those in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import spill
from kg.model import Paper
from kg.spill import Spill, sorted_rows

ROWS = st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9), st.lists(st.text(max_size=2))))


@given(st.lists(st.text()), st.lists(st.integers(0, 20)), st.integers(1, 40))
def test_a_spill_is_a_list(texts: list[str], places: list[int], buffer: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "_BUFFER", buffer)  # so that what is read ahead ends in the middle
        kept = Spill[str](str, texts)

        assert list(kept) == texts
        assert [kept[number] for number in range(len(kept))] == texts
        for place in (place for place in places if place < len(texts)):
            assert kept[place] == texts[place]
            kept.append("more")


def test_a_spill_takes_more_after_it_was_read() -> None:
    kept = Spill[Paper](Paper, [Paper("a", "One", "x")])

    assert kept[0].title == "One"
    assert kept.append(Paper("b", "Two", "y", authors=("A", "B"))) == 1
    assert [paper.title for paper in kept] == ["One", "Two"]
    assert kept[1].authors == ("A", "B")


@given(ROWS)
def test_rows_come_sorted_as_often_as_asked(rows: list[tuple[str, int, list[str]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "_RUN", 3)  # so that runs must be merged
        found = sorted_rows(map(list, rows))

        assert list(found) == sorted(map(list, rows))
        assert list(found) == list(found)
        assert len(found) == len(rows)

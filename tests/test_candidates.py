"""What is asked of a person: two names that may be one."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from kg.candidates import candidates
from kg.model import Entity, EntityType
from kg.names import fold


def forms(name: str) -> set[str]:
    """Return a folded name, and what it is without each of its letters."""
    folded = fold(name)
    return {folded, *(folded[:i] + folded[i + 1 :] for i in range(len(folded)))}


@given(st.lists(st.text("abé𝔸", min_size=6, max_size=9), max_size=12))
def test_long_names_one_letter_apart_are_asked_about(names: list[str]) -> None:
    entities = [Entity(f"e{n:02}", name, EntityType.METHOD, False) for n, name in enumerate(names)]
    asked = candidates(entities, {})
    found = {(c.first.id, c.second.id) for c in asked if c.reason == "one letter apart"}
    others = {(c.first.id, c.second.id) for c in asked} - found

    assert found == {
        (one.id, two.id)
        for one, two in combinations(entities, 2)
        if min(len(fold(one.name)), len(fold(two.name))) >= 7
        and forms(one.name) & forms(two.name)
        and (one.id, two.id) not in others
    }

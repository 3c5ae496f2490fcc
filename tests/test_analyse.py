"""The shape of a graph that is known tells what it must, in any order of input."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from needs import needs
from small_graph import build

from kg.analyse import add_analysis, analyse, entity_graph, rising, tell
from kg.export import Source
from kg.frames import load_tables
from kg.model import Entity, EntityType, Extraction, Mention, Paper, PaperEntity, Role, Sentence
from kg.store import open_store


def _entity(key: str, kind: EntityType = EntityType.METHOD, generic: bool = False) -> Entity:
    return Entity(key, key, kind, generic)


def _paper(number: int, names: str, date: str | None = None) -> Extraction:
    place = Sentence(0, 1)
    return Extraction(
        Paper(f"p{number:02}", "t", "a", date=date),
        (place,),
        tuple(
            PaperEntity(
                n, n, EntityType.METHOD, Role.USES, False, (Mention(0, 1, "t", 1.0),), 1, place
            )
            for n in sorted(names.split())
        ),
    )


#: Two fields that only "bridge" joins, and a metric that is everywhere.
TEXTS = [
    "a b c",
    "a b c",
    "a b acc",
    "b c acc",
    "x y z",
    "x y z",
    "y z acc",
    "x z acc",
    "c bridge",
    "bridge x",
]
PAPERS = [_paper(n, text, f"20{10 + n}") for n, text in enumerate(TEXTS)]
ENTITIES = [
    *map(_entity, ["a", "b", "bridge", "c", "x", "y", "z"]),
    _entity("acc", EntityType.METRIC),
]


def test_two_fields_are_two_communities_and_what_joins_them_a_bridge() -> None:
    found = analyse(PAPERS, ENTITIES)
    groups = [set(c.members) - {"bridge"} for c in found.communities]

    assert sorted(map(sorted, groups)) == [["a", "b", "c"], ["x", "y", "z"]]
    assert found.bridges[0][0] in {"bridge", "c", "x"}
    assert "acc" not in dict(found.central)
    assert abs(sum(score for _, score in found.central) - 1) < 1e-4


@settings(max_examples=20, deadline=None)
@given(st.permutations(PAPERS), st.permutations(ENTITIES))
def test_the_order_of_input_is_nothing(papers: list[Extraction], entities: list[Entity]) -> None:
    assert analyse(papers, entities) == analyse(PAPERS, ENTITIES)


def test_generic_entities_are_left_out_unless_asked_for() -> None:
    entities = [replace(e, generic=e.id == "b") for e in ENTITIES]

    assert "b" not in entity_graph(PAPERS, entities)
    assert "b" in entity_graph(PAPERS, entities, generic=True)


def test_weights_count_papers() -> None:
    graph = entity_graph(PAPERS, ENTITIES)

    assert graph["a"]["b"]["weight"] == 3
    assert not graph.has_edge("a", "x")


def test_what_rises_is_named_more_in_the_newest_quarter() -> None:
    texts = ["old"] * 9 + ["old new", "new", "new"]
    papers = [_paper(n, text, f"{2000 + n}") for n, text in enumerate(texts)]
    found = rising(papers)

    assert [(rise.entity, rise.before, rise.after) for rise in found] == [("new", 0, 3)]
    assert found[0].growth == pytest.approx(3.32, abs=0.01)
    assert rising([replace(p, paper=replace(p.paper, date=None)) for p in papers]) == ()


def test_papers_of_one_date_are_not_torn_apart() -> None:
    papers = [_paper(n, "same", "2024") for n in range(8)]

    assert rising(papers) == ()


def test_an_empty_graph_has_nothing_to_tell() -> None:
    assert analyse([], []).central == ()


def test_people_are_told_by_name() -> None:
    entities = [replace(e, name=e.id.upper()) for e in ENTITIES]
    told = tell(analyse(PAPERS, entities), ["central", "communities", "bridges", "rising"], 2)
    headings = [line for line in told if not line.startswith(" ")]

    assert headings == ["central:", "communities:", "bridges:", headings[3]]
    assert headings[3].startswith("rising: none (it takes papers with dates")
    assert any(line.endswith("A, B, C") or "entities  " in line for line in told)
    assert len([line for line in told if line.startswith("  0.")]) == 4


def test_the_analysis_is_written_back_and_replaced(tmp_path: Path) -> None:
    output = build(tmp_path / "output")
    before = len(open_store(output))
    add_analysis(output)
    first = (output / "analysis.ttl").read_bytes()
    once = len(open_store(output))
    add_analysis(output)

    assert once > before
    assert len(open_store(output)) == once
    assert (output / "analysis.ttl").read_bytes() == first
    assert any("centrality" in t.predicate.value for t in Source(output).plain())


def test_pandas_has_the_five_tables(tmp_path: Path) -> None:
    needs("pandas")
    tables = load_tables(build(tmp_path / "output"))

    assert list(tables) == ["papers", "entities", "mentions", "claims", "results"]
    assert list(tables["results"]["value"]) == ["91.5%"]
    assert tables["entities"].set_index("id").loc["foxnet", "papers"] == 2

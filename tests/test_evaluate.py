import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.evaluate import MEASURES, Measure, evaluate, format_evaluation

Paper = dict[str, Any]
SCORER = Path(os.environ.get("KG_SHARED", "../shared")) / "tools" / "score.py"


def entity(
    name: str,
    kind: str = "Method",
    role: str = "uses",
    *,
    generic: bool = False,
    surfaces: tuple[str, ...] = (),
) -> Paper:
    return {
        "name": name,
        "type": kind,
        "role": role,
        "generic": generic,
        "surface": list(surfaces) or [name],
    }


def gold_paper(title: str = "Gliding Rules", **rest: object) -> Paper:
    abstract = "We try Fenwick on Ortolan."
    base = {"title": title, "abstract": abstract, "entities": [], "relations": [], "results": []}
    return {**base, **rest}


def extracted(paper: Paper) -> Paper:
    """The extraction that a perfect reader would make of *paper*."""
    text = f"{paper['title']}\n{paper['abstract']}"
    entities = []
    for e in paper["entities"]:
        places = [(text.find(s), s) for s in e["surface"]]
        mentions = [{"start": p, "end": p + len(s), "text": s} for p, s in places if p >= 0]
        entities.append({**e, "id": f"id-{e['name']}", "mentions": mentions})
    return {
        **paper,
        "entities": entities,
        "relations": [
            {**r, "head": f"id-{r['head']}", "tail": f"id-{r['tail']}"} for r in paper["relations"]
        ],
        "results": [
            {**r, "subject": f"id-{r['subject']}", "dataset": None} for r in paper["results"]
        ],
    }


PAPER = gold_paper(
    entities=[entity("Fenwick", role="introduces"), entity("Ortolan", "Dataset", "evaluatesOn")],
    relations=[{"head": "Fenwick", "type": "evaluatedOn", "tail": "Ortolan"}],
    results=[
        {"subject": "Fenwick", "dataset": None, "metric": None, "value": "7%", "kind": "delta"}
    ],
)


def test_a_perfect_extraction_scores_one_on_every_measure() -> None:
    result = evaluate([PAPER], [extracted(PAPER)])

    assert {name: result.measures[name].f1 for name in MEASURES} == dict.fromkeys(MEASURES, 1.0)
    assert result.papers[0].missed == result.papers[0].extra == result.papers[0].differing == ()


def test_a_paper_that_was_not_extracted_is_counted_and_scores_zero() -> None:
    result = evaluate([PAPER], [])

    assert result.absent == 1
    assert result.measures["links"] == Measure(0, 2, 0)


def test_a_wrong_type_is_a_link_of_any_type_only() -> None:
    wrong = extracted(PAPER)
    wrong["entities"][0]["type"] = "Model"

    result = evaluate([PAPER], [wrong])

    assert result.measures["links"].hits == 1
    assert result.measures["links.any"].hits == 2
    assert result.measures["named.coarse"].hits == 2
    assert (
        "Fenwick = Method, introduces | Fenwick = Model, introduces" in result.papers[0].differing
    )


def test_a_generic_entity_counts_neither_way_for_named() -> None:
    paper = gold_paper(entities=[entity("Fenwick", generic=True)])

    result = evaluate([paper], [extracted(paper)])

    assert result.measures["named"] == Measure(0, 0, 0)


def test_comparison_has_no_direction() -> None:
    paper = gold_paper(
        entities=[entity("Fenwick"), entity("Ortolan")],
        relations=[{"head": "Fenwick", "type": "comparedWith", "tail": "Ortolan"}],
    )
    other = extracted(paper)
    other["relations"] = [{"head": "id-Ortolan", "type": "comparedWith", "tail": "id-Fenwick"}]

    assert evaluate([paper], [other]).measures["relations"].hits == 1


def test_the_worst_papers_are_shown_first_with_both_sides() -> None:
    fine = gold_paper(title="Other Rules", entities=[entity("Ortolan")])

    text = format_evaluation(evaluate([fine, PAPER], [extracted(fine)]), worst=1)

    assert "missed  Fenwick = Method, introduces" in text
    assert "Other Rules (links" not in text


def test_one_id_for_two_things_lowers_the_canonical_precision() -> None:
    paper = gold_paper(entities=[entity("Fenwick"), entity("Ortolan")])
    merged = extracted(paper)
    for e in merged["entities"]:
        e["id"] = "one"

    measure = evaluate([paper], [merged]).measures["canonical"]

    assert (measure.precision, measure.recall) == (0.5, 1.0)


@given(st.permutations(["Fenwick", "Ortolan", "Bramble"]))
def test_the_order_of_entities_does_not_matter(names: list[str]) -> None:
    paper = gold_paper(entities=[entity(name) for name in names])

    assert evaluate([paper], [extracted(paper)]).measures["links"].f1 == 1.0


def test_all_figures_are_those_of_the_scorer(tmp_path: Path) -> None:
    if not SCORER.is_file():
        pytest.skip(f"{SCORER} is not there")
    gold = SCORER.parents[1] / "gold" / "dev.jsonl"
    papers = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    found = [extracted(paper) for paper in papers[:-2]]
    for number, paper in enumerate(found):
        paper["entities"] = paper["entities"][number % 3 :]
        for place, e in enumerate(paper["entities"]):
            e["type"] = "Model" if (number + place) % 4 == 0 else e["type"]
            e["role"] = "uses" if place % 3 == 0 else e["role"]
            e["id"] = e["id"][: 6 + number % 9]
    out = tmp_path / "found.jsonl"
    out.write_text("\n".join(map(json.dumps, found)), encoding="utf-8")
    command = [sys.executable, str(SCORER), str(gold), str(out), "--json"]
    expected = json.loads(
        subprocess.run(command, capture_output=True, check=True, text=True).stdout
    )

    result = evaluate(papers, found)

    for name in MEASURES:
        measure = result.measures[name]
        assert round(100 * measure.f1, 2) == expected[name]["f1"], name
        assert round(100 * measure.precision, 2) == expected[name]["p"], name
    assert {k: round(100 * m.f1, 2) for k, m in result.types.items()} == {
        k: row["f1"] for k, row in expected["types"].items()
    }
    assert result.absent == expected["papers"]["absent"]
    assert importlib.util.find_spec("kg.evaluate")

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from kg.extract import extract, load_pipeline
from kg.model import RELATION_SIGNATURES, ROLE_TYPES, Extraction, Paper
from kg.records import to_record

TITLE = "ZapNet: Hearing Birds with Sparse Attention"
ABSTRACT = (
    "Automatic speech recognition (ASR) rarely listens to birds. We propose ZapNet, a new neural "
    "network for bird song classification that is based on the Transformer. ZapNet is trained on "
    "AudioSet and evaluated on ImageNet, where it outperforms BERT by 3.2% accuracy. "
    "See https://example.org/ZapNet for ZapNet. 𝔘nicode and ZapNet: 🐦 ZapNet."
)


@pytest.fixture(scope="module")
def nlp() -> Language:
    return load_pipeline(tagger=False)


def _extract(title: str, abstract: str, nlp: Language) -> Extraction:
    (found,) = extract([Paper("h-000000000000", title, abstract)], nlp)
    return found


def _check(found: Extraction) -> None:
    text = found.paper.text
    types = {entity.id: entity.type for entity in found.entities}
    assert len(types) == len(found.entities)
    places = sorted((m.start, m.end) for e in found.entities for m in e.mentions)
    assert all(a[1] <= b[0] for a, b in pairwise(places))
    for entity in found.entities:
        assert entity.mentions
        assert entity.type in ROLE_TYPES[entity.role]
        assert all(text[m.start : m.end] == m.text for m in entity.mentions)
        assert all(0 <= m.confidence <= 1 for m in entity.mentions)
        assert 0 <= entity.role_confidence <= 1
    for relation in found.relations:
        pair = types[relation.head], types[relation.tail]
        rows = RELATION_SIGNATURES[relation.type]
        assert any(pair[0] in heads and pair[1] in tails for heads, tails in rows)
    for result in found.results:
        assert text[result.start : result.end] == result.value
        assert result.subject in types
    evidence = {e.evidence for e in (*found.entities, *found.relations, *found.results)}
    assert evidence <= set(found.sentences)


def test_an_abstract_gives_entities_roles_relations_and_results(nlp: Language) -> None:
    found = _extract(TITLE, ABSTRACT, nlp)
    named = {entity.name: entity for entity in found.entities}

    _check(found)
    assert named["ZapNet"].type == "Model"
    assert named["ZapNet"].role == "introduces"
    assert named["BERT"].role == "comparesWith"
    assert ("ASR", "Automatic speech recognition") in found.abbreviations
    assert {(r.head, r.type.value, r.tail) for r in found.relations if r.type == "outperforms"} == {
        (named["ZapNet"].id, "outperforms", named["BERT"].id)
    }
    assert [(r.subject, r.value) for r in found.results] == [(named["ZapNet"].id, "3.2%")]


def test_each_mention_stands_and_none_in_a_web_address(nlp: Language) -> None:
    found = _extract(TITLE, ABSTRACT, nlp)
    (zapnet,) = [e for e in found.entities if e.name == "ZapNet"]
    address = found.paper.text.index("https")

    assert len(zapnet.mentions) == 6
    assert not any(address <= m.start < address + 26 for m in zapnet.mentions)


def test_short_and_long_form_are_one_entity(nlp: Language) -> None:
    found = _extract("On Hearing", "We study speech recognition (SR). SR helps.", nlp)
    texts = [{m.text for m in entity.mentions} for entity in found.entities]

    assert {"speech recognition", "SR"} in texts


def test_what_the_text_spells_out_goes_before_what_the_lexicon_knows(nlp: Language) -> None:
    text = "We propose Sampled Pond Lifting (SPL). SPL helps reinforcement learning (RL)."
    found = _extract("On Ponds", text, nlp)
    names = {m.text: entity.name for entity in found.entities for m in entity.mentions}

    assert names["SPL"] == "SPL"  # elsewhere: success weighted by path length
    assert names["RL"] == "reinforcement learning"


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("", ""),
        ("A title alone", ""),
        ("", "An abstract alone. We use BERT."),
        ("Nothing Here", "It rains. The sun is out."),
        ("  ", "\n\n \t"),
        ("BERT and " * 1250, "We look at BERT."),
        ("A" * 10_000, "(ABC) " * 500),
        ("a-" * 5_000, "x" * 3_000 + " BERT"),
        ("Two\nlines", "and BERT\r\nmore \x0b lines"),
        ('<b>BERT</b> & "it\'s"', "a\ufeff\u200bBERT 🤗BERT🤗 B\u0301ERT"),
    ],
)
def test_odd_texts_give_what_is_in_them(title: str, abstract: str, nlp: Language) -> None:
    _check(_extract(title, abstract, nlp))


def test_a_text_without_names_has_no_entity(nlp: Language) -> None:
    found = _extract("Rain", "It rained. We went home early.", nlp)

    assert (found.entities, found.relations, found.results) == ((), (), ())


_PIECES = st.sampled_from(
    ["ZapNet", "BERT", "LLMs", "we propose", "(ABC)", "image classification", "5.2%", ". The", "𝔸",
     "🐦", "\n", " ", "-", "outperforms", "on ImageNet", "accuracy", "e\u0301", "https://a.b/c"]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(abstract=st.lists(_PIECES, max_size=30), title=st.lists(_PIECES, max_size=12))
def test_places_always_slice_to_their_text(
    abstract: list[str], title: list[str], nlp: Language
) -> None:
    _check(_extract(" ".join(title), " ".join(abstract), nlp))


def test_each_component_can_be_removed(nlp: Language) -> None:
    for name in nlp.pipe_names:
        with nlp.select_pipes(disable=name):
            _check(_extract(TITLE, ABSTRACT, nlp))


def test_a_component_can_be_replaced_by_the_users_own() -> None:
    mine = load_pipeline(tagger=False)

    @Language.component("only_birds")
    def only_birds(doc: spacy.tokens.Doc) -> spacy.tokens.Doc:
        spans = [t for t in doc if t.text == "birds"]
        doc.spans["lexicon"] = [
            spacy.tokens.Span(doc, t.i, t.i + 1, label="Task", kb_id="bird") for t in spans
        ]
        return doc

    mine.replace_pipe("kg_lexicon", "only_birds")

    doc = mine("T\nWe hear birds.")

    assert {s.text for s in doc.spans["lexicon"]} == {"birds"}


def test_the_pipeline_survives_the_disk(tmp_path: Path, nlp: Language) -> None:
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")

    assert to_record(_extract(TITLE, ABSTRACT, again)) == to_record(_extract(TITLE, ABSTRACT, nlp))


def test_spacy_finds_no_component_that_lacks_another(nlp: Language) -> None:
    problems = nlp.analyze_pipes()["problems"]

    assert not any(problems.values())


def test_importing_the_stage_loads_no_spacy() -> None:
    code = "import sys, kg.extract; sys.exit('spacy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_hash_seed_changes_nothing() -> None:
    code = (
        "import json; from kg.extract import *; from kg.model import *; from kg.records import *;"
        f"p = Paper('h', {TITLE!r}, {ABSTRACT!r});"
        "print(json.dumps(to_record(next(extract([p], load_pipeline(tagger=False))))))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(runs) == 1


def test_long_texts_take_no_unreasonable_time(nlp: Language) -> None:
    start = time.process_time()
    _check(_extract("Long", "We compare BERT (ABC) with ZapNet-2 on ImageNet at 5%. " * 200, nlp))

    assert time.process_time() - start < 20


@pytest.mark.parametrize("tagger", [False, True])
def test_numbers_in_web_addresses_are_no_results(tagger: bool) -> None:
    abstract = (
        "We introduce PlumNet, which reaches 91.5% accuracy on CIFAR-10. "
        "The paper stands at https://arxiv.org/abs/2106.01234."
    )
    (found,) = extract([Paper("h-1", "PlumNet", abstract)], load_pipeline(tagger=tagger))

    assert "2106.01234" not in {result.value for result in found.results}

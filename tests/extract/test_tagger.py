"""The trained tagger as a component; the shipped weights are used where they are there."""

from importlib.util import find_spec

import pytest
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from kg.extract import load_pipeline
from kg.extract.tagger import has_weights, reading_of
from kg.extract.tokens import SpanMaker, WordTokenizer

TITLE = "Fenwick: image classification without labels"
ABSTRACT = (
    "We propose Fenwick, a convolutional network for image classification. On ImageNet and "
    "CIFAR-10 Fenwick reaches an accuracy of 81.5%, while ResNet-50 stays at 76.1%."
)


@pytest.fixture(scope="module")
def nlp() -> Language:
    if find_spec("onnxruntime") is None or not has_weights():
        pytest.skip("the tagger's weights or onnxruntime are not there")
    return load_pipeline()


@pytest.fixture(scope="module")
def doc(nlp: Language) -> Doc:
    return nlp(f"{TITLE}\n{ABSTRACT}")


def test_names_are_found_with_types_and_confidences(doc: Doc) -> None:
    group = doc.spans["tagger"]

    assert {("ImageNet", "Dataset"), ("image classification", "Task")} <= {
        (span.text, span.label_) for span in group
    }
    assert len(group.attrs["confidence"]) == len(group)
    assert all(0 <= sure <= 1 for sure in group.attrs["confidence"])


def test_every_token_but_blanks_has_a_state(doc: Doc) -> None:
    assert doc.tensor.shape[0] == len(doc)
    assert all(doc.tensor[t.i].any() != t.is_space for t in doc)


def test_a_reading_is_got_back_from_the_document(doc: Doc) -> None:
    reading = reading_of(doc)

    assert reading is not None
    assert [doc.text[a:b] for a, b in reading.words][:2] == ["Fenwick", ":"]
    assert len(reading.states) == len(reading.words)


def test_a_reading_is_that_of_the_tensor_that_is_there(doc: Doc) -> None:
    reading, other = reading_of(doc), Doc(doc.vocab).from_bytes(doc.to_bytes())
    other.tensor = doc.tensor * 2
    again = reading_of(other)

    assert reading is not None
    assert again is not None
    assert again.words == reading.words
    assert (again.states == reading.states * 2).all()
    other.tensor = doc.tensor[:0]
    assert reading_of(other) is None


def test_spans_are_of_the_tokens_that_are_there() -> None:
    doc = WordTokenizer(Vocab())("A fox net is new")
    assert SpanMaker(doc)(2, 5) is not None
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[1:3])

    assert SpanMaker(doc)(2, 5) is None
    assert [t.i for t in SpanMaker(doc)(2, 9) or ()] == [1]


def test_a_name_is_the_same_entity_wherever_it_stands(doc: Doc) -> None:
    ids = {span.id_ for span in doc.spans["kg"] if span.text == "Fenwick"}

    assert len(ids) == 1
    assert sum(span.text == "Fenwick" for span in doc.spans["kg"]) == doc.text.count("Fenwick")


def test_the_same_text_gives_the_same_reading(nlp: Language, doc: Doc) -> None:
    again = nlp(doc.text)

    assert (again.tensor == doc.tensor).all()
    assert again.user_data["kg_entities"] == doc.user_data["kg_entities"]


def test_a_text_longer_than_a_window_is_read_to_its_end(nlp: Language) -> None:
    filler = "This sentence only fills the page with words that name nothing. " * 90
    long = nlp(f"{TITLE}\n{filler}{ABSTRACT}")

    assert "ResNet-50" in {span.text for span in long.spans["tagger"]}
    assert all(long.tensor[t.i].any() for t in long if not t.is_space)


@pytest.mark.parametrize("text", ["", "\n", " \n ", "?", "\u200b\n\u0301"])
def test_texts_with_nothing_in_them_are_read(nlp: Language, text: str) -> None:
    assert not nlp(text).user_data.get("kg_relations")


def test_statements_obey_their_tables(doc: Doc) -> None:
    facts = doc.user_data["kg_entities"]

    assert all(facts[r["head"]]["type"] != "Metric" for r in doc.user_data["kg_relations"])
    assert all(fact["role"] for fact in facts.values())
    assert {r["value"] for r in doc.user_data["kg_results"]} <= {"81.5%", "76.1%"}
    assert all(doc.text[r["start"] : r["end"]] == r["value"] for r in doc.user_data["kg_results"])


def test_the_evidence_of_a_relation_holds_one_of_its_ends(doc: Doc) -> None:
    for row in doc.user_data["kg_relations"]:
        start, end = row["evidence"]
        inside = {s.id_ for s in doc.spans["kg"] if start <= s.start_char and s.end_char <= end}

        assert {row["head"], row["tail"]} & inside


def test_the_pipeline_works_without_the_tagger() -> None:
    plain = load_pipeline(tagger=False)

    assert "kg_tagger" not in plain.pipe_names
    assert plain(f"{TITLE}\n{ABSTRACT}").spans["kg"]


def test_a_document_can_be_stored(nlp: Language, doc: Doc) -> None:
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())

    assert (again.tensor == doc.tensor).all()

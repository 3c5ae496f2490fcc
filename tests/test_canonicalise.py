"""Names meet where they mean one thing, and stay apart where they do not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any

import msgspec
import pytest
from factories import extraction
from hypothesis import example, given
from hypothesis import strategies as st

from kg.candidates import candidates
from kg.canonicalise import Canonical, Decision, Remembered, canonicalise, short_forms
from kg.kept import digest_of, packed
from kg.model import EntityType, Extraction, RelationType, Role
from kg.names import fold, key


def ids(*names: str, **options: object) -> list[str]:
    """Return the canonical id of each name, each named by a paper of its own."""
    papers = [extraction(number, name) for number, name in enumerate(names)]
    found = canonicalise(papers, **options).extractions  # type: ignore[arg-type]
    return [paper.entities[0].id for paper in found]


@given(st.text())
@example("İ")
@example("\u03b0")
@example("2 2")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(text) == fold(fold(text))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("GPT-4", "GPT-4o"),
        ("Llama 2", "Llama 3"),
        ("MMLU", "MMMU"),
        ("ResNet-50", "ResNet-101"),
        ("CIFAR-10", "CIFAR-100"),
        ("QLoRA", "LoRA"),
        ("GPT-3.5", "GPT-35"),
        ("LLaMA-2-7B", "LLaMA-27B"),
        ("C++", "C#"),
        ("Qwen2-VL", "Qwen2.5-VL"),
        ("MAPS", "MAP"),
        ("BERT", "RoBERTa"),
        ("ViT-B/16", "ViT-B/32"),
    ],
)
def test_names_that_differ_in_number_version_or_size_stay_apart(first: str, second: str) -> None:
    one, other = ids(first, second)

    assert one != other


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("GSM8K", "GSM-8K"),
        ("fine-tuning", "Finetuning"),
        ("large language model", "Large Language Models"),
        ("Chain of Thought", "chain-of-thought"),
        ("CIFAR10", "CIFAR-10"),
        ("VAEs", "VAE"),
    ],
)
def test_spellings_of_one_name_meet(first: str, second: str) -> None:
    one, other = ids(first, second)

    assert one == other


def test_a_defined_short_form_is_its_long_form_in_every_paper() -> None:
    pair = (("LRA", "low-rank adaptation"),)
    papers = [
        extraction(1, "low-rank adaptation", abbreviations=pair),
        extraction(2, "LRA"),
        extraction(3, "Low-Rank Adaptation"),
    ]

    (entity,) = canonicalise(papers).entities

    assert entity.papers == 3
    assert entity.name == "LRA"
    assert entity.aliases == ("Low-Rank Adaptation", "low-rank adaptation")


def test_a_short_form_of_two_meanings_goes_by_its_own_paper() -> None:
    papers = [
        extraction(1, "DA", abbreviations=(("DA", "domain adaptation"),)),
        extraction(2, "DA", abbreviations=(("DA", "data augmentation"),)),
        extraction(3, "domain adaptation"),
        extraction(4, "data augmentation"),
        extraction(5, "DA"),
    ]

    found = canonicalise(papers)
    by_paper = [paper.entities[0].id for paper in found.extractions]

    assert by_paper[0] == by_paper[2]
    assert by_paper[1] == by_paper[3]
    assert len(set(by_paper)) == 3
    assert list(found.homonyms) == ["da"]


def test_the_alias_table_joins_what_spelling_does_not() -> None:
    aliases = {"LoRA": "LoRA", "Low-Rank Adaptation": "LoRA"}

    one, other = ids("Low-Rank Adaptation", "lora", aliases=aliases)

    assert one == other == "lora"


def test_what_its_own_paper_says_goes_before_the_table() -> None:
    aliases = {"SWA": "stochastic weight averaging"} | dict.fromkeys(
        ["stochastic weight averaging"], "stochastic weight averaging"
    )
    papers = [
        extraction(1, "SWA", abbreviations=(("SWA", "sliding window attention"),)),
        extraction(2, "SWA"),
        extraction(3, "stochastic weight averaging"),
        extraction(4, "sliding window attention"),
    ]

    found = canonicalise(papers, aliases=aliases)
    first, second, third, fourth = (paper.entities[0].id for paper in found.extractions)

    assert first == fourth
    assert second == third == "stochastic-weight-averaging"
    assert first != second


def test_capitals_that_spell_a_known_word_are_another_name_where_their_paper_defines_them() -> None:
    papers = [
        extraction(1, "ADAM", abbreviations=(("ADAM", "Adapt And Merge"),)),
        extraction(2, "Adam"),
        extraction(3, "ADAM"),
    ]

    found = canonicalise(papers, aliases={"Adam": "Adam"})
    own, word, elsewhere = (paper.entities[0].id for paper in found.extractions)

    assert word == elsewhere == "adam"
    assert own != word


def test_long_forms_of_one_short_form_that_differ_in_endings_are_one() -> None:
    papers = [
        extraction(1, "LoRA", abbreviations=(("LoRA", "Low-Rank Adaptation"),)),
        extraction(2, "LoRA", abbreviations=(("LoRA", "low-rank adaption"),)),
        extraction(3, "SSL", abbreviations=(("SSL", "self-supervised learning"),)),
        extraction(4, "SSL", abbreviations=(("SSL", "semi-supervised learning"),)),
    ]

    found = [paper.entities[0].id for paper in canonicalise(papers).extractions]

    assert found[0] == found[1] == "lora"
    assert found[2] != found[3]


def test_a_person_decides_last() -> None:
    same = Decision("attention head", "head of attention", same=True)
    apart = Decision("MAP", "mAP", same=False)

    assert len(set(ids("attention head", "head of attention", decisions=[same]))) == 1
    assert len(set(ids("MAP", "mAP"))) == 1
    assert len(set(ids("MAP", "mAP", decisions=[apart]))) == 2


def test_a_decision_outdoes_a_definition() -> None:
    papers = [
        extraction(1, "RM", abbreviations=(("RM", "reward model"),)),
        extraction(2, "reward model"),
    ]
    apart = [Decision("RM", "reward model", same=False)]

    assert len(canonicalise(papers).entities) == 1
    assert len(canonicalise(papers, decisions=apart).entities) == 2


def test_type_is_the_vote_and_no_part_of_identity() -> None:
    papers = [
        extraction(1, ("CLIP", EntityType.MODEL)),
        extraction(2, ("CLIP", EntityType.MODEL)),
        extraction(3, ("CLIP", EntityType.METHOD)),
        extraction(4, ("BoxSet", EntityType.DATASET)),
        extraction(5, ("BoxSet", EntityType.BENCHMARK)),
    ]

    types = {entity.id: entity.type for entity in canonicalise(papers).entities}

    assert types == {"clip": EntityType.MODEL, "boxset": EntityType.BENCHMARK}


def test_the_order_of_papers_changes_nothing() -> None:
    papers = [
        extraction(1, "DA", "CLIP", abbreviations=(("DA", "domain adaptation"),)),
        extraction(2, "DA", abbreviations=(("DA", "data augmentation"),)),
        extraction(3, "clip", "data augmentations"),
    ]

    answers = {
        repr([list((c := canonicalise(order)).extractions), list(c.entities), c.homonyms])
        for order in permutations(papers)
    }

    assert len(answers) == 1


def test_two_names_of_one_paper_that_turn_out_one_are_one() -> None:
    paper = extraction(
        1,
        "LRA",
        "low-rank adaptation",
        ("parsing", EntityType.TASK),
        abbreviations=(("LRA", "low-rank adaptation"),),
        relations=(
            ("LRA", RelationType.BASED_ON, "low-rank adaptation"),
            ("LRA", RelationType.USED_FOR, "parsing"),
        ),
    )

    (found,) = canonicalise([paper]).extractions

    assert [len(e.mentions) for e in found.entities] == [2, 1]
    assert [(r.head, r.tail) for r in found.relations] == [("lra", "parsing")]


def test_homonyms_get_different_ids_under_one_name() -> None:
    papers = [
        extraction(1, "ST", abbreviations=(("ST", "speech translation"),)),
        extraction(2, "ST", abbreviations=(("ST", "self-training"),)),
    ]

    second, first = (paper.entities[0].id for paper in canonicalise(papers).extractions)

    assert first == "st"
    assert second.startswith("st-")


def test_statements_that_the_voted_types_rule_out_go() -> None:
    task = ("parsing", EntityType.TASK)
    papers = [
        extraction(1, "X", task, relations=(("X", RelationType.USED_FOR, "parsing"),)),
        extraction(2, ("parsing", EntityType.METHOD)),
        extraction(3, ("parsing", EntityType.METHOD)),
    ]
    found = canonicalise(papers)

    voted = next(iter(canonicalise(papers, voted=True).extractions))

    assert len(next(iter(found.extractions)).relations) == 1
    assert voted.relations == ()
    assert {e.role for e in voted.entities} == {Role.USES}


def test_of_two_long_forms_in_one_paper_the_first_counts() -> None:
    both = (("TMV", "thrifty map views"), ("TMV", "tuning of many vistas"))
    papers = [extraction(1, "TMV", abbreviations=both), extraction(2, "TMV")]

    (entity,) = canonicalise(papers).entities

    assert (entity.name, entity.papers) == ("TMV", 2)


def test_definitions_with_other_numbers_are_no_short_forms() -> None:
    papers = [extraction(1, "L2", abbreviations=(("L2", "Llama 3"), ("C4", "Crawled Corpus")))]

    assert list(short_forms(paper.abbreviations for paper in papers)) == ["c4"]


def test_candidates_name_a_reason_and_spare_versions() -> None:
    papers = [
        extraction(1, "perceptual loss", "perceptual metric", "GPT-4", "GPT-4o", "RAG"),
        extraction(2, "random access graph", "transformer", "transformers2", "ImageNet-A"),
        extraction(3, "ImageNet-R", "Quantformer", "Quantformer+"),
    ]

    made = canonicalise(papers)
    asked = candidates(made.entities, made.homonyms)
    found = {(c.first.name, c.second.name): c.reason for c in asked}

    assert found == {
        ("perceptual loss", "perceptual metric"): "same but for a trailing word",
        ("RAG", "random access graph"): "letters of the one begin the words of the other",
        ("Quantformer", "Quantformer+"): "one letter apart",
    }


def test_the_key_of_a_name_without_letters_is_the_name() -> None:
    assert key("∇") == "∇"
    assert ids("∇")[0]


class Shelf:
    """Papers as a build reads them: fetched when they are asked for, which is noted."""

    def __init__(self, papers: Iterable[Extraction]) -> None:
        self.papers = sorted(papers, key=lambda paper: paper.paper.id)
        self.digests = [digest_of(msgspec.msgpack.encode(paper)) for paper in self.papers]
        self.asked: set[str] = set()

    def raws(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Yield the papers of these *numbers*."""
        for number in numbers:
            self.asked.add(self.papers[number].paper.title)
            yield msgspec.msgpack.encode(self.papers[number])


def remembered(papers: Canonical) -> Remembered:
    raw_of = papers.extractions.raw_of
    return Remembered(papers.remembered.columns, lambda number: packed(raw_of(number)))


SHORT = ("LRA", "DA", "ADAM", "GPT4")
LONG = ("low-rank adaptation", "Low-Rank Adaptations", "domain adaptation", "data augmentation")
NAMED = st.tuples(
    st.sampled_from((*SHORT, *LONG, "Adam", "CLIP", "clip", "C++", "C#")),
    st.sampled_from([EntityType.METHOD, EntityType.TASK]),
)
WRITTEN = st.dictionaries(
    st.integers(0, 5),
    st.tuples(
        st.lists(NAMED, min_size=1, max_size=3, unique_by=lambda named: named[0]),
        st.lists(st.tuples(st.sampled_from(SHORT), st.sampled_from(LONG)), max_size=2),
    ),
    min_size=1,
)


@given(before=WRITTEN, after=WRITTEN)
def test_what_is_remembered_changes_no_answer(
    before: dict[int, tuple[list[Any], list[Any]]], after: dict[int, tuple[list[Any], list[Any]]]
) -> None:
    def shelf(written: dict[int, tuple[list[Any], list[Any]]]) -> Shelf:
        return Shelf(
            extraction(number, *names, abbreviations=tuple(defined))
            for number, (names, defined) in written.items()
        )

    options = {"aliases": {"low-rank adaptation": "LRA", "Adam": "Adam"}, "voted": True}
    last = canonicalise(shelf(before), **options)  # type: ignore[arg-type]
    for written in (after, {**before, **after}):
        anew = canonicalise(shelf(written), **options)  # type: ignore[arg-type]
        grown = canonicalise(shelf(written), last=remembered(last), **options)  # type: ignore[arg-type]

        assert list(grown.extractions) == list(anew.extractions)
        assert list(grown.extractions.outlines()) == list(anew.extractions.outlines())
        assert list(grown.entities) == list(anew.entities)
        assert grown.homonyms == anew.homonyms
        assert grown.digests == [digest_of(raw) for raw in anew.entities.raw()]
        assert grown.types == Counter(entity.type.value for entity in anew.entities)
        assert msgspec.msgpack.encode(grown.remembered.columns) == msgspec.msgpack.encode(
            anew.remembered.columns
        )


def test_only_what_new_papers_touch_is_read_again() -> None:
    old = [
        extraction(1, "DA", "CLIP"),
        extraction(2, "parsing"),
        extraction(3, "domain adaptation"),
    ]
    last = canonicalise(Shelf(old))
    named = Shelf([*old, extraction(4, "clip", "CLIP")])
    assert canonicalise(named, last=remembered(last)).extractions[0].entities[0].id == "clip"
    # the group has a paper more, and means what it meant
    assert named.asked == {"Paper 4"}

    defined = Shelf([*old, extraction(4, abbreviations=(("DA", "domain adaptation"),))])
    canonicalise(defined, last=remembered(last))
    # DA leads elsewhere now, and its name is that of all who meant this
    assert defined.asked == {"Paper 1", "Paper 3", "Paper 4"}

    canonicalise(named, aliases={"parsing": "syntactic parsing"}, last=remembered(last))
    assert len(named.asked) == 4


def test_papers_in_a_list_are_remembered_by_what_they_say() -> None:
    last = canonicalise([extraction(1, "DA"), extraction(2, "parsing")])
    new = [extraction(1, "CLIP"), extraction(2, "parsing")]

    grown = canonicalise(new, last=remembered(last))
    assert list(grown.extractions) == list(canonicalise(new).extractions)


def test_a_name_that_another_group_takes_is_renamed_in_all_papers() -> None:
    old = [extraction(1, "GPT-3-5"), extraction(2, "parsing")]
    last = canonicalise(Shelf(old))
    new = Shelf([*old, extraction(3, "GPT-3.5"), extraction(4, "GPT-3.5")])
    grown = canonicalise(new, last=remembered(last))

    assert [paper.entities[0].id for paper in last.extractions] == ["gpt-3-5", "parsing"]
    first, _, third, fourth = (paper.entities[0].id for paper in grown.extractions)
    assert first != third == fourth == "gpt-3-5"
    assert new.asked == {"Paper 1", "Paper 3", "Paper 4"}

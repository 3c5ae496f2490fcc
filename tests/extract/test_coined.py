import pytest

from kg.extract.coined import coinages


def _rules(text: str, title: int = 0) -> set[tuple[str, str]]:
    return {(text[a:b], rule) for a, b, rule in coinages(text, title)}


@pytest.mark.parametrize(
    ("text", "name", "rule"),
    [
        ("We propose ZapNet for birds.", "ZapNet", "propose:"),
        ("Here we introduce the ZAP-2 model.", "ZAP-2", "propose:Model"),
        ("We offer a new method called ZapNet.", "ZapNet", "called:Method"),
        ("A dataset, dubbed 'ZapSet', is made.", "ZapSet", "called:Dataset"),
        ("This paper presents ZapNet, which flies.", "ZapNet", "paper:"),
        (
            "It is a new benchmark for birds, ZapBench, with songs.",
            "ZapBench",
            "apposition:Benchmark",
        ),
        ("Our ZapNet model sings.", "ZapNet", "head:Model"),
        ("ZapNet is a framework for birds.", "ZapNet", "is:Method"),
        ("Earlier work has ResNetQ and more.", "ResNetQ", "shape"),
        ("They look at Visual Birdsong here.", "Visual Birdsong", "capitals"),
    ],
)
def test_a_rule_finds_its_name(text: str, name: str, rule: str) -> None:
    assert (name, rule) in _rules(text)


def test_a_title_names_before_its_colon() -> None:
    title = "zapnet: Birds That Sing"

    assert ("zapnet", "title") in _rules(f"{title}\nAbstract.", len(title))


def test_plain_words_are_no_names() -> None:
    assert _rules("we propose a method that is called often.") == set()

"""Pages for tests: the two made-up papers, and a third whose every word means harm."""

from dataclasses import replace

import small_graph

from kg.model import Entity, EntityType, Extraction, Mention, Paper, PaperEntity, Role, Sentence

HOSTILE = '</script><script>window.hurt=1</script><img src=x onerror="window.hurt=1">'
NAME = '" onerror="window.hurt=1'
OVERRIDE = "\u202e"


def hostile() -> tuple[Extraction, Entity]:
    """Return a paper and an entity that try to run scripts and to turn text around."""
    title = HOSTILE + OVERRIDE + "very " * 2000 + "long"
    paper = Paper(
        "h-ffffffffffff",
        title,
        f"{NAME} is a model. It is {{{{ 7 * 7 }}}} times 𝔟𝔢𝔱𝔱𝔢𝔯 than <b>others</b>.",
        ('<img src="x">.txt',),
        urls=("javascript:window.hurt=1", "https://example.org/a?b=<c>"),
        authors=("<i>Ann</i>", "Robert'); DROP TABLE papers"),
        venue=f"{OVERRIDE}Venue",
        date="2024-05",
        doi='10.1/"><script>window.hurt=1</script>',
    )
    start = len(title) + 1
    second = Sentence(start + len(NAME) + 13, len(paper.text))
    first = Sentence(start, second.start - 1)
    mention = Mention(start, start + len(NAME), NAME, 0.9)
    late = paper.text.index("others")
    entities = (
        PaperEntity("evil", NAME, EntityType.MODEL, Role.INTRODUCES, False, (mention,), 0.9, first),
        PaperEntity(
            "foxnet",
            "FoxNet",
            EntityType.MODEL,
            Role.COMPARES_WITH,
            False,
            (Mention(late, late + 6, "others", 0.5),),
            0.6,
            second,
        ),
    )
    entity = Entity("evil", NAME, EntityType.MODEL, False, (HOSTILE, f"{OVERRIDE}live"), 1)
    return Extraction(paper, (Sentence(0, start - 1), first, second), entities), entity


def graph(*, harm: bool = True) -> tuple[list[Extraction], list[Entity]]:
    """Return papers and entities, sorted by id."""
    papers, entities = list(small_graph.extractions()), list(small_graph.entities())
    if harm:
        paper, entity = hostile()
        papers.append(paper)
        entities = [replace(e, papers=e.papers + 1) if e.id == "foxnet" else e for e in entities]
        entities.append(entity)
    return sorted(papers, key=lambda x: x.paper.id), sorted(entities, key=lambda e: e.id)

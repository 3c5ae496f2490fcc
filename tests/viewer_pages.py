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


def wood() -> tuple[list[Extraction], list[Entity]]:
    """Return a graph that fills a picture: four groups of twelve papers and nine entities each."""
    kinds = list(EntityType)
    names = [f"{word}{kind}" for word in ("Fern", "Moss", "Reed", "Thorn") for kind in "ABCDEFGHI"]
    uses: dict[int, int] = {}
    papers = []
    for number in range(48):
        group = number % 4
        # three of its own group, and now and then one of the next
        chosen = sorted({9 * group + (number * step + step) % 9 for step in (1, 2, 4)})
        chosen += [9 * ((group + 1) % 4)] if number % 5 == 0 else []
        title = f"{names[chosen[0]]} in Practice: Study {number}"
        said = " ".join(f"We put {names[e]} to the test and report what it gains." for e in chosen)
        paper = Paper(f"p-{100 + number}", title, said, ("wood.txt",), date=f"{2019 + number % 7}")
        text, found = paper.text, []
        for e in chosen:
            start = text.index(names[e], len(title))
            home = Sentence(start - 7, text.index(".", start) + 1)
            mention = Mention(start, start + len(names[e]), names[e], 0.9)
            role = Role.INTRODUCES if e not in uses else Role.USES
            uses[e] = uses.get(e, 0) + 1
            kind = kinds[e % len(kinds)]
            found.append(
                PaperEntity(f"thing-{e}", names[e], kind, role, False, (mention,), 0.9, home)
            )
        papers.append(Extraction(paper, (Sentence(0, len(title)),), tuple(found)))
    entities = [
        Entity(f"thing-{e}", names[e], kinds[e % len(kinds)], False, (), count)
        for e, count in uses.items()
    ]
    return papers, sorted(entities, key=lambda e: e.id)


def graph(*, harm: bool = True) -> tuple[list[Extraction], list[Entity]]:
    """Return papers and entities, sorted by id."""
    papers, entities = list(small_graph.extractions()), list(small_graph.entities())
    if harm:
        paper, entity = hostile()
        papers.append(paper)
        entities = [replace(e, papers=e.papers + 1) if e.id == "foxnet" else e for e in entities]
        entities.append(entity)
    return sorted(papers, key=lambda x: x.paper.id), sorted(entities, key=lambda e: e.id)

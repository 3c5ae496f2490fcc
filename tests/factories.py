"""Values for tests: papers and extractions with made-up words."""

from kg.model import (
    EntityType,
    Extraction,
    Mention,
    Paper,
    PaperEntity,
    Relation,
    RelationType,
    Role,
    Run,
    Sentence,
)
from kg.vocab import BASE

RUN = Run("0.1.0", BASE, (("tagger", "false"),), (("page.txt", "0" * 64),))


def extraction(
    number: int,
    *names: str | tuple[str, EntityType],
    abbreviations: tuple[tuple[str, str], ...] = (),
    relations: tuple[tuple[str, RelationType, str], ...] = (),
) -> Extraction:
    """Return a paper whose abstract lists *names*, each an entity with one mention."""
    typed = [name if isinstance(name, tuple) else (name, EntityType.METHOD) for name in names]
    paper = Paper(
        f"h-{number:012x}", f"Paper {number}", ", ".join(n for n, _ in typed) + ".", ("page.txt",)
    )
    sentences = (Sentence(0, len(paper.title)), Sentence(len(paper.title) + 1, len(paper.text)))
    members, start = [], len(paper.title) + 1
    for name, kind in typed:
        mention = Mention(start, start + len(name), name, 0.9)
        members.append(
            PaperEntity(name, name, kind, Role.USES, False, (mention,), 0.8, sentences[1])
        )
        start += len(name) + 2
    return Extraction(
        paper,
        sentences,
        tuple(sorted(members, key=lambda e: e.id)),
        tuple(Relation(h, t, d, 0.7, sentences[1]) for h, t, d in relations),
        abbreviations=abbreviations,
    )

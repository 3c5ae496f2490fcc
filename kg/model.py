r"""The values that travel between the stages: frozen, without behaviour beyond their own fields.

The words are those of ``gold/GUIDELINES.md``. Character offsets count code points of ``Paper.text``
(``title + "\n" + abstract``, exactly as read); ends are exclusive.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "RELATION_SIGNATURES",
    "ROLE_TYPES",
    "Entity",
    "EntityType",
    "Extraction",
    "Mention",
    "Paper",
    "PaperEntity",
    "Relation",
    "RelationType",
    "Result",
    "ResultKind",
    "Role",
    "Run",
    "Sentence",
    "Skipped",
]


class EntityType(StrEnum):
    """What an entity is."""

    MODEL = "Model"
    METHOD = "Method"
    DATASET = "Dataset"
    BENCHMARK = "Benchmark"
    TASK = "Task"
    METRIC = "Metric"


class Role(StrEnum):
    """How a paper relates to an entity, the strongest first."""

    INTRODUCES = "introduces"
    EVALUATES_ON = "evaluatesOn"
    ADDRESSES = "addresses"
    REPORTS = "reports"
    COMPARES_WITH = "comparesWith"
    USES = "uses"
    MENTIONS = "mentions"


class RelationType(StrEnum):
    """What one entity has to do with another, read from head to tail."""

    USED_FOR = "usedFor"
    EVALUATED_ON = "evaluatedOn"
    TRAINED_ON = "trainedOn"
    PART_OF = "partOf"
    BASED_ON = "basedOn"
    SUBCLASS_OF = "subclassOf"
    BENCHMARK_FOR = "benchmarkFor"
    OUTPERFORMS = "outperforms"
    COMPARED_WITH = "comparedWith"


class ResultKind(StrEnum):
    """Whether a reported number is a score or a difference between scores."""

    ABSOLUTE = "absolute"
    DELTA = "delta"


_SYSTEM = frozenset({EntityType.MODEL, EntityType.METHOD})
_DATA = frozenset({EntityType.DATASET, EntityType.BENCHMARK})
_TASK = frozenset({EntityType.TASK})
_ANY = frozenset(EntityType)

#: Which types may stand at the head and at the tail of a relation (GUIDELINES.md, section 4);
#: a relation holds if its pair of types is in one of the rows.
RELATION_SIGNATURES: dict[
    RelationType, tuple[tuple[frozenset[EntityType], frozenset[EntityType]], ...]
] = {
    RelationType.USED_FOR: ((_SYSTEM, _TASK),),
    RelationType.EVALUATED_ON: ((_SYSTEM, _DATA),),
    RelationType.TRAINED_ON: ((_SYSTEM, _DATA),),
    RelationType.PART_OF: ((_SYSTEM, _SYSTEM), (_DATA, _DATA), (_TASK, _TASK)),
    RelationType.BASED_ON: ((_SYSTEM | _DATA, _SYSTEM | _DATA),),
    RelationType.SUBCLASS_OF: ((_SYSTEM, _SYSTEM), (_DATA, _DATA), (_TASK, _TASK)),
    RelationType.BENCHMARK_FOR: ((_DATA, _TASK),),
    RelationType.OUTPERFORMS: ((_SYSTEM, _SYSTEM),),
    RelationType.COMPARED_WITH: ((_SYSTEM, _SYSTEM),),
}

#: Which types a role may be held by (GUIDELINES.md, section 3).
ROLE_TYPES: dict[Role, frozenset[EntityType]] = {
    Role.INTRODUCES: _ANY,
    Role.EVALUATES_ON: _DATA,
    Role.ADDRESSES: _TASK,
    Role.REPORTS: frozenset({EntityType.METRIC}),
    Role.COMPARES_WITH: _SYSTEM | _DATA,
    Role.USES: _ANY,
    Role.MENTIONS: _ANY,
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as read: its text, and what the record says about it.

    *id* is the local part of its IRI: ``arxiv-2106.09685``, or ``h-`` and twelve hexadecimal digits
    of the SHA-256 of the title in NFC. *sources* names every file it came from, sorted. *date* is
    as exact as the record: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``. *urls* are sorted, as are the
    sources; *authors* keep their order. *venue* is the collection the record names, if any.
    """

    id: str
    title: str
    abstract: str
    sources: tuple[str, ...] = ()
    arxiv_id: str | None = None
    doi: str | None = None
    date: str | None = None
    authors: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    venue: str | None = None

    @property
    def text(self) -> str:
        """The string that all offsets count in."""
        return f"{self.title}\n{self.abstract}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that was left out: where it stood (*line* counts from 1) and why, in words."""

    source: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of ``Paper.text`` between two sentence boundaries."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where an entity is named: ``text[start:end]``; *confidence* is in 0-1."""

    start: int
    end: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PaperEntity:
    """An entity as one paper names it.

    *id* is a provisional key after extraction and the canonical entity after canonicalisation;
    *type* and *generic* are this paper's reading, the corpus's vote stands in :class:`Entity`.
    *mentions* are sorted by place and never empty. *role_confidence* is in 0-1; *evidence* is the
    sentence that the role was read from.
    """

    id: str
    name: str
    type: EntityType
    role: Role
    generic: bool
    mentions: tuple[Mention, ...]
    role_confidence: float
    evidence: Sentence


@dataclass(frozen=True, slots=True)
class Relation:
    """A statement *head* → *tail* between two entities (ids) of a paper, read from *evidence*."""

    head: str
    type: RelationType
    tail: str
    confidence: float
    evidence: Sentence


@dataclass(frozen=True, slots=True)
class Result:
    """A number that the text reports for *subject*; the references are entity ids of the paper.

    *value* is the number as written, and stands at ``paper.text[start:end]``.
    """

    subject: str
    dataset: str | None
    metric: str | None
    value: str
    kind: ResultKind
    start: int
    end: int
    confidence: float
    evidence: Sentence


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was read from one paper: entities by id, relations and results by their fields.

    *abbreviations* are the ``(short form, long form)`` pairs that the text defines, by place.
    """

    paper: Paper
    sentences: tuple[Sentence, ...]
    entities: tuple[PaperEntity, ...]
    relations: tuple[Relation, ...] = ()
    results: tuple[Result, ...] = ()
    abbreviations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing, whatever it is called and in whichever papers: *id* is the local part of its IRI.

    *aliases* are the other spellings seen, sorted; *papers* counts the papers that name it.
    """

    id: str
    name: str
    type: EntityType
    generic: bool
    aliases: tuple[str, ...] = ()
    papers: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What made a graph: enough to make it again, and nothing that changes with the clock.

    *options* are ``(name, value)`` pairs and *inputs* ``(file name, SHA-256)`` pairs, both sorted.
    """

    version: str
    base: str
    options: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()

"""Names brought together: the papers touched by what is new are worked out, the others stay."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import groupby, islice
from operator import itemgetter

import msgspec
import numpy as np

from kg.canonicalise.groups import Group, reduce_groups
from kg.canonicalise.naming import (
    Decision,
    Defined,
    Member,
    Naming,
    Pairs,
    mark_of,
    marks_of,
)
from kg.canonicalise.papers import Papers, Read, Shelved
from kg.canonicalise.remembered import Columns, Remembered
from kg.canonicalise.renaming import Meaning, renamed
from kg.kept import Ragged, digest_of
from kg.model import Entity, Extraction
from kg.spill import Spill

__all__ = ["Canonical", "canonicalise"]

_GROUPS = 500
#: So many entities are kept at hand while papers are renamed.
_AT_HAND = 100_000

_encode = msgspec.msgpack.Encoder().encode
_decode_entity = msgspec.msgpack.Decoder(Entity).decode


class _Counted(msgspec.Struct):
    """Of an entity what is counted, and what it is ranked by."""

    type: str
    papers: int
    generic: bool


class Canonical:
    """Papers with canonical ids, and the entities that these ids name; both lie on disk.

    *extractions* (by paper id) and *entities* (by id) can be walked through any number of times;
    *digests* are of the entities (16 bytes each).
    *homonyms* maps each short form (its key) that stands for several things to the ids of these.
    *remembered* is what the next one takes, as *last*.
    """

    def __init__(
        self,
        extractions: Papers,
        entities: tuple[Spill[Entity], list[bytes]],
        homonyms: Mapping[str, tuple[str, ...]],
        remembered: Remembered,
    ) -> None:
        self.extractions = extractions
        self.entities, self.digests = entities
        self.homonyms = homonyms
        self.remembered = remembered

    def most_named(self, count: int, *, generic: bool = True) -> list[int]:
        """Return the numbers of the *count* entities that most papers name, these first.

        Ties go by the id. Without *generic*, only entities that are not generic are looked at.
        """
        ranked, is_generic = self._ranked
        some: list[int] = (ranked if generic else ranked[~is_generic])[:count].tolist()
        return some

    @property
    def types(self) -> Counter[str]:
        """How many entities there are of each type."""
        return self._counted[0]

    @cached_property
    def _ranked(self) -> tuple["np.ndarray", "np.ndarray"]:
        """The numbers of all entities, the most named first, and which of these are generic."""
        _, papers, generic = self._counted
        ranked = np.argsort(-papers, kind="stable")
        return ranked, generic[ranked]

    @cached_property
    def _counted(self) -> tuple[Counter[str], "np.ndarray", "np.ndarray"]:
        """How many entities there are of each type; of each its papers, and if it is generic."""
        types, papers, generic = Counter[str](), array("q"), bytearray()
        for entity in self.entities.brief(_Counted):
            types[entity.type] += 1
            papers.append(entity.papers)
            generic.append(entity.generic)
        return types, np.frombuffer(papers, np.int64), np.frombuffer(generic, np.bool_)


def canonicalise(
    extractions: Iterable[Extraction] | Read,
    *,
    aliases: Mapping[str, str] | None = None,
    decisions: Sequence[Decision] = (),
    voted: bool = False,
    each: Callable[..., Iterable[list[Entity]]] = map,
    last: Remembered | None = None,
) -> Canonical:
    """Return *extractions* with one id for one thing, and those things.

    *aliases* maps a spelling to the best-known name of what it means. A short form that stands for
    several things is read as its own paper defines it; where no paper near it does, as the long
    form that most definitions give, if that is clear. The answer does not depend on the order of
    *extractions*; those that are :class:`Read` are never in memory at once.

    With *voted*, what the voted types rule out is left out: a paper may read as a task what the
    corpus votes a method, and in a graph where a thing has one type, a relation or result that
    needs the other would be false. Such a role becomes ``uses``.

    *each* runs a function over chunks of groups and gives its answers in their order: ``map``, or
    what sends them to other machines.

    *last* is what was remembered of other papers, or of some of these: what is not touched by what
    came and went is not worked out again, and the answer is the same.
    """
    aliases = aliases or {}
    read: Read = extractions if isinstance(extractions, Read) else Shelved(extractions)
    maker = _maker(aliases, decisions, voted=voted)
    if last is None or last.columns.maker != maker:
        last = Remembered(Columns(maker))
    before = last.columns
    old = last.numbers_of(read.digests)
    definitions = _definitions(read, old, before)
    naming = Naming(aliases, decisions, definitions)
    # a name that leads elsewhere now is read anew in all papers that have it
    kept = _less(old, last.marked(map(mark_of, _changed(before.roots, naming.roots))))
    new = _New(read.raws(np.flatnonzero(kept < 0).tolist()), naming)
    groups, readings, owners, touched = _brought_together(kept, new, last, each=each)
    # a paper stays as it was if all that it names means what it meant
    stays = _less(kept, last.naming(_moved(_of(before), groups, touched)))
    anew = np.flatnonzero(stays < 0).tolist()
    outlines, digests = list[bytes](), list[bytes]()
    papers = Spill[Extraction](Extraction)
    for number, raw in zip(anew, read.raws(anew), strict=True):
        meant = map(groups.meaning, np.frombuffer(owners[number], dtype=np.uint32).tolist())
        made, outline = renamed(raw, list(meant), voted=voted)
        papers.append_raw(made)
        outlines.append(_encode(outline))
        digests.append(digest_of(made))
    columns = Columns(
        maker=maker,
        digests=Ragged.of(read.digests),
        canonical=before.canonical.merged(stays, digests),
        definitions=definitions,
        readings=readings,
        marks=before.marks.merged(kept, new.marks),
        owners=owners,
        outlines=before.outlines.merged(stays, outlines),
        groups=groups.names,
        drafts=groups.drafts,
        draft_digests=groups.digests,
        ids=groups.ids,
        roots=naming.roots,
    )
    return Canonical(
        Papers(papers, stays, last, columns),
        _in_order(groups),
        _homonyms(naming.pairs, groups),
        Remembered(columns),
    )


class _Id(msgspec.Struct):
    id: str


class _Defining(msgspec.Struct):
    """Of a paper only the short forms that it defines."""

    abbreviations: Defined


class _Groups:
    """The groups of names, sorted by key: what each is, and the ids that are not those of drafts.

    *drafts* are entities in MessagePack, *digests* those of these.
    """

    def __init__(
        self, names: list[str], drafts: Ragged, digests: Ragged, ids: dict[int, str]
    ) -> None:
        self.names = names
        self.drafts = drafts
        self.digests = digests
        self.ids = ids
        #: Returns what the group of a number is.
        self.meaning = lru_cache(_AT_HAND)(self._meaning)

    def find(self, name: str) -> int | None:
        """Return the number of the group with the key *name*, None if there is none."""
        place = bisect_left(self.names, name)
        return place if self.names[place : place + 1] == [name] else None

    @cached_property
    def slugs(self) -> list[str]:
        """The ids of all drafts."""
        return [draft.id for draft in map(msgspec.msgpack.Decoder(_Id).decode, self.drafts)]

    def _meaning(self, number: int) -> Meaning:
        entity = _decode_entity(self.drafts[number])
        return Meaning(self.ids.get(number, entity.id), entity.name, entity.type)


def _of(columns: Columns) -> _Groups:
    return _Groups(columns.groups, columns.drafts, columns.draft_digests, columns.ids)


class _New:
    """What the papers *raws* say of what they name.

    *readings* has a row for each reading, *owners* its group: a number in *groups* (keys);
    *sizes* how many readings each paper has, *marks* what :class:`Columns` have of it.
    """

    def __init__(self, raws: Iterable[bytes], naming: Naming) -> None:
        self.marks = list[bytes]()
        owners, sizes, numbers = array("I"), array("I"), dict[str, int]()

        def readings() -> Iterator[bytes]:
            for paper in map(msgspec.msgpack.Decoder(Member).decode, raws):
                self.marks.append(array("I", sorted(marks_of(paper))).tobytes())
                before = len(owners)
                for group, reading in naming.readings(paper):
                    owners.append(numbers.setdefault(group, len(numbers)))
                    yield _encode(reading)
                sizes.append(len(owners) - before)

        self.readings = Ragged.of(readings())
        self.groups = list(numbers)
        self.owners = np.frombuffer(owners, dtype=np.uint32)
        self.sizes = np.frombuffer(sizes, dtype=np.uint32)


def _maker(aliases: Mapping[str, str], decisions: Sequence[Decision], *, voted: bool) -> str:
    decided = [(one.first, one.second, one.same) for one in decisions]
    return digest_of(_encode((sorted(aliases.items()), decided, voted))).hex()


def _definitions(read: Read, old: "np.ndarray", before: Columns) -> list[Defined]:
    """Return what each paper defines."""
    decode = msgspec.msgpack.Decoder(_Defining).decode
    new = map(decode, read.raws(np.flatnonzero(old < 0).tolist()))
    return [before.definitions[n] if n >= 0 else next(new).abbreviations for n in old.tolist()]


def _less(numbers: "np.ndarray", some: "np.ndarray") -> "np.ndarray":
    """Return *numbers* with -1 for *some* of them."""
    return np.where(np.isin(numbers, some), -1, numbers)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys that lead elsewhere than before."""
    for name in before.keys() | after.keys():
        if before.get(name, name) != after.get(name, name):
            yield name


def _brought_together(
    kept: "np.ndarray", new: _New, last: Remembered, *, each: Callable[..., Iterable[list[Entity]]]
) -> tuple[_Groups, Ragged, Ragged, set[str]]:
    """Return the groups, all readings, of each paper the groups of its own, and what was touched.

    Made anew are the groups of what came and of what went.
    """
    before = last.columns
    rows, sizes = _old_rows(kept, before.owners.lengths // 4, new.sizes)
    is_first = not before.readings.sizes
    readings = new.readings if is_first else before.readings.merged(rows, new.readings)
    gone = np.ones(len(before.digests.lengths), dtype=bool)
    gone[kept[kept >= 0]] = False
    touched = sorted({*new.groups, *(before.groups[n] for n in last.groups_of(gone))})
    places = {name: place for place, name in enumerate(touched)}
    # of each reading the place of its group among those touched, -1 if it is none
    anew = np.empty(len(rows), dtype=np.int64)
    is_new, old = rows < 0, last.owners[rows[rows >= 0]]
    anew[is_new] = _as_array(places[name] for name in new.groups)[new.owners]
    anew[~is_new] = _as_array(places.get(name, -1) for name in before.groups)[old]
    papers = np.repeat(np.arange(len(kept)), sizes)
    made = each(reduce_groups, _chunks(_together(readings, papers, anew)))
    drafts = [_encode(entity) for some in made for entity in some]
    alive = [touched[place] for place in np.unique(anew[anew >= 0]).tolist()]
    stay = [(name, n) for n, name in enumerate(before.groups) if name not in places]
    together = sorted([*stay, *((name, -1) for name in alive)])
    numbers = {name: number for number, (name, _) in enumerate(together)}
    owners = np.empty(len(rows), dtype=np.uint32)
    owners[~is_new] = _as_array(numbers.get(name, 0) for name in before.groups)[old]
    owners[is_new] = _as_array(numbers[name] for name in new.groups)[new.owners]
    old_numbers = _as_array(number for _, number in together)
    table = _Groups(
        list(numbers),
        before.drafts.merged(old_numbers, drafts),
        before.draft_digests.merged(old_numbers, map(digest_of, drafts)),
        {},
    )
    table.ids = _unique_ids(table, np.bincount(owners, minlength=len(numbers)))
    of_papers = Ragged((4 * sizes).astype(np.uint32).tobytes(), owners.tobytes())
    return table, readings, of_papers, set(touched)


def _as_array(numbers: Iterable[int]) -> "np.ndarray":
    return np.fromiter(numbers, dtype=np.int64)


def _old_rows(
    kept: "np.ndarray", before: "np.ndarray", new: "np.ndarray"
) -> tuple["np.ndarray", "np.ndarray"]:
    """Return for each reading its number *before*, -1 if it is *new*, and the sizes of papers.

    *before* are the sizes that papers had, *new* those of the ones that are not *kept*.
    """
    stays = kept >= 0
    sizes = np.zeros(len(kept), dtype=np.int64)
    sizes[stays], sizes[~stays] = before[kept[stays]], new
    first = np.full(len(kept), -1)
    first[stays] = (np.cumsum(before) - before)[kept[stays]]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = np.repeat(first, sizes)
    return np.where(first < 0, -1, first + within), sizes


def _together(readings: Ragged, papers: "np.ndarray", groups: "np.ndarray") -> Iterator[Group]:
    """Yield the groups of which there are *readings*, by number; -1 is none.

    Of each reading *papers* has the paper, *groups* the group.
    """
    some = np.flatnonzero(groups >= 0)
    some = some[np.argsort(groups[some], kind="stable")]  # those of one group stay in their order
    papers, groups = papers[some], groups[some]
    is_first = np.diff(groups, prepend=-1) != 0
    is_other = is_first | (np.diff(papers, prepend=-1) != 0)
    starts = np.flatnonzero(is_first)
    counts = np.add.reduceat(is_other, starts, dtype=np.int64) if starts.size else starts
    rows = map(readings.__getitem__, some.tolist())
    sizes = np.diff(starts, append=len(some)).tolist()
    for count, size in zip(counts.tolist(), sizes, strict=True):
        yield Group(count, list(Counter(islice(rows, size)).items()))


def _chunks(groups: Iterator[Group]) -> Iterator[list[Group]]:
    while chunk := list(islice(groups, _GROUPS)):
        yield chunk


def _unique_ids(groups: _Groups, sizes: "np.ndarray") -> dict[int, str]:
    """Return, by number, the ids of groups that cannot have their slug: another one has it."""
    shared = {plain for plain, count in Counter(groups.slugs).items() if count > 1 or not plain}
    slugs = sorted(
        # the most named keeps the plain slug; ties go by the alphabet
        (plain, -int(sizes[number]), groups.names[number], number)
        for number, plain in enumerate(groups.slugs)
        if plain in shared
    )
    changed = {}
    for plain, same in groupby(slugs, key=itemgetter(0)):
        for place, (_, _, group, number) in enumerate(same):
            if place or not plain:
                tail = sha256(group.encode()).hexdigest()[:4]
                changed[number] = f"{plain}-{tail}".lstrip("-")
    return changed


def _moved(before: _Groups, after: _Groups, touched: Iterable[str]) -> list[int]:
    """Return the numbers that groups had *before* which have another id, name or type now.

    Those *touched* may, and those whose slug another group has.
    """
    given = {groups.names[number] for groups in (before, after) for number in groups.ids}
    moved = []
    for name in given.union(touched):
        old, new = before.find(name), after.find(name)
        if old is not None and new is not None and before.meaning(old) != after.meaning(new):
            moved.append(old)
    return moved


def _in_order(groups: _Groups) -> tuple[Spill[Entity], list[bytes]]:
    """Return the entities by id, and their digests."""
    ids, digests = groups.slugs.copy(), list(groups.digests)
    for number, id_ in groups.ids.items():
        ids[number] = id_
    entities = Spill[Entity](Entity)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    for number in order:
        raw = groups.drafts[number]
        if number in groups.ids:
            raw = _encode(replace(_decode_entity(raw), id=ids[number]))
            digests[number] = digest_of(raw)
        entities.append_raw(raw)
    return entities, [digests[number] for number in order]


def _homonyms(pairs: Pairs, groups: _Groups) -> dict[str, tuple[str, ...]]:
    found = {}
    for short, longs in sorted(pairs.items()):
        same = [n for name in (short, *longs) if (n := groups.find(name)) is not None]
        if len(same) > 1:
            meant = {groups.meaning(number).id for number in same}
            if len(meant) > 1:
                found[short] = tuple(sorted(meant))
    return found

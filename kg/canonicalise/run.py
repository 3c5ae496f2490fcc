"""Names brought together: the papers touched by what is new are worked out, the others stay."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from heapq import nsmallest
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np

from kg.canonicalise.groups import reduce_groups
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
from kg.spill import Rows, Spill, sorted_rows

__all__ = ["Canonical", "canonicalise"]

_GROUPS = 500
#: So many entities are kept at hand while papers are renamed.
_AT_HAND = 100_000

_encode = msgspec.msgpack.Encoder().encode
_decode_entity = msgspec.msgpack.Decoder(Entity).decode
_decode_rows = msgspec.msgpack.Decoder(list[list[Any]]).decode


class _Named(msgspec.Struct):
    """Of an entity what it is ranked by."""

    papers: int
    generic: bool


class Canonical:
    """Papers with canonical ids, and the entities that these ids name; both lie on disk.

    *extractions* (by paper id) and *entities* (by id) can be walked through any number of times.
    *homonyms* maps each short form (its key) that stands for several things to the ids of these.
    *remembered* is what the next one takes, as *last*.
    """

    def __init__(
        self,
        extractions: Papers,
        entities: Spill[Entity],
        homonyms: Mapping[str, tuple[str, ...]],
        remembered: Remembered,
    ) -> None:
        self.extractions = extractions
        self.entities = entities
        self.homonyms = homonyms
        self.remembered = remembered

    def most_named(self, count: int, *, generic: bool = True) -> list[int]:
        """Return the numbers of the *count* entities that most papers name, these first.

        Ties go by the id. Without *generic*, only entities that are not generic are looked at.
        """
        told = enumerate(self.entities.brief(_Named))
        ranked = ((-e.papers, number) for number, e in told if generic or not e.generic)
        return [number for _, number in nsmallest(count, ranked)]


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
    new = _Readings(read.raws(np.flatnonzero(kept < 0).tolist()), naming)
    readings = before.readings.merged(kept, new.rows)
    groups, owners, touched = _brought_together(readings, kept, new, last, each=each)
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

    *drafts* are entities in MessagePack.
    """

    def __init__(self, names: list[str], drafts: Ragged, ids: dict[int, str]) -> None:
        self.names = names
        self.drafts = drafts
        self.ids = ids
        #: Returns what the group of a number is.
        self.meaning = lru_cache(_AT_HAND)(self._meaning)

    def find(self, name: str) -> int | None:
        """Return the number of the group with the key *name*, None if there is none."""
        place = bisect_left(self.names, name)
        return place if self.names[place : place + 1] == [name] else None

    def _meaning(self, number: int) -> Meaning:
        entity = _decode_entity(self.drafts[number])
        return Meaning(self.ids.get(number, entity.id), entity.name, entity.type)


def _of(columns: Columns) -> _Groups:
    return _Groups(columns.groups, columns.drafts, columns.ids)


class _Readings:
    """What the papers *raws* name, and the keys of the groups of that.

    *rows* and *marks* have one value a paper, as :class:`Columns` have them; *sizes* how many rows.
    """

    def __init__(self, raws: Iterable[bytes], naming: Naming) -> None:
        self.rows, self.marks, self.sizes = list[bytes](), list[bytes](), list[int]()
        self.groups = set[str]()
        decode = msgspec.msgpack.Decoder(Member).decode
        for raw in raws:
            paper = decode(raw)
            rows = naming.rows(paper)
            self.rows.append(_encode(rows))
            self.marks.append(array("I", sorted(marks_of(paper))).tobytes())
            self.sizes.append(len(rows))
            self.groups.update(row[0] for row in rows)


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
    readings: Ragged,
    kept: "np.ndarray",
    new: _Readings,
    last: Remembered,
    *,
    each: Callable[..., Iterable[list[Entity]]],
) -> tuple[_Groups, Ragged, set[str]]:
    """Return the groups, for each paper the numbers of those of its rows, and which were touched.

    Made anew are the groups of what came and of what went.
    """
    before = last.columns
    gone = np.ones(len(before.digests.lengths), dtype=bool)
    gone[kept[kept >= 0]] = False
    touched = new.groups | {before.groups[n] for n in last.groups_of(gone)}
    theirs = last.naming([n for n in map(_of(before).find, touched) if n is not None])
    looked_at = np.flatnonzero((kept < 0) | np.isin(kept, theirs)).tolist()
    owners = before.owners.merged(kept, (bytes(4 * size) for size in new.sizes))
    rows = _rows(readings, looked_at, (owners.starts // 4).tolist(), touched)
    # rows come in the order of the papers, which those of one group keep
    members = sorted_rows(rows, key=itemgetter(0))
    names = list[str]()
    anew = np.zeros(len(owners.values) // 4, dtype=np.uint32)
    drafts = [_encode(e) for some in each(reduce_groups, _some(members, names, anew)) for e in some]
    stay = [(name, n) for n, name in enumerate(before.groups) if name not in touched]
    together = sorted([*stay, *((name, -1) for name in names)])
    numbers = {name: number for number, (name, _) in enumerate(together)}
    old = np.frombuffer(owners.values, dtype=np.uint32)
    is_new = np.repeat(kept < 0, owners.lengths // 4)
    found = np.empty_like(old)
    found[is_new] = _as_array(numbers[name] for name in names)[anew[is_new]]
    found[~is_new] = _as_array(numbers.get(name, 0) for name in before.groups)[old[~is_new]]
    table = _Groups(
        list(numbers), before.drafts.merged(np.array([n for _, n in together]), drafts), {}
    )
    table.ids = _unique_ids(table, np.bincount(found, minlength=len(numbers)).tolist())
    return table, Ragged(owners.sizes, found.tobytes()), touched


def _as_array(numbers: Iterable[int]) -> "np.ndarray":
    return np.fromiter(numbers, dtype=np.uint32)


def _rows(
    readings: Ragged, papers: Iterable[int], starts: Sequence[int], groups: Collection[str]
) -> Iterator[list[Any]]:
    """Yield the rows of *papers* that are of *groups*: group, paper, place among all, the rest."""
    for paper in papers:
        for place, row in enumerate(_decode_rows(readings[paper]), starts[paper]):
            if row[0] in groups:
                yield [row[0], paper, place, *row[1:]]


def _by_first(rows: Iterable[list[Any]]) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    return groupby(rows, key=itemgetter(0))


def _some(
    members: Rows[list[Any]], names: list[str], owners: "np.ndarray"
) -> Iterator[list[tuple[str, list[list[Any]]]]]:
    """Yield the groups with their rows, some hundreds at a time.

    *names* gets their keys, *owners* of each row the number of its group.
    """
    groups = ((group, list(rows)) for group, rows in _by_first(members))
    while chunk := list(islice(groups, _GROUPS)):
        for group, rows in chunk:
            owners[[row[2] for row in rows]] = len(names)
            names.append(group)
        yield chunk


def _unique_ids(groups: _Groups, sizes: Sequence[int]) -> dict[int, str]:
    """Return, by number, the ids of groups that cannot have their slug: another one has it."""
    ids = map(msgspec.msgpack.Decoder(_Id).decode, groups.drafts)
    slugs = sorted_rows(
        # the most named keeps the plain slug; ties go by the alphabet
        [draft.id, -size, group, number]
        for number, (draft, group, size) in enumerate(zip(ids, groups.names, sizes, strict=True))
    )
    changed = {}
    for plain, same in _by_first(slugs):
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


def _in_order(groups: _Groups) -> Spill[Entity]:
    """Return the entities by id."""
    ids = map(msgspec.msgpack.Decoder(_Id).decode, groups.drafts)
    order: Rows[list[Any]] = sorted_rows(
        [groups.ids.get(number, draft.id), number] for number, draft in enumerate(ids)
    )
    entities = Spill[Entity](Entity)
    for id_, number in order:
        raw = groups.drafts[number]
        if number in groups.ids:
            entities.append(replace(_decode_entity(raw), id=id_))
        else:
            entities.append_raw(raw)
    return entities


def _homonyms(pairs: Pairs, groups: _Groups) -> dict[str, tuple[str, ...]]:
    found = {}
    for short, longs in sorted(pairs.items()):
        numbers = [number for number in map(groups.find, (short, *longs)) if number is not None]
        meant = {groups.meaning(number).id for number in numbers}
        if len(meant) > 1:
            found[short] = tuple(sorted(meant))
    return found

"""Names that are known beforehand: models, methods, datasets, benchmarks, tasks, metrics."""

import csv
import json
import re
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple, Self

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.errors import ConfigError
from kg.extract.names import ByKey, is_cased, key, longest, same_case, scan, words
from kg.extract.sentences import text_of
from kg.extract.tokens import SpanMaker
from kg.model import EntityType

__all__ = ["Lexicon", "Name", "continuation", "read_lexicon"]


class Name(NamedTuple):
    """An alias, the canonical name it stands for, and how it may be written."""

    alias: str
    name: str
    type: str
    generic: bool
    exact: bool


_TYPES = {kind.value.lower(): kind.value for kind in EntityType}

#: Sizes, versions and trims that belong to the name they are glued to.
_GLUED = re.compile(
    r"(?:[-.]?(?:\d+(?:\.\d+)*[BbMmKk]?|[vV]\d+(?:\.\d+)*|[SBLHX]/\d+)"
    r"|-(?:base|large|small|medium|tiny|mini|nano|xl|xxl|XL|XXL|Base|Large|Small|Tiny|turbo|Turbo|[Ii]nstruct"
    r"|[Cc]hat|[Pp]ro|[Pp]lus|[Ff]lash|[Ll]ite|[Cc]oder|it|SFT))+(?!\w)|\+{1,2}(?!\w)"
)
_SPACED = re.compile(r" (?:\d+(?:\.\d+)?[BM]|v\d+(?:\.\d+)?|\d\.\d+)(?![\w.]\w|\w|%)")


def read_lexicon(path: Path | Traversable) -> list[Name]:
    """Return the names of a folder of ``model.tsv`` … ``metric.tsv``, or of one such file.

    The columns are ``name``, ``aliases`` (parted by ``|``) and ``flags`` (``generic``, ``exact``);
    a column ``type`` stands in for the name of the file. Raises ``ConfigError``.
    """
    if path.is_dir():
        tables = sorted(
            (f for f in path.iterdir() if f.name.endswith(".tsv")), key=lambda f: f.name
        )
        return [name for table in tables for name in read_lexicon(table)]
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: the lexicon cannot be read ({error.strerror})") from error
    rows = [row for row in rows if row.strip() and not row.startswith("#")]
    found: list[Name] = []
    for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
        kind = row.get("type") or _TYPES.get(path.name.removesuffix(".tsv"), "")
        if not row.get("name") or kind not in _TYPES.values():
            raise ConfigError(f"{path}: a row without a name or a known type: {row}")
        flags = set(re.split(r"[\s,|]+", row.get("flags") or ""))
        aliases = [a.strip() for a in (row.get("aliases") or "").split("|") if a.strip()]
        found += [
            Name(alias, row["name"], kind, "generic" in flags, "exact" in flags)
            for alias in (row["name"], *aliases)
        ]
    return found


def continuation(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the place of the whole name of which *text[start:end]* is a known part.

    Sizes and versions are taken in (``LLaMA-2`` in ``LLaMA-2-7B``); None if the known name is only
    a piece of another one (``LoRA`` in ``Alpaca-LoRA``).
    """
    cased = is_cased(text[start:end])
    if start > 1 and text[start - 1] in "-/@." and text[start - 2].isalnum():
        before = re.search(r"[\w.]+$", text[max(0, start - 30) : start - 1])
        if text[start - 1] == "-" and (not cased or (before and is_cased(before[0]))):
            return None
    if not cased:
        return start, end
    glued = _GLUED.match(text, end) or _SPACED.match(text, end)
    if glued:
        return start, glued.end()
    if text[end : end + 1] == "-" and text[end + 1 : end + 2].isupper():
        return None
    return start, end


class Index:
    """Names by key."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.names = list(names)
        self.table = ByKey[list[Name]]()
        for name in self.names:
            self.table.setdefault(key(name.alias), []).append(name)

    def find(self, text: str) -> list[tuple[int, int, Name]]:
        """Return the places of known names in *text*, longest first, none inside another."""
        hits: list[tuple[int, int, Name]] = []
        for start, end, names in scan(words(text), self.table, text):
            for name in names:
                if same_case(name.alias, text[start:end], exact=name.exact):
                    hits.append((start, end, name))
                    break
        found = []
        for start, end, name in longest(hits):
            place = continuation(text, start, end)
            if place == (start, end):
                found.append((start, end, name))
            elif place is not None:
                whole = text[slice(*place)]
                found.append((*place, Name(whole, whole, name.type, generic=False, exact=False)))
        return longest(found)


@Language.factory("kg_lexicon", assigns=["doc.spans"], default_config={"paths": None})
class Lexicon:
    """Puts known names into ``doc.spans["lexicon"]``: ``label_`` type, ``kb_id_`` canonical name.

    The group's ``attrs["generic"]`` runs in parallel. *paths* are lexicon files or folders besides
    the shipped ones; their rows come first, so that they win.
    """

    def __init__(self, nlp: Language, name: str, paths: list[str] | None = None) -> None:  # noqa: ARG002 (a factory is given nlp)
        self.name = name
        shipped = files("kg") / "data"
        names = [n for path in paths or () for n in read_lexicon(Path(path))]
        for part in ("lexicon", "lexicon_learnt.tsv"):
            if (shipped / part).is_dir() or (shipped / part).is_file():
                names += read_lexicon(shipped / part)
        self.index = Index(names)

    def __call__(self, doc: Doc) -> Doc:
        """Mark the known names of *doc*."""
        make = SpanMaker(doc)
        spans: list[Span] = []
        generic: list[bool] = []
        for start, end, name in self.index.find(text_of(doc)):
            span = make(start, end, label=name.type, kb_id=name.name)
            if span is not None:
                spans.append(span)
                generic.append(name.generic)
        doc.spans["lexicon"] = SpanGroup(
            doc, name="lexicon", spans=spans, attrs={"generic": generic}
        )
        return doc

    def to_bytes(self, **_: object) -> bytes:
        """Return the names as JSON."""
        return json.dumps(self.index.names, ensure_ascii=False).encode()

    def from_bytes(self, data: bytes, **_: object) -> Self:
        """Take the names that :meth:`to_bytes` gave."""
        self.index = Index(Name(*row) for row in json.loads(data))
        return self

    def to_disk(self, path: Path | str, **_: object) -> None:
        """Write the names to the file *path*."""
        Path(path).write_bytes(self.to_bytes())

    def from_disk(self, path: Path | str, **_: object) -> Self:
        """Read the names from the file *path*."""
        return self.from_bytes(Path(path).read_bytes())

"""What the world calls the fields of a record, and how a paper is made of them.

:func:`to_paper` is where every reader ends: it takes a mapping with whatever field names the
source uses (arXiv's metadata dump, Semantic Scholar, OpenAlex, Hugging Face, OpenReview, Crossref,
Zotero, reference managers, our own ``papers.jsonl``) and makes the paper of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.errors import RecordError
from kg.model import Paper
from kg.read.clean import (
    arxiv_id,
    clean_abstract,
    clean_title,
    date,
    doi,
    ids_in,
    paper_id,
    urls_in,
)

__all__ = ["INNER", "LISTS", "LONGEST", "Record", "fold_name", "has_field", "to_paper"]

#: The most characters of a title and of an abstract; what is longer is something else.
LONGEST = {"title": 2_000, "abstract": 100_000}

# Names in the form that `fold_name` gives them; the first that holds something counts.
_FIELDS: dict[str, tuple[str, ...]] = {
    "title": (
        *("title", "papertitle", "primarytitle", "displayname", "articletitle", "documenttitle"),
    ),
    "abstract": (
        *("abstract", "paperabstract", "abstracttext", "abstractnote", "summary"),
        *("notesabstract", "abstractinvertedindex", "description"),
    ),
    "arxiv": (
        *("arxivid", "arxiv", "eprint", "arxivnumber", "arxivurl", "paperarxivid", "id", "ids"),
    ),
    "doi": ("doi", "paperdoi", "digitalobjectidentifier"),
    "date": (
        *("date", "publicationdate", "publisheddate", "published", "publishedat", "pubdate"),
        *("dateofpublication", "releasedate", "created", "issued", "year", "publicationyear"),
        *("pubyear", "updatedate"),
    ),
    "authors": (
        *("authorsparsed", "authors", "author", "authorships", "authornames", "creators"),
        *("firstauthors",),
    ),
    "urls": (
        *("url", "urls", "link", "links", "code", "codeurl", "codelink", "coderepository"),
        *("github", "githubrepo", "githuburl", "project", "projectpage", "projecturl"),
        *("homepage", "website"),
    ),
    "venue": (
        *("venue", "booktitle", "journal", "journalname", "conference", "publicationtitle"),
        *("secondarytitle", "containertitle", "journalref", "primarylocation"),
        *("alternatetitle3",),
    ),
}
#: Where services put the record inside another one.
INNER = ("paper", "content", "citedPaper", "citingPaper", "work", "_source", "metadata")
#: Under which names an object holds a list of records.
LISTS = (
    *("results", "data", "papers", "items", "works", "records", "entries", "articles", "docs"),
    *("hits", "dailyPapers", "searchResults", "notes"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as a reader found it: its line, its fields, or the *fault* that spoils it."""

    line: int | None
    fields: Mapping[str, Any]
    fault: str = ""


def fold_name(name: object) -> str:
    """Return the key on which spellings of a field's name meet.

    >>> fold_name("Publication Date") == fold_name("publication_date")
    True
    """
    return re.sub(r"[\W_]+", "", str(name).casefold())


def has_field(what: str, names: Sequence[object] | Mapping[Any, Any]) -> bool:
    """Whether one of *names* is a name for *what* (``title``, ``abstract``, …)."""
    return any(fold_name(name) in _FIELDS[what] for name in names)


def to_paper(record: Record, source: str) -> Paper:
    """Return the paper that *record* is about.

    Raises ``RecordError`` for a fault, or if title or abstract is missing or beyond all measure.
    """
    if record.fault:
        raise RecordError(record.fault, source=source, line=record.line)
    fields = _flat(record.fields)
    title, abstract = _text(fields, "title").strip(), _text(fields, "abstract").strip()
    for name, text in (("title", title), ("abstract", abstract)):
        if problem := _problem(name, text, title or abstract):
            raise RecordError(problem, source=source, line=record.line)
    title, abstract = clean_title(title), clean_abstract(abstract)
    own_arxiv, own_doi = ids_in(abstract)
    found_doi = _doi(fields)
    arxiv = _arxiv(fields) or (arxiv_id(found_doi) if found_doi else None) or own_arxiv
    links = [text for value in _values(fields, "urls") for text in _strings(value)]
    return Paper(
        id=paper_id(title, arxiv),
        title=title,
        abstract=abstract,
        sources=(source,),
        arxiv_id=arxiv,
        doi=found_doi or own_doi,
        date=_date(fields),
        authors=_authors(fields),
        urls=urls_in(" ".join([*links, abstract])),
        venue=clean_title(_name(next(_values(fields, "venue"), None))) or None,
    )


def _problem(name: str, text: str, shown: str) -> str:
    where = f": “{clean_title(shown[:60])}{'…' if len(shown) > 60 else ''}”" if shown else ""
    if not re.search(r"\w", text):
        return f"has no {name}{where}"
    if len(text) > LONGEST[name]:
        kind = "an abstract" if name == "abstract" else "a title"
        return f"has {kind} of {len(text):,} characters, over {LONGEST[name]:,}{where}"
    return ""


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields under folded names, an inner record first; ``{"value": x}`` is x."""
    inner = [fields[name] for name in INNER if isinstance(fields.get(name), Mapping)]
    named = [record for record in inner if has_field("title", record)]
    flat: dict[str, Any] = {}
    for record in (*named, fields):
        for name, value in record.items():
            plain = value.get("value", value) if isinstance(value, Mapping) else value
            if plain not in (None, "", [], {}):
                flat.setdefault(fold_name(name), plain)
    return flat


def _values(fields: Mapping[str, Any], what: str) -> Iterator[Any]:
    return (fields[name] for name in _FIELDS[what] if name in fields)


def _text(fields: Mapping[str, Any], what: str) -> str:
    for value in _values(fields, what):
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping):
            return _from_index(value)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return " ".join(value)  # Crossref gives a title as a list
    return ""


def _from_index(index: Mapping[str, Any]) -> str:
    """Return the text of OpenAlex's ``abstract_inverted_index``: each word with its places."""
    words = [
        (place, str(word))
        for word, places in index.items()
        for place in _listed(places)
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(words))


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the record holds
    """Yield the strings anywhere in *value*, in order; numbers too, since a bare id may be one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _strings(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _arxiv(fields: Mapping[str, Any]) -> str | None:
    places = [*_listed(fields.get("locations")), fields.get("primarylocation")]
    landings = [_mapping(place).get("landing_page_url") for place in places]
    links = [fields.get(name) for name in ("url", "urls", "link", "links")]
    values = [_outside(fields, "arxiv"), *_values(fields, "arxiv"), landings, links]
    found = (arxiv_id(text) for text in _strings(values))
    return next((value for value in found if value), None)


def _doi(fields: Mapping[str, Any]) -> str | None:
    values = [*_values(fields, "doi"), _outside(fields, "doi"), _mapping(fields.get("ids"))]
    found = (doi(text) for text in _strings(values))
    return next((value for value in found if value), None)


def _outside(fields: Mapping[str, Any], name: str) -> str | None:
    """Return one of Semantic Scholar's ``externalIds``."""
    outside = _mapping(fields.get("externalids"))
    return next((str(value) for key, value in outside.items() if fold_name(key) == name), None)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the record holds
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - whatever the record holds
    return value if isinstance(value, list) else []


def _date(fields: Mapping[str, Any]) -> str | None:
    # arXiv's dump: the first version is when the paper appeared, update_date when it last changed.
    versions = _listed(fields.get("versions"))
    values: list[Any] = [_mapping(versions[0]).get("created") if versions else None]
    if fields.get("month") and fields.get("year"):  # BibTeX
        values.append(f"{fields['month']} {fields['year']}")
    for value in _values(fields, "date"):
        parts = _listed(_mapping(value).get("date-parts"))  # Crossref
        values.append("-".join(str(part) for part in parts[0]) if parts and parts[0] else value)
    found = [date(str(value)) for value in values if isinstance(value, str | int)]
    return next((value for value in found if value), None)


def _authors(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = next(_values(fields, "authors"), None)
    if isinstance(value, str):
        value = _split_authors(value)
    names = (clean_title(_author(item)) for item in _listed(value))
    return tuple(dict.fromkeys(n for n in names if n and n.casefold() not in ("others", "et al.")))


def _split_authors(text: str) -> list[str]:
    """Split a text that holds all authors.

    >>> _split_authors("Li, Bo and Roe, Ann")
    ['Li, Bo', 'Roe, Ann']
    >>> _split_authors("Bo Li, Ann Roe, and Al Day") == _split_authors("Bo Li; Ann Roe; Al Day")
    True
    """
    if ";" in text:
        return [part.strip() for part in text.split(";")]
    parts = re.split(r",?\s+and\s+", text.strip())
    if len(parts) > 1 and ("," in parts[-1] or "," not in "".join(parts)):
        return parts
    if len(parts) > 2 or (len(parts) == 2 and parts[1].casefold() == "others"):
        return parts  # BibTeX, with a last author of one name
    names = [name for part in parts for name in re.split(r",\s*", part)]
    # "Li, Bo" is one author; "Bo Li, Ann Roe" are two.
    return names if all(" " in name for name in names) else parts


def _author(item: Any) -> str:  # noqa: ANN401 - whatever the record holds
    """Return ``Given Family`` of a string, a mapping, or arXiv's ``[family, given, suffix]``."""
    if isinstance(item, list):
        family, given, *rest = [*(str(part) for part in item), "", ""]
        return " ".join(part for part in (given, family, *rest) if part)
    if isinstance(item, Mapping):
        if item.get("family"):
            return f"{item.get('given') or ''} {item['family']}"
        return _name(item.get("author")) or _name(item)
    family, comma, given = str(item).partition(",")
    return f"{given} {family}" if comma and "," not in given else str(item)


def _name(value: Any) -> str:  # noqa: ANN401 - whatever the record holds
    """Return the name in *value*: a string, a mapping that holds one, or the first of a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return _name(value[0])
    if isinstance(value, Mapping):
        for key in ("name", "display_name", "fullname", "raw_author_name", "title", "source"):
            if value.get(key):
                return _name(value[key])
    return ""

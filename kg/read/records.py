"""Records of JSON, JSON Lines, CSV and TSV, and the names that the world gives their fields.

:func:`to_paper` is where every reader ends: it takes a mapping with whatever field names the source
uses (arXiv's metadata dump, Semantic Scholar, OpenAlex, Hugging Face, OpenReview, Zotero, reference
managers, our own ``papers.jsonl``) and makes the paper of it.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ijson

from kg.errors import FormatError, RecordError
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
from kg.read.sources import Content, open_bytes, open_text

__all__ = ["LONGEST", "Record", "read_json", "read_jsonl", "read_table", "sniff_table", "to_paper"]

#: The most characters of a title and of an abstract; what is longer is something else.
LONGEST = {"title": 2_000, "abstract": 100_000}

# Names are compared without case and without what is not a letter or digit; the first that has a value counts.
_FIELDS: dict[str, tuple[str, ...]] = {
    "title": (
        "title",
        "papertitle",
        "primarytitle",
        "displayname",
        "articletitle",
        "documenttitle",
    ),
    "abstract": (
        *("abstract", "paperabstract", "abstracttext", "abstractnote", "summary", "notesabstract"),
        *("abstractinvertedindex", "description"),
    ),
    "arxiv": ("arxivid", "arxiv", "eprint", "arxivnumber", "arxivurl", "paperarxivid", "id", "ids"),
    "doi": ("doi", "paperdoi", "digitalobjectidentifier"),
    "date": (
        *(
            "date",
            "publicationdate",
            "publisheddate",
            "published",
            "publishedat",
            "dateofpublication",
        ),
        *("pubdate", "releasedate", "created", "year", "publicationyear", "pubyear", "updatedate"),
    ),
    "authors": ("authorsparsed", "authors", "author", "authorships", "authornames", "creators"),
    "urls": (
        *(
            "url",
            "urls",
            "link",
            "links",
            "code",
            "codeurl",
            "codelink",
            "coderepository",
            "github",
        ),
        *("githubrepo", "githuburl", "project", "projectpage", "projecturl", "homepage", "website"),
    ),
    "venue": (
        *("venue", "booktitle", "journal", "journalname", "conference", "publicationtitle"),
        *("secondarytitle", "containertitle", "journalref", "primarylocation", "alternatetitle3"),
    ),
}
# Where services put the record inside another one, and lists of records inside an object.
_INNER = ("paper", "content", "citedPaper", "citingPaper", "work", "_source", "metadata")
_LISTS = frozenset(
    "results data papers items works records entries articles docs hits dailyPapers searchResults notes".split()
)
_DELIMITERS = ",\t;|"


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as a reader found it: its place, its fields, or the *fault* that keeps it from being read."""

    line: int | None
    fields: Mapping[str, Any]
    fault: str = ""


def to_paper(record: Record, source: str) -> Paper:
    """Return the paper that *record* is about; raise ``RecordError`` if it has no title or abstract."""
    if record.fault:
        raise RecordError(record.fault, source=source, line=record.line)
    fields = _flat(record.fields)
    title = clean_title(_text(fields, "title"))
    abstract = clean_abstract(_text(fields, "abstract"))
    for name, text in (("title", title), ("abstract", abstract)):
        problem = _problem(name, text, title)
        if problem:
            raise RecordError(problem, source=source, line=record.line)
    own_arxiv, own_doi = ids_in(abstract)
    found_doi = _doi(fields)
    arxiv = _arxiv(fields) or (arxiv_id(found_doi) if found_doi else None) or own_arxiv
    return Paper(
        id=paper_id(title, arxiv),
        title=title,
        abstract=abstract,
        sources=(source,),
        arxiv_id=arxiv,
        doi=found_doi or own_doi,
        date=_date(fields),
        authors=_authors(fields),
        urls=urls_in(" ".join([*_strings([v for _, v in _values(fields, "urls")]), abstract])),
        venue=clean_title(_name(_first(fields, "venue"))) or None,
    )


def _problem(name: str, text: str, title: str) -> str:
    if not re.search(r"\w", text):
        return f"has no {name}" + (f": “{_short(title)}”" if name != "title" and title else "")
    if len(text) > LONGEST[name]:
        return f"has a {name} of {len(text):,} characters (at most {LONGEST[name]:,}): “{_short(title)}”"
    return ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields under folded names, those of an inner record first, ``{"value": x}`` as x."""
    merged = dict(fields)
    for name in _INNER:
        inner = fields.get(name)
        if isinstance(inner, Mapping) and any(_key(key) in _FIELDS["title"] for key in inner):
            merged |= inner
    flat: dict[str, Any] = {}
    for key, value in merged.items():
        plain = value.get("value", value) if isinstance(value, Mapping) else value
        if plain not in (None, "", [], {}):
            flat.setdefault(_key(key), plain)
    return flat


def _key(name: object) -> str:
    return re.sub(r"[\W_]+", "", str(name).casefold())


def _values(fields: Mapping[str, Any], what: str) -> Iterator[tuple[str, Any]]:
    return ((name, fields[name]) for name in _FIELDS[what] if name in fields)


def _first(fields: Mapping[str, Any], what: str) -> Any:  # noqa: ANN401 - whatever the record holds
    return next((value for _, value in _values(fields, what)), None)


def _text(fields: Mapping[str, Any], what: str) -> str:
    for name, value in _values(fields, what):
        if name == "abstractinvertedindex" and isinstance(value, Mapping):
            return _from_index(value)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            return " ".join(value)  # Crossref gives a title as a list
    return ""


def _from_index(index: Mapping[str, Any]) -> str:
    """Return the text of OpenAlex's ``abstract_inverted_index``: each word with its places."""
    words = [
        (place, str(word))
        for word, places in index.items()
        if isinstance(places, list)
        for place in places
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
    outside = {_key(k): v for k, v in _mapping(fields.get("externalids")).items()}
    places = _listed(fields.get("locations")) + [fields.get("primarylocation")]
    links = [_mapping(place).get("landing_page_url") for place in places]
    values = [outside.get("arxiv"), *(v for _, v in _values(fields, "arxiv")), links]
    values += [
        value for name, value in _values(fields, "urls") if name in ("url", "urls", "link", "links")
    ]
    found = (arxiv_id(text) for text in _strings(values))
    return next((value for value in found if value), None)


def _doi(fields: Mapping[str, Any]) -> str | None:
    outside = {_key(k): v for k, v in _mapping(fields.get("externalids")).items()}
    inside = _mapping(fields.get("ids")).get("doi")
    values = [*(v for _, v in _values(fields, "doi")), outside.get("doi"), inside]
    found = (doi(text) for text in _strings(values))
    return next((value for value in found if value), None)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the record holds
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - whatever the record holds
    return value if isinstance(value, list) else []


def _date(fields: Mapping[str, Any]) -> str | None:
    # arXiv's dump: the first version is when the paper appeared, update_date when it last changed.
    versions = _listed(fields.get("versions"))
    first = _mapping(versions[0]).get("created") if versions else None
    values: list[Any] = [first]
    if isinstance(fields.get("year"), str | int) and fields.get("month"):  # BibTeX
        values.append(f"{fields['month']} {fields['year']}")
    values += [value for _, value in _values(fields, "date")]
    found = [date(str(value)) for value in values if isinstance(value, str | int)]
    return next((value for value in found if value), None)


def _authors(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = _first(fields, "authors")
    if isinstance(value, str):
        value = _split_authors(value)
    names = (clean_title(_author(item)) for item in _listed(value))
    return tuple(dict.fromkeys(name for name in names if name))


def _split_authors(text: str) -> list[str]:
    """Split ``A and B`` (BibTeX), ``A; B``, or ``A, B`` where the parts are whole names."""
    if re.search(r"\sand\s", text) and "," not in re.split(r"\sand\s", text)[0]:
        return [n for part in re.split(r",?\s+and\s+", text) for n in re.split(r",\s*", part)]
    if re.search(r"\sand\s", text):
        head = re.split(r",?\s+and\s+", text)
        # "Li, Bo and Roe, Ann" is BibTeX; "Bo Li, Ann Roe and Al Day" is a sentence's list.
        return (
            head
            if all(part.count(",") <= 1 for part in head) and " " not in head[0].split(",")[0]
            else [n for part in head for n in re.split(r",\s*", part)]
        )
    if ";" in text:
        return text.split(";")
    parts = re.split(r",\s*", text)
    return parts if len(parts) > 1 and all(" " in part.strip() for part in parts) else [text]


def _author(item: Any) -> str:  # noqa: ANN401 - whatever the record holds
    """Return ``Given Family`` of a string, a mapping, or arXiv's ``[family, given, suffix]``."""
    if isinstance(item, list):
        family, given, *rest = [*(str(part) for part in item), "", ""]
        return " ".join(part for part in (given, family, *rest) if part)
    if isinstance(item, Mapping):
        if item.get("family"):
            return f"{item.get('given', '')} {item['family']}"
        return _name(item.get("author") or item)
    family, comma, given = str(item).partition(",")
    return f"{given} {family}" if comma and "," not in given else str(item)


def _name(value: Any) -> str:  # noqa: ANN401 - whatever the record holds
    """Return the name that stands for *value*: a string, a mapping with a name in it, or a list of such."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return _name(value[0])
    if isinstance(value, Mapping):
        for key in ("name", "display_name", "fullname", "raw_author_name", "title", "source"):
            if value.get(key):
                return _name(value[key])
    return ""


def read_jsonl(content: Content) -> Iterator[Record]:
    """Yield a record for each line that is not blank; an object that wraps a list gives the list's."""
    with open_text(content) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(
                    line, parse_float=str
                )  # 2106.10000 is an arXiv id, and stays one
            except (ValueError, RecursionError) as error:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
                yield Record(number, {}, f"is broken JSON ({_lower(reason)})")
            else:
                yield from _from_value(value, number)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _from_value(value: Any, line: int | None) -> Iterator[Record]:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        inner = [value[name] for name in value if name in _LISTS and isinstance(value[name], list)]
        if inner and not any(_key(name) in _FIELDS["title"] for name in value):
            for record in inner[0]:
                yield from _from_value(record, line)
        else:
            yield Record(line, value)
    else:
        yield Record(line, {}, f"is no record but {_kind(value)}")


def _kind(value: Any) -> str:  # noqa: ANN401 - any JSON
    kinds = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def read_json(content: Content) -> Iterator[Record]:
    """Yield the records of a list, of a list inside an object, or the one object that is a record.

    The document is streamed. Where it breaks, what came before is kept and the break is a faulty record.
    """
    place = _list_place(content)
    count = 0
    with open_bytes(content) as stream:
        try:
            for value in ijson.items(stream, place, multiple_values=True):
                count += 1
                yield from _from_value(_plain(value), None)
        except (ijson.JSONError, ValueError, RecursionError, OverflowError) as error:
            if not count:
                raise FormatError(
                    f"is broken JSON ({_break(content)})", source=content.source.name
                ) from error
            yield Record(
                None,
                {},
                f"is broken JSON after record {count} ({_break(content)}); the rest is lost",
            )


def _list_place(content: Content) -> str:
    """Return ijson's prefix of the records, found without reading further than the first of them."""
    with open_bytes(content) as stream:
        try:
            for prefix, event, value in ijson.parse(stream, multiple_values=True):
                if event == "start_array" and not prefix:
                    return "item"
                if (
                    event == "start_array"
                    and prefix.rpartition(".")[2] in _LISTS
                    and ".item" not in prefix
                ):
                    return f"{prefix}.item"
                if (
                    event == "map_key"
                    and not prefix
                    and _key(value) in (*_FIELDS["title"], *_INNER)
                ):
                    return ""
                if not prefix and event not in ("start_map", "map_key", "end_map"):
                    break
        except (ijson.JSONError, ValueError, RecursionError) as error:
            raise FormatError(
                f"is broken JSON ({_break(content)})", source=content.source.name
            ) from error
    raise FormatError(
        "is JSON, but neither a list of records, nor a record with a title, nor an object with a list "
        "of records under a name such as “results” or “papers”",
        source=content.source.name,
    )


def _break(content: Content) -> str:
    """Say where JSON breaks, as ijson does not; only for a file that fits into memory twice."""
    with open_bytes(content) as stream:
        text = stream.read(64 << 20)
    try:
        json.loads(text.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {_lower(error.msg)}"
    except (ValueError, RecursionError):
        return "nested too deep"
    return "it goes on after its end"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return *value* with ijson's decimals as they were written, so that 2106.10000 keeps its noughts."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | None) else str(value)


def sniff_table(head: str) -> str | None:
    """Return the delimiter of a table whose first line names a title and an abstract, else None."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    for delimiter in _DELIMITERS:
        names = {_key(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])}
        if names.intersection(_FIELDS["title"]) and names.intersection(_FIELDS["abstract"]):
            return delimiter
    return None


def read_table(content: Content) -> Iterator[Record]:
    """Yield a record for each row of a CSV or TSV file; the first row names the columns, in any order."""
    delimiter = sniff_table(content.head)
    if delimiter is None:
        raise FormatError(
            "has no first row that names a column “title” and a column “abstract”",
            source=content.source.name,
        )
    csv.field_size_limit(1 << 30)  # the standard 128 KiB would stop at one long cell
    with open_text(content, newline="") as lines:
        rows = csv.reader(lines, delimiter=delimiter)
        header: list[str] = []
        line = 1
        while True:
            try:
                row = next(rows, None)
            except csv.Error as error:
                yield Record(line, {}, f"is no row of a table ({error})")
                continue
            if row is None:
                return
            if header and any(row):
                yield _row(header, row, line)
            elif any(row):
                header = row
            line = rows.line_num + 1


def _row(header: list[str], row: list[str], line: int) -> Record:
    if len(row) < len(header) and len(row) < 2:
        return Record(line, {}, f"has {len(row)} of {len(header)} columns")
    return Record(line, dict(zip(header, row, strict=False)))

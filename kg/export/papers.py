"""Formats for papers: BibTeX, and the Croissant description of the output folder."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from bibtexparser.bibdatabase import (
    BibDatabase,
    BibDataString,
    BibDataStringExpression,
)
from bibtexparser.bwriter import BibTexWriter

from kg.export.source import Source
from kg.model import Paper

__all__ = ["write_bibtex", "write_croissant"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: What BibTeX would act on; what is escaped already stays so.
_SPECIAL = re.compile(r"(?<!\\)([&%#_])")


def write_bibtex(source: Source, out: IO[bytes]) -> None:
    """Write an entry for each paper, keyed by its id: ``@article`` if it has all that one needs.

    Others are ``@misc``, which needs no more than a name to be sorted by.
    """
    writer = BibTexWriter()
    writer.indent = "  "
    for extraction in source.extractions():
        database = BibDatabase()
        database.load_common_strings()
        entry: dict[str, Any] = _entry(extraction.paper)
        if entry.get("month"):
            name = BibDataString(database, entry["month"])
            entry["month"] = BibDataStringExpression([name])
        database.entries = [entry]
        out.write(writer.write(database).encode())


def _entry(paper: Paper) -> dict[str, str]:
    title, date = "{" + _escaped(paper.title) + "}", paper.date or ""
    is_article = bool(paper.venue and paper.authors and date)
    entry = {
        "ENTRYTYPE": "article" if is_article else "misc",
        "ID": paper.id,
        # braces keep the case of names
        "title": title,
        "author": " and ".join(_author(name) for name in paper.authors),
        "key": "" if paper.authors else title,
        "year": date[:4],
        # a name that BibTeX's styles know, so that they say it in their own way
        "month": _MONTHS[int(date[5:7]) - 1] if date[5:7] else "",
        "journal" if is_article else "howpublished": _escaped(paper.venue or ""),
        "doi": paper.doi or "",
        "eprint": paper.arxiv_id or "",
        "eprinttype": "arxiv" if paper.arxiv_id else "",
        "url": f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else "",
    }
    return {name: value for name, value in entry.items() if value}


def _author(name: str) -> str:
    # "and" parts authors, so a name that holds it is braced
    return f"{{{_escaped(name)}}}" if re.search(r"\band\b", name) else _escaped(name)


def _escaped(text: str) -> str:
    """Return *text* for a BibTeX value: specials escaped outside of math, braces balanced."""
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            break
    if depth:
        text = re.sub(r"[{}]", "", text)
    parts = text.split("$") if text.count("$") % 2 == 0 else [text.replace("$", r"\$")]
    escaped = [p if i % 2 else _SPECIAL.sub(r"\\\1", p) for i, p in enumerate(parts)]
    return re.sub(r"\s+", " ", "$".join(escaped)).strip()


def write_croissant(source: Source, out: IO[bytes]) -> None:
    """Write Croissant 1.0 metadata of ``papers.jsonl`` and ``entities.csv``.

    Paths are relative: keep the file in the output folder, as ``croissant.json``. Title, licence
    and citation are those that ``kg describe`` was given.
    """
    said = source.notice
    files = [
        _file(source.file("papers.jsonl"), "application/jsonlines"),
        _file(source.file("entities.csv"), "text/csv"),
    ]
    records = [
        _records("papers", "papers.jsonl", _PAPER_FIELDS),
        _records("entities", "entities.csv", _ENTITY_FIELDS),
    ]
    metadata = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": said.get("title", "Papers KG"),
        "description": said.get(
            "description", "Machine-learning papers and what they name, as read by papers-kg."
        ),
        "url": source.base,
        "license": said.get("license", _UNKNOWN),
        "citeAs": said.get("bibliographicCitation", said.get("title", "Papers KG")),
        "version": "1.0.0",
        "datePublished": _newest(source),
        "distribution": files,
        "recordSet": records,
    }
    out.write(json.dumps(metadata, ensure_ascii=False, indent=1).encode() + b"\n")


def _newest(source: Source) -> str:
    """Return the latest date of a paper: the day of the build is kept nowhere, on purpose."""
    dates = [x.paper.date for x in source.extractions() if x.paper.date]
    year, month, day = (*max(dates, default="1970").split("-"), "01", "01")[:3]
    return f"{year}-{month}-{day}"


def _file(path: Path, kind: str) -> dict[str, Any]:
    with path.open("rb") as content:
        digest = _digest(content)
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": kind,
        "sha256": digest,
    }


def _digest(content: IO[bytes]) -> str:
    digest = sha256()
    while chunk := content.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def _records(name: str, file: str, fields: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": {"@id": f"{name}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{field}",
                "name": f"{name}/{field}",
                "description": about,
                "dataType": kind,
                "source": {"fileObject": {"@id": file}, "extract": {"column": field}},
            }
            for field, (kind, about) in fields.items()
        ],
    }


_PAPER_FIELDS = {
    "id": ("sc:Text", "The local part of the paper's IRI."),
    "title": ("sc:Text", "The title, as read."),
    "abstract": ("sc:Text", "The abstract, as read."),
    # as a date: mlcroissant reads the file with pandas, which takes this column for one
    "date": ("sc:Date", "When it appeared: YYYY, YYYY-MM or YYYY-MM-DD."),
    "arxiv_id": ("sc:Text", "The arXiv identifier, without a version."),
    "doi": ("sc:Text", "The DOI."),
    "venue": ("sc:Text", "Where it appeared."),
}
_ENTITY_FIELDS = {
    "id": ("sc:Text", "The local part of the entity's IRI."),
    "name": ("sc:Text", "Its best-known name."),
    "type": ("sc:Text", "Model, Method, Dataset, Benchmark, Task or Metric."),
    "generic": ("sc:Boolean", "Whether the name describes a kind of thing."),
    "papers": ("sc:Integer", "How many papers name it."),
    "aliases": ("sc:Text", "Other spellings, parted by |; one in a spelling follows a \\."),
}
#: "Copyright not evaluated": what may be said of a graph whose licence nobody has told.
_UNKNOWN = "https://rightsstatements.org/vocab/CNE/1.0/"
#: The context that version 1.0 of the format prescribes, as far as our metadata use it.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

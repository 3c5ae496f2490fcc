"""Bibliographies: BibTeX (bibtexparser), RIS (rispy) and Atom as arXiv's API writes it.

BibTeX and RIS are cut into entries first, so that a broken one costs only itself and has a line.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

import rispy
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from kg.errors import FormatError
from kg.read.fields import Record
from kg.read.sources import Content, open_bytes, open_text

__all__ = ["atom_fields", "read_atom", "read_bibtex", "read_ris"]

_BIBTEX_START = re.compile(r"^\s*@\s*(?P<type>[A-Za-z]+)\s*[{(]")
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"


def _entries(content: Content, start: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each stretch that opens with a line which *start* matches."""
    first = 0
    kept: list[str] = []
    with open_text(content) as lines:
        for number, line in enumerate(lines, 1):
            if start.match(line):
                if kept:
                    yield first, "".join(kept)
                first, kept = number, [line]
            elif kept:
                kept.append(line)
    if kept:
        yield first, "".join(kept)


def read_bibtex(content: Content) -> Iterator[Record]:
    """Yield the entries of a ``.bib`` file; ``@string`` and ``@comment`` are no entries.

    LaTeX accents and the braces that guard capitals are the writing of the format, as escapes are
    in JSON, and are read as what they stand for.
    """
    # they take a tenth of a second, and few inputs want them
    from bibtexparser.bibdatabase import UndefinedString  # noqa: PLC0415
    from bibtexparser.bparser import BibTexParser  # noqa: PLC0415
    from pyparsing import ParseException  # noqa: PLC0415

    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    parser.expect_multiple_parse = True
    for line, text in _entries(content, _BIBTEX_START):
        kind = _BIBTEX_START.match(text)
        if kind and kind["type"].lower() in ("comment", "preamble"):
            continue
        parser.bib_database.entries.clear()
        try:
            parser.parse(text, partial=True)
        except UndefinedString as error:
            yield Record(line, {}, f"uses the name {error.args[0]!r}, which no @string defines")
            continue
        except (ParseException, ValueError, TypeError, IndexError, RecursionError):
            yield Record(line, {}, "is a broken BibTeX entry")
            continue
        if parser.bib_database.entries:
            entry = dict(parser.bib_database.entries[0])
            yield Record(line, {name: _from_latex(str(value)) for name, value in entry.items()})
        elif not kind or kind["type"].lower() != "string":
            yield Record(line, {}, "is a broken BibTeX entry")


def _from_latex(text: str) -> str:
    from bibtexparser.latexenc import latex_to_unicode  # noqa: PLC0415

    # Inside $…$ the backslashes belong to the formula.
    parts = re.split(r"(\$[^$\n]*\$)", text)
    plain = [
        part if part.startswith("$") and len(part) > 1 else re.sub(r"\\([%&#_$])", r"\1", part)
        for part in parts
    ]
    return "".join(
        part if part.startswith("$") and len(part) > 1 else str(latex_to_unicode(part))
        for part in plain
    )


def read_ris(content: Content) -> Iterator[Record]:
    """Yield the references of a RIS file, each from its ``TY``; a missing ``ER`` is no fault."""
    for line, text in _entries(content, re.compile(r"^\s*TY {1,2}-")):
        body = re.split(r"(?m)^ER {1,2}-.*$", text)[0].strip()
        try:
            found: list[dict[str, Any]] = rispy.loads(f"{body}\nER  - \n", skip_unknown_tags=True)
        except (ValueError, KeyError, IndexError, OSError, TypeError):
            found = []
        yield Record(line, found[0]) if found else Record(line, {}, "is a broken RIS reference")


def read_atom(content: Content) -> Iterator[Record]:
    """Yield the entries of an Atom feed; where its XML breaks, what came before is kept.

    Raises ``FormatError`` for XML that is broken from the start, or that declares a document type:
    entities are a way to attack (CWE-776), and no feed needs them.
    """
    name, count = content.source.name, 0
    with open_bytes(content) as stream:
        try:
            for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
                if element.tag == f"{_ATOM}entry":
                    count += 1
                    yield Record(None, atom_fields(element))
                    element.clear()
        except DefusedXmlException as error:
            message = "declares a document type, which is not read for safety; remove <!DOCTYPE …>"
            raise FormatError(message, source=name) from error
        except (ParseError, ValueError, LookupError) as error:
            line = error.position[0] if isinstance(error, ParseError) else None
            if not count:
                raise FormatError(f"is broken XML ({error})", source=name, line=line) from error
            yield Record(line, {}, f"is broken XML ({error}); what follows entry {count} is lost")


def atom_fields(entry: Any) -> dict[str, Any]:  # noqa: ANN401 - an Element of defusedxml, untyped
    """Return what an ``<entry>`` says, under names that ``kg.read.fields`` knows."""

    def text(tag: str) -> str:
        return "".join(found.itertext()) if (found := entry.find(tag)) is not None else ""

    links = [link.get("href", "") for link in entry.findall(f"{_ATOM}link")]
    return {
        "title": text(f"{_ATOM}title"),
        "abstract": text(f"{_ATOM}summary") or text(f"{_ATOM}content"),
        "id": text(f"{_ATOM}id"),
        "date": text(f"{_ATOM}published") or text(f"{_ATOM}updated"),
        "authors": [
            "".join(name.itertext()).strip() for name in entry.findall(f"{_ATOM}author/{_ATOM}name")
        ],
        "doi": text(f"{_ARXIV}doi"),
        "journal_ref": text(f"{_ARXIV}journal_ref"),
        "urls": [*links, text(f"{_ARXIV}comment")],
    }

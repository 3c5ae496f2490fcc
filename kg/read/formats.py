"""The table of formats, and how a file's beginning gives its format away."""

import json
import re
from collections.abc import Callable, Iterator

from kg.errors import FormatError
from kg.read.bibliography import read_atom, read_bibtex, read_ris
from kg.read.fields import Record
from kg.read.pages import is_page, read_html, read_page
from kg.read.records import read_json, read_jsonl, read_table, sniff_table
from kg.read.sources import Content

__all__ = ["READERS", "recognise"]

#: A new format is a reader of this shape, its name here, and a line in :func:`recognise`.
READERS: dict[str, Callable[[Content], Iterator[Record]]] = {
    "atom": read_atom,
    "bibtex": read_bibtex,
    "csv": read_table,
    "html": read_html,
    "json": read_json,
    "jsonl": read_jsonl,
    "page": read_page,
    "ris": read_ris,
    "tsv": read_table,
}
_BINARY = {
    "%PDF": "a PDF file",
    "PK\x03\x04": "a ZIP archive",
    "\x89PNG": "a picture",
    "PAR1": "a Parquet file",
}


def recognise(content: Content) -> str:
    """Return the name of the format that *content* begins like.

    Raises ``FormatError``, which names the formats that would do.
    """
    head = content.head.lstrip("\ufeff \t\r\n")
    for format_, is_it in _SIGNS.items():
        if is_it(head):
            return format_
    what = next((f"is {what}" for sign, what in _BINARY.items() if head.startswith(sign)), "")
    raise FormatError(
        f"{what or 'is in no format that is known'}; known are {', '.join(READERS)} "
        "(name one with --format if the content does not show it)",
        source=content.source.name,
    )


def _is_jsonl(head: str) -> bool:
    if not head.startswith(("{", "[")):
        return False
    first, _, rest = head.partition("\n")
    if rest.lstrip().startswith("{") and len(first.strip()) > 1:
        return True
    try:
        return head.startswith("{") and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _is_atom(head: str) -> bool:
    return head.startswith("<") and re.search(r"<(?:\w+:)?feed[\s>]", head[:4096]) is not None


def _is_html(head: str) -> bool:
    return (
        re.match(r"(?is)<(?:!doctype html|!--|html|head|body|main|div|section|article)", head)
        is not None
    )


_SIGNS: dict[str, Callable[[str], bool]] = {
    "jsonl": _is_jsonl,
    "json": lambda head: re.match(r"\{|\[\s*[\[{\]\"\d-]", head) is not None,
    "atom": _is_atom,
    "html": _is_html,
    "ris": lambda head: re.match(r"TY {1,2}- ?\w", head) is not None,
    "bibtex": lambda head: re.search(r"(?m)^[ \t]*@[ \t]*[A-Za-z]+[ \t]*[{(]", head) is not None,
    "csv": lambda head: sniff_table(head) is not None,
    "page": is_page,
}

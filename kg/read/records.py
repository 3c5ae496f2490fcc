"""Records of JSON, JSON Lines, CSV and TSV."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any

import ijson

from kg.errors import FormatError
from kg.read.fields import INNER, LISTS, Record, has_field
from kg.read.sources import Content, open_bytes, open_text

__all__ = ["read_json", "read_jsonl", "read_table", "sniff_table"]

_DELIMITERS = ",\t;|"
# ijson joins the pieces of a long text anew for each buffer; at its own 64 KiB that is quadratic.
_BUFFER = 4 << 20
_BROKEN = (ijson.JSONError, ValueError, RecursionError, OverflowError)


def read_jsonl(content: Content) -> Iterator[Record]:
    """Yield a record for each line, or for each item of a list that the line's object wraps."""
    with open_text(content) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(
                    line, parse_float=str
                )  # 2106.10000 is an arXiv id, and stays one
            except (ValueError, RecursionError) as error:
                yield Record(number, {}, f"is broken JSON ({_reason(error)})")
            else:
                yield from _from_value(value, number)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.colno}"
    return "a number or a nesting beyond all measure"


def _from_value(value: Any, line: int | None) -> Iterator[Record]:  # noqa: ANN401 - any JSON
    if not isinstance(value, Mapping):
        yield Record(line, {}, f"is no record but {_kind(value)}")
        return
    lists = [value[name] for name in value if name in LISTS and isinstance(value[name], list)]
    if lists and not has_field("title", value):
        for inner in lists[0]:
            yield from _from_value(inner, line)
    else:
        yield Record(line, value)


def _kind(value: Any) -> str:  # noqa: ANN401 - any JSON
    kinds = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def read_json(content: Content) -> Iterator[Record]:
    """Yield the records of a list, of a list inside an object, or the one object that is a record.

    The document is streamed. Where it breaks, what came before is kept, and the break is a fault.
    """
    place = _list_place(content)
    count = 0
    with open_bytes(content) as stream:
        try:
            for value in ijson.items(stream, place, multiple_values=True, buf_size=_BUFFER):
                count += 1
                yield from _from_value(_plain(value), None)
        except _BROKEN as error:
            line, why = _break(content)
            if not count:
                message = f"is broken JSON ({why})"
                raise FormatError(message, source=content.source.name, line=line) from error
            yield Record(line, {}, f"is broken JSON ({why}); what follows record {count} is lost")


def _list_place(content: Content) -> str:
    """Return ijson's prefix of the records, read no further than where the first of them begins."""
    name = content.source.name
    with open_bytes(content) as stream:
        try:
            events = ijson.parse(stream, multiple_values=True, buf_size=_BUFFER)
            for prefix, event, value in events:
                last = prefix.rpartition(".")[2]
                if event == "start_array" and (not prefix or last in LISTS):
                    return f"{prefix}.item".lstrip(".")
                if (
                    event == "map_key"
                    and not prefix
                    and (has_field("title", [value]) or value in INNER)
                ):
                    return ""
                if not prefix and event not in ("start_map", "map_key", "end_map"):
                    break
        except _BROKEN as error:
            line, why = _break(content)
            raise FormatError(f"is broken JSON ({why})", source=name, line=line) from error
    raise FormatError(
        "is JSON, but neither a list of records, nor a record with a title, nor an object with a "
        "list of records under a name such as “results” or “papers”",
        source=name,
    )


def _break(content: Content) -> tuple[int | None, str]:
    """Return the line where JSON breaks and why, which ijson does not tell."""
    with open_bytes(content) as stream:
        text = stream.read(64 << 20)
    try:
        json.loads(text.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        return error.lineno, _reason(error)
    except (ValueError, RecursionError) as error:
        return None, _reason(error)
    return None, "a number or a character that no record holds"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return *value* with ijson's decimals as they were written: 2106.10000 keeps its noughts."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | None) else str(value)


def sniff_table(head: str) -> str | None:
    """Return the delimiter of a table whose first row names a title and an abstract, else None."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    for delimiter in _DELIMITERS:
        names = next(csv.reader([line[:10_000]], delimiter=delimiter), [])
        if has_field("title", names) and has_field("abstract", names):
            return delimiter
    return None


def read_table(content: Content) -> Iterator[Record]:
    """Yield a record for each row of CSV or TSV; the first row names the columns, in any order."""
    delimiter = sniff_table(content.head)
    if delimiter is None:
        raise FormatError(
            "has no first row that names a column “title” and a column “abstract”",
            source=content.source.name,
        )
    csv.field_size_limit(1 << 30)  # the standard 128 KiB would stop at one long cell
    header: list[str] = []
    with open_text(content, newline="") as lines:
        rows = csv.reader(lines, delimiter=delimiter)
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows, None)
            except csv.Error as error:
                yield Record(line, {}, f"is no row of a table ({error})")
                continue
            if row is None:
                return
            if not header:
                header = row if any(row) else []
            elif any(row):
                yield Record(line, dict(zip(header, row, strict=False)))

"""Find the input files, tell how they are packed and written, and open them as text.

A file is read twice: once to hash it and to see that it can be read at all, and once for its
records, so that no more than a record of a large file has to be in memory.
"""

import codecs
import gzip
import io
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

from kg.errors import FormatError, InputError, InputNotFoundError

__all__ = ["Content", "Source", "examine", "find_sources", "open_bytes", "open_text"]

#: What a folder is searched for; a file named directly may have any suffix.
SUFFIXES = (
    *(".atom", ".bib", ".bibtex", ".csv", ".htm", ".html", ".json", ".jsonl", ".ndjson", ".ris"),
    *(".text", ".tsv", ".txt", ".xml"),
)
_CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """An input file: the *name* that papers remember, and whether the user *named* it himself."""

    name: str
    path: Path
    named: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """What the first reading found: the hash of the bytes as they lie, the packing, the beginning.

    *mixed* tells that bytes which are no UTF-8 were read as Windows-1252.
    """

    source: Source
    sha256: str
    gzipped: bool
    encoding: str
    head: str
    mixed: bool


@contextmanager
def find_sources(inputs: Sequence[str | Path]) -> Iterator[tuple[Source, ...]]:
    """Give the files behind *inputs* (files, folders, patterns, ``-``), each once, sorted by name.

    Raises ``InputNotFoundError`` for what leads to no file. What comes from a pipe is kept in a
    temporary file while the context lasts.
    """
    with ExitStack() as stack:
        found: dict[Path, bool] = {}
        streams: list[Source] = []
        for item in dict.fromkeys(str(item) for item in inputs):
            if item == "-":
                streams.append(Source("stdin", _spool(sys.stdin.buffer, stack)))
            elif _is_pipe(item):
                with Path(item).open("rb") as pipe:
                    streams.append(Source(Path(item).name, _spool(pipe, stack)))
            else:
                for path, named in _files(item):
                    real = path.resolve()
                    found[real] = found.get(real, False) or named
        named_files = _named(found)
        yield tuple(sorted([*named_files, *streams], key=lambda source: source.name))


def _is_pipe(item: str) -> bool:
    try:
        mode = Path(item).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def _spool(stream: IO[bytes], stack: ExitStack) -> Path:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kg-"))
    path = Path(folder) / "stdin"
    with path.open("wb") as out:
        shutil.copyfileobj(stream, out, _CHUNK)
    return path


def _files(item: str) -> Iterator[tuple[Path, bool]]:
    path = Path(item)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:  # a name too long, or with a NUL in it
        raise InputNotFoundError("no file can have such a name", source=item[:80]) from error
    if is_folder:
        yield from ((inside, False) for inside in _in_folder(path))
    elif is_file:
        yield path, True
    elif has_magic(item):
        matches = sorted(glob(item, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        if not matches:
            raise InputNotFoundError("no file matches this pattern", source=item)
        for match in matches:
            if Path(match).is_dir():
                continue
            yield Path(match), True
    else:
        raise InputNotFoundError("there is no such file or folder", source=item)


def _in_folder(folder: Path) -> Iterable[Path]:
    inside = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and _suffix(path) in SUFFIXES
    ]
    if not inside:
        raise InputNotFoundError(
            f"the folder holds no input file ({', '.join(SUFFIXES)}; also with .gz)",
            source=str(folder),
        )
    return inside


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _named(found: dict[Path, bool]) -> list[Source]:
    """Give each file the shortest end of its path that no other input ends in."""
    sources = []
    for path, named in found.items():
        length = 1
        while length < len(path.parts) and any(
            other != path and other.parts[-length:] == path.parts[-length:] for other in found
        ):
            length += 1
        sources.append(Source("/".join(path.parts[-length:]), path, named))
    return sources


def examine(source: Source) -> Content:
    """Read *source* through once and say how its text is to be had.

    Raises ``FormatError`` for an empty or damaged file, ``InputError`` for one that does not open.
    """
    digest = sha256()
    try:
        with source.path.open("rb") as raw:
            gzipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            while chunk := raw.read(_CHUNK):
                digest.update(chunk)
        head, encoding, mixed = _survey(source, gzipped=gzipped)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(
            "is a damaged gzip file, perhaps cut short; fetch or pack it again", source=source.name
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be read: {reason}", source=source.name) from error
    if not head.strip("\ufeff \t\r\n\x00"):
        raise FormatError("is empty", source=source.name)
    return Content(source, digest.hexdigest(), gzipped, encoding, head, mixed)


def _survey(source: Source, *, gzipped: bool) -> tuple[str, str, bool]:
    """Return the first characters, the encoding, and whether some bytes are no UTF-8."""
    with _open(source.path, gzipped=gzipped) as stream:
        head = stream.read(_HEAD)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            while stream.read(_CHUNK):
                pass
            return head.decode("utf-16", "replace"), "utf-16", False
        decoder = codecs.getincrementaldecoder("utf-8")()
        mixed = False
        chunk = head
        while chunk:
            mixed = mixed or not _decodes(decoder, chunk)
            chunk = stream.read(_CHUNK)
        mixed = mixed or not _decodes(decoder, b"", final=True)
        _know_mixed()
        return head.decode("utf-8-sig", "kg-windows"), "utf-8-sig", mixed


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _know_mixed() -> None:
    # Only the offending bytes are read otherwise, so that one old record does not spoil the others.
    codecs.register_error("kg-windows", _as_windows)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


def _open(path: Path, *, gzipped: bool) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if gzipped else path.open("rb")


def open_text(content: Content, *, newline: str | None = None) -> TextIO:
    """Open the text of *content*, unpacked and decoded, for reading line by line."""
    _know_mixed()
    errors = "replace" if content.encoding == "utf-16" else "kg-windows"
    stream = _open(content.source.path, gzipped=content.gzipped)
    return io.TextIOWrapper(stream, encoding=content.encoding, errors=errors, newline=newline)


def open_bytes(content: Content) -> BinaryIO:
    """Open the text of *content* as UTF-8 without byte-order mark, for parsers that want bytes."""
    if content.encoding == "utf-16" or content.mixed:
        with open_text(content, newline="") as text:
            return io.BytesIO(text.read().encode("utf-8", "replace"))
    stream = _open(content.source.path, gzipped=content.gzipped)
    if stream.read(3) != codecs.BOM_UTF8:
        stream.seek(0)
    return stream

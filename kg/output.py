"""An output folder that is complete or untouched, whatever happens while it is written."""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from kg.errors import KgError, OutputError

__all__ = ["replacing", "write_text"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def replacing(folder: Path, own: frozenset[str]) -> Iterator[Path]:
    """Give an empty folder beside *folder*, and put it in the place of *folder* if all went well.

    What stands in *folder* and is not among the names in *own* is kept. The exchange is one system
    call where the system has it (Linux), so that a reader sees the old folder or the new one.
    Raises ``OutputError`` if anything cannot be written; *folder* is then as it was.
    """
    target = folder.resolve()
    try:
        _sweep(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        _check(target, own)
        draft = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=target.parent))
        draft.chmod(0o777 & ~_umask())
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({_reason(error)})") from error
    try:
        yield draft
        _keep(target, draft, own)
        _exchange(draft, target)
    except OSError as error:
        if isinstance(error, KgError):  # a missing input is an OSError too
            raise
        raise OutputError(
            f"{folder}: cannot be written ({_reason(error)}); what was there is untouched"
        ) from error
    finally:
        _remove(draft)


def write_text(path: Path, text: str) -> None:
    """Write *text* to *path*, all of it or nothing; raise ``OutputError`` if that fails."""
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=path.parent, delete=False
        ) as out:
            draft = Path(out.name)
            out.write(text)
        draft.chmod(0o666 & ~_umask())
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({_reason(error)})") from error


def _prefix(target: Path) -> str:
    return f".{target.name}.building-{os.getpid()}-"


def _remove(folder: Path) -> None:
    """Remove a folder, its files at once: some disks take a second to let go of a large one."""
    with suppress(OSError), ThreadPoolExecutor() as aside:
        for path in folder.iterdir():
            if not path.is_dir():
                aside.submit(path.unlink)
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove what killed builds left; the name of a draft tells the process that writes it."""
    for left in target.parent.glob(f".{target.name}.building-*-*"):
        process = left.name.rsplit("building-", 1)[1].split("-")[0]
        if not (process.isdigit() and _is_alive(int(process))):
            _remove(left)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _check(target: Path, own: frozenset[str]) -> None:
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target}: is a file, not a folder; give another name with -o")
    if target.is_dir():
        names = {path.name for path in target.iterdir()}
        strange = names - own - {"README.md", ".gitignore", ".gitkeep", "decisions.csv"}
        if strange and not names & own:
            some = ", ".join(sorted(strange)[:3])
            raise OutputError(
                f"{target}: holds other things ({some}) and no graph; give an empty or new folder"
            )


def _keep(target: Path, draft: Path, own: frozenset[str]) -> None:
    if not target.is_dir():
        return
    for path in target.iterdir():
        if path.name not in own and not (draft / path.name).exists():
            if path.is_dir() and not path.is_symlink():
                shutil.copytree(path, draft / path.name, symlinks=True)
            else:
                shutil.copy2(path, draft / path.name, follow_symlinks=False)


def _exchange(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    if sys.platform == "linux" and _renameat2(draft, target):
        return
    old = draft.with_name(draft.name + "-old")
    target.rename(old)
    draft.rename(target)
    _remove(old)


def _renameat2(first: Path, second: Path) -> bool:
    """Exchange two paths; return False where the system or the file system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.ENOSYS, errno.EINVAL}:
        return False
    raise OSError(code, os.strerror(code))


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    return error.strerror or str(error)

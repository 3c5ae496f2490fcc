"""An Oxigraph server of our own: a process that answers queries on one state of a graph."""

import asyncio
import ctypes
import os
import resource
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from kg.errors import QueryError
from kg.served import SERVED
from kg.store import EVIDENCE, PLAIN, STORE, open_store, stamp

__all__ = ["Backend", "fits_in_memory", "start_backend"]

_STARTING = 30.0
_LOADING = 1800.0
_IN_MEMORY_BYTES = 1 << 29
_PR_SET_PDEATHSIG = 1


@dataclass(eq=False)
class Backend:
    """A running server: its *url*, and the *identity* of the store that it answers from."""

    url: str
    identity: tuple[int, ...]
    process: asyncio.subprocess.Process
    folder: Path
    in_memory: bool
    #: how many queries are being answered by it
    busy: int = 0

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self.process.returncode is None

    async def settle(self) -> None:
        """Wait a moment for the end of a process that may be dying."""
        try:
            async with asyncio.timeout(0.2):
                await self.process.wait()
        except TimeoutError:
            return

    async def stop(self, *, patience: float = 0) -> None:
        """End the process, after the queries that still run or *patience* seconds."""
        end = asyncio.get_running_loop().time() + patience
        while self.busy and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
        if self.is_running:
            self.process.kill()
        await self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def fits_in_memory(output: Path) -> bool:
    """Tell whether the RDF files of *output* are small enough to be served from memory.

    They are up to 512 MiB, or a sixth of what the machine has: a graph takes less than twice the
    memory that its files take on disk.
    """
    try:
        sizes = [(output / name).stat().st_size for name in ("graph.ttl", "evidence.nq")]
    except OSError:
        return False
    return sum(sizes) <= max(_IN_MEMORY_BYTES, _memory() // 6)


def _memory() -> int:
    """Return how many bytes of memory the machine has; 0 if the system does not tell."""
    if sys.platform != "linux":
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


async def start_backend(output: Path, *, in_memory: bool) -> Backend:
    """Start a server on the graph in *output* and return it once it answers.

    It works on links of its own to the files, so that a build may replace the folder meanwhile.
    A query that takes too long ends with the process. Raise ``GraphError`` if there is no graph,
    ``QueryError`` if the server cannot be started.
    """
    open_store(output)
    program = Path(sys.executable).with_name("oxigraph")
    if not program.is_file():
        raise QueryError("kg serve needs the oxigraph program: pip install 'papers-kg[serve]'")
    folder, found = _linked(output)
    address = _free_address()
    command = [str(program), "serve" if in_memory else "serve-read-only"]
    command += [] if in_memory else ["--location", str(folder / STORE)]
    # not its --timeout-s: it keeps a thread for each query until that time is over, and runs out
    command += ["--bind", address]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=_child_settings(),
        start_new_session=True,
    )
    backend = Backend(f"http://{address}", found, process, folder, in_memory)
    try:
        await _wait_until_ready(backend)
        if in_memory:
            await _load(backend)
    except BaseException:
        await backend.stop()
        raise
    return backend


def _linked(output: Path) -> tuple[Path, tuple[int, ...]]:
    """Return a folder with hard links to the files of the graph, and the identity of its store.

    All are taken through one open folder: a build that renames it meanwhile changes nothing.
    Where links cannot be made (another file system), the files are copied.
    """
    for parent in (output.resolve().parent, Path(tempfile.gettempdir())):
        try:
            _sweep(parent)
            folder = Path(tempfile.mkdtemp(prefix=f"{SERVED}{os.getpid()}-", dir=parent))
            break
        except OSError:
            continue
    else:
        raise QueryError(f"no folder beside {output} or in the temporary folder can be written")
    home = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in (*PLAIN, EVIDENCE):
            _link(name, home, folder / name)
        store = os.open(STORE, os.O_RDONLY | os.O_DIRECTORY, dir_fd=home)
        try:
            (folder / STORE).mkdir()
            for name in sorted(os.listdir(store)):  # noqa: PTH208 (a folder by its number)
                if not name.startswith("LOG") and name != "LOCK":
                    _link(name, store, folder / STORE / name)
            told = os.fstat(store)
        finally:
            os.close(store)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(home)
    return folder, stamp(told)


def _sweep(parent: Path) -> None:
    """Remove the folders of services that were killed."""
    for left in parent.glob(f"{SERVED}*"):
        owner = left.name.removeprefix(SERVED).partition("-")[0]
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            shutil.rmtree(left, ignore_errors=True)
        except (OSError, ValueError):
            continue


def _link(name: str, folder: int, target: Path) -> None:
    try:
        os.link(name, target, src_dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError:
        source = os.open(name, os.O_RDONLY, dir_fd=folder)
        with open(source, "rb") as read, target.open("wb") as written:  # noqa: PTH123 (a number)
            shutil.copyfileobj(read, written)


def _free_address() -> str:
    # a server in memory could be written to: hardly anybody finds it at a random loopback address
    host = "127.0.0.1"
    if sys.platform == "linux":
        host = f"127.{secrets.randbelow(255)}.{secrets.randbelow(255)}.{2 + secrets.randbelow(252)}"
    with socket.socket() as probe:
        probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"


def _child_settings() -> Callable[[], None]:
    """Return what the child does before it becomes Oxigraph: limit its memory, die with us."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    # elsewhere this limit is not heeded, or cannot be set
    total = _memory()

    def settings() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if total:
            # a query that sorts a product of everything shall end the server, not the machine
            resource.setrlimit(resource.RLIMIT_DATA, (total // 2, total // 2))

    return settings


async def _wait_until_ready(backend: Backend) -> None:
    end = asyncio.get_running_loop().time() + _STARTING
    async with aiohttp.ClientSession() as session:
        while backend.is_running and asyncio.get_running_loop().time() < end:
            try:
                async with session.get(f"{backend.url}/query?query=ASK%7B%7D") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    raise QueryError("the oxigraph server did not start; is the graph damaged? build it again")


async def _load(backend: Backend) -> None:
    parts = [
        *((name, "text/turtle", "default&no_transaction") for name in PLAIN),
        (EVIDENCE, "application/n-quads", "no_transaction"),
    ]
    timeout = aiohttp.ClientTimeout(total=_LOADING)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for name, kind, where in parts:
            if not (backend.folder / name).is_file():
                continue
            with (backend.folder / name).open("rb") as file:
                async with session.post(
                    f"{backend.url}/store?{where}", data=file, headers={"Content-Type": kind}
                ) as response:
                    if response.status >= 300:
                        raise QueryError(f"{name} cannot be loaded: {await response.text()}")

"""Where work is done: in this process, in processes of this machine, or on a Dask cluster.

An engine runs a function of this package over chunks of items. Whatever happens to a worker, each
item has its outcome in the end: a chunk that killed its worker, or did not end, is tried again item
by item, and an item that does so alone is answered with a :class:`Failure`.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kg.errors import ConfigError, ExtractionError

__all__ = [
    "ENGINES",
    "Engine",
    "Failure",
    "Here",
    "answer_of",
    "engine",
    "one_thread",
    "run_all",
    "run_chunks",
]

T = TypeVar("T")
R = TypeVar("R")

ENGINES = ("local", "dask")

#: A chunk that takes so long is taken for one that never ends.
_SECONDS, _SECONDS_EACH = 120.0, 10.0
#: By so much a process lets others go first (POSIX, nice).
_NICE = 10
#: Processes are forked from one that has imported this, where all libraries bear that.
_FORKED, _LOADED = sys.platform == "linux", "kg.forked"
#: Chunks under way for each worker: one that it does, one that waits for it.
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an item has no answer."""

    reason: str


class Engine(Protocol):
    """What runs functions: *workers* at a time."""

    workers: int

    def submit(
        self, function: Callable[..., R], chunk: Sequence[Any], seconds: float
    ) -> "Future[R]":
        """Run ``function(chunk)`` and give what will hold its answer.

        The answer raises an :class:`OSError` if the worker died or took longer than *seconds*.
        """


def run_chunks(
    engine: Engine, function: Callable[[Sequence[T]], Sequence[R]], chunks: Iterable[Sequence[T]]
) -> Iterator[tuple[Sequence[T], Sequence[R | Failure]]]:
    """Yield each of *chunks* with the answers of *function*, one for each item, in their order.

    Memory is held for two chunks a worker. What *function* raises is raised here.
    """
    rest = iter(chunks)
    under_way: deque[tuple[Sequence[T], Future[Sequence[R]]]] = deque()
    while True:
        while len(under_way) < engine.workers * _AHEAD and (chunk := next(rest, None)) is not None:
            # nothing need not go to a worker and back
            near = engine if chunk else Here()
            under_way.append((chunk, near.submit(function, chunk, _patience(chunk))))
        if not under_way:
            return
        chunk, future = under_way.popleft()
        try:
            answers: Sequence[R | Failure] = future.result()
        except BrokenExecutor as error:
            raise ExtractionError(
                "the processes that should read end as they begin, for want of memory perhaps; "
                "try --jobs 1"
            ) from error
        except OSError:
            answers = [_alone(engine, function, item) for item in chunk]
        yield chunk, answers


def run_all(
    engine: Engine, function: Callable[[Sequence[T]], Sequence[R]], chunks: Iterable[Sequence[T]]
) -> Iterator[list[R]]:
    """Yield the answers to each of *chunks*; raise ``ExtractionError`` if one has none."""
    for _, answers in run_chunks(engine, function, chunks):
        for answer in answers:
            if isinstance(answer, Failure):
                raise ExtractionError(f"a part of the work cannot be done: it {answer.reason}")
        yield list(answers)  # type: ignore[arg-type]


def answer_of(future: "Future[R]") -> R:
    """Return the answer that *future* holds; raise ``ExtractionError`` if its worker ended."""
    try:
        return future.result()
    except (OSError, BrokenExecutor) as error:
        raise ExtractionError(
            "a part of the work cannot be done: it ended the process that did it, for want of "
            "memory perhaps; try --jobs 1"
        ) from error


def _patience(chunk: Sequence[Any]) -> float:
    return _SECONDS + _SECONDS_EACH * len(chunk)


def _alone(engine: Engine, function: Callable[[Sequence[T]], Sequence[R]], item: T) -> R | Failure:
    try:
        return engine.submit(function, [item], _patience([item])).result()[0]
    except TimeoutError:
        return Failure(f"could not be read within {_patience([item]):g} s")
    except OSError:
        return Failure("ended the process that read it")


def engine(name: str, jobs: int, cluster: str | None = None) -> AbstractContextManager[Engine]:
    """Return the engine *name* with *jobs* processes, or with the workers of *cluster*.

    One local job is this process itself. Raise ``ConfigError`` for a name that is not known, an
    engine that is not installed, or a cluster that does not answer.
    """
    if name not in ENGINES:
        raise ConfigError(f"there is no engine {name!r}; known are {', '.join(ENGINES)}")
    if name == "dask":
        return _Dask(cluster, jobs)
    return nullcontext(Here()) if jobs == 1 else _Processes(jobs)


class Here:
    """The process that asks."""

    workers = 1

    def submit(
        self, function: Callable[..., R], chunk: Sequence[Any], seconds: float
    ) -> "Future[R]":
        """Run ``function(chunk)`` now."""
        del seconds  # nobody is there to stop it
        future: Future[R] = Future()
        future.set_result(function(chunk))
        return future


class _Processes:
    """Processes of this machine, each with one thread."""

    def __init__(self, jobs: int) -> None:
        self.workers = jobs

    def __enter__(self) -> Engine:
        from multiprocessing import forkserver, get_context  # noqa: PLC0415

        from pebble import ProcessPool  # noqa: PLC0415

        context = get_context("forkserver" if _FORKED else "spawn")
        if _FORKED:
            context.set_forkserver_preload([_LOADED])
            with _same_modules():
                forkserver.ensure_running()
        self._pool = ProcessPool(self.workers, initializer=_apart, context=context)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        # what pebble and Dask offer here is not annotated
        end: Callable[[], None] = self._pool.stop if kind else self._pool.close
        end()
        self._pool.join()

    def submit(
        self, function: Callable[..., R], chunk: Sequence[Any], seconds: float
    ) -> "Future[R]":
        future: Future[R] = self._pool.schedule(function, args=(chunk,), timeout=seconds)
        return future


@contextmanager
def _same_modules() -> Iterator[None]:
    """Let a process that starts here look for modules where this one does.

    The one that forks would look in the current folder first, before Python 3.12.8
    (python/cpython#117378).
    """
    path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
    wanted = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Dask:
    """The workers of a Dask cluster (Rocklin 2015): one that runs, or one of this machine."""

    _client: Any  # what it offers is not annotated

    def __init__(self, address: str | None, jobs: int) -> None:
        self._address = address
        self._jobs = jobs

    def __enter__(self) -> Engine:
        try:
            from distributed import Client  # noqa: PLC0415
        except ImportError as error:
            raise ConfigError(
                "--engine dask needs distributed; install it with `pip install papers-kg[dask]`"
            ) from error
        here = {"n_workers": self._jobs, "threads_per_worker": 1, "dashboard_address": None}
        try:
            self._client = Client(  # type: ignore[no-untyped-call]
                self._address, timeout=20, **({} if self._address else here)
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise ConfigError(f"{self._address}: no Dask scheduler answers there") from error
        threads: dict[str, int] = self._client.nthreads()
        self.workers = max(1, sum(threads.values()))
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._client.cluster is not None:
            self._client.cluster.close()

    def submit(
        self, function: Callable[..., R], chunk: Sequence[Any], seconds: float
    ) -> "Future[R]":
        # a worker that dies is replaced, and its chunk goes to another, a few times
        future = self._client.submit(function, chunk, pure=False)
        return _Answer(partial(_told, future, seconds))


class _Answer(Future[R]):
    """A future that asks when it is asked."""

    def __init__(self, ask: Callable[[], R]) -> None:
        super().__init__()
        self._ask = ask

    def result(self, timeout: float | None = None) -> R:
        del timeout
        return self._ask()


def _told(future: Any, seconds: float) -> Any:  # noqa: ANN401 (Dask's own future, any answer)
    from distributed import KilledWorker  # noqa: PLC0415

    try:
        return future.result(timeout=seconds)
    except KilledWorker as error:
        raise OSError(str(error)) from error
    except TimeoutError:
        future.cancel()
        raise


def _apart() -> None:
    # the store, which the process that asks fills in threads, is what a build waits for
    os.nice(_NICE)
    one_thread()


def one_thread() -> None:
    """Let numpy use one thread, if it is not loaded yet.

    The matrices are small: a second thread mostly waits, and takes its core from another worker
    (512 papers on two cores: 55 s with two threads a process, 26 s with one).
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")

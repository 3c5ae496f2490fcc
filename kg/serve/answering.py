"""Answers from the graph as it stands now: the servers behind the front, as they come and go."""

import asyncio
import json
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO

import aiohttp

from kg.errors import KgError
from kg.query import Options, is_calling_others, prefixes_of
from kg.serve.backend import Backend, fits_in_memory, start_backend
from kg.serve.describe import COUNTS, read_counts
from kg.serve.protocol import Asked, RefusedError
from kg.serve.settings import Settings
from kg.served import leave_note
from kg.sparql import diagnose, names_graphs, prologue
from kg.store import identity

__all__ = ["Answering"]

log = logging.getLogger("kg.serve")

_PIECE = 1 << 16
_WATCHED_EVERY = 0.5
#: What a whole answer may end with, in any format; the server ends a broken one with words.
_ENDS = (b"\n", b"}", b"]", b">")


class Answering:
    """The server that answers now, and what is known of its graph."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._places = asyncio.Semaphore(settings.limits.at_once)
        self._wanted = asyncio.Event()
        self._renewing = asyncio.Lock()
        self._counts: dict[tuple[int, ...], dict[str, dict[str, int]]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._url = ""
        self.prefixes = prefixes_of(settings.output)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold a server, and follow the folder as it is built anew."""
        timeout = aiohttp.ClientTimeout(total=self._limits.query + 2)
        self._backend = await self._start(in_memory=False)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            self._session = session
            watcher = asyncio.create_task(self._watch())
            try:
                yield
            finally:
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)
                for leaving in self._leaving:
                    leaving.cancel()
                await asyncio.gather(*self._leaving, return_exceptions=True)
                await self._backend.stop()

    def announce(self, url: str) -> None:
        """Let ``kg query`` know that the graph is in memory at *url*, once it is."""
        self._url = url
        if url and self._backend.in_memory:
            leave_note(self._backend.folder, url, self._backend.identity)

    async def answer(self, asked: Asked, accept: str, output: IO[bytes]) -> str:
        """Write the answer to *output* and return its media type, chosen by *accept*.

        Raise ``RefusedError`` if it is refused, wrong, too slow or too large.
        """
        async with self._place():
            await self._check(asked.text or "")
            return await self._forward(asked, accept, output)

    async def counted(self) -> dict[str, dict[str, int]]:
        """Return how often each class and property is used, counted once for each graph."""
        backend = self._backend
        if backend.identity not in self._counts:
            counted = read_counts(backend.folder / "void.ttl")
            if counted is not None:
                self._counts = {backend.identity: counted}
                return counted
            counted = {}
            for kind, text in COUNTS.items():
                with tempfile.SpooledTemporaryFile(1 << 22) as answer:
                    accept = "application/sparql-results+json"
                    await self.answer(Asked(text), accept, answer)
                    answer.seek(0)
                    rows = json.load(answer)["results"]["bindings"]
                counted[kind] = {row["term"]["value"]: int(row["n"]["value"]) for row in rows}
            self._counts = {backend.identity: counted}
        return self._counts[backend.identity]

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._limits.patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise RefusedError(503, "too many queries are running; try again later") from error
        try:
            yield
        finally:
            self._places.release()

    async def _check(self, text: str) -> None:
        """Refuse a query that would call other servers."""
        options = Options(seconds=5.0, services=self._settings.services, prefixes=self.prefixes)
        suspect = "service" in text.casefold() or "\\u" in text.casefold()
        if suspect and await asyncio.to_thread(is_calling_others, text, options):
            raise RefusedError(403, "SERVICE is not allowed at this endpoint")

    async def _forward(self, asked: Asked, accept: str, output: IO[bytes]) -> str:
        """Let the server answer; where it died, a new one is asked once more."""
        for _ in range(2):
            backend = await self._alive()
            backend.busy += 1
            try:
                async with asyncio.timeout(self._limits.query):
                    return await self._ask(backend, asked, accept, output)
            except TimeoutError as error:
                # it does not look up from its work: the next queries get a fresh one
                self._wanted.set()
                raise self._late() from error
            except aiohttp.ClientError:
                output.seek(0)
                output.truncate()
                await backend.settle()
            finally:
                backend.busy -= 1
        raise RefusedError(500, "the query broke the server twice; it may have taken all memory")

    async def _alive(self) -> Backend:
        if not self._backend.is_running:
            async with self._renewing:
                if not self._backend.is_running:
                    await self._renew()
        return self._backend

    async def _ask(self, backend: Backend, asked: Asked, accept: str, answer: IO[bytes]) -> str:
        text = prologue(asked.text or "", self.prefixes) + (asked.text or "")
        form = aiohttp.FormData([("query", text), *asked.graphs])
        if not asked.graphs and not names_graphs(text):
            # for each query, since as a setting of the server it would go before FROM
            form.add_field("union-default-graph", "true")
        headers = {"Accept": accept}
        async with self._session.post(f"{backend.url}/query", data=form, headers=headers) as told:
            size = 0
            tail = b""
            async for piece in told.content.iter_chunked(_PIECE):
                size += len(piece)
                if size > self._limits.answer:
                    message = f"the answer is larger than {self._limits.answer} bytes; add a LIMIT"
                    raise RefusedError(400, message)
                answer.write(piece)
                tail = piece[-1:] or tail
            kind = told.headers.get("Content-Type", "text/plain")
            if told.status != 200:
                answer.seek(0)
                message = answer.read().decode(errors="replace")
                if told.status == 400:
                    message = diagnose(asked.text or "", message, self.prefixes)
                raise RefusedError(told.status, message)
            if size and not tail.endswith(_ENDS):
                raise RefusedError(500, "the answer broke off")
            return kind

    def _late(self) -> RefusedError:
        return RefusedError(504, f"the query did not end within {self._limits.query:g} s")

    async def _start(self, *, in_memory: bool) -> Backend:
        return await start_backend(self._settings.output, in_memory=in_memory)

    async def _watch(self) -> None:
        """Follow the folder: a new build, or a server that hangs, is answered with a new server."""
        while True:
            try:
                await self._look()
            except (KgError, OSError, aiohttp.ClientError) as error:
                # the folder is between two states, or broken: the old graph is served on
                log.debug("cannot reopen %s: %s", self._settings.output, error)
            try:
                async with asyncio.timeout(_WATCHED_EVERY):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        found = identity(self._settings.output)
        async with self._renewing:
            stale = not self._backend.is_running or self._backend.identity != found
            if stale or self._wanted.is_set():
                await self._renew()
        wants_memory = self._settings.memory
        if wants_memory is None:
            wants_memory = fits_in_memory(self._settings.output)
        if wants_memory and not self._backend.in_memory:
            fresh = await self._start(in_memory=True)
            if fresh.identity == self._backend.identity:
                self._replace(fresh)
            else:  # built anew while it was loaded
                await fresh.stop()

    async def _renew(self) -> None:
        self._wanted.clear()
        self._replace(await self._start(in_memory=False))
        self.prefixes = prefixes_of(self._settings.output)

    def _replace(self, fresh: Backend) -> None:
        old, self._backend = self._backend, fresh
        self.announce(self._url)
        leaving = asyncio.create_task(old.stop(patience=self._limits.query + 2))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

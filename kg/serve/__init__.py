"""The graph as a SPARQL 1.1 Protocol service with a query page, around an Oxigraph server."""

import asyncio
import signal
from collections.abc import Callable

from aiohttp import web

from kg.errors import QueryError
from kg.serve.app import announce, application
from kg.serve.settings import Limits, Settings

__all__ = ["Limits", "Settings", "application", "serve"]

#: The longest request line: a query may come in the address.
_LINE = 1 << 16


def serve(settings: Settings, host: str, port: int, *, ready: Callable[[str], object]) -> None:
    """Serve a graph at *host* and *port* until Ctrl-C; *ready* gets its address once it answers.

    Raise ``GraphError`` if there is no graph, ``QueryError`` if the server cannot be started.
    """
    asyncio.run(_serve(settings, host, port, ready))


async def _serve(settings: Settings, host: str, port: int, ready: Callable[[str], object]) -> None:
    runner = web.AppRunner(
        application(settings),
        access_log=None,
        handler_cancellation=True,
        keepalive_timeout=settings.limits.sending,
        lingering_time=0.0,  # what comes after a refusal is not read
        max_line_size=_LINE,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=512)
        try:
            await site.start()
        except OSError as error:
            raise QueryError(f"cannot listen at {host}:{port}: {error.strerror}") from error
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{runner.addresses[0][1]}/"
        announce(runner.app, url)
        ready(url)
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()
    finally:
        await runner.cleanup()

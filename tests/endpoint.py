"""A running endpoint for tests: the command, as a person starts it."""

import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from needs import needs


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    kind: str
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Endpoint:
    """A running ``kg serve``."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def query_url(self) -> str:
        """Where queries go."""
        return self.url + "query"

    def ask(self, text: str, accept: str = "text/csv", **more: str) -> Reply:
        """Post a query as a form."""
        body = urllib.parse.urlencode({"query": text, **more}).encode()
        return self.send("POST", "query", body, {"Accept": accept})

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request as it is and return the reply, whatever its status."""
        request = urllib.request.Request(self.url + path, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as got:
                return _reply(got.status, got.headers, got.read())
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error.code, error.headers, error.read())


@contextmanager
def running(output: Path, *options: str) -> Iterator[Endpoint]:
    """Start ``kg serve`` on *output* at a free port, and end it with Ctrl-C."""
    needs("aiohttp")
    needs("oxigraph")
    command = [sys.executable, "-m", "kg", "serve", "-g", str(output), "--port", "0", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        match = re.search(r"http://\S+/", line)
        if match is None:
            raise AssertionError(line + process.stderr.read())
        yield Endpoint(match[0], process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()
            process.stdout.close()
            process.stderr.close()


def children(pid: int) -> list[int]:
    """Return the processes that *pid* has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(number) for number in text.split()]


def wait_until(condition: object, seconds: float = 15.0) -> None:
    """Wait until ``condition()`` is true; fail after *seconds*."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def _reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    kind = headers.get("Content-Type", "").partition(";")[0]
    return Reply(status, kind, body.decode(errors="replace"), dict(headers.items()))

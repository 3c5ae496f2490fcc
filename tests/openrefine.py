"""A running OpenRefine without its window, driven over the HTTP API that its own page uses."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

from needs import needs

Json = dict[str, Any]

_ALL_ROWS = {"facets": [], "mode": "row-based"}
_BOUNDARY = "-a-line-that-no-table-has-"


@dataclass(frozen=True)
class Project:
    """A table in OpenRefine."""

    commands: str
    id: str

    def reconcile(self, column: str, service: str, type_: str = "") -> None:
        """Match the cells of *column* against *service*, all of them or those of a type."""
        config = {
            **_spaces(service),
            "mode": "standard-service",
            "service": service,
            "type": {"id": type_, "name": type_} if type_ else None,
            "autoMatch": True,
            "columnDetails": [],
        }
        self._apply({"op": "core/recon", "columnName": column, "config": config})

    def extend(self, column: str, service: str, *properties: str) -> None:
        """Add columns right of *column* with what *service* knows of the matches in it."""
        wanted = {"properties": [{"id": name, "name": name} for name in properties]}
        operation = {"op": "core/extend-reconciled-data", "baseColumnName": column}
        place = {"endpoint": service, **_spaces(service), "columnInsertIndex": 1}
        self._apply({**operation, **place, "extension": wanted})

    def types(self, column: str, service: str) -> list[str]:
        """Return the types that OpenRefine proposes for *column*, the likeliest first."""
        asked = {"project": self.id, "columnName": column, "service": service}
        found = json.loads(_post(self.commands + "guess-types-of-column", asked)[1])
        return [kind["id"] for kind in found["types"]]

    def judged(self) -> list[tuple[str, str | None]]:
        """Return the judgment and the matched entity of the first cell of each row."""
        asked = urlencode({"project": self.id, "start": 0, "limit": 100})
        found = _get(f"{self.commands}get-rows?{asked}")
        judged = [found["pool"]["recons"][str(row["cells"][0]["r"])] for row in found["rows"]]
        return [(cell["j"], cell.get("m", {}).get("id")) for cell in judged]

    def csv(self) -> list[str]:
        """Return the lines of the table as it is exported."""
        asked = {"project": self.id, "format": "csv", "engine": json.dumps(_ALL_ROWS)}
        return _post(self.commands + "export-rows", asked)[1].splitlines()

    def _apply(self, operation: Json) -> None:
        steps = json.dumps([{**operation, "engineConfig": _ALL_ROWS}])
        told = json.loads(
            _post(self.commands + "apply-operations", {"project": self.id, "operations": steps})[1]
        )
        assert told["code"] in {"ok", "pending"}, told
        end = time.monotonic() + 60
        while _get(f"{self.commands}get-processes?project={self.id}")["processes"]:
            assert time.monotonic() < end, "OpenRefine does not come to an end"
            time.sleep(0.05)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start OpenRefine at a free port, its data in *folder*; yield the address of its commands."""
    program = needs("openrefine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "-i", "127.0.0.1", "-p", str(port), "-d", str(folder), "-m", "256M", "run"]
    # its script looks whether it runs already, past any proxy
    environment = {
        **os.environ,
        "JAVA_OPTIONS": "-Drefine.headless=true",
        "no_proxy": "127.0.0.1",
    }
    # a shell script that starts another: they end together, as a group
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        commands = f"http://127.0.0.1:{port}/command/core/"
        _wait_for(commands + "get-version", process, folder / "log")
        yield commands
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def create(commands: str, csv: str) -> Project:
    """Return a new project of the table *csv*."""
    options = json.dumps({"encoding": "UTF-8", "separator": ",", "headerLines": 1})
    fields = {"project-name": "a column", "format": "text/line-based/*sv", "options": options}
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append(f'name="project-file"; filename="column.csv"\r\n\r\n{csv}')
    lines = [f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts]
    body = "".join([*lines, f"--{_BOUNDARY}--\r\n"])
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    address, _ = _post(commands + "create-project-from-upload", {}, body.encode(), kind)
    return Project(commands, parse_qs(urlsplit(address).query)["project"][0])


def _spaces(service: str) -> Json:
    # the page of OpenRefine reads them off the manifest when a person adds the service
    told = _get(service)
    return {name: told[name] for name in ("identifierSpace", "schemaSpace")}


def _get(address: str) -> Json:
    with urlopen(address, timeout=30) as reply:
        found: Json = json.load(reply)
    return found


def _post(address: str, asked: Json, body: bytes = b"", kind: str = "") -> tuple[str, str]:
    """Return the address where the reply came from, and its text."""
    token = _get(f"{address.rpartition('/')[0]}/get-csrf-token")["token"]
    headers = {"Content-Type": kind} if kind else {}
    content = body or urlencode(asked).encode()
    request = Request(f"{address}?csrf_token={token}", content, headers)
    with urlopen(request, timeout=60) as reply:
        return reply.geturl(), reply.read().decode()


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            _get(address)
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < end, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        else:
            return

"""Virtuoso loads the dump: every quad of it."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs import needs
from pyoxigraph import RdfFormat, parse

Write = Callable[..., Path]

INI = """[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa

[Parameters]
ServerPort = {port}
DirsAllowed = {folder}
NumberOfBuffers = 2000
ServerThreads = 4
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Start a Virtuoso of our own, and return a function that sends it a command of isql."""
    server, isql = needs("virtuoso-t"), needs("isql-vt")
    folder = tmp_path / "virtuoso"
    folder.mkdir()
    port = _free_port()
    (folder / "virtuoso.ini").write_text(INI.format(folder=folder, port=port), encoding="utf-8")
    command = [server, "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:

        def run(statement: str) -> str:
            told = subprocess.run(
                [isql, str(port), "dba", "dba", "VERBOSE=OFF", "BANNER=OFF", f"EXEC={statement}"],
                capture_output=True,
                text=True,
                check=False,
            )
            return told.stdout + told.stderr

        try:
            for _ in range(120):
                if "1" in run("select 1;").split():
                    break
                time.sleep(0.5)
            yield run
        finally:
            process.terminate()


@pytest.mark.slow
def test_virtuoso_loads_every_quad(
    written: Write, ask: Callable[[str], str], tmp_path: Path
) -> None:
    dump = tmp_path / "virtuoso" / "dump.nq"
    dump.write_bytes(written("nquads", "dump.nq").read_bytes())
    quads = list(parse(path=str(dump), format=RdfFormat.N_QUADS))
    # 512: N-Quads; what has no graph goes to the one that is named here
    ask(f"DB.DBA.TTLP_MT(file_to_string_output('{dump}'), '', 'urn:plain', 512);")
    ours = "?g = <urn:plain> || strstarts(str(?g), 'https://w3id.org/papers-kg/graph/')"
    count = f"sparql select count(*) where {{ graph ?g {{ ?s ?p ?o }} filter({ours}) }};"

    assert str(len(set(quads))) in ask(count).split()

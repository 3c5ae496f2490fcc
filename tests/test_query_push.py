"""The graph in another store: Virtuoso, and an Oxigraph server of our own."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
import query_graph
from click.testing import CliRunner
from needs import needs

from kg.cli import main
from kg.errors import ExportError, QueryError
from kg.push import Pushed, Target, push
from kg.query import Options, ask
from kg.questions import bind, library
from kg.resolve import terms

ANSWERS = json.loads((Path(__file__).parent / "data" / "answers.json").read_text(encoding="utf-8"))
GRAPHS = len(query_graph.extractions()) + 1
INI = """
[Database]
DatabaseFile = {folder}/v.db
ErrorLogFile = {folder}/v.log
LockFile = {folder}/v.lck
TransactionFile = {folder}/v.trx
xa_persistent_file = {folder}/v.pxa
[TempDatabase]
DatabaseFile = {folder}/vt.db
TransactionFile = {folder}/vt.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 8
NumberOfBuffers = 10000
MaxDirtyBuffers = 7000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 6
[SPARQL]
ResultSetMaxRows = 100000
"""


@pytest.fixture(scope="module")
def dens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return query_graph.write_graph(tmp_path_factory.mktemp("dens") / "output")


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A Virtuoso of our own, empty."""
    program = needs("virtuoso-t")
    folder = tmp_path_factory.mktemp("virtuoso")
    sql, http = _free_port(), _free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(INI.format(folder=folder, sql=sql, http=http), encoding="ascii")
    url = f"http://127.0.0.1:{http}"
    command = [program, "+foreground", "+configfile", str(ini)]
    with _running(command, f"{url}/sparql?query=ASK%7B%7D"):
        yield Target(f"{url}/sparql-graph-crud-auth", f"{url}/sparql", "dba", "dba")


@pytest.fixture
def oxigraph() -> Iterator[Target]:
    """An Oxigraph server in memory, empty."""
    program = needs(str(Path(sys.executable).with_name("oxigraph")))
    url = f"http://127.0.0.1:{_free_port()}"
    command = [program, "serve", "--bind", url.removeprefix("http://"), "--union-default-graph"]
    with _running(command, f"{url}/query?query=ASK%7B%7D"):
        yield Target(f"{url}/store", f"{url}/query")


@pytest.fixture(scope="module")
def pushed(virtuoso: Target, dens: Path) -> Target:
    assert _push(dens, virtuoso) == Pushed(sent=GRAPHS, unchanged=0, removed=0)
    return virtuoso


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_virtuoso_answers_as_oxigraph(name: str, pushed: Target, dens: Path) -> None:
    asked = library()[name]
    text = bind(asked, terms(asked, ANSWERS[name]["parameters"], dens, Options()))

    assert _answer(pushed.query_url, text) == _answer(dens, text)


def test_names_are_resolved_in_virtuoso(pushed: Target) -> None:
    arguments = ["query", "entity-statements", "-p", "entity=fox net", "-f", "csv"]
    result = CliRunner().invoke(main, [*arguments, "--endpoint", pushed.query_url])

    assert result.exit_code == 0
    assert "FoxNet,https://w3id.org/papers-kg/ontology#evaluatedOn,DenQA,2,0.8" in result.output


def test_wrong_password_is_told(virtuoso: Target, pushed: Target, tmp_path: Path) -> None:
    changed = query_graph.write_graph(tmp_path / "part", papers=2)

    with pytest.raises(ExportError, match="HTTP 401"):
        _push(changed, Target(virtuoso.url, virtuoso.query_url, "dba", "wrong"))


def test_second_push_sends_nothing(oxigraph: Target, dens: Path) -> None:
    first, second = _push(dens, oxigraph), _push(dens, oxigraph)

    assert first == Pushed(sent=GRAPHS, unchanged=0, removed=0)
    assert second == Pushed(sent=0, unchanged=GRAPHS, removed=0)


def test_new_run_replaces_what_changed_and_removes_what_is_gone(
    oxigraph: Target, dens: Path, tmp_path: Path
) -> None:
    part = query_graph.write_graph(tmp_path / "part", papers=4)
    _push(dens, oxigraph)
    back = _push(part, oxigraph)

    # of the papers that stay only what depends on the others is sent again
    assert back.removed == 2
    assert 1 <= back.sent < 5
    assert _triples(oxigraph) == _triples(part)
    assert _push(dens, oxigraph).sent >= 3
    assert _triples(oxigraph) == _triples(dens)


def test_push_that_was_cut_short_goes_on(oxigraph: Target, dens: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        push(dens, oxigraph, tell=stop)

    assert _push(dens, oxigraph) == Pushed(sent=GRAPHS - 3, unchanged=3, removed=0)
    assert _triples(oxigraph) == _triples(dens)


def test_graphs_of_others_are_left_alone(oxigraph: Target, dens: Path) -> None:
    url = f"{oxigraph.url}?graph=https%3A%2F%2Felsewhere.org%2Fg"
    kind = {"Content-Type": "text/turtle"}
    request = urllib.request.Request(url, b"<a:b> <a:b> <a:c> .", kind, method="PUT")
    with urllib.request.urlopen(request, timeout=10):
        pass
    _push(dens, oxigraph)

    with ask(oxigraph.query_url, "ASK { GRAPH <https://elsewhere.org/g> { ?s ?p ?o } }") as answer:
        assert answer.truth()


def test_command_sends_and_tells(oxigraph: Target, dens: Path) -> None:
    arguments = ["--endpoint", oxigraph.url, "--query-endpoint", oxigraph.query_url]
    result = CliRunner().invoke(main, ["push", "-g", str(dens), *arguments])

    assert result.exit_code == 0
    assert result.stdout == f"sent {GRAPHS}, unchanged 0, removed 0 graphs\n"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/store", "ftp://127.0.0.1/store"])
def test_store_that_is_none_is_told(url: str, dens: Path) -> None:
    with pytest.raises((ExportError, QueryError), match=r"127\.0\.0\.1"):
        _push(dens, Target(url, url))


def _push(output: Path, target: Target) -> Pushed:
    return push(output, target, tell=lambda _done, _total: None)


def _answer(source: Path | str, text: str) -> list[list[str]]:
    with ask(source, text, Options(seconds=60)) as answer:
        if answer.form == "ASK":
            return [[str(answer.truth())]]
        if answer.form == "GRAPH":
            return sorted([_value(term) for term in triple] for triple in answer.triples())
        return [[_value(term) for term in row] for row in answer.solutions()]


def _value(term: object) -> str:
    if not isinstance(term, ox.Literal):
        return str(term)
    try:
        # 0.8 is 0.800; and Virtuoso keeps a boolean as a number
        return f"{float(term.value):.6g}"
    except ValueError:
        return {"true": "1", "false": "0"}.get(term.value, term.value)


def _triples(source: Path | Target) -> set[tuple[str, ...]]:
    text = "SELECT ?s ?p ?o { ?s ?p ?o FILTER(?p != kgo:contentHash) }"
    where = source if isinstance(source, Path) else source.query_url
    with ask(where, text) as answer:
        return {tuple(map(str, row)) for row in answer.solutions()}


@contextmanager
def _running(command: list[str], probe: str) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 120
            while time.monotonic() < end:
                assert process.poll() is None, "it did not start"
                with suppress(OSError), urllib.request.urlopen(probe, timeout=5):
                    break
                time.sleep(0.2)
            yield
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port

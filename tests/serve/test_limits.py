"""What one client may not do to the others."""

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from endpoint import Endpoint, children, running, wait_until

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SORTING = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i LIMIT 1"
PRINTING = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
PAPERS = "SELECT (COUNT(*) AS ?n) { ?p a schema:ScholarlyArticle }"


def _is_well(served: Endpoint) -> bool:
    got = served.ask(PAPERS)
    return (got.status, got.text) == (200, "n\r\n6\r\n")


def _connect(served: Endpoint) -> socket.socket:
    parts = urlsplit(served.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


@pytest.mark.parametrize("text", [ENDLESS, SORTING])
@pytest.mark.parametrize("accept", ["text/csv", "application/sparql-results+json"])
def test_query_without_end_is_ended(text: str, accept: str, served: Endpoint) -> None:
    begin = time.monotonic()
    got = served.ask(text, accept=accept)

    assert (got.status, got.text) == (504, "the query did not end within 2 s\n")
    assert time.monotonic() - begin < 8
    assert _is_well(served)


def test_query_that_prints_without_end_is_ended(served: Endpoint) -> None:
    got = served.ask(PRINTING)

    assert got.status in {400, 504}
    assert "LIMIT" in got.text or "did not end" in got.text
    assert _is_well(served)


def test_ended_queries_leave_no_work_behind(dens: Path) -> None:
    with running(dens, "--timeout", "1") as served:
        for text in (ENDLESS, SORTING, ENDLESS):
            served.ask(text)
        # the servers that hung are gone, and none is busy
        wait_until(lambda: len(children(served.process.pid)) == 1, 20)
        before = _cpu(served)
        time.sleep(1)

        assert _cpu(served) - before < 0.5
        assert _is_well(served)


def test_giant_body_is_refused_before_it_is_sent(served: Endpoint) -> None:
    with _connect(served) as client:
        client.sendall(
            b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
            b"Content-Length: 1000000000\r\n\r\n"
        )
        begin = time.monotonic()

        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
        assert time.monotonic() - begin < 5
    assert _is_well(served)


def test_giant_body_of_unknown_length_is_refused(served: Endpoint) -> None:
    with _connect(served) as client:
        client.sendall(
            b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        sent = 0
        try:
            for _ in range(1000):
                client.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
                sent += 0x100000
        except OSError:
            pass  # it hung up on us

        assert sent < 100_000_000
    assert _is_well(served)


def test_giant_address_is_refused(served: Endpoint) -> None:
    with _connect(served) as client:
        client.sendall(b"GET /query?query=" + b"A" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")

        assert client.recv(100).startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 414 "))
    assert _is_well(served)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET /query?query=ASK",
        b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: 100\r\n\r\nASK",
    ],
)
def test_hundred_slow_clients_are_of_no_account(start: bytes, dens: Path) -> None:
    with running(dens) as served:
        clients = [_connect(served) for _ in range(100)]
        try:
            for client in clients:
                client.sendall(start)
            begin = time.monotonic()

            assert all(_is_well(served) for _ in range(5))
            assert time.monotonic() - begin < 5
            # and they are shown the door
            for client in clients:
                client.settimeout(30)
                while client.recv(1000):
                    pass
            assert time.monotonic() - begin < 30
        finally:
            for client in clients:
                client.close()


def test_client_that_does_not_fetch_its_answer_blocks_nobody(served: Endpoint) -> None:
    text = "SELECT * { ?a ?b ?c . ?d ?e kge:foxnet } LIMIT 40000"
    request = (
        f"POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        f"Content-Length: {len(text)}\r\n\r\n{text}"
    ).encode()
    clients = [_connect(served) for _ in range(30)]
    try:
        for client in clients:
            client.sendall(request)
        time.sleep(0.5)

        assert _is_well(served)
    finally:
        for client in clients:
            client.close()


def test_many_at_once_get_right_answers(served: Endpoint) -> None:
    with ThreadPoolExecutor(32) as pool:
        got = list(pool.map(lambda _: served.ask(PAPERS).text, range(200)))

    assert set(got) == {"n\r\n6\r\n"}


def test_answered_queries_leave_no_threads(dens: Path) -> None:
    with running(dens, "--disk") as served:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: served.ask("ASK {}", accept="*/*"), range(300)))
        [backend] = children(served.process.pid)

        assert len(list(Path(f"/proc/{backend}/task").iterdir())) < 150


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<?b)SERVICE#>\n<URL> { ?s ?p ?o } }",
        "SELECT * { \\u0053ERVICE <URL> { ?s ?p ?o } }",
        "SELECT * { \u017fERVICE <URL> { ?s ?p ?o } }",
    ],
)
def test_service_calls_nobody(text: str, served: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
        got = served.ask(text.replace("URL", url))

        assert got.status in {400, 403}
        listener.settimeout(0.3)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_word_service_in_a_string_is_no_call(served: Endpoint) -> None:
    assert served.ask('SELECT * { ?s ?p "customer service" }').status == 200


def test_server_that_died_is_started_again(dens: Path) -> None:
    with running(dens, "--disk") as served:
        [backend] = children(served.process.pid)
        os.kill(backend, signal.SIGKILL)

        assert all(_is_well(served) for _ in range(5))
        assert children(served.process.pid) != [backend]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(how: signal.Signals, dens: Path) -> None:
    with running(dens) as served:
        _is_well(served)
        backends = children(served.process.pid)
        served.process.send_signal(how)
        served.process.wait(15)

        wait_until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in backends), 10)
        assert backends


def test_ended_service_leaves_no_files(dens: Path) -> None:
    with running(dens) as served:
        _is_well(served)
    left = [path.name for path in dens.parent.iterdir() if path.name.startswith(".kg-serve")]

    # the endpoint of the other tests may be running on this folder, with one server or two
    assert len(left) <= 2


def _cpu(served: Endpoint) -> float:
    total = 0.0
    for pid in children(served.process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total

"""Queries from the command line and from Python: answers, limits, mistakes."""

import csv
import io
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import query_graph
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from needs import needs

from kg.cli import main
from kg.errors import GraphError, QueryError
from kg.query import Options, ask
from kg.resolve import resolve
from kg.sparql import calls_others, diagnose, form_of, prologue, tokens, with_values
from kg.tables import markdown, terminal
from kg.vocab import prefixes

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
PRINTING = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FOX = "https://w3id.org/papers-kg/entity/foxnet"


@pytest.fixture(scope="module")
def dens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return query_graph.write_graph(tmp_path_factory.mktemp("dens") / "output")


def kg(dens: Path, *arguments: str, input_: str | None = None) -> Result:
    return CliRunner().invoke(main, ["query", "-g", str(dens), *arguments], input=input_)


# --- answers ----------------------------------------------------------------------------------


def test_list_shows_each_query_with_its_parameters(dens: Path) -> None:
    shown = kg(dens, "--list").output

    assert "most-used-datasets  Most used datasets" in shown
    assert "-p n=20  how many; default: 10" in shown
    assert "-p entity=LoRA  default: must be given" in shown


def test_query_of_the_library_runs_with_a_parameter(dens: Path) -> None:
    result = kg(dens, "most-used-datasets", "--param", "n=1", "-f", "csv")

    assert result.exit_code == 0
    assert list(csv.reader(io.StringIO(result.output))) == [
        ["dataset", "name", "papers"],
        ["https://w3id.org/papers-kg/entity/denqa", "DenQA", "3"],
    ]


def test_query_of_a_file_runs(dens: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.rq"
    file.write_text("SELECT (COUNT(*) AS ?n) { ?p a schema:ScholarlyArticle }", encoding="utf-8")

    assert kg(dens, str(file), "-f", "tsv").output == "?n\n6\n"


def test_file_may_have_parameters_of_its_own(dens: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.rq"
    file.write_text(
        '#+ [parameters]\n#+ e = { type = "entity", example = "FoxNet" }\n'
        "SELECT ?n { VALUES ?e { kge:x } ?e kgo:paperCount ?n }",
        encoding="utf-8",
    )

    assert kg(dens, str(file), "-p", "e=fn", "-f", "tsv").output == "?n\n4\n"


def test_text_is_read_from_standard_input(dens: Path) -> None:
    result = kg(dens, "-e", "-", "-f", "tsv", input_=f"SELECT ?n {{ <{FOX}> kgo:paperCount ?n }}")

    assert result.output == "?n\n4\n"


def test_json_is_the_form_of_the_w3c(dens: Path) -> None:
    told = json.loads(kg(dens, "most-used-datasets", "-p", "n=1", "-f", "json").output)

    assert told["head"]["vars"] == ["dataset", "name", "papers"]
    assert told["results"]["bindings"][0]["name"] == {"type": "literal", "value": "DenQA"}


def test_markdown_is_a_table(dens: Path) -> None:
    shown = kg(dens, "most-used-datasets", "-p", "n=1", "-f", "md").output

    assert shown == (
        "| dataset | name | papers |\n| --- | --- | --- |\n| kge:denqa | DenQA | 3 |\n"
    )


@pytest.mark.parametrize("form", ["CONSTRUCT WHERE { kge:foxnet ?p ?o }", "DESCRIBE kge:foxnet"])
@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("ttl", ox.RdfFormat.TURTLE),
        ("nt", ox.RdfFormat.N_TRIPLES),
        ("jsonld", ox.RdfFormat.JSON_LD),
    ],
)
def test_triples_come_in_each_format(
    dens: Path, form: str, name: str, format_: ox.RdfFormat
) -> None:
    found = list(ox.parse(kg(dens, "-e", form, "-f", name).output, format_))

    assert {quad.subject.value for quad in found} == {FOX}
    assert len(found) == 11


def test_triples_come_as_turtle_if_nothing_is_said(dens: Path) -> None:
    assert "kge:foxnet " in kg(dens, "-e", "DESCRIBE kge:foxnet").output


def test_ask_prints_its_truth(dens: Path) -> None:
    assert kg(dens, "-e", "ASK { kge:foxnet ?p ?o }").output == "true\n"
    assert json.loads(kg(dens, "-e", "ASK { kge:x ?p ?o }", "-f", "json").output) == {
        "head": {},
        "boolean": False,
    }


def test_ask_sets_the_exit_code_when_told_to(dens: Path) -> None:
    assert kg(dens, "-e", "ASK { kge:x ?p ?o }").exit_code == 0
    assert kg(dens, "-e", "ASK { kge:x ?p ?o }", "--exit-code").exit_code == 3
    assert kg(dens, "-e", "ASK { kge:foxnet ?p ?o }", "--exit-code").exit_code == 0


def test_show_prints_the_text_with_its_parameters(dens: Path) -> None:
    shown = kg(dens, "entity-statements", "-p", "entity=FoxNet", "--show").output

    assert f"VALUES ?entity {{ <{FOX}> }}" in shown


def test_explain_prints_the_plan_with_times(dens: Path) -> None:
    needs("oxigraph")
    shown = kg(dens, "most-used-datasets", "--explain").output

    assert "duration in seconds" in shown
    assert "number of results" in shown


def test_same_answer_from_memory_and_from_disk(dens: Path) -> None:
    texts = [kg(dens, "co-occurrence", flag).output for flag in ("--memory", "--disk")]

    assert texts[0] == texts[1]
    assert "kge:foxnet" in texts[0]


def processor_seconds(command: list[str]) -> float:
    """Return the least of the processor that *command* and its children take in five runs."""
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_a_query_begins_and_ends_while_rdflib_is_imported_twice(dens: Path) -> None:
    query = processor_seconds(
        [sys.executable, "-m", "kg", "query", "-g", str(dens), "-e", "ASK {}"]
    )
    rdflib = processor_seconds([sys.executable, "-c", "import rdflib"])

    # a ratio, since the machine may be slow or busy: some 0.22 s beside 0.19
    assert query < 2 * rdflib


def test_query_loads_nothing_heavy() -> None:
    code = (
        "import sys, kg.cli_query;"
        "heavy = 'rdflib networkx spacy aiohttp pandas'.split();"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


# --- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["FoxNet", "foxnet", "Fox Net", "fox-net", "FN", "fn", "kge:foxnet", FOX, " FOXNET "],
)
def test_entity_is_found_by_whatever_people_call_it(name: str, dens: Path) -> None:
    assert resolve(dens, "entity", name, Options()).value == FOX


@pytest.mark.parametrize(
    "name",
    ["2401.00002", "arxiv-2401.00002", "FoxNet: digging for answers", "foxnet digging for answers"],
)
def test_paper_is_found_by_id_and_title(name: str, dens: Path) -> None:
    found = resolve(dens, "paper", name, Options())

    assert found.value == "https://w3id.org/papers-kg/paper/arxiv-2401.00002"


def test_version_is_part_of_a_name(dens: Path) -> None:
    assert resolve(dens, "entity", "FoxNet 2", Options()).value == FOX + "-2"


def test_several_hits_are_asked_back(dens: Path) -> None:
    result = kg(dens, "entity-statements", "-p", "entity=BA")

    assert result.exit_code == 1
    assert "'BA' may be several; give one of: kge:burrow-attention (burrow attention), " in (
        result.output
    )


def test_unknown_entity_is_told_with_near_ones(dens: Path) -> None:
    with pytest.raises(QueryError, match="no entity is called 'burrow'; there are kge:burrow-att"):
        resolve(dens, "entity", "burrow", Options())


@pytest.mark.parametrize("name", ["", "?", "{}", '"', "\\", "a" * 5000, "日本", "kge:a b"])
def test_name_that_names_nothing_is_an_error(name: str, dens: Path) -> None:
    with pytest.raises(QueryError):
        resolve(dens, "entity", name, Options())


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [ENDLESS, PRINTING])
@pytest.mark.parametrize("flag", ["--disk", "--memory"])
def test_query_ends_at_its_time(text: str, flag: str, dens: Path) -> None:
    begin = time.monotonic()
    result = kg(dens, "-e", text, "--timeout", "1", "-f", "csv", flag)

    assert result.exit_code == 1
    assert "did not end within 1 s" in result.output
    assert time.monotonic() - begin < 5


def test_time_on_disk_counts_when_the_query_starts_again_in_memory(
    dens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.query.loading_seconds", lambda _: 3.0)
    begin = time.monotonic()

    with pytest.raises(QueryError, match="within 4 s"), ask(dens, ENDLESS, Options(seconds=4.0)):
        pass

    assert time.monotonic() - begin < 6


@pytest.mark.parametrize("text", ["SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"])
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_answer_ends_at_its_row(text: str, rows: int, dens: Path) -> None:
    with ask(dens, text, Options(rows=rows)) as answer:
        found = list(answer.solutions() if answer.form == "SELECT" else answer.triples())

    assert len(found) == rows
    assert answer.truncated


def test_answer_of_just_so_many_rows_is_whole(dens: Path) -> None:
    with ask(dens, "SELECT * { ?s ?p ?o } LIMIT 7", Options(rows=7)) as answer:
        assert len(list(answer.solutions())) == 7
        assert not answer.truncated


def test_cut_table_says_so(dens: Path) -> None:
    result = kg(dens, "-e", "SELECT * { ?s ?p ?o }", "--rows", "2")

    assert "only the first 2 rows are shown" in result.stderr


def test_ctrl_c_ends_the_query_and_its_process(dens: Path) -> None:
    command = [sys.executable, "-m", "kg", "query", "-g", str(dens), "-e", ENDLESS]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    workers = _wait_for_worker(child.pid)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=10)

    assert child.returncode != 0
    assert "Traceback" not in told
    for pid in workers:
        assert not Path(f"/proc/{pid}").exists()


def test_closed_pipe_ends_the_query_quietly(dens: Path) -> None:
    command = f"{sys.executable} -m kg query -g {dens} -e '{PRINTING}' -f csv | head -1"
    done = subprocess.run(  # noqa: PLW1510 (what the pipe returns is the shell's own)
        ["sh", "-c", command], capture_output=True, text=True, timeout=20
    )

    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


# --- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: the query is empty"),
        (
            "SELECT ?x {\n  ?x kg:name ?y }",
            'line 2, column 6: the prefix "kg:" is not declared; "kgo:"',
        ),
        ("SELECT ?x { ?x zzzz:p ?y }", 'the prefix "zzzz:" is not declared; predeclared are dc:'),
        (
            "SELECT ?x { ?x a kgo:Model",
            "line 1, column 11: the '{' that opens here is never closed",
        ),
        ("SELECT ?x { ?x a kgo:Model }}", "line 1, column 29: this '}' closes nothing"),
        ("SELECT ?x { (?x }", "'}' stands where the '(' of line 1, column 13 should be closed"),
        ("SELEKT ?x { ?x a kgo:Model }", "'SELEKT' is no word of SPARQL; SELECT may be meant"),
        ("SELECT ?x { ?x mentions ?y }", "line 1, column 16: 'mentions' is no word of SPARQL"),
        ('SELECT ?x { ?x rdfs:label "a }', "line 1, column 27: the string that begins here"),
        ("SELECT ?x { ?x ?p ?y } LIMIT ?n", "line 1, column 30: LIMIT takes a whole number"),
        ("SELECT ?x (COUNT(?y) AS ?n) { ?x ?p ?y }", "neither in GROUP BY nor inside an aggregate"),
        ("SELECT ?x { ?x <http://a b> ?y }", "an IRI stands in <...>, with no space in it"),
        ("SELECT ?x { ?x ?p ?y FILTER(?y > ) }", "something is missing between '>' and ')'"),
        ("INSERT DATA { kge:a a kge:b }", "INSERT is an update; the graph is only read here"),
        ("PREFIX a: <b:>\nDELETE WHERE { ?s ?p ?o }", "line 2, column 1: DELETE is an update"),
        ("SELECT ?x WHERE { ?x ?p }", "line 1, column "),
    ],
)
def test_wrong_query_is_told_where_and_why(text: str, message: str, dens: Path) -> None:
    with pytest.raises(QueryError) as error, ask(dens, text):
        pass

    assert message in str(error.value)


def test_place_in_a_file_counts_its_header(dens: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.rq"
    file.write_text('#+ title = "Mine"\n# why\nSELECT ?x { ?x nope:p ?y }', encoding="utf-8")

    assert "line 3, column 16" in kg(dens, str(file)).output


def test_folder_without_a_graph_is_told(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="holds no graph"), ask(tmp_path, "ASK {}"):
        pass


def test_file_that_is_not_there_is_told(dens: Path) -> None:
    assert "No such file" in kg(dens, "nowhere.rq").output


def test_name_and_text_together_are_refused(dens: Path) -> None:
    assert kg(dens, "overview", "-e", "ASK {}").exit_code == 2
    assert kg(dens).exit_code == 2


def test_format_of_the_other_form_is_refused(dens: Path) -> None:
    assert "is not written as csv; known: jsonld, nt, ttl" in (
        kg(dens, "-e", "DESCRIBE kge:foxnet", "-f", "csv").output
    )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
        "SELECT * { service silent <URL> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<?b)SERVICE#>\n<URL> { ?s ?p ?o } }",
        "SELECT * { VALUES ?u { <URL> } SERVICE ?u { ?s ?p ?o } }",
        "PREFIX x: <URL> SELECT * { SERVICE x: { ?s ?p ?o } }",
        "SELECT * { \\u0053ERVICE <URL> { ?s ?p ?o } }",
        "SELECT * { \u017fERVICE <URL> { ?s ?p ?o } }",
        "ASK { BIND('a' AS ?x) #'\nSERVICE <URL> { ?s ?p ?o } }",
        'ASK { BIND("""a"b""" AS ?x) SERVICE <URL> { ?s ?p ?o } }',
        "SELECT * { { SELECT * { SERVICE <URL> { ?s ?p ?o } } } }",
    ],
)
def test_service_calls_nobody_unless_allowed(text: str, dens: Path, listener: list[str]) -> None:
    url = listener[0]
    with pytest.raises(QueryError), ask(dens, text.replace("URL", url)) as answer:
        answer.truth() if answer.form == "ASK" else list(answer.solutions())

    assert listener[1:] == []


def test_service_calls_whom_it_may(dens: Path, listener: list[str]) -> None:
    url = listener[0]
    text = f"SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}"
    with ask(dens, text, Options(services=(url,), seconds=5)) as answer:
        list(answer.solutions())

    assert len(listener) > 1


def test_word_service_in_a_string_is_no_call(dens: Path) -> None:
    with ask(dens, 'SELECT * { ?service ?p "customer service" }') as answer:
        assert list(answer.solutions()) == []


@pytest.fixture
def listener() -> Iterator[list[str]]:
    """The URL of a server of our own, and then the first line of each request that it got."""
    import socket
    import threading

    server = socket.create_server(("127.0.0.1", 0))
    told = [f"http://127.0.0.1:{server.getsockname()[1]}/sparql"]

    def listen() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                told.append(client.recv(1000).decode().partition("\r\n")[0])

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield told
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


# --- the text of queries ----------------------------------------------------------------------


@given(st.text())
def test_tokens_are_found_at_their_places(text: str) -> None:
    lines = text.split("\n")
    for token in tokens(text):
        assert lines[token.line - 1][token.column - 1 :].startswith(token.text.partition("\n")[0])


@given(st.text())
def test_any_wrong_text_gets_a_place_or_a_cause(text: str) -> None:
    message = _refusal(text)

    assert message is None or "line " in diagnose(text, message, prefixes())


@given(st.text(max_size=30))
def test_service_is_seen_behind_whatever_stands_before(junk: str) -> None:
    text = f"SELECT * {{ {junk} SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}"

    hidden = "#" in junk or '"' in junk or "'" in junk
    wrong = _refusal(text.replace("SERVICE", "GRAPH")) is not None

    assert hidden or wrong or calls_others(text, (), ox.Store().query)


def test_prologue_declares_what_is_used_and_not_declared() -> None:
    text = "PREFIX kge: <x:> SELECT * { kge:a kgo:b 'dc:c' } # xsd:d"

    assert prologue(text, prefixes()) == f"PREFIX kgo: <{prefixes()['kgo']}> "


@pytest.mark.parametrize(
    ("text", "form"),
    [("# SELECT\nASK {}", "ASK"), ("PREFIX select: <x:> DESCRIBE <x:>", "DESCRIBE"), ("", "")],
)
def test_form_is_the_first_keyword_of_the_four(text: str, form: str) -> None:
    assert form_of(text) == form


def test_values_go_into_the_outermost_group() -> None:
    text = "CONSTRUCT { ?x a ?y }\nWHERE\n{ ?x a ?y }"

    assert with_values(text, {"y": "<u:v>"}).endswith("\nWHERE\n{ VALUES ?y { <u:v> } ?x a ?y }")
    with pytest.raises(QueryError, match="write the CONSTRUCT out"):
        with_values("CONSTRUCT WHERE { ?x a ?y }", {"y": "<u:v>"})


# --- tables -----------------------------------------------------------------------------------


def test_table_fits_the_terminal() -> None:
    shown = terminal(["a", "number"], [["x" * 200, "5"], ["日本" * 50, "12"]], width=60)

    assert shown.splitlines()[2].endswith("…       5")
    assert all(len(line) <= 60 for line in shown.splitlines())


def test_table_does_nothing_to_the_terminal() -> None:
    assert "\x1b" not in terminal(["a"], [["\x1b[31mred\n"]], width=60)


def test_markdown_cannot_be_broken_out_of() -> None:
    assert markdown(["a"], [["x | y\n<b>"]]).splitlines()[2] == "| x \\| y &lt;b> |"


def _refusal(text: str) -> str | None:
    try:
        ox.Store().query(text, prefixes=prefixes())
    except SyntaxError as error:
        return str(error)
    return None


def _wait_for_worker(parent: int) -> list[int]:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        pids = [int(e.name) for e in Path("/proc").iterdir() if e.name.isdigit()]
        found = [pid for pid in pids if _parent(pid) == parent]
        if found:
            time.sleep(0.3)
            return found
        time.sleep(0.02)
    pytest.fail("no worker was started")


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0

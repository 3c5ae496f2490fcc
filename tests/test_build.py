"""The whole way: pages in, a folder out, the same bytes each time."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import networkx as nx
import pyoxigraph as ox
import pytest
import rdflib

from kg.build import OUTPUT_FILES, build, extract_files, sample_files, shipped_aliases, summary_of
from kg.config import Config
from kg.errors import ConfigError, GraphError, KgError
from kg.names import key
from kg.records import from_record, read_jsonl, to_record
from kg.store import memory_store, open_store
from kg.vocab import prefixes

PAGE = """Daily Papers

ZooNet: Networks that Name Animals

We introduce ZooNet, a convolutional network for image classification. On ImageNet, ZooNet \
outperforms ResNet-50.

A Second Look at ZooNet

We evaluate ZooNet on CIFAR-10 and reach 91.5% accuracy. Low-Rank Adaptation (LoRA) makes it \
smaller.
"""


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each file, the store apart."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def test_a_build_writes_what_it_says(sample_output: Path) -> None:
    names = {path.name + "/" * path.is_dir() for path in sample_output.iterdir()}

    assert names == set(OUTPUT_FILES)


def test_the_sample_gives_a_graph_worth_looking_at(built_sample: Path) -> None:
    summary = summary_of(built_sample)

    assert 40 <= summary.papers <= 60
    assert summary.entries > summary.papers
    assert sum(summary.types.values()) > 150
    assert all(summary.types.values())
    assert summary.relations > 40
    assert summary.results > 5
    assert not summary.skipped


def test_every_offset_slices_to_its_text(built_sample: Path) -> None:
    for extraction in read_jsonl(built_sample / "papers.jsonl"):
        text = extraction.paper.text
        for entity in extraction.entities:
            assert entity.mentions
            for mention in entity.mentions:
                assert text[mention.start : mention.end] == mention.text
                assert 0 <= mention.confidence <= 1
            assert 0 <= entity.role_confidence <= 1
        for result in extraction.results:
            assert text[result.start : result.end] == result.value
        assert from_record(to_record(extraction)) == extraction


def test_every_file_is_read_by_its_own_tools(built_sample: Path) -> None:
    triples = list(ox.parse(path=str(built_sample / "graph.ttl")))
    quads = list(ox.parse(path=str(built_sample / "evidence.nq")))
    told = list(ox.parse(path=str(built_sample / "void.ttl")))
    entities = list(csv.DictReader((built_sample / "entities.csv").read_text("utf-8").split("\n")))
    graph = nx.read_graphml(built_sample / "graph.graphml")

    assert len(rdflib.Graph().parse(built_sample / "graph.ttl")) == len(triples)
    assert len(open_store(built_sample)) == len({*triples, *told}) + len(set(quads))
    assert len(entities) == sum(summary_of(built_sample).types.values())
    assert len(graph) == len(entities) + summary_of(built_sample).papers
    assert "</html>" in (built_sample / "graph.html").read_text(encoding="utf-8")


def test_each_mention_in_the_store_stands_where_it_says(built_sample: Path) -> None:
    query = """SELECT ?m WHERE { ?m nif:referenceContext ?c ; nif:beginIndex ?b ; nif:endIndex ?e ;
      nif:anchorOf ?a . ?c nif:isString ?t FILTER(SUBSTR(?t, ?b + 1, ?e - ?b) != STR(?a)) }"""

    store = open_store(built_sample)

    assert list(store.query(query, prefixes=prefixes(), use_default_graph_as_union=True)) == []


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_under_any_hash_seed(
    built_sample: Path, tmp_path: Path
) -> None:
    reverse = [str(path) for path in reversed(sample_files())]
    # each text is read anew, which is what could differ
    command = [sys.executable, "-m", "kg", "build", *reverse, "--no-cache"]
    command += ["-o", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    subprocess.run(command, env=environment, check=True, capture_output=True)

    assert digests(tmp_path / "out") == digests(built_sample)


def test_a_process_more_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.build._WORTH_A_PROCESS", 1)
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    one, two = (
        list(
            extract_files([page], config=Config(tagger=False, jobs=jobs, cached=False))[
                1
            ].extractions
        )
        for jobs in (1, 2)
    )

    assert one == two


def test_a_store_filled_piece_by_piece_holds_what_the_files_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.writing._GROWN", 5_000)  # bytes, so that every paper is a piece

    build(sample_files(), tmp_path / "o")

    assert set(open_store(tmp_path / "o")) == set(memory_store(tmp_path / "o"))


def test_a_store_that_cannot_be_filled_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __init__(self, _folder: str) -> None: ...

        def bulk_load(self, **_: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("kg.store.Store", Full)

    with pytest.raises(KgError, match="No space left on device"):
        build(sample_files(), tmp_path / "o")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(
    built_sample: Path, tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        address = cluster.scheduler_address
        command = [sys.executable, "-m", "kg", "build", "--sample", "--no-cache"]
        command += ["--engine", "dask", "--cluster", address, "-o", str(tmp_path / "out")]
        building = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 120
        while not (busy := [worker for worker, tasks in client.processing().items() if tasks]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(client.run(os.getpid, workers=busy[:1])[busy[0]], signal.SIGKILL)
        _, told = building.communicate(timeout=300)

    assert building.returncode == 0, told.decode()
    assert digests(tmp_path / "out") == digests(built_sample)


def test_decisions_are_followed(tmp_path: Path) -> None:
    page, table = tmp_path / "page.txt", tmp_path / "decisions.csv"
    page.write_text(PAGE)
    table.write_text("first,second,decision\nZooNet,ResNet-50,same\nLoRA,ImageNet,\n")
    _, found = extract_files([page], config=Config(tagger=False, decisions=table))

    assert any({"ZooNet", "ResNet-50"} <= {e.name, *e.aliases} for e in found.entities)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("first,second,decision\nA,B,perhaps\n", "line 2.*'same'"),
        ("a,b\n1,2\n", "line 2.*wants first"),
    ],
)
def test_a_wrong_decision_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "d.csv"
    table.write_text(text)
    with pytest.raises(ConfigError, match=message):
        extract_files([table], config=Config(decisions=table))


def test_a_missing_decision_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"d\.csv"):
        extract_files([tmp_path], config=Config(decisions=tmp_path / "d.csv"))


def test_bad_input_leaves_the_good_output(sample_output: Path, tmp_path: Path) -> None:
    before = digests(sample_output)
    with pytest.raises(KgError):
        build([tmp_path / "missing.txt"], sample_output)

    assert digests(sample_output) == before


def test_a_killed_build_leaves_the_previous_output(sample_output: Path) -> None:
    before = digests(sample_output)
    command = [sys.executable, "-m", "kg", "build", "--sample", "-o", str(sample_output)]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(sample_output.parent.glob(".output.building-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    assert digests(sample_output) == before
    assert len(open_store(sample_output)) > 100


def test_a_folder_without_a_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="kg build"):
        open_store(tmp_path)
    with pytest.raises(GraphError, match="kg build"):
        summary_of(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "CURRENT").write_text("x")
    with pytest.raises(GraphError, match="cannot be opened"):
        open_store(tmp_path)


def test_the_alias_table_has_no_chain_and_no_clash() -> None:
    table = shipped_aliases()
    meanings: dict[str, str] = {}

    assert len(table) > 5000
    for alias, name in table.items():
        assert table.get(name, name) == name
        assert meanings.setdefault(key(alias), key(name)) == key(name), alias


def test_run_json_says_what_made_the_graph(built_sample: Path) -> None:
    run = json.loads((built_sample / "run.json").read_text(encoding="utf-8"))

    assert run["options"]["strict"] == "false"
    assert [set(item) for item in run["inputs"]] == [{"name", "sha256"}] * len(sample_files())
    assert "spacy" in run["libraries"]

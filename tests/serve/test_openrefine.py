"""OpenRefine itself reconciles a column against ``kg serve``, and fetches columns from it."""

from collections.abc import Iterator

import endpoint
import openrefine
import pytest
import small_graph

TABLE = "system,remark\nfoxnet,its name\nQA,an alias\nDens & Co <7B>,a slip\nno such thing,none\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service of the graph of two papers."""
    output = small_graph.build(tmp_path_factory.mktemp("reconciled") / "output")
    with endpoint.running(output) as served:
        yield served.url + "reconcile"


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running OpenRefine."""
    with openrefine.running(tmp_path_factory.mktemp("refine")) as address:
        yield address


@pytest.fixture
def project(commands: str) -> openrefine.Project:
    return openrefine.create(commands, TABLE)


@pytest.mark.slow
def test_a_column_is_matched(project: openrefine.Project, service: str) -> None:
    project.reconcile("system", service)

    assert project.judged() == [
        ("matched", "foxnet"),
        ("matched", "question-answering"),
        ("matched", "dens"),
        ("none", None),
    ]


@pytest.mark.slow
def test_a_type_narrows_the_matches(project: openrefine.Project, service: str) -> None:
    project.reconcile("system", service, "Task")

    assert [match for _, match in project.judged()] == [None, "question-answering", None, None]


@pytest.mark.slow
def test_types_are_proposed_by_what_is_found(project: openrefine.Project, service: str) -> None:
    assert project.types("system", service)[0] == "Model"


@pytest.mark.slow
def test_matches_bring_columns(project: openrefine.Project, service: str) -> None:
    project.reconcile("system", service, "Model")
    project.extend("system", service, "papers", "usedFor")

    assert project.csv()[:3] == [
        "system,papers,usedFor,remark",
        "FoxNet,2,question answering,its name",
        "QA,,,an alias",
    ]

"""The graph of an output folder as an ``rdflib.Graph`` at Oxigraph's speed.

Importing this module imports rdflib; ``kg.load`` does so when it is first used.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import rdflib
from oxrdflib import OxigraphStore
from oxrdflib._converter import to_ox
from rdflib.query import Result
from rdflib.term import Identifier, Literal, Node, Variable

from kg.sparql import names_graphs, with_values
from kg.store import memory_store, open_store
from kg.vocab import BASE, prefixes

if TYPE_CHECKING:
    import pandas as pd
    from rdflib.graph import _TriplePatternType, _TripleType

__all__ = ["Table", "load"]


def load(output: str | Path, *, memory: bool = False, base: str = BASE) -> rdflib.Graph:
    """Return the graph in the folder *output*, to be read only, with our prefixes bound.

    It holds the plain statements and the evidence as one graph. ``.query(...)`` runs in Oxigraph,
    and its result has ``.to_pandas()``. With *memory* the graph is first copied there (about 4 s
    and 310 MB a million triples), which makes joins over everything several times faster. *base*
    is that of the build. Raise ``GraphError`` if the folder holds no graph.
    """
    disk = open_store(Path(output))
    store = _Reader(store=memory_store(Path(output)) if memory else disk)
    graph = _Graph(store=store, identifier=base, bind_namespaces="none")
    graph.default_union = True
    for prefix, namespace in prefixes(base).items():
        graph.bind(prefix, namespace)
    return graph


class _Graph(rdflib.Graph):
    """An ``rdflib.Graph`` that shows itself in a notebook, and else is as any other."""

    def _repr_html_(self) -> str:
        rows = self.query(
            "SELECT ?class (COUNT(DISTINCT ?node) AS ?nodes) WHERE { ?node a ?class }"
            " GROUP BY ?class ORDER BY DESC(?nodes) ?class LIMIT 20"
        )
        cells = "".join(
            f"<tr><td>{escape(re.split('[/#]', str(row['class']))[-1])}</td>"
            f"<td>{int(row['nodes']):,}</td></tr>"
            for row in map(_named, rows.bindings)
        )
        return f"<table><tr><th>class</th><th>nodes</th></tr>{cells}</table>"


def _named(row: Mapping[Variable, Identifier]) -> dict[str, str]:
    return {str(variable): str(term) for variable, term in row.items()}


class Table(Result):
    """The result of a query."""

    def to_pandas(self) -> "pd.DataFrame":
        """Return the rows of a SELECT as a data frame: IRIs as text, literals as Python values."""
        import pandas as pd  # noqa: PLC0415 (not everybody has it)

        names = [str(variable) for variable in self.vars or ()]
        rows = [
            [_value(row.get(variable)) for variable in self.vars or ()] for row in self.bindings
        ]
        return pd.DataFrame(rows, columns=names)


class _Reader(OxigraphStore):
    """An Oxigraph store whose every graph is the union of all, and which nothing changes."""

    def triples(
        self, triple_pattern: "_TriplePatternType", context: rdflib.Graph | None = None
    ) -> Iterator[tuple["_TripleType", Iterator[rdflib.Graph | None]]]:
        for (s, p, o), _ in super().triples(triple_pattern, None):
            yield (s, p, _plain(o)), iter((context,))

    def __len__(self, context: rdflib.Graph | None = None) -> int:
        return int(super().__len__(None))

    def query(
        self,
        query: Any,  # noqa: ANN401 (a text, or what rdflib made of one)
        initNs: Mapping[str, Any],  # noqa: N803 (rdflib's names)
        initBindings: Mapping[str, Identifier],  # noqa: N803
        queryGraph: str,  # noqa: ARG002, N803
        **kwargs: object,
    ) -> Result:
        # as VALUES, since Oxigraph's own substitution wants the variable in the SELECT clause
        values = {str(name).lstrip("?"): to_ox(term) for name, term in initBindings.items()}
        # asked for the union, Oxigraph would not heed FROM
        graph = "" if names_graphs(query) else "__UNION__"
        found = super().query(with_values(query, values), initNs, {}, graph, **kwargs)
        table = Table(found.type)
        table.vars, table.askAnswer = found.vars, found.askAnswer
        if found.type == "SELECT":
            table.bindings = ({v: _plain(row[v]) for v in row} for row in found.bindings)
        elif found.type == "CONSTRUCT":
            table.graph = rdflib.Graph(bind_namespaces="none")
            for prefix, namespace in self.namespaces():
                table.graph.bind(prefix, namespace)
            table.graph += ((s, p, _plain(o)) for s, p, o in found.graph or ())
        return table

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this graph is read-only; copy it first: rdflib.Graph() += graph")

    add = addN = remove = update = add_graph = remove_graph = destroy = _refuse  # noqa: N815


def _plain(term: Any) -> Any:  # noqa: ANN401
    # oxrdflib writes out the datatype of plain strings, and then they do not equal Literal("x")
    is_string = isinstance(term, Literal) and term.datatype == rdflib.XSD.string
    return Literal(str(term)) if is_string else term


def _value(term: Node | None) -> object:
    return term.toPython() if isinstance(term, Literal) else term and str(term)

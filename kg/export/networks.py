"""Nodes and edges for graph tools: GraphML, GEXF, Cytoscape JSON, CSV.

They are those of :func:`kg.graph.to_networkx`, made paper by paper; only relations, which
several papers may state, are brought together by sorting. So nothing here grows with the graph.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import IO, Any, TextIO
from xml.sax.saxutils import XMLGenerator, escape, quoteattr

from kg.export.source import Source
from kg.graph import Row, edge_rows, node_rows, surest
from kg.spill import Spill, sorted_rows

__all__ = [
    "EDGE_FIELDS",
    "NODE_FIELDS",
    "edges",
    "graphml_edge",
    "graphml_frame",
    "graphml_node",
    "nodes",
    "write_csv",
    "write_cytoscape",
    "write_gexf",
    "write_graphml",
]

# no edge has a "type" of its own: GEXF and Gephi's tables mean "directed" by it
NODE_FIELDS: dict[str, type] = {
    "kind": str,
    "label": str,
    "type": str,
    "generic": bool,
    "papers": int,
    "date": str,
}
EDGE_FIELDS: dict[str, type] = {
    "kind": str,
    "relation": str,
    "confidence": float,
    "support": int,
    "paper": str,
    "evidence": str,
    "value": str,
}
#: GraphML's names of types (graphml-attributes.xsd), and GEXF's, which are the same but for two.
_GRAPHML = {str: "string", bool: "boolean", int: "long", float: "double"}
_BATCH = 500


def nodes(source: Source) -> Iterator[Row]:
    """Yield the nodes, entities first: ``id`` and :data:`NODE_FIELDS`."""
    return node_rows(source.extractions(), source.all_entities())


def edges(source: Source) -> Iterator[Row]:
    """Yield the edges: ``id``, ``source``, ``target`` and :data:`EDGE_FIELDS`.

    Roles and results come paper by paper, then the relations by head, type and tail; in one, the
    paper that is surest gives confidence and evidence, and *support* counts the papers.
    """
    stated = Spill[list[Any]](list[Any])
    for extraction in source.extractions():
        for edge in edge_rows(extraction):
            if edge["kind"] == "relation":
                ends = edge["source"], edge["relation"], edge["target"]
                stated.append([*ends, edge["paper"], edge])
            else:
                yield edge
    for _, same in groupby(sorted_rows(stated), key=lambda row: row[:3]):
        yield surest([row[-1] for row in same])


def write_graphml(source: Source, out: IO[bytes]) -> None:
    """Write GraphML, as NetworkX, igraph, yEd and Gephi read it."""
    begin, end = graphml_frame()
    out.write(begin)
    out.writelines(map(graphml_node, nodes(source)))
    out.writelines(map(graphml_edge, edges(source)))
    out.write(end)


@cache
def graphml_frame() -> tuple[bytes, bytes]:
    """Return what stands before the nodes and edges of a GraphML file, and what after them."""
    out = BytesIO()
    xml = _Xml(out)
    with xml.element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns"):
        for kind, fields in (("node", NODE_FIELDS), ("edge", EDGE_FIELDS)):
            for name, type_ in fields.items():
                xml.leaf(
                    "key",
                    **{
                        "id": f"{kind}-{name}",
                        "for": kind,
                        "attr.name": name,
                        "attr.type": _GRAPHML[type_],
                    },
                )
        with xml.element("graph", edgedefault="directed"):
            begin = out.tell()
    xml.close()
    return out.getvalue()[:begin], out.getvalue()[begin:]


def graphml_node(row: Row) -> bytes:
    """Return one of :func:`nodes` as GraphML."""
    return _graphml(row, "node", ("id",), tuple(NODE_FIELDS))


def graphml_edge(row: Row) -> bytes:
    """Return one of :func:`edges` as GraphML."""
    return _graphml(row, "edge", ("id", "source", "target"), tuple(EDGE_FIELDS))


def _graphml(row: Row, kind: str, own: tuple[str, ...], fields: tuple[str, ...]) -> bytes:
    # there are millions of these: written out, they take a tenth of the time
    values = [quoteattr(str(row[name])) for name in own]
    values += [escape(_shown(row[name])) for name in fields]
    return (_form(kind, own, fields) % tuple(values)).encode()


@cache
def _form(kind: str, own: tuple[str, ...], fields: tuple[str, ...]) -> str:
    data = "".join(f'<data key="{kind}-{name}">%s</data>\n' for name in fields)
    return f"<{kind}{''.join(f' {name}=%s' for name in own)}>\n{data}</{kind}>\n"


def write_gexf(source: Source, out: IO[bytes]) -> None:
    """Write GEXF 1.2, as Gephi and NetworkX read it; the weight of an edge is its support."""
    xml = _Xml(out)
    with (
        xml.element("gexf", xmlns="http://www.gexf.net/1.2draft", version="1.2"),
        xml.element("graph", defaultedgetype="directed", mode="static"),
    ):
        # GEXF's nodes have a label of their own
        own = {name: type_ for name, type_ in NODE_FIELDS.items() if name != "label"}
        for kind, fields in (("node", own), ("edge", EDGE_FIELDS)):
            with xml.element("attributes", **{"class": kind, "mode": "static"}):
                for name, type_ in fields.items():
                    xml.leaf("attribute", id=name, title=name, type=_GRAPHML[type_])
        with xml.element("nodes"):
            for row in nodes(source):
                with xml.element("node", id=str(row["id"]), label=str(row["label"])):
                    _gexf_values(xml, row, own)
        with xml.element("edges"):
            for row in edges(source):
                ends = {name: str(row[name]) for name in ("id", "source", "target")}
                with xml.element("edge", **ends, weight=str(row["support"])):
                    _gexf_values(xml, row, EDGE_FIELDS)
    xml.close()


def _gexf_values(xml: "_Xml", row: Row, fields: Iterable[str]) -> None:
    with xml.element("attvalues"):
        for name in fields:
            xml.leaf("attvalue", **{"for": name, "value": _shown(row[name])})


def write_cytoscape(source: Source, out: IO[bytes]) -> None:
    """Write Cytoscape JSON (``.cyjs``), as Cytoscape, Cytoscape.js and NetworkX read it."""
    out.write(b'{"data": {}, "directed": true, "multigraph": true, "elements": {"nodes": [')
    for mark, row in _marked(nodes(source)):
        # NetworkX takes the node from "value" and its name from "name"
        data = {**row, "name": row["label"], "value": row["id"]}
        out.write(mark + json.dumps({"data": data}, ensure_ascii=False).encode())
    out.write(b'\n], "edges": [')
    for mark, row in _marked(edges(source)):
        data = {**row, "key": row["id"]}
        out.write(mark + json.dumps({"data": data}, ensure_ascii=False).encode())
    out.write(b"\n]}}\n")


def _marked(rows: Iterator[Row]) -> Iterator[tuple[bytes, Row]]:
    for number, row in enumerate(rows):
        yield (b",\n" if number else b"\n"), row


def write_csv(source: Source, folder: Path) -> None:
    """Write ``nodes.csv`` and ``edges.csv``, as Gephi, pandas and spreadsheets read them."""
    for name, rows, first, fields in (
        ("nodes.csv", nodes(source), ("id",), NODE_FIELDS),
        ("edges.csv", edges(source), ("id", "source", "target"), EDGE_FIELDS),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as out:
            write_rows(out, rows, (*first, *fields))


def write_rows(out: TextIO, rows: Iterable[Row], fields: Iterable[str]) -> None:
    """Write a header and *rows* as CSV (RFC 4180, but lines end in a line feed)."""
    writer = csv.writer(out, lineterminator="\n")
    names = tuple(fields)
    writer.writerow(names)
    writer.writerows([_shown(row[name]) for name in names] for row in rows)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Xml:
    """Elements written one by one, each on a line of its own."""

    def __init__(self, out: IO[bytes]) -> None:
        self._xml = XMLGenerator(out, "utf-8", short_empty_elements=True)
        self._open: list[str] = []
        self._xml.startDocument()

    def element(self, name: str, **attributes: str) -> "_Xml":
        """Begin an element, to be ended by ``with``."""
        self._xml.startElement(name, attributes)  # type: ignore[arg-type]
        self._xml.ignorableWhitespace("\n")
        self._open.append(name)
        return self

    def leaf(self, element: str, text: str = "", **attributes: str) -> None:
        """Write an element that holds only *text*."""
        self._xml.startElement(element, attributes)  # type: ignore[arg-type]
        self._xml.characters(text)
        self._xml.endElement(element)
        self._xml.ignorableWhitespace("\n")

    def close(self) -> None:
        """End the document."""
        self._xml.endDocument()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._xml.endElement(self._open.pop())
        self._xml.ignorableWhitespace("\n")

"""The page itself: pyvis (Perrone 2020, vis-network) fills our template, and no other file.

The page may connect to nothing: its Content-Security-Policy names the digests of its own scripts
and style, and forbids the rest.
"""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from kg.display import tidy
from kg.errors import OutputError
from kg.model import Entity, Extraction
from kg.viewer.data import graph_block, pack, texts_block
from kg.viewer.look import Look, look
from kg.viewer.network import Network, network
from kg.viewer.options import ViewOptions
from kg.viewer.selection import select
from kg.vocab import prefixes

__all__ = ["to_html"]

_OPTIONS = {
    "physics": {"enabled": False},
    "layout": {"randomSeed": 1, "improvedLayout": False},
    "nodes": {"shape": "dot", "borderWidth": 1.5, "chosen": False},
    "edges": {"smooth": False, "chosen": False, "selectionWidth": 0, "hoverWidth": 0},
    "interaction": {"hover": True, "tooltipDelay": 10**9, "keyboard": False, "multiselect": False},
}


def to_html(
    extractions: Sequence[Extraction],
    entities: Sequence[Entity],
    *,
    options: ViewOptions | None = None,
    nquads: str = "",
) -> str:
    """Return one HTML file that shows the graph: UTF-8, for use offline, the same for the same.

    With ``options.with_sparql`` the page carries an engine and *nquads*, the triples that it asks.
    Raises ConfigError if *options* name what is not there.
    """
    options = options or ViewOptions()
    papers, things = select(extractions, entities, options)
    with ThreadPoolExecutor(1) as aside:  # zlib needs no lock of Python's
        texts = aside.submit(pack, texts_block(papers, things))
        net = network(papers, things)
        seen = look(net, things, options.first)
        graph = graph_block(papers, things, net, seen)
        graph |= {"title": options.title, "base": options.base}
        graph |= {"prefixes": prefixes(options.base) if options.with_sparql else {}}
        graph |= {"queries": [[q.name, q.about, q.text] for q in options.queries]}
        blocks = {"graph": pack(graph), "texts": texts.result()}
    if options.with_sparql:
        blocks |= {"quads": pack({"text": nquads}), "wasm": _asset("oxigraph.wasm.b64")}
    page = _fill(_first(net, seen, (papers, things), options.first), blocks, options)
    return page.encode("utf-8", errors="replace").decode("utf-8")


def _first(
    net: Network,
    seen: Look,
    part: tuple[Sequence[Extraction], Sequence[Entity]],
    first: int,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the nodes and links of the first picture, as vis-network takes them."""
    papers, things = part
    shown = seen.first(net, first)
    kinds = [0 if i < net.papers else 1 for i in shown]
    labels = [
        tidy(things[i - net.papers].name if kind else papers[i].paper.title)[:80]
        for i, kind in zip(shown, kinds, strict=True)
    ]
    nodes = [
        {"id": i, "label": label, "x": int(seen.x[i]), "y": int(seen.y[i])}
        for i, label in zip(shown, labels, strict=True)
    ]
    links = [{"from": a, "to": b} for a, b in seen.links(net, shown)]
    return nodes, links


def _fill(
    first: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    blocks: dict[str, str],
    options: ViewOptions,
) -> str:
    from pyvis.network import Network as Pyvis  # noqa: PLC0415  (brings IPython along)

    scripts = [_vis(), _asset("viewer.js")]
    if options.with_sparql:
        scripts.insert(1, _asset("ask.js"))
    style = _asset("viewer.css")
    net = Pyvis()
    net.nodes, net.edges = first  # add_edge looks through all edges at each call
    net.options = _OPTIONS
    net.set_template_dir(str(files("kg.viewer")), "template.html")
    net.templateEnv.globals["page"] = {
        "title": escape(tidy(options.title)),
        "policy": _policy(scripts, style, wasm=options.with_sparql),
        "scripts": scripts,
        "style": style,
        "blocks": blocks,
    }
    return str(net.generate_html("page.html"))


def _policy(scripts: Sequence[str], style: str, *, wasm: bool) -> str:
    allowed = " ".join(_digest(script) for script in scripts)
    eval_wasm = " 'wasm-unsafe-eval'" if wasm else ""
    return (
        f"default-src 'none'; script-src {allowed}{eval_wasm}; style-src {_digest(style)}; "
        "img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (files("kg.viewer") / "static" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _vis() -> str:
    """Return vis-network's script as pyvis ships it."""
    library = files("pyvis") / "templates" / "lib"
    found = sorted(p.name for p in library.iterdir() if p.name.startswith("vis-9"))
    if not found:
        raise OutputError("the installed pyvis holds no vis-network; install pyvis 0.3.2 or later")
    script = (library / found[-1] / "vis-network.min.js").read_text(encoding="utf-8")
    return script.replace("\r\n", "\n").replace("</script", "<\\/script")

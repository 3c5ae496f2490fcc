// The page: state in the address, one function that draws what the state says.
import { apply, noFilter } from "./filter.js";
import { Ask } from "./ask.js";
import { Finder } from "./finder.js";
import { Graph } from "./graph.js";
import { Panel, count } from "./panel.js";
import { Picture } from "./draw.js";
import { Search } from "./search.js";
import { Sidebar } from "./sidebar.js";
import { THEMES } from "./looks.js";
import { apart, arrange } from "./places.js";
import { LIMIT, linksOf, neighbours, nodesOf, overview } from "./scene.js";
import { h, plain, save, short } from "./dom.js";
import { read, start, write } from "./state.js";
import { toCsv, toPng, toSvg, toTurtle } from "./files.js";
import { unpack } from "./unpack.js";

const block = (id) => document.getElementById(id).textContent;

class App {
  constructor(graph, first) {
    this.graph = graph;
    this.first = first;
    this.pins = new Map();
    this.extra = [];
    this.state = start();
    this.searcher = null;
    this.texts = null;
    this.#build();
    this.panel = new Panel(graph, null, this);
    addEventListener("hashchange", () => this.#follow());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#theme(stored("kg-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    this.#follow(true);
  }

  #build() {
    const { graph } = this;
    this.sidebar = new Sidebar(graph, (edit) => this.#set((s) => { if (edit) edit(s.filter); else s.filter = noFilter(); }));
    this.finder = new Finder(graph, () => (this.searcher ??= new Search(graph)), (n) => this.open(n));
    this.stage = h("div", { class: "stage", id: "stage", tabindex: "0", role: "application", "aria-roledescription": "graph", "aria-describedby": "keys" });
    this.said = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.crumb = h("div", { class: "crumb" });
    this.aside = h("aside", { class: "panel", "aria-label": "Details", tabindex: "0" });
    this.wait = h("div", {});
    const button = (text, title, onclick, more = {}) => h("button", { type: "button", title, "aria-label": title, onclick, ...more }, text);
    const menu = h("details", { class: "menu" }, h("summary", { title: "Save what is shown" }, "Save"),
      h("ul", {}, [["Picture as PNG", "png"], ["Picture as SVG", "svg"], ["Statements as CSV", "csv"], ["Statements as Turtle", "ttl"]].map(([text, kind]) => h("li", {}, h("button", { type: "button", "data-save": kind, onclick: () => { menu.open = false; this.save(kind); } }, text)))));
    this.askButton = document.getElementById("block-wasm") && button("Ask", "Ask in SPARQL", () => this.#ask());
    const side = h("nav", { class: "side", id: "side", "aria-label": "Filters and legend", tabindex: "0" }, this.sidebar.root);
    this.filterButton = button("Filters", "Show or hide the filters", () => {
      const open = document.body.classList.toggle("side-open");
      this.filterButton.setAttribute("aria-expanded", String(open));
    }, { class: "narrow", "aria-controls": "side", "aria-expanded": "false" });
    this.overviewButton = button("Topics", "See the graph from far away: one node for each topic", () => this.#set((s) => { s.view = s.view.kind === "overview" ? { kind: "top" } : { kind: "overview" }; s.selected = s.edge = s.mark = null; }), { "aria-pressed": "false" });
    const app = document.getElementById("app");
    app.replaceChildren(
      h("header", { class: "bar" }, h("h1", { title: graph.title }, plain(short(graph.title, 60))), this.finder.root,
        h("div", { class: "tools" }, this.filterButton, this.overviewButton, this.askButton, menu, button("◐", "Light or dark", () => this.#theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark", true)), button("?", "Keys and help", () => this.#help()))),
      h("main", { class: "body" }, side,
        h("section", { class: "middle", "aria-label": "Graph" }, this.crumb, this.stage,
          h("div", { class: "zoom" }, button("+", "Zoom in", () => this.picture.zoom(1.35)), button("−", "Zoom out", () => this.picture.zoom(1 / 1.35)), button("⤢", "Show all that is drawn", () => this.picture.fit())),
          h("p", { id: "keys", class: "visually-hidden" }, "Arrow keys go from node to node, Enter opens one, plus and minus zoom, Escape goes back to all. The panel lists the same as links.")),
        this.aside),
      this.said);
    document.addEventListener("pointerdown", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    const canvasHolder = h("div", { class: "canvas" });
    this.stage.append(canvasHolder);
    this.picture = new Picture(canvasHolder, this.first.options, {
      node: (id) => (this.scene.overview ? this.community(id) : this.open(id, false)),
      link: (link) => !this.scene.overview && this.#set((s) => { s.edge = [graph.key(link.from), graph.key(link.to)]; s.selected = s.mark = null; }),
      open: (id) => !this.scene.overview && this.focus(id, 1),
      nothing: () => { this.finder.close(); if (this.state.selected !== null || this.state.edge) this.#set((s) => { s.selected = s.mark = s.edge = null; }); },
      moved: (id, { x, y }) => { if (!this.scene.overview) this.pins.set(id, [x, y]); this.picture.moved(id, x, y); },
    });
  }

  // -- what the panel asks for -------------------------------------------------------------------

  address(n, mark = null) {
    return `#${write({ ...this.state, selected: this.graph.key(n), mark: mark ?? null, edge: null })}`;
  }
  link(a, b) { return `#${write({ ...this.state, selected: null, mark: null, edge: [this.graph.key(a), this.graph.key(b)] })}`; }
  open(n, fly = true) {
    this.flying = fly;
    this.#set((s) => { s.selected = this.graph.key(n); s.mark = null; s.edge = null; if (s.view.kind === "overview") s.view = { kind: "top" }; });
  }
  focus(n, hops) { this.#set((s) => { s.view = { kind: "focus", args: [this.graph.key(n), hops] }; s.selected = this.graph.key(n); s.mark = s.edge = null; }); }
  community(c) { this.#set((s) => { s.view = { kind: "community", args: [c] }; s.selected = s.mark = s.edge = null; }); }
  path(n) {
    this.finder.ask(`From ${short(this.graph.label(n), 30)} to …`, (to) => {
      this.#set((s) => { s.view = { kind: "path", args: [this.graph.key(n), this.graph.key(to)] }; s.selected = s.mark = s.edge = null; });
    });
  }
  leave() { this.#set((s) => { s.selected = s.mark = s.edge = null; }); }
  pinned(n) { return this.pins.has(n); }
  pin(n) {
    if (this.pins.has(n)) this.pins.delete(n);
    else { const { x, y } = this.picture.at.has(n) ? this.picture.place(n) : { x: 0, y: 0 }; this.pins.set(n, [x, y]); }
    this.#draw();
  }

  // -- state --------------------------------------------------------------------------------------

  #set(edit) {
    const next = { ...this.state, filter: copy(this.state.filter) };
    edit(next);
    const address = write(next);
    if (next.view.kind === "set") { this.state = next; this.#draw(); return; }
    this.state = { ...this.state, view: next.view.kind };
    if (`#${address}` === (location.hash || "#")) { this.state = next; this.#draw(); return; }
    location.hash = address;
    // an empty address leaves "#" behind: hashchange still comes
  }

  #follow(begin = false) {
    this.state = read(location.hash);
    this.#draw(begin);
  }

  #node(key) { return key === null || key === undefined ? null : this.graph.byKey.get(key) ?? null; }

  #view(state) {
    const { view } = state, args = view.args ?? [];
    const top = { kind: "top" };
    if (view.kind === "focus") { const node = this.#node(args[0]); return node === null ? top : { kind: "focus", node, hops: args[1] === 2 || args[1] === "2" ? 2 : 1 }; }
    if (view.kind === "community") { const community = Number(args[0]); return community in this.graph.names ? { kind: "community", community } : top; }
    if (view.kind === "path") { const [from, to] = args.map((a) => this.#node(a)); return from === null || to === null ? top : { kind: "path", from, to }; }
    if (view.kind === "overview") return this.graph.names.length ? { kind: "overview" } : top;
    return view.kind === "set" ? view : top;
  }

  // -- drawing ------------------------------------------------------------------------------------

  #draw(begin = false) {
    const { graph, state } = this;
    const view = this.#view(state);
    const selected = this.#node(state.selected);
    const edge = state.edge?.map((k) => this.#node(k));
    const pair = edge && edge.every((n) => n !== null) ? graph.pairBetween(...edge) : undefined;
    const wanted = JSON.stringify([view, write({ ...state, selected: null, mark: null, edge: null })]);
    if (this.filtered !== write({ ...start(), filter: state.filter })) {
      this.filtered = write({ ...start(), filter: state.filter });
      this.ok = apply(graph, state.filter);
    }
    const ends = pair === undefined ? [] : [graph.a[pair], graph.b[pair]];
    const needs = [...(selected === null ? [] : [selected]), ...ends];
    const same = this.drawn === wanted && needs.every((n) => this.picture.at?.has(n)) && !this.pinsChanged();
    if (!same) {
      this.scene = view.kind === "overview" ? this.#overview() : this.#scene(view, state, selected, needs);
      this.picture.show(this.scene);
      this.pinCount = this.#pinKey();
    }
    this.picture.select(this.scene.overview ? null : selected ?? null);
    const moved = this.drawn !== wanted;
    this.drawn = wanted;
    this.#tell(view, selected, pair);
    this.picture.resize();
    if (moved && (selected === null || view.kind !== "top")) this.picture.fit(undefined, !begin);
    else if (selected !== null && this.flying !== false) this.picture.fly(selected);
    this.flying = undefined;
  }

  #pinKey() { return [...this.pins.keys()].join(); }
  pinsChanged() { return this.pinCount !== this.#pinKey(); }

  #scene(view, state, selected, needs) {
    const { graph, ok } = this;
    const limit = LIMIT * (1 + state.more * 0.5);
    const plainTop = view.kind === "top" && !state.more && this.filtered === "";
    const base = plainTop ? this.first.nodes.map((n) => n.id) : nodesOf(graph, ok, view, limit);
    const wanted = new Set(base);
    for (const n of this.pins.keys()) if (ok.node[n] || n === selected) wanted.add(n);
    for (const n of needs) { wanted.add(n); for (const other of neighbours(graph, ok, n)) wanted.add(other); }
    const ids = [...wanted];
    const pairs = linksOf(graph, ok, ids, selected);
    const place = this.#places(view, ids, new Set(base), pairs);
    return {
      nodes: ids.map((n, i) => ({
        id: n, x: Math.round(place[i][0]), y: Math.round(place[i][1]), type: graph.type[n], size: this.#size(n), label: graph.label(n),
        community: graph.k[n], pinned: this.pins.has(n),
      })),
      links: pairs.map((p) => ({ from: graph.a[p], to: graph.b[p] })),
      groups: view.kind === "top" ? graph.names.map((_, c) => plain(graph.communityName(c))) : [],
      base: base.length,
    };
  }

  #size(n) { return n < this.graph.P ? 5.5 : 6 + 17 * Math.sqrt(this.graph.i[n] / 1000); }

  #places(view, ids, base, pairs) {
    const { graph } = this;
    const stored = (n) => this.pins.get(n) ?? [graph.x[n], graph.y[n]];
    if (view.kind === "top") {
      const still = new Set(ids.map((n, i) => [n, i]).filter(([n]) => base.has(n) || this.pins.has(n)).map(([, i]) => i));
      return apart(ids.map(stored), 40, this.filtered === "" ? still : new Set());
    }
    const index = new Map(ids.map((n, i) => [n, i]));
    const ties = pairs.map((p) => [index.get(graph.a[p]), index.get(graph.b[p]), 1]);
    const spread = 36 * Math.sqrt(ids.length);
    const begin = ids.map((n, i) => {
      const [x, y] = stored(n), angle = i * 2.399963;
      return this.pins.get(n) ?? [Math.cos(angle) * spread * Math.sqrt(i / ids.length) + x * 0.05, Math.sin(angle) * spread * Math.sqrt(i / ids.length) + y * 0.05];
    });
    const fixed = new Set(ids.map((n, i) => [n, i]).filter(([n]) => this.pins.has(n)).map(([, i]) => i));
    return apart(arrange(begin, ties, { fixed, gap: 78, rounds: ids.length > 250 ? 110 : 180 }), 46, fixed);
  }

  #overview() {
    const { graph, ok } = this;
    const { size, ties } = overview(graph, ok);
    const ids = [...size.keys()].filter((c) => size[c] > 0).sort((a, b) => size[b] - size[a] || a - b).slice(0, 36);
    const index = new Map(ids.map((c, i) => [c, i]));
    const most = Math.max(...ties.map((t) => t[2]), 1);
    const links = ties.filter(([a, b]) => index.has(a) && index.has(b));
    const begin = ids.map((c, i) => [Math.cos(i * 2.399963) * 60 * Math.sqrt(i), Math.sin(i * 2.399963) * 60 * Math.sqrt(i)]);
    const place = apart(arrange(begin, links.map(([a, b, n]) => [index.get(a), index.get(b), 0.12 + (0.4 * n) / most]), { gap: 150, rounds: 240 }), 130);
    return {
      overview: true,
      nodes: ids.map((c, i) => ({ id: c, group: true, community: c, type: 0, x: Math.round(place[i][0]), y: Math.round(place[i][1]), size: 9 + Math.sqrt(size[c]) * 1.9, label: `${graph.communityName(c)} (${size[c]})` })),
      links: links.map(([from, to, n]) => ({ from, to, width: 1 + 5 * (n / most) })),
      groups: [],
      base: ids.length,
    };
  }

  // -- words --------------------------------------------------------------------------------------

  #tell(view, selected, pair) {
    const { graph, ok, scene, state } = this;
    const drawn = new Array(graph.types.length).fill(0);
    if (!scene.overview) for (const n of scene.nodes) drawn[n.type]++;
    this.sidebar.update(state.filter, ok.counts, drawn);
    this.overviewButton.setAttribute("aria-pressed", String(view.kind === "overview"));
    const total = ok.node.reduce((sum, v) => sum + v, 0);
    this.#crumb(view, total);
    const what = scene.overview ? `${scene.nodes.length} topics` : `${scene.nodes.length} nodes and ${scene.links.length} links`;
    this.stage.setAttribute("aria-label", `Graph of ${what}`);
    this.#fill(selected, pair);
    this.said.textContent = selected === null ? `${what} shown` : `${graph.types[graph.type[selected]]} ${short(graph.label(selected), 100)} selected, ${count(this.picture.near.get(selected)?.size ?? 0, "neighbour")} shown`;
    document.title = selected === null ? plain(graph.title) : `${short(graph.label(selected), 60)} – ${plain(graph.title)}`;
  }

  #crumb(view, total) {
    const { graph, scene, state } = this;
    const all = view.kind === "community" ? graph.o.filter((n) => this.ok.node[n] && graph.k[n] === view.community).length : total;
    const rest = ["top", "community"].includes(view.kind) ? all - scene.nodes.length : 0;
    const words = {
      top: "The most important", overview: "Topics: click one to open it", set: "Answer",
      focus: () => [`${view.hops === 1 ? "One step" : "Two steps"} around `, h("b", {}, short(graph.label(view.node), 60))],
      community: () => ["Topic ", h("b", {}, plain(graph.communityName(view.community)))],
      path: () => [scene.base ? "Ways from " : "No way within these filters from ", h("b", {}, short(graph.label(view.from), 40)), " to ", h("b", {}, short(graph.label(view.to), 40))],
    }[view.kind];
    this.crumb.replaceChildren(
      view.kind === "top" ? "" : h("button", { type: "button", onclick: () => this.#set((s) => { s.view = { kind: "top" }; s.more = 0; }) }, "← All"),
      h("span", {}, typeof words === "function" ? words() : words),
      scene.overview ? "" : h("span", { class: "count" }, rest > 0 ? `${scene.nodes.length.toLocaleString("en")} of ${all.toLocaleString("en")}` : count(scene.nodes.length, "node")),
      rest > 0 && state.more < 3 ? h("button", { type: "button", class: "more", onclick: () => this.#set((s) => { s.more += 1; }) }, `+ ${Math.min(rest, LIMIT / 2)} more`) : "");
  }

  #fill(selected, pair) {
    const { graph, panel, aside } = this;
    if (this.asking) return;
    const key = JSON.stringify([selected, pair, this.state.mark, this.texts !== null, this.filtered, selected !== null && this.pins.has(selected), write({ ...this.state, selected: null, mark: null, edge: null })]);
    if (key === this.filled) return;
    const samePaper = this.filledNode === selected && selected !== null;
    const keepScroll = aside.scrollTop;
    this.filled = key;
    this.filledNode = selected;
    document.body.classList.toggle("chosen", selected !== null || pair !== undefined);
    if (!this.texts && (selected !== null || pair !== undefined)) { aside.replaceChildren(h("p", { class: "faint" }, "Reading …")); return; }
    panel.texts = this.texts;
    let body;
    if (selected !== null) body = selected < graph.P ? panel.paper(selected, this.state.mark) : panel.entity(selected);
    else if (pair !== undefined) body = panel.link(graph.a[pair], graph.b[pair]);
    else body = panel.welcome({ papers: graph.P.toLocaleString("en"), entities: graph.E.toLocaleString("en"), statements: (graph.r.p.length + graph.q.p.length).toLocaleString("en") });
    aside.replaceChildren(...body.flat(6).filter(Boolean));
    aside.scrollTop = samePaper ? keepScroll : 0;
    const marked = aside.querySelector(".marked");
    if (marked) marked.scrollIntoView({ block: "center", behavior: samePaper ? "smooth" : "auto" });
  }

  #ask() {
    this.asking = !this.asking;
    this.askButton.setAttribute("aria-pressed", String(this.asking));
    document.body.classList.toggle("asking", this.asking);
    if (!this.asking) { this.filled = null; this.#draw(); return; }
    this.asker ??= new Ask(this.graph, (nodes) => { this.#set((s) => { s.view = { kind: "set", nodes }; s.selected = s.mark = s.edge = null; }); }, (n) => this.panel.to(n));
    this.aside.replaceChildren(this.asker.root);
    this.asker.area.focus();
  }

  async save(kind) {
    const nodes = this.scene.overview ? [] : this.scene.nodes.map((n) => n.id);
    if (kind === "png") save(await toPng(this.picture), "graph.png");
    else if (kind === "svg") save(toSvg(this.picture), "graph.svg", "image/svg+xml");
    else if (this.texts) save(kind === "csv" ? toCsv(this.graph, this.texts, nodes, this.ok) : toTurtle(this.graph, this.texts, nodes, this.ok), `graph.${kind}`, kind === "csv" ? "text/csv" : "text/turtle");
  }

  #theme(theme, keep = false) {
    document.documentElement.dataset.theme = theme;
    if (keep) stored("kg-theme", theme);
    this.picture.paint(THEMES[theme]);
  }

  #help() {
    const keys = [["/", "find"], ["← ↑ → ↓", "go from node to node (in the graph)"], ["Enter", "open the node"], ["f", "focus on it"], ["+ −", "zoom"], ["0", "show all that is drawn"], ["t", "topics"], ["Esc", "let go; once more: back to all"], ["Alt + ←", "back"]];
    const dialog = h("dialog", { "aria-label": "Keys and help", onclose: () => dialog.remove() }, h("h2", {}, "Keys"), h("dl", {}, keys.map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])),
      h("p", {}, "Size is importance, colour and shape are the kind. A double click shows only a node and its neighbours; a click on a link shows the sentences behind it. Drag a node to pin it."),
      h("form", { method: "dialog" }, h("button", { class: "main", onclick: (event) => { event.preventDefault(); dialog.close(); } }, "Close")));
    document.body.append(dialog);
    dialog.showModal();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.closest?.("input, textarea, select");
    if (typing) return;
    const inStage = event.target.closest?.("#stage");
    const chosen = this.#node(this.state.selected);
    const acts = {
      "/": () => this.finder.input.focus(), "?": () => this.#help(), t: () => this.overviewButton.click(),
      "+": () => this.picture.zoom(1.35), "=": () => this.picture.zoom(1.35), "-": () => this.picture.zoom(1 / 1.35), 0: () => this.picture.fit(),
      f: () => chosen !== null && this.focus(chosen, 1),
      Escape: () => this.#set((s) => { if (s.selected !== null || s.edge) s.selected = s.mark = s.edge = null; else s.view = { kind: "top" }; }),
    };
    if (inStage) {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (way) { this.#step(way); event.preventDefault(); return; }
      if (event.key === "Enter" && this.picture.hovered !== null) {
        const id = this.picture.hovered;
        if (this.scene.overview) this.community(id);
        else { this.open(id, false); this.aside.focus(); }
        return;
      }
    }
    if (acts[event.key]) { acts[event.key](); event.preventDefault(); }
  }

  /** Go from the node in hand to the nearest in a direction, and name it. */
  #step([dx, dy]) {
    const here = this.picture.hovered ?? this.#node(this.state.selected);
    const from = this.picture.at.get(here);
    const view = this.picture.network.getViewPosition();
    const { x, y } = from ?? view;
    let best = null, least = Infinity;
    for (const n of this.scene.nodes) {
      if (n.id === here) continue;
      const along = (n.x - x) * dx + (n.y - y) * dy, aside = Math.abs((n.x - x) * dy) + Math.abs((n.y - y) * dx);
      const cost = from ? along + 2 * aside : Math.hypot(n.x - x, n.y - y);
      if ((!from || along > 1) && cost < least) { least = cost; best = n; }
    }
    if (!best) return;
    this.picture.hover(best.id);
    this.said.textContent = `${this.scene.overview ? "Topic" : this.graph.types[best.type]} ${short(best.label, 100)}`;
    this.picture.network.moveTo({ position: { x: best.x, y: best.y }, animation: false });
  }
}

const copy = (filter) => ({ ...filter, types: new Set(filter.types), roles: new Set(filter.roles), relations: new Set(filter.relations), sources: new Set(filter.sources) });

/** Read or keep a setting; a page opened from disk or in a frame may not be allowed to. */
function stored(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* then it is not kept */ }
  return null;
}

async function open() {
  const first = JSON.parse(block("first"));
  if (typeof first.options === "string") first.options = JSON.parse(first.options);
  const app = new App(new Graph(await unpack(block("block-graph"))), first);
  globalThis.kg = app;
  requestAnimationFrame(() => requestAnimationFrame(async () => {
    document.documentElement.dataset.drawn = performance.now().toFixed(0);
    app.texts = await unpack(block("block-texts"));
    app.filled = null;
    app.flying = false;
    app.redraw();
    document.documentElement.dataset.ready = performance.now().toFixed(0);
  }));
}

App.prototype.redraw = function redraw() { dispatchEvent(new HashChangeEvent("hashchange")); };
open().catch((error) => {
  document.getElementById("app").replaceChildren(h("p", { class: "wait", role: "alert" }, `This page could not be opened: ${error.message}`));
  throw error;
});

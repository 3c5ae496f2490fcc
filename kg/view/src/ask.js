// The tab that asks the page's own triples in SPARQL; nothing leaves the browser.
import { h, outward, plain, short } from "./dom.js";
import { bytes, inflate, unpack } from "./unpack.js";

const MOST = 500;

export class Ask {
  /** `show(nodes)` draws nodes; `to(n)` makes a link to one. */
  constructor(graph, show, to) {
    Object.assign(this, { graph, show, to });
    this.byIri = new Map();
    for (let n = 0; n < graph.N; n++) this.byIri.set(graph.iri(n), n);
    const first = graph.queries[0]?.[2] ?? "SELECT ?thing ?name WHERE { ?thing skos:prefLabel ?name } LIMIT 20";
    this.about = h("p", { class: "faint small" }, graph.queries[0]?.[1] ?? "");
    this.area = h("textarea", { rows: 11, spellcheck: "false", "aria-label": "SPARQL query", value: first, onkeydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.run(); } });
    this.out = h("div", { class: "answer", "aria-live": "polite" });
    this.button = h("button", { type: "button", class: "main", onclick: () => this.run() }, "Run");
    const choose = h("select", { "aria-label": "Example queries", onchange: () => { const [, about, text] = graph.queries[choose.value]; this.area.value = text; this.about.textContent = about; } }, graph.queries.map(([title], i) => h("option", { value: i }, title)));
    this.root = h("div", { class: "ask" }, h("h2", {}, "Ask in SPARQL"), graph.queries.length > 0 && [choose, this.about], this.area, h("div", { class: "actions" }, this.button, h("span", { class: "faint small" }, "Ctrl + Enter")), this.out);
  }

  async #store() {
    if (this.store) return this.store;
    const block = (id) => document.getElementById(`block-${id}`).textContent;
    const { init, Store } = globalThis.kgEngine;
    await init({ module_or_path: await inflate(bytes(block("wasm")), "gzip") });
    const { text } = await unpack(block("quads"));
    const store = new Store();
    store.load(text, { format: "application/n-quads", no_transaction: true });
    this.store = store;
    return store;
  }

  async run() {
    this.button.disabled = true;
    this.out.replaceChildren(h("p", { class: "faint" }, this.store ? "Asking …" : "Starting the engine …"));
    await new Promise((next) => setTimeout(next, 20));
    try {
      const store = await this.#store(), begun = performance.now();
      const result = store.query(this.#prologue() + this.area.value, { use_default_graph_as_union: true });
      this.#show(result, performance.now() - begun);
    } catch (error) {
      this.out.replaceChildren(h("p", { class: "error", role: "alert" }, short(String(error?.message ?? error), 600)));
    } finally {
      this.button.disabled = false;
    }
  }

  #prologue() {
    return Object.entries(this.graph.prefixes ?? {}).filter(([p]) => !new RegExp(`prefix\\s+${p}:`, "i").test(this.area.value)).map(([p, i]) => `PREFIX ${p}: <${i}>\n`).join("");
  }

  #show(result, spent) {
    if (typeof result === "boolean") { this.out.replaceChildren(h("p", { class: "lead" }, result ? "Yes" : "No")); return; }
    const rows = result.map((row) => (row instanceof Map ? row : new Map([["subject", row.subject], ["predicate", row.predicate], ["object", row.object]])));
    const columns = [...new Set(rows.slice(0, MOST).flatMap((row) => [...row.keys()]))];
    const nodes = new Set();
    for (const row of rows) for (const term of row.values()) if (term && this.byIri.has(term.value)) nodes.add(this.byIri.get(term.value));
    this.out.replaceChildren(
      h("p", { class: "faint small" }, `${rows.length.toLocaleString("en")} rows in ${Math.round(spent)} ms${rows.length > MOST ? `; the first ${MOST} are shown` : ""}`),
      nodes.size ? h("button", { type: "button", onclick: () => this.show([...nodes]) }, `Show ${Math.min(nodes.size, 220)} in the graph`) : "",
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col" }, c)))),
        h("tbody", {}, rows.slice(0, MOST).map((row) => h("tr", {}, columns.map((c) => h("td", {}, this.#cell(row.get(c))))))))));
  }

  #cell(term) {
    if (!term) return "";
    if (term.termType !== "NamedNode") return plain(term.value ?? String(term));
    const n = this.byIri.get(term.value);
    return n === undefined ? outward(term.value, short(term.value.replace(/^.*[/#]/, "") || term.value, 60)) : this.to(n);
  }
}

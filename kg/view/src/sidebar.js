// The filters, which are the legend too: each kind with its sign, what is drawn and what there is.
import { h, plain, short } from "./dom.js";
import { WORDS, icon } from "./panel.js";

export class Sidebar {
  /** `change(edit)` is called with a function that edits the filter of the state. */
  constructor(graph, change) {
    Object.assign(this, { graph, change });
    this.counts = new Map();
    const { words, types, sources } = graph;
    const dates = graph.p.d.filter(Boolean).sort();
    this.dates = dates.length && dates[0].slice(0, 7) !== dates.at(-1).slice(0, 7) ? [dates[0].slice(0, 7), dates.at(-1).slice(0, 7)] : null;
    this.root = h("div", { class: "filters" },
      this.#facet("types", "Kinds", types.map((t, i) => [i, t, icon(i)]), true),
      this.#generic(),
      this.#facet("roles", "What papers do", words.roles.map((r, i) => [i, WORDS[r]?.[0] ?? r])),
      this.#facet("relations", "Statements", words.relations.map((r, i) => [i, WORDS[r]?.[0] ?? r])),
      this.#ranges(),
      sources.length > 1 && this.#facet("sources", "Source files", sources.map((s, i) => [i, s])),
      h("button", { type: "button", class: "reset", onclick: () => change(null) }, "Clear all filters"));
  }

  #facet(facet, title, rows, open = false) {
    return h("details", { open }, h("summary", {}, title),
      h("ul", { class: "facet" }, rows.map(([value, text, sign]) => {
        const box = h("input", { type: "checkbox", "data-facet": facet, "data-value": value, onchange: () => this.change((f) => { if (box.checked) f[facet].delete(value); else f[facet].add(value); }) });
        const number = h("span", { class: "count" });
        const row = h("li", {}, h("label", {}, box, sign ?? null, h("span", { class: "word" }, short(plain(text), 40)), number));
        this.counts.set(`${facet}/${value}`, { box, number, row });
        return row;
      })));
  }

  #generic() {
    this.genericBox = h("input", { type: "checkbox", onchange: () => this.change((f) => { f.generic = this.genericBox.checked; }) });
    this.genericCount = h("span", { class: "count" });
    return h("label", { class: "switch", title: "Things that nearly every paper names, such as large language model" }, this.genericBox, h("span", { class: "word" }, "Show generic terms"), this.genericCount);
  }

  #ranges() {
    const say = (output, text) => { output.textContent = text; };
    this.sureOut = h("output", {});
    this.sureIn = h("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": "Least confidence", oninput: () => say(this.sureOut, `${Math.round(this.sureIn.value * 100)} %`), onchange: () => this.change((f) => { f.confidence = Number(this.sureIn.value); }) });
    this.papersOut = h("output", {});
    this.papersIn = h("input", { type: "range", min: 1, max: 20, step: 1, "aria-label": "Least number of papers that name a thing", oninput: () => say(this.papersOut, this.papersIn.value), onchange: () => this.change((f) => { f.papers = Number(this.papersIn.value); }) });
    const date = (end) => h("input", { type: "month", min: this.dates?.[0], max: this.dates?.[1], "aria-label": end === "from" ? "From month" : "To month", onchange: (event) => this.change((f) => { f[end] = /^\d{4}-\d\d$/.test(event.target.value) ? event.target.value : ""; }) });
    if (this.dates) { this.from = date("from"); this.to = date("to"); }
    return h("details", {}, h("summary", {}, "Confidence, number, date"),
      h("p", { class: "range" }, h("span", {}, "Confidence at least "), this.sureOut, this.sureIn),
      h("p", { class: "range" }, h("span", {}, "Named by at least "), this.papersOut, this.papersIn),
      this.dates && h("p", { class: "range" }, h("span", {}, "Published"), h("span", { class: "dates" }, this.from, "–", this.to)));
  }

  /** Show `filter` and the counts: what is drawn (by type) of what passes. */
  update(filter, counts, drawn) {
    for (const [key, { box, number, row }] of this.counts) {
      const [facet, value] = [key.split("/")[0], Number(key.split("/")[1])];
      box.checked = !filter[facet].has(value);
      const total = counts[facet][value];
      number.textContent = facet === "types" ? `${(drawn[value] ?? 0).toLocaleString("en")} / ${total.toLocaleString("en")}` : total.toLocaleString("en");
      if (facet === "types") number.title = `${drawn[value] ?? 0} drawn of ${total} that pass the filters`;
      row.hidden = total === 0 && box.checked && facet !== "types";
    }
    this.genericBox.checked = filter.generic;
    this.genericCount.textContent = counts.generic.toLocaleString("en");
    this.sureIn.value = filter.confidence;
    this.sureOut.textContent = `${Math.round(filter.confidence * 100)} %`;
    this.papersIn.value = filter.papers;
    this.papersOut.textContent = String(filter.papers);
    if (this.dates) { this.from.value = filter.from; this.to.value = filter.to; }
  }
}

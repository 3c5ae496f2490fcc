// The search box: a combobox (WAI-ARIA 1.2) whose list follows the typing.
import { h, name, short } from "./dom.js";
import { icon } from "./panel.js";

export class Finder {
  constructor(graph, search, pick) {
    Object.assign(this, { graph, search, pick, at: -1, hits: [] });
    this.list = h("ul", { id: "found", role: "listbox", "aria-label": "Found", hidden: true });
    this.input = h("input", {
      type: "search", id: "find", placeholder: "Find a paper, model, method, dataset …", autocomplete: "off", spellcheck: "false", maxlength: 200,
      role: "combobox", "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list", "aria-label": "Find papers and things by name",
      oninput: () => this.#look(), onkeydown: (event) => this.#key(event), onfocus: () => this.input.value && this.#look(),
    });
    this.root = h("div", { class: "finder" }, this.input, this.list);
    document.addEventListener("pointerdown", (event) => { if (!this.root.contains(event.target)) this.close(); });
  }

  /** Ask the reader for a node, to be given to `then` in place of the usual. */
  ask(text, then) {
    this.then = then;
    this.input.value = "";
    this.input.placeholder = text;
    this.input.focus();
  }

  close() {
    this.list.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #look() {
    const begun = performance.now();
    this.hits = this.search().find(this.input.value);
    this.list.replaceChildren(...(this.hits.length ? this.hits.map((n, i) => this.#row(n, i)) : [h("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing by that name")]));
    const open = this.input.value.trim() !== "";
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    this.#point(open && this.hits.length ? 0 : -1);
    document.documentElement.dataset.searched = (performance.now() - begun).toFixed(1);
  }

  #row(n, i) {
    const { graph } = this, wanted = this.input.value.trim().toLowerCase();
    const alias = graph.label(n).toLowerCase().includes(wanted) ? null : graph.aliases(n).find((a) => a.toLowerCase().includes(wanted));
    const side = graph.isPaper(n) ? graph.p.d[n].slice(0, 4) : `${graph.e.c[n - graph.P]} papers`.replace(/^1 papers/, "1 paper");
    return h("li", { role: "option", id: `found-${i}`, "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); this.#take(i); } },
      icon(graph.type[n]), h("span", { class: "word" }, name(short(graph.label(n), 90)), alias ? h("span", { class: "faint" }, " also ", name(short(alias, 40))) : null), h("span", { class: "count" }, side));
  }

  #point(i) {
    this.at = i;
    [...this.list.children].forEach((row, k) => row.setAttribute("aria-selected", String(k === i)));
    if (i >= 0) {
      this.input.setAttribute("aria-activedescendant", `found-${i}`);
      this.list.children[i].scrollIntoView({ block: "nearest" });
    }
  }

  #key(event) {
    const last = this.hits.length - 1;
    if (event.key === "ArrowDown") this.#point(Math.min(this.at + 1, last));
    else if (event.key === "ArrowUp") this.#point(Math.max(this.at - 1, 0));
    else if (event.key === "Enter" && this.at >= 0) this.#take(this.at);
    else if (event.key === "Escape") { this.#rest(); this.input.blur(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #rest() {
    this.close();
    this.then = null;
    this.input.placeholder = "Find a paper, model, method, dataset …";
  }

  #take(i) {
    const n = this.hits[i], then = this.then ?? this.pick;
    this.input.value = "";
    this.#rest();
    this.input.blur();
    then(n);
  }
}

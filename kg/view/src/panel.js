// What the panel shows: an entity, a paper, a link, or how to begin.
import { h, name, outward, plain, short, svg } from "./dom.js";
import { pieces } from "./highlight.js";
import { SHAPES, shapePath } from "./looks.js";

export const WORDS = {
  introduces: ["introduces", "Introduced by"], evaluatesOn: ["evaluates on", "Evaluated on by"],
  addresses: ["addresses", "Addressed by"], reports: ["reports", "Reported by"],
  comparesWith: ["compares with", "Compared with by"], uses: ["uses", "Used by"], mentions: ["mentions", "Mentioned by"],
  usedFor: ["is used for", "what is used for it"], evaluatedOn: ["is evaluated on", "what is evaluated on it"],
  trainedOn: ["is trained on", "what is trained on it"], partOf: ["is part of", "its parts"],
  basedOn: ["is based on", "what is based on it"], subclassOf: ["is a kind of", "its kinds"],
  benchmarkFor: ["is a benchmark for", "its benchmarks"], outperforms: ["outperforms", "what outperforms it"],
  comparedWith: ["is compared with", "what is compared with it"],
};
const FIRST = 3;

export function icon(type, size = 14) {
  return svg("svg", { viewBox: "-8 -8 16 16", width: size, height: size, class: `icon t${type}`, "aria-hidden": "true" }, svg("path", { d: shapePath(SHAPES[type], 0, 0, 6) }));
}

export class Panel {
  constructor(graph, texts, go) { Object.assign(this, { graph, texts, go }); }

  /** A link inside the page to a node. */
  to(n, { mark = null, text = null, most = 140 } = {}) {
    const { graph, go } = this;
    return h("a", { href: go.address(n, mark), class: "to", title: graph.label(n).length > most ? short(graph.label(n), 400) : null },
      icon(graph.type[n]), name(text ?? short(graph.label(n), most)));
  }

  /** Full text of a paper: what all places count in. */
  #text(p) { return `${this.texts.t[p] || this.graph.p.t[p]}\n${this.texts.a[p]}`; }
  #span(p, index) { return { start: this.texts.s[p][2 * index], end: this.texts.s[p][2 * index + 1] }; }

  /** The mentions in paper `p`, with the node that each names. */
  #mentions(p, only = null) {
    const { graph, texts } = this;
    const out = [];
    for (let i = graph.roleStart[p], k = 0; i < graph.roleStart[p + 1]; i++, k++) {
      const node = graph.P + graph.r.e[i];
      if (only && !only.has(node)) continue;
      const flat = texts.m[p][k];
      for (let j = 0; j < flat.length; j += 2) out.push({ start: flat[j], end: flat[j + 1], node });
    }
    return out;
  }

  /** The words of sentence `index` of paper `p`, `nodes` highlighted; clicking opens the paper there. */
  quote(p, index, nodes) {
    const { start, end } = this.#span(p, index);
    const text = this.#text(p);
    const spans = this.#mentions(p, new Set(nodes));
    const words = pieces(text, spans, start, end).map(({ text: part, spans: over }) =>
      over.length ? h("mark", { class: `t${this.graph.type[over.at(-1).node]}` }, plain(part)) : plain(part));
    return h("a", { class: "quote", href: this.go.address(p, index), title: "Read it in the abstract" }, h("q", { dir: "auto" }, words));
  }

  welcome(stats) {
    const { graph } = this;
    const named = graph.o.filter((n) => n >= graph.P && !graph.generic(n) && graph.types[graph.type[n]] !== "Metric").slice(0, 8);
    return [
      h("h2", {}, "Explore"),
      h("p", {}, `${stats.papers} papers name ${stats.entities} things, tied by ${stats.statements} statements. Each statement leads to the sentence it was read from.`),
      h("p", { class: "faint" }, "Click a node, or begin with one of these:"),
      h("ul", { class: "plain" }, named.map((n) => h("li", {}, this.to(n), h("span", { class: "count" }, `${graph.e.c[n - graph.P]} papers`)))),
      graph.names.length > 1 && [
        h("h3", {}, "Topics"),
        h("ul", { class: "chips" }, graph.names.slice(0, 14).map((_, c) => h("li", {}, h("button", { type: "button", class: "chip", onclick: () => this.go.community(c) }, plain(graph.communityName(c)))))),
      ],
    ];
  }

  entity(n) {
    const { graph } = this, e = n - graph.P;
    const aliases = graph.aliases(n);
    const rows = graph.rolesOf[e];
    return [
      this.#head(n, `${graph.types[graph.type[n]]}${graph.generic(n) ? " · generic" : ""}`),
      aliases.length > 0 && h("p", { class: "aliases" }, h("span", { class: "faint" }, "also "), aliases.slice(0, 8).map((a, i) => [i ? ", " : "", name(short(a, 60))]), aliases.length > 8 ? ` and ${aliases.length - 8} more` : ""),
      h("p", { class: "lead" }, `Named by ${count(graph.e.c[e], "paper")}`),
      this.#actions(n),
      this.#years(rows.map((i) => graph.p.d[graph.r.p[i]])),
      this.#roles(rows, n),
      this.#relations(n),
      this.#results(graph.resultsOf.get(e) ?? []),
    ];
  }

  #top(...kind) {
    return h("div", { class: "top" }, h("p", { class: "kind" }, kind), h("button", { type: "button", class: "close", title: "Close", "aria-label": "Close details", onclick: () => this.go.leave() }, "×"));
  }

  #head(n, kind) {
    return [
      this.#top(icon(this.graph.type[n]), kind),
      h("h2", { dir: "auto", tabindex: "-1" }, name(short(this.graph.label(n), 500))),
    ];
  }

  #actions(n) {
    const { go } = this;
    const button = (text, title, onclick) => h("button", { type: "button", title, onclick }, text);
    return h("div", { class: "actions" },
      button("Focus", "Show only this and its neighbours", () => go.focus(n, 1)),
      button("2 steps", "Show this and what lies within two steps", () => go.focus(n, 2)),
      button("Path to …", "Find the way from here to another node", () => go.path(n)),
      button(go.pinned(n) ? "Unpin" : "Pin", "Keep this node in every picture", () => go.pin(n)));
  }

  #years(dates) {
    const months = dates.filter(Boolean);
    if (months.length < 2) return null;
    const per = new Set(months.map((d) => d.slice(0, 4))).size > 2 ? 4 : 7;
    const tally = new Map();
    for (const d of months) tally.set(d.slice(0, per), (tally.get(d.slice(0, per)) ?? 0) + 1);
    const keys = spanOf([...tally.keys()].sort());
    if (keys.length < 2) return null;
    const most = Math.max(...tally.values()), w = 300 / keys.length;
    return h("figure", { class: "years" },
      svg("svg", { viewBox: "0 0 300 46", role: "img", "aria-label": `Papers over time: ${keys.map((k) => `${k}: ${tally.get(k) ?? 0}`).join(", ")}` },
        keys.map((k, i) => {
          const tall = ((tally.get(k) ?? 0) / most) * 40;
          return svg("rect", { x: (i * w + 1).toFixed(1), y: (44 - tall).toFixed(1), width: Math.max(w - 2, 1).toFixed(1), height: (tall + 1).toFixed(1), rx: 1.5 }, svg("title", {}, `${k}: ${tally.get(k) ?? 0}`));
        })),
      h("figcaption", {}, h("span", {}, keys[0]), h("span", {}, "papers over time"), h("span", {}, keys.at(-1))));
  }

  #relations(n) {
    const { graph } = this, e = n - graph.P;
    const groups = new Map();
    for (const i of graph.claimsOf.get(e) ?? []) {
      const out = graph.q.h[i] === e;
      const key = `${graph.words.relations[graph.q.t[i]]}/${out ? 0 : 1}`;
      const other = graph.P + (out ? graph.q.o[i] : graph.q.h[i]);
      if (!groups.has(key)) groups.set(key, new Map());
      const list = groups.get(key);
      if (!list.has(other)) list.set(other, new Set());
      list.get(other).add(graph.q.p[i]);
    }
    if (!groups.size) return null;
    return h("section", {}, h("h3", {}, "Related"),
      [...groups].sort((a, b) => b[1].size - a[1].size).map(([key, list]) => {
        const [relation, way] = key.split("/");
        const items = [...list].sort((a, b) => b[1].size - a[1].size || graph.i[b[0]] - graph.i[a[0]]);
        return h("div", { class: "group" }, h("h4", {}, WORDS[relation]?.[Number(way)] ?? relation, " ", h("span", { class: "count" }, items.length)),
          this.#list(items.map(([other, papers]) => () => h("li", {}, this.to(other),
            h("a", { class: "why", href: this.go.link(n, other), title: "The sentences that say so" }, count(papers.size, "paper"))))));
      }));
  }

  #roles(rows, n) {
    const { graph, texts } = this;
    const by = new Map();
    for (const i of rows) {
      const role = graph.r.r[i];
      if (!by.has(role)) by.set(role, []);
      by.get(role).push(i);
    }
    return h("section", {}, h("h3", {}, "In papers"), [...by].sort((a, b) => a[0] - b[0]).map(([role, list]) => {
      list.sort((a, b) => graph.p.d[graph.r.p[b]].localeCompare(graph.p.d[graph.r.p[a]]) || graph.i[graph.r.p[b]] - graph.i[graph.r.p[a]]);
      return h("div", { class: "group" }, h("h4", {}, WORDS[graph.words.roles[role]]?.[1] ?? graph.words.roles[role], " ", h("span", { class: "count" }, list.length)),
        this.#list(list.map((i) => () => {
          const p = graph.r.p[i], index = texts.re[p][i - graph.roleStart[p]];
          return h("li", {}, this.to(p, { mark: index, most: 120 }), this.quote(p, index, [n]));
        }), FIRST));
    }));
  }

  #results(rows) {
    if (!rows.length) return null;
    const { graph, texts } = this, { m } = graph;
    const cell = (e) => (e < 0 ? h("td", { class: "faint" }, "–") : h("td", {}, h("a", { href: this.go.address(graph.P + e) }, name(short(graph.e.n[e], 40)))));
    return h("section", {}, h("h3", {}, "Results ", h("span", { class: "count" }, rows.length)),
      h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["System", "On", "Metric", "Value"].map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", {}, rows.slice(0, 40).map((i) => {
          const p = m.p[i], index = texts.me[p][i - graph.resultStart[p]];
          return h("tr", {}, cell(m.s[i]), cell(m.d[i]), cell(m.m[i]),
            h("td", {}, h("a", { href: this.go.address(p, index), title: "Read the sentence" }, plain(m.v[i])), m.k[i] ? h("span", { class: "faint", title: "a difference" }, " Δ") : null));
        })))),
      rows.length > 40 && h("p", { class: "faint" }, `and ${rows.length - 40} more`));
  }

  /** A list that shows its first items and the rest on demand; items are made when they are shown. */
  #list(makers, first = 6) {
    const list = h("ul", { class: "plain" }, makers.slice(0, first).map((make) => make()));
    if (makers.length <= first) return list;
    let shown = first;
    const more = h("button", { type: "button", class: "more" }, `+ ${makers.length - first} more`);
    more.addEventListener("click", () => {
      list.append(...makers.slice(shown, shown + 50).map((make) => make()));
      shown = Math.min(shown + 50, makers.length);
      if (shown === makers.length) more.remove();
      else more.textContent = `+ ${makers.length - shown} more`;
    });
    return [list, more];
  }

  paper(p, mark) {
    const { graph, texts } = this;
    const links = [
      texts.ax[p] && outward(`https://arxiv.org/abs/${encodeURI(texts.ax[p])}`, "arXiv"),
      texts.doi[p] && outward(`https://doi.org/${encodeURI(texts.doi[p])}`, "DOI"),
      ...texts.u[p].map((url) => outward(url, short(url.replace(/^https?:\/\//, ""), 44))),
    ].filter(Boolean);
    const authors = texts.au[p];
    return [
      this.#head(p, ["Paper", graph.p.d[p], texts.ve[p]].filter(Boolean).join(" · ")),
      authors.length > 0 && h("p", { class: "aliases" }, authors.slice(0, 6).map((a, i) => [i ? ", " : "", name(a)]), authors.length > 6 ? ` and ${authors.length - 6} more` : ""),
      links.length > 0 && h("p", { class: "links" }, links),
      this.#actions(p),
      this.#abstract(p, mark),
      this.#says(p, mark),
      this.#results(range(graph.resultStart[p], graph.resultStart[p + 1])),
      graph.p.s[p].length > 0 && h("p", { class: "faint small" }, "Read from ", graph.p.s[p].map((s) => graph.sources[s]).join(", ")),
    ];
  }

  #abstract(p, mark) {
    const { graph } = this;
    const text = this.#text(p), from = (this.texts.t[p] || graph.p.t[p]).length + 1;
    const spans = this.#mentions(p);
    const marked = mark === null || this.texts.s[p][2 * mark] === undefined ? null : { ...this.#span(p, mark), mark: true };
    const draw = (begin, end) => {
      const out = pieces(text, marked ? [...spans, marked] : spans, begin, end).map(({ text: part, spans: over }) => {
        const mention = over.filter((s) => !s.mark).at(-1);
        const inMark = over.some((s) => s.mark);
        const body = mention
          ? h("a", { class: `mention t${graph.type[mention.node]}`, href: this.go.address(mention.node), title: `${graph.label(mention.node).slice(0, 80)} · ${graph.types[graph.type[mention.node]]}` }, plain(part))
          : plain(part);
        return inMark ? h("span", { class: "marked" }, body) : body;
      });
      return out;
    };
    const inTitle = marked && marked.start < from;
    return h("section", { class: "abstract" },
      inTitle && h("p", { class: "text", dir: "auto" }, draw(0, from - 1)),
      h("p", { class: "text", dir: "auto" }, draw(from, text.length)));
  }

  #says(p, mark) {
    const { graph, texts, go } = this;
    const statement = (index, ...words) => h("li", {}, h("a", { href: go.address(p, index), class: `statement${index === mark ? " on" : ""}`, "aria-current": index === mark ? "true" : null, title: "Show the sentence" }, words));
    const it = (e) => h("b", {}, icon(graph.e.t[e], 12), name(short(graph.e.n[e], 60)));
    const claims = range(graph.claimStart[p], graph.claimStart[p + 1]).map((i) => statement(texts.qe[p][i - graph.claimStart[p]], it(graph.q.h[i]), ` ${WORDS[graph.words.relations[graph.q.t[i]]]?.[0] ?? ""} `, it(graph.q.o[i]), sure(graph.q.c[i])));
    const by = new Map();
    for (const i of range(graph.roleStart[p], graph.roleStart[p + 1])) {
      if (!by.has(graph.r.r[i])) by.set(graph.r.r[i], []);
      by.get(graph.r.r[i]).push(i);
    }
    return h("section", {},
      h("h3", {}, "What it says"),
      h("p", { class: "faint small" }, "Click a statement to mark the sentence it was read from."),
      [...by].sort((a, b) => a[0] - b[0]).map(([role, list]) => h("div", { class: "group" }, h("h4", {}, `It ${WORDS[graph.words.roles[role]]?.[0] ?? ""}`, " ", h("span", { class: "count" }, list.length)),
        h("ul", { class: "plain tight" }, list.map((i) => statement(texts.re[p][i - graph.roleStart[p]], it(graph.r.e[i]), sure(graph.r.c[i])))))),
      claims.length > 0 && h("div", { class: "group" }, h("h4", {}, "It states ", h("span", { class: "count" }, claims.length)), h("ul", { class: "plain tight" }, claims)));
  }

  /** A link between two nodes: every statement about both, with its sentence. */
  link(a, b) {
    const { graph, texts } = this;
    const [paper, entity] = a < graph.P ? [a, b - graph.P] : [null, null];
    const head = [this.#top("Link"), h("h2", { tabindex: "-1", class: "pair" }, this.to(a, { most: 90 }), h("span", { class: "faint" }, " and "), this.to(b, { most: 90 }))];
    if (paper !== null) {
      const rows = range(graph.roleStart[paper], graph.roleStart[paper + 1]).filter((i) => graph.r.e[i] === entity);
      return [head, rows.map((i) => h("section", {}, h("h3", {}, `The paper ${WORDS[graph.words.roles[graph.r.r[i]]]?.[0]} it`, sure(graph.r.c[i])), this.quote(paper, texts.re[paper][i - graph.roleStart[paper]], [b])))];
    }
    const [x, y] = [a - graph.P, b - graph.P];
    const rows = (graph.claimsOf.get(x) ?? []).filter((i) => (graph.q.h[i] === x && graph.q.o[i] === y) || (graph.q.h[i] === y && graph.q.o[i] === x));
    const kinds = new Map();
    for (const i of rows) {
      const key = `${graph.q.t[i]}/${graph.q.h[i]}`;
      if (!kinds.has(key)) kinds.set(key, []);
      kinds.get(key).push(i);
    }
    return [head, [...kinds.values()].map((list) => h("section", {},
      h("h3", {}, name(short(graph.e.n[graph.q.h[list[0]]], 50)), h("i", {}, ` ${WORDS[graph.words.relations[graph.q.t[list[0]]]]?.[0]} `), name(short(graph.e.n[graph.q.o[list[0]]], 50)), h("span", { class: "count" }, ` ${count(list.length, "time")} stated`)),
      this.#list(list.map((i) => () => {
        const p = graph.q.p[i], index = texts.qe[p][i - graph.claimStart[p]];
        return h("li", {}, this.to(p, { mark: index, most: 110 }), sure(graph.q.c[i]), this.quote(p, index, [a, b]));
      }), 8)))];
  }
}

export function count(n, word) { return `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`; }
function range(a, b) { return Array.from({ length: b - a }, (_, i) => a + i); }
function sure(percent) { return h("span", { class: "sure", title: `confidence ${percent} %` }, h("span", { class: "visually-hidden" }, `confidence `), `${percent} %`); }

/** All years or months from the first to the last key. */
export function spanOf(keys) {
  if (!keys.length || new Set(keys.map((k) => k.length)).size > 1) return keys;
  const out = [];
  let [year, month] = keys[0].split("-").map(Number);
  for (let i = 0; i < 240; i++) {
    const key = month === undefined ? String(year) : `${year}-${String(month).padStart(2, "0")}`;
    out.push(key);
    if (key >= keys.at(-1)) break;
    if (month === undefined) year++;
    else if (++month > 12) { month = 1; year++; }
  }
  return out;
}

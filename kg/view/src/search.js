// Find papers and entities by name and alias, as one types.
import { fold } from "./graph.js";

export class Search {
  constructor(graph) {
    this.graph = graph;
    this.names = [];
    this.node = [];
    for (const n of graph.o) {
      this.#add(graph.label(n).slice(0, 400), n);
      for (const alias of graph.aliases(n)) this.#add(alias.slice(0, 200), n);
    }
  }

  #add(name, n) { this.names.push(fold(name)); this.node.push(n); }

  /** Return up to `limit` nodes, the best first: whole name, its beginning, a word's, within; then near misses. */
  find(query, limit = 12) {
    const wanted = fold(query);
    if (!wanted) return [];
    const best = new Map();
    for (let i = 0; i < this.names.length; i++) {
      const grade = grading(this.names[i], wanted);
      if (grade < 5 && grade < (best.get(this.node[i]) ?? 5)) best.set(this.node[i], grade);
    }
    if (best.size === 0 && wanted.length > 3) this.#near(wanted, best);
    const { i: importance } = this.graph;
    return [...best.entries()]
      .sort((x, y) => x[1] - y[1] || importance[y[0]] - importance[x[0]] || x[0] - y[0])
      .slice(0, limit)
      .map(([n]) => n);
  }

  #near(wanted, best) {
    const most = wanted.length > 6 ? 2 : 1;
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i];
      if (Math.abs(name.length - wanted.length) > most) continue;
      const off = distance(name, wanted, most);
      if (off <= most) best.set(this.node[i], Math.min(5 + off, best.get(this.node[i]) ?? 9));
    }
  }
}

function grading(name, wanted) {
  const at = name.indexOf(wanted);
  if (at < 0) {
    // all words, in any order
    if (!wanted.includes(" ")) return 5;
    return wanted.split(" ").every((word) => name.includes(word)) ? 4 : 5;
  }
  if (at === 0) return name.length === wanted.length ? 0 : 1;
  return name[at - 1] === " " ? 2 : 3;
}

/** The edits between two words, or `most + 1` if there are more (Levenshtein 1966). */
export function distance(a, b, most) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    if (Math.min(...next) > most) return most + 1;
    row = next;
  }
  return row[b.length];
}

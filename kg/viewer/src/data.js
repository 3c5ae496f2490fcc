// The page's data: unpacked once into typed columns. Nodes are numbers, papers first.

export async function unpack(text) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream('deflate'));
  return JSON.parse(await new Response(stream).text());
}

const ROLE_WEIGHT = { introduces: 4, evaluatesOn: 2, addresses: 2, reports: 1, comparesWith: 1.5, uses: 1.5, mentions: 1 };
const RELATION_WEIGHT = 2;

/** The graph of a block: columns by node and by statement (roles first, then relations). */
export class Graph {
  constructor(block) {
    Object.assign(this, { words: block.words, sources: block.sources, title: block.title, base: block.base });
    this.queries = block.queries;
    this.prefixes = block.prefixes;
    this.p = block.p;
    this.e = block.e;
    this.r = block.r;
    this.q = block.q;
    this.m = block.m;
    this.papers = block.p.id.length;
    this.size = this.papers + block.e.id.length;
    this.x = block.x;
    this.y = block.y;
    this.community = block.k;
    this.importance = block.i;
    this.order = block.o;
    this.names = block.names;
    this.roles = block.r.p.length;
    this.statements = this.roles + block.q.p.length;
    this.number = new Map();
    block.p.id.forEach((id, i) => this.number.set(id, i));
    block.e.id.forEach((id, i) => this.number.set(id, this.papers + i));
    this.rank = new Int32Array(this.size);
    this.order.forEach((node, place) => { this.rank[node] = place; });
    this.#link();
  }

  isPaper(node) { return node < this.papers; }
  id(node) { return this.isPaper(node) ? this.p.id[node] : this.e.id[node - this.papers]; }
  name(node) { return this.isPaper(node) ? this.p.t[node] : this.e.n[node - this.papers]; }
  type(node) { return this.isPaper(node) ? 'Paper' : this.words.types[this.e.t[node - this.papers]]; }
  isGeneric(node) { return !this.isPaper(node) && this.e.g[node - this.papers] === 1; }
  aliases(node) {
    const text = this.isPaper(node) ? '' : this.e.a[node - this.papers];
    return text ? text.split('\t') : [];
  }

  /** Both ends of a statement: paper and entity of a role, head and tail of a relation. */
  ends(s) {
    if (s < this.roles) return [this.r.p[s], this.papers + this.r.e[s]];
    const i = s - this.roles;
    return [this.papers + this.q.h[i], this.papers + this.q.o[i]];
  }
  paperOf(s) { return s < this.roles ? this.r.p[s] : this.q.p[s - this.roles]; }
  confidence(s) { return s < this.roles ? this.r.c[s] : this.q.c[s - this.roles]; }
  word(s) {
    return s < this.roles ? this.words.roles[this.r.r[s]] : this.words.relations[this.q.t[s - this.roles]];
  }
  /** The statements that a node is an end of. */
  of(node) { return this.items.subarray(this.offsets[node], this.offsets[node + 1]); }
  /** The statements between two nodes. */
  between(a, b) {
    return [...this.of(a)].filter((s) => { const [x, y] = this.ends(s); return (x === a && y === b) || (x === b && y === a); });
  }

  /** A node's neighbours over the statements that `passes` lets through, with the tie's strength. */
  neighbours(node, passes = () => true) {
    const ties = new Map();
    for (const s of this.of(node)) {
      if (!passes(s)) continue;
      const [a, b] = this.ends(s);
      const other = a === node ? b : a;
      if (other === node) continue;
      const weight = s < this.roles ? ROLE_WEIGHT[this.word(s)] : RELATION_WEIGHT;
      ties.set(other, (ties.get(other) || 0) + weight);
    }
    return ties;
  }

  #link() {
    this.offsets = new Int32Array(this.size + 1);
    for (let s = 0; s < this.statements; s++) for (const n of this.ends(s)) this.offsets[n + 1]++;
    for (let n = 0; n < this.size; n++) this.offsets[n + 1] += this.offsets[n];
    this.items = new Int32Array(2 * this.statements);
    const next = this.offsets.slice();
    for (let s = 0; s < this.statements; s++) for (const n of this.ends(s)) this.items[next[n]++] = s;
  }
}

/** What a person reads of papers, by number. */
export class Texts {
  constructor(block, graph) {
    this.block = block;
    this.graph = graph;
    const count = graph.papers;
    this.firstRole = starts(graph.r.p, count);
    this.firstClaim = starts(graph.q.p, count);
    this.firstResult = starts(graph.m.p, count);
  }

  paper(p) {
    const b = this.block;
    const title = b.t[p] === 0 ? this.graph.p.t[p] : b.t[p];
    return { title, text: `${title}\n${b.a[p]}`, urls: b.u[p], authors: b.au[p], arxiv: b.ax[p], doi: b.doi[p], venue: b.ve[p] };
  }
  #span(p, i) { return [this.block.s[p][2 * i], this.block.s[p][2 * i + 1]]; }

  /** The sentence behind a statement. */
  evidence(s) {
    const p = this.graph.paperOf(s);
    if (s < this.graph.roles) return this.#span(p, this.block.re[p][s - this.firstRole[p]]);
    return this.#span(p, this.block.qe[p][s - this.graph.roles - this.firstClaim[p]]);
  }
  resultEvidence(i) {
    const p = this.graph.m.p[i];
    return this.#span(p, this.block.me[p][i - this.firstResult[p]]);
  }
  resultPlace(i) {
    const p = this.graph.m.p[i];
    const k = 2 * (i - this.firstResult[p]);
    return [this.block.mo[p][k], this.block.mo[p][k + 1]];
  }
  /** Where a paper names what: [start, end, node], by place. */
  mentions(p) {
    const found = [];
    for (let k = this.firstRole[p]; k < this.firstRole[p + 1]; k++) {
      const places = this.block.m[p][k - this.firstRole[p]];
      const node = this.graph.papers + this.graph.r.e[k];
      for (let i = 0; i < places.length; i += 2) found.push([places[i], places[i + 1], node]);
    }
    return found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  }
}

// Rows are sorted by paper: the first row of each, and one past the last.
function starts(column, count) {
  const first = new Int32Array(count + 1);
  for (const p of column) first[p + 1]++;
  for (let p = 0; p < count; p++) first[p + 1] += first[p];
  return first;
}

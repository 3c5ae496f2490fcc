// The graph as columns and numbered nodes: papers are 0 … P-1, entities P … N-1.

export const PAPER = 6;

/** Fold `text` for search: no case, no accents, no punctuation between words. */
export function fold(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s\-_/]+/g, " ")
    .trim();
}

const ROLE_WEIGHT = { introduces: 4, evaluatesOn: 2, addresses: 2, reports: 1, comparesWith: 1.5, uses: 1.5, mentions: 1 };

export class Graph {
  constructor(block) {
    Object.assign(this, block);
    this.P = block.p.id.length;
    this.E = block.e.id.length;
    this.N = this.P + this.E;
    this.types = [...block.words.types, "Paper"];
    this.type = new Uint8Array(this.N).fill(PAPER, 0, this.P);
    this.type.set(block.e.t, this.P);
    this.byKey = new Map();
    for (let n = this.N - 1; n >= 0; n--) this.byKey.set(this.key(n), n);
    this.#link();
    this.#byPaper();
  }

  isPaper(n) { return n < this.P; }
  generic(n) { return n >= this.P && this.e.g[n - this.P] === 1; }
  label(n) { return n < this.P ? this.p.t[n] : this.e.n[n - this.P]; }
  /** The name of a node in the address: the entity's id, or `paper/` and the paper's. */
  key(n) { return n < this.P ? `paper/${this.p.id[n]}` : this.e.id[n - this.P]; }
  aliases(n) { return n < this.P || !this.e.a[n - this.P] ? [] : this.e.a[n - this.P].split("\t"); }
  iri(n) { return this.base + (n < this.P ? `paper/${this.p.id[n]}` : `entity/${this.e.id[n - this.P]}`); }
  communityName(c) { return this.names[c].slice(0, 2).map((i) => this.e.n[i]).join(" · ") || `group ${c + 1}`; }

  // Rows (roles and claims) that tie the same two nodes make one pair.
  #link() {
    const pairs = new Map();
    const a = [], b = [], weight = [];
    const pairOf = (x, y) => {
      const key = x < y ? x * this.N + y : y * this.N + x;
      let i = pairs.get(key);
      if (i === undefined) {
        i = a.length;
        pairs.set(key, i);
        a.push(Math.min(x, y)); b.push(Math.max(x, y)); weight.push(0);
      }
      return i;
    };
    const { r, q } = this;
    this.rolePair = Int32Array.from(r.e, (e, i) => {
      const pair = pairOf(r.p[i], this.P + e);
      weight[pair] = Math.max(weight[pair], ROLE_WEIGHT[this.words.roles[r.r[i]]] ?? 1);
      return pair;
    });
    this.claimPair = Int32Array.from(q.h, (h, i) => {
      if (h === q.o[i]) return -1;
      const pair = pairOf(this.P + h, this.P + q.o[i]);
      weight[pair] += 2;
      return pair;
    });
    this.a = Int32Array.from(a);
    this.b = Int32Array.from(b);
    this.pairs = pairs;
    const degree = new Int32Array(this.N + 1);
    for (let i = 0; i < a.length; i++) { degree[a[i]]++; degree[b[i]]++; }
    this.degree = degree;
    this.weight = Float64Array.from(weight, (w, i) => w / Math.log2(2 + Math.max(degree[a[i]], degree[b[i]])));
    this.start = new Int32Array(this.N + 1);
    for (let n = 0; n < this.N; n++) this.start[n + 1] = this.start[n] + degree[n];
    const next = this.start.slice();
    this.near = new Int32Array(2 * a.length);
    for (let i = 0; i < a.length; i++) { this.near[next[a[i]]++] = i; this.near[next[b[i]]++] = i; }
  }

  #byPaper() {
    const rows = (paper, count) => {
      const start = new Int32Array(this.P + 1);
      for (const p of paper) start[p + 1]++;
      for (let i = 0; i < count; i++) start[i + 1] += start[i];
      return start;
    };
    this.roleStart = rows(this.r.p, this.P);
    this.claimStart = rows(this.q.p, this.P);
    this.resultStart = rows(this.m.p, this.P);
    this.rolesOf = Array.from({ length: this.E }, () => []);
    this.r.e.forEach((e, i) => this.rolesOf[e].push(i));
    this.claimsOf = new Map();
    this.q.h.forEach((h, i) => {
      for (const e of new Set([h, this.q.o[i]])) {
        if (!this.claimsOf.has(e)) this.claimsOf.set(e, []);
        this.claimsOf.get(e).push(i);
      }
    });
    this.resultsOf = new Map();
    this.m.s.forEach((s, i) => {
      for (const e of new Set([s, this.m.d[i], this.m.m[i]])) {
        if (e < 0) continue;
        if (!this.resultsOf.has(e)) this.resultsOf.set(e, []);
        this.resultsOf.get(e).push(i);
      }
    });
  }

  /** The pairs at `n`, as numbers. */
  pairsAt(n) { return this.near.subarray(this.start[n], this.start[n + 1]); }
  other(pair, n) { return this.a[pair] === n ? this.b[pair] : this.a[pair]; }
  pairBetween(x, y) { return this.pairs.get(x < y ? x * this.N + y : y * this.N + x); }
}

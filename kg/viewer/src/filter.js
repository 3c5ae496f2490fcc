// Which statements and nodes pass the filters, and true counts of each choice.

export const NONE = {
  hidden: [], roles: [], relations: [], confidence: 0, papers: 1, generic: false, source: -1, from: '', to: '',
};

const TYPE = 1, ROLE = 2, RELATION = 4, CONFIDENCE = 8, COUNT = 16, GENERIC = 32, SOURCE = 64, DATE = 128;

/** Apply `filters`; counts of a facet are what would be there if that facet were not set; those of
 * papers, entities and statements are what passes all of them. */
export function apply(graph, filters) {
  const own = nodeMasks(graph, filters);
  const passing = new Uint8Array(graph.statements);
  const nodes = new Uint8Array(graph.size);
  const counts = {
    types: countTypes(), roles: {}, relations: {}, sources: new Array(graph.sources.length).fill(0), generic: 0,
    papers: 0, entities: 0, statements: 0,
  };
  const seen = new Uint8Array(graph.size);
  const hiddenRoles = new Set(filters.roles), hiddenRelations = new Set(filters.relations);
  for (let s = 0; s < graph.statements; s++) {
    const [a, b] = graph.ends(s);
    const word = graph.word(s);
    const role = s < graph.roles;
    let mask = own[a] | own[b] | own[graph.paperOf(s)] & ~TYPE;
    if (role ? hiddenRoles.has(word) : hiddenRelations.has(word)) mask |= role ? ROLE : RELATION;
    if (graph.confidence(s) < filters.confidence) mask |= CONFIDENCE;
    if (mask === 0) { passing[s] = 1; nodes[a] = nodes[b] = 1; counts.statements++; }
    if ((mask & ~(role ? ROLE : RELATION)) === 0) {
      const table = role ? counts.roles : counts.relations;
      table[word] = (table[word] || 0) + 1;
    }
    // a type's count must not hang on whether other types are shown
    if ((mask & ~TYPE) === 0) for (const n of [a, b]) if ((own[n] & ~TYPE) === 0) seen[n] |= 1;
    if ((mask & ~(GENERIC | TYPE)) === 0) for (const n of [a, b]) if (graph.isGeneric(n)) seen[n] |= 2;
  }
  for (let n = 0; n < graph.size; n++) {
    if (seen[n] & 1) counts.types[graph.type(n)]++;
    if (seen[n] & 2) counts.generic++;
    if (nodes[n]) counts[graph.isPaper(n) ? 'papers' : 'entities']++;
  }
  for (let p = 0; p < graph.papers; p++) {
    if ((own[p] & ~(SOURCE | TYPE)) === 0) for (const source of graph.p.s[p]) counts.sources[source]++;
  }
  return { passing, nodes, counts };
}

function countTypes() {
  return { Paper: 0, Model: 0, Method: 0, Dataset: 0, Benchmark: 0, Task: 0, Metric: 0 };
}

function nodeMasks(graph, filters) {
  const hidden = new Set(filters.hidden);
  const masks = new Uint8Array(graph.size);
  const { from, to } = filters;
  for (let n = 0; n < graph.size; n++) {
    let mask = hidden.has(graph.type(n)) ? TYPE : 0;
    if (graph.isPaper(n)) {
      if (filters.source >= 0 && !graph.p.s[n].includes(filters.source)) mask |= SOURCE;
      const date = graph.p.d[n];
      if ((from && (!date || date.slice(0, from.length) < from)) || (to && (!date || date.slice(0, to.length) > to))) mask |= DATE;
    } else {
      if (!filters.generic && graph.isGeneric(n)) mask |= GENERIC;
      if (graph.e.c[n - graph.papers] < filters.papers) mask |= COUNT;
    }
    masks[n] = mask;
  }
  return masks;
}

/** Whether any filter is set. */
export function isFiltered(filters) {
  return Object.keys(NONE).some((key) => JSON.stringify(filters[key]) !== JSON.stringify(NONE[key]));
}

/** The nodes to draw at first: the most important that pass, none that stands alone. */
export function first(graph, seen, most) {
  const wanted = graph.order.filter((n) => seen.nodes[n]);
  let chosen = wanted.slice(0, most);
  for (let round = 0; round < 3; round++) {
    const shown = new Set(chosen);
    const linked = new Set(), near = new Set();
    for (const n of chosen) {
      for (const s of graph.of(n)) {
        if (!seen.passing[s]) continue;
        const [a, b] = graph.ends(s);
        const other = a === n ? b : a;
        if (shown.has(other)) linked.add(n);
        else near.add(other);
      }
    }
    if (linked.size === chosen.length || linked.size === 0) break;
    chosen = wanted.filter((n) => linked.has(n) || near.has(n)).slice(0, most);
  }
  return chosen;
}

/** The strongest links among `shown`: each node's own `each`, and no more. */
export function links(graph, seen, shown, each = 3, always = new Set()) {
  const inside = new Set(shown);
  const ties = [];
  for (const a of shown) {
    for (const [b, weight] of graph.neighbours(a, (s) => seen.passing[s])) {
      if (a < b && inside.has(b)) {
        const busier = Math.max(degree(graph, a), degree(graph, b));
        ties.push([a, b, weight / Math.log2(2 + busier)]);
      }
    }
  }
  ties.sort((x, y) => y[2] - x[2] || x[0] - y[0] || x[1] - y[1]);
  const drawn = new Map();
  const count = (n) => drawn.get(n) || 0;
  const kept = ties.filter(([a, b]) => {
    const keep = count(a) < each || count(b) < each || always.has(a) || always.has(b);
    if (keep) { drawn.set(a, count(a) + 1); drawn.set(b, count(b) + 1); }
    return keep;
  });
  return { kept, all: ties.length };
}

function degree(graph, n) { return graph.offsets[n + 1] - graph.offsets[n]; }

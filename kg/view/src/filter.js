// Which nodes and pairs pass the filters, and how many of each kind would.
import { PAPER } from "./graph.js";

export const noFilter = () => ({
  types: new Set(), roles: new Set(), relations: new Set(), sources: new Set(),
  confidence: 0, papers: 1, generic: false, from: "", to: "",
});

/** Whether a date (`YYYY`, `YYYY-MM` or longer) lies between two others; no date passes only if none is asked. */
export function dated(date, from, to) {
  if (!from && !to) return true;
  if (!date) return false;
  return (!from || date >= from.slice(0, date.length)) && (!to || date.slice(0, to.length) <= to);
}

/**
 * Return `node` and `pair` (1 where it passes) and `counts`. A facet's counts leave out that facet's
 * own choice: they say what would be there if the box were ticked.
 */
export function apply(graph, filter) {
  const { P, E, N, r, q, p, e } = graph;
  const paper = new Uint8Array(P), paperNoSource = new Uint8Array(P);
  const hidePapers = filter.types.has(PAPER);
  for (let i = 0; i < P; i++) {
    paperNoSource[i] = dated(p.d[i], filter.from, filter.to) ? 1 : 0;
    const sourced = !filter.sources.size || !p.s[i].length || p.s[i].some((s) => !filter.sources.has(s));
    paper[i] = paperNoSource[i] && sourced ? 1 : 0;
  }
  const named = new Int32Array(E);
  for (let i = 0; i < r.p.length; i++) if (paper[r.p[i]]) named[r.e[i]]++;
  const fit = new Uint8Array(E), entity = new Uint8Array(E);
  let generic = 0;
  for (let i = 0; i < E; i++) {
    const enough = named[i] >= filter.papers;
    if (enough && e.g[i]) generic++;
    fit[i] = enough && (filter.generic || !e.g[i]) ? 1 : 0;
    entity[i] = fit[i] && !filter.types.has(e.t[i]) ? 1 : 0;
  }
  const pair = new Uint8Array(graph.a.length);
  const node = new Uint8Array(N), wouldBe = new Uint8Array(N);
  const roles = new Int32Array(graph.words.roles.length);
  const relations = new Int32Array(graph.words.relations.length);
  const sure = filter.confidence * 100;
  for (let i = 0; i < r.p.length; i++) {
    const at = r.p[i], to = r.e[i];
    if (!paper[at] || r.c[i] < sure || !fit[to]) continue;
    const allowed = !filter.roles.has(r.r[i]);
    if (allowed) { wouldBe[at] = 1; wouldBe[P + to] = 1; }
    if (!entity[to]) continue;
    roles[r.r[i]]++;
    if (!allowed) continue;
    node[P + to] = 1;
    if (hidePapers) continue;
    node[at] = 1;
    pair[graph.rolePair[i]] = 1;
  }
  for (let i = 0; i < q.p.length; i++) {
    if (!paper[q.p[i]] || q.c[i] < sure || !entity[q.h[i]] || !entity[q.o[i]]) continue;
    relations[q.t[i]]++;
    if (filter.relations.has(q.t[i]) || graph.claimPair[i] < 0) continue;
    if (node[P + q.h[i]] && node[P + q.o[i]]) pair[graph.claimPair[i]] = 1;
  }
  const types = new Int32Array(graph.types.length);
  for (let n = 0; n < N; n++) if (wouldBe[n]) types[graph.type[n]]++;
  const sources = new Int32Array(graph.sources.length);
  for (let i = 0; i < P; i++) if (paperNoSource[i]) for (const s of p.s[i]) sources[s]++;
  return { node, pair, named, counts: { types, roles, relations, sources, generic } };
}

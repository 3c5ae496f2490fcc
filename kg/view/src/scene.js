// What is drawn: a bounded number of nodes and of links between them.

export const LIMIT = 220;
const EXTRA = 12;
const EACH = 3;

/** Return the numbers of the nodes to draw for `view`, the most important first. */
export function nodesOf(graph, ok, view, limit) {
  if (view.kind === "focus") return around(graph, ok, view.node, view.hops, limit);
  if (view.kind === "path") return between(graph, ok, view.from, view.to);
  if (view.kind === "set") return view.nodes.slice(0, limit);
  if (view.kind === "community") return take(graph, graph.o.filter((n) => ok.node[n] && graph.k[n] === view.community), ok, limit);
  return take(graph, graph.o.filter((n) => ok.node[n]), ok, limit);
}

/** The first `limit` of `order`; those without a link to the others make room for some that have one. */
function take(graph, order, ok, limit) {
  let shown = new Set(order.slice(0, limit));
  for (let round = 0; round < 3; round++) {
    const linked = new Set();
    for (const n of shown) {
      for (const pair of graph.pairsAt(n)) {
        if (ok.pair[pair] && shown.has(graph.other(pair, n))) { linked.add(n); break; }
      }
    }
    if (linked.size === shown.size || linked.size === 0) break;
    const near = new Set(linked);
    for (const n of linked) for (const pair of graph.pairsAt(n)) if (ok.pair[pair]) near.add(graph.other(pair, n));
    const next = [];
    for (const n of order) { if (near.has(n)) next.push(n); if (next.length === limit) break; }
    for (const n of order) { if (next.length >= Math.min(limit, 12)) break; if (!near.has(n)) next.push(n); }
    shown = new Set(next);
  }
  return order.filter((n) => shown.has(n));
}

/** What lies within `hops` of `node`: nearer first, then more strongly tied; nothing is reached through a generic hub. */
export function around(graph, ok, node, hops, limit) {
  const reached = new Set([node]);
  let edge = [node];
  for (let hop = 0; hop < hops && reached.size < limit; hop++) {
    const tie = new Map();
    for (const n of edge) {
      if (hop > 0 && graph.generic(n)) continue;
      for (const pair of graph.pairsAt(n)) {
        const other = graph.other(pair, n);
        if (ok.pair[pair] && ok.node[other] && !reached.has(other)) tie.set(other, (tie.get(other) ?? 0) + graph.weight[pair]);
      }
    }
    edge = [...tie].sort((x, y) => y[1] - x[1] || x[0] - y[0]).slice(0, limit - reached.size).map(([n]) => n);
    for (const n of edge) reached.add(n);
  }
  return [...reached];
}

/** The strongest neighbours of `node` that pass the filters. */
export function neighbours(graph, ok, node, count = EXTRA) {
  return [...graph.pairsAt(node)]
    .filter((pair) => ok.pair[pair] && ok.node[graph.other(pair, node)])
    .sort((x, y) => graph.weight[y] - graph.weight[x] || x - y)
    .slice(0, count)
    .map((pair) => graph.other(pair, node));
}

/** The nodes on the shortest ways from one node to another (at most 40), those of one way first; empty if there is none. */
export function between(graph, ok, from, to) {
  const depth = new Map([[from, 0]]);
  const queue = [from];
  for (let i = 0; i < queue.length && !depth.has(to); i++) {
    if (i > 0 && graph.generic(queue[i])) continue;
    for (const pair of graph.pairsAt(queue[i])) {
      const other = graph.other(pair, queue[i]);
      if (!ok.pair[pair] || depth.has(other)) continue;
      depth.set(other, depth.get(queue[i]) + 1);
      queue.push(other);
    }
  }
  if (!depth.has(to)) return [];
  const found = new Set([to]);
  let layer = [to];
  for (let d = depth.get(to) - 1; d >= 0; d--) {
    const tie = new Map();
    for (const n of layer) {
      for (const pair of graph.pairsAt(n)) {
        const other = graph.other(pair, n);
        if (ok.pair[pair] && depth.get(other) === d && (other === from || !graph.generic(other))) tie.set(other, (tie.get(other) ?? 0) + graph.weight[pair]);
      }
    }
    layer = [...tie].sort((x, y) => y[1] - x[1] || x[0] - y[0]).slice(0, 8).map(([n]) => n);
    for (const n of layer) found.add(n);
  }
  return found.has(from) ? [...found].slice(0, 40) : [];
}

/** The links to draw between `nodes`: each node's strongest three, and all of `whole`'s. */
export function linksOf(graph, ok, nodes, whole = null) {
  const inside = new Set(nodes);
  const pairs = new Set();
  for (const n of nodes) for (const pair of graph.pairsAt(n)) if (ok.pair[pair] && inside.has(graph.other(pair, n))) pairs.add(pair);
  const drawn = new Map();
  const kept = [];
  for (const pair of [...pairs].sort((x, y) => graph.weight[y] - graph.weight[x] || x - y)) {
    const a = graph.a[pair], b = graph.b[pair];
    const few = (drawn.get(a) ?? 0) < EACH || (drawn.get(b) ?? 0) < EACH;
    if (few || a === whole || b === whole) {
      kept.push(pair);
      drawn.set(a, (drawn.get(a) ?? 0) + 1);
      drawn.set(b, (drawn.get(b) ?? 0) + 1);
    }
  }
  return kept;
}

/** The communities as nodes and the ties between them: `{ size, ties: [[a, b, count]] }`. */
export function overview(graph, ok) {
  const size = new Int32Array(graph.names.length);
  for (let n = 0; n < graph.N; n++) if (ok.node[n] && graph.k[n] >= 0) size[graph.k[n]]++;
  const ties = new Map();
  for (let i = 0; i < graph.a.length; i++) {
    const a = graph.k[graph.a[i]], b = graph.k[graph.b[i]];
    if (!ok.pair[i] || a < 0 || b < 0 || a === b) continue;
    const key = Math.min(a, b) * 1000 + Math.max(a, b);
    ties.set(key, (ties.get(key) ?? 0) + 1);
  }
  const each = new Map();
  const kept = [...ties].sort((x, y) => y[1] - x[1] || x[0] - y[0]).filter(([key]) => {
    const a = Math.floor(key / 1000), b = key % 1000;
    const few = (each.get(a) ?? 0) < 3 || (each.get(b) ?? 0) < 3;
    if (few) { each.set(a, (each.get(a) ?? 0) + 1); each.set(b, (each.get(b) ?? 0) + 1); }
    return few;
  });
  return { size, ties: kept.map(([key, count]) => [Math.floor(key / 1000), key % 1000, count]) };
}

// Ways through the graph: what is near a node, and the shortest way between two.

/** Nodes within `hops` of `start`, nearest and strongest first, `most` at most; start first.
 *
 * Nothing is reached through a generic entity: it is near everything.
 */
export function near(graph, seen, start, hops, most = 140) {
  const found = [start];
  const reached = new Set(found);
  let edge = [start];
  let all = 0;
  for (let hop = 0; hop < hops; hop++) {
    const ties = new Map();
    for (const node of edge) {
      if (hop > 0 && graph.isGeneric(node)) continue;
      for (const [other, weight] of graph.neighbours(node, (s) => seen.passing[s])) {
        if (!reached.has(other)) ties.set(other, (ties.get(other) || 0) + weight);
      }
    }
    edge = [...ties.keys()].sort((a, b) => (hop ? ties.get(b) - ties.get(a) : 0) || graph.rank[a] - graph.rank[b]);
    all += edge.length;
    for (const node of edge) {
      reached.add(node);
      if (found.length < most) found.push(node);
    }
  }
  return { nodes: found, all: all + 1 };
}

/** The shortest way from `a` to `b` as a list of nodes, or null; of equals the most important. */
export function path(graph, seen, a, b) {
  if (a === b) return [a];
  const from = new Map([[a, -1]]);
  let edge = [a];
  while (edge.length && !from.has(b)) {
    const next = [];
    for (const node of edge) {
      const others = [...graph.neighbours(node, (s) => seen.passing[s]).keys()];
      others.sort((x, y) => graph.rank[x] - graph.rank[y]);
      for (const other of others) {
        if (from.has(other)) continue;
        from.set(other, node);
        next.push(other);
      }
    }
    edge = next;
  }
  if (!from.has(b)) return null;
  const way = [];
  for (let node = b; node !== -1; node = from.get(node)) way.unshift(node);
  return way;
}

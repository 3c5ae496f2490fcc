// Places for what the built layout does not place well: neighbourhoods, ways, overviews.

/** A neighbourhood on rings around its middle, neighbours of one type side by side. */
export function rings(graph, nodes, hopOf, parentOf) {
  const places = new Map([[nodes[0], [0, 0]]]);
  const first = nodes.filter((n) => hopOf.get(n) === 1);
  const far = nodes.some((n) => hopOf.get(n) === 2);
  first.sort((a, b) => kindOf(graph, a) - kindOf(graph, b) || graph.rank[a] - graph.rank[b]);
  const lanes = Math.max(1, Math.ceil(first.length / 34));
  first.forEach((n, i) => {
    const angle = (2 * Math.PI * i) / first.length - Math.PI / 2;
    const lane = i % lanes;
    const reach = (far ? 290 : 190) + Math.max(0, first.length - 16) * 3.2 + lane * 85;
    places.set(n, [Math.cos(angle) * reach * 1.08, Math.sin(angle) * reach]);
  });
  const children = new Map();
  for (const n of nodes) {
    if (hopOf.get(n) !== 2) continue;
    const parent = parentOf.get(n);
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(n);
  }
  for (const [parent, list] of children) {
    const [x, y] = places.get(parent) || [0, 0];
    const away = Math.atan2(y, x);
    list.forEach((n, i) => {
      const angle = away + (i - (list.length - 1) / 2) * Math.min(0.5, 2.4 / list.length);
      const reach = 135 + (i % 3) * 48;
      places.set(n, [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach]);
    });
  }
  return apart(places, nodes[0], far ? 62 : 46);
}

function kindOf(graph, n) { return graph.isPaper(n) ? 9 : graph.e.t[n - graph.papers]; }

/** Push places apart that are closer than `gap`; the fixed one stays. */
export function apart(places, fixed = -1, gap = 42, rounds = 50) {
  const nodes = [...places.keys()];
  for (let round = 0; round < rounds; round++) {
    let moved = false;
    for (let i = 0; i < nodes.length; i++) {
      for (let j = i + 1; j < nodes.length; j++) {
        const a = places.get(nodes[i]), b = places.get(nodes[j]);
        let dx = a[0] - b[0];
        const dy = a[1] - b[1];
        const d = Math.hypot(dx, dy);
        if (d >= gap) continue;
        if (d === 0) dx = 1;
        const push = (gap - d) / (2 * (d || 1));
        if (nodes[i] !== fixed) places.set(nodes[i], [a[0] + dx * push, a[1] + dy * push]);
        if (nodes[j] !== fixed) places.set(nodes[j], [b[0] - dx * push, b[1] - dy * push]);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return places;
}

/** Newcomers beside a node: on arcs around it, where there is room. */
export function beside(middle, newcomers, taken) {
  const places = new Map();
  const others = [...taken];
  newcomers.forEach((n, i) => {
    let best = null;
    for (let k = 0; k < 28; k++) {
      const angle = i * 2.399963 + k * 0.7;
      const reach = 80 + 14 * Math.sqrt(i + 1) + k * 9;
      const spot = [middle[0] + Math.cos(angle) * reach, middle[1] + Math.sin(angle) * reach];
      const free = Math.min(...others.map(([x, y]) => Math.hypot(x - spot[0], y - spot[1])));
      if (!best || free > best.free) best = { spot, free };
      if (free > 46) break;
    }
    places.set(n, best.spot);
    others.push(best.spot);
  });
  return places;
}

/** A way drawn as a line that bends a little. */
export function line(way) {
  const gap = 190;
  return new Map(way.map((n, i) => [n, [(i - (way.length - 1) / 2) * gap, (i % 2 ? 1 : -1) * 34]]));
}

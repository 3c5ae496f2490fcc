// Communities as quiet grounds behind their nodes, each with a name from its most typical entities.

export function groupName(graph, k, most = 2) {
  const names = (graph.names[k] || []).slice(0, most).map((e) => graph.e.n[e].slice(0, 40));
  return names.length ? names.join(' · ') : `Group ${k + 1}`;
}

/** A quiet colour for a community: neighbours in number stand far apart in hue. */
export function tintOf(k, dark) { return `hsl(${Math.round(k * 137.5 + 200) % 360}, 42%, ${dark ? 58 : 52}%)`; }

export function drawGroups(ctx, picture) {
  const { scene, graph, colours } = picture;
  picture.grounds = [];
  if (!colours || !scene.groups?.length || scene.near) return;
  ctx.save();
  for (const k of scene.groups) {
    const points = core(scene.nodes.filter((n) => graph.community[n] === k).map((n) => picture.place(n)));
    if (points.length < 3) continue;
    const outline = hull(points);
    const top = outline.reduce((a, b) => (b[1] < a[1] ? b : a));
    const middle = outline.reduce((sum, p) => sum + p[0], 0) / outline.length;
    picture.grounds.push({ k, outline, name: groupName(graph, k, 2), top: [middle, top[1]] });
    ctx.beginPath();
    outline.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.closePath();
    const tint = tintOf(k, scene.dark);
    ctx.fillStyle = ctx.strokeStyle = tint;
    ctx.lineJoin = 'round';
    ctx.lineWidth = 56;
    ctx.globalAlpha = scene.dark ? 0.1 : 0.07;
    ctx.stroke();
    ctx.fill();
  }
  ctx.restore();
}

// those that stand far from the rest would blow the ground up over others
function core(points) {
  if (points.length < 4) return points;
  const middle = (axis) => points.map((p) => p[axis]).sort((a, b) => a - b)[Math.floor(points.length / 2)];
  const [cx, cy] = [middle(0), middle(1)];
  const far = (p) => Math.hypot(p[0] - cx, p[1] - cy);
  return [...points].sort((a, b) => far(a) - far(b)).slice(0, Math.max(3, Math.ceil(points.length * 0.75)));
}

/** The convex hull of points (Andrew's monotone chain), counter-clockwise. */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const cross = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (list) => {
    const kept = [];
    for (const p of list) {
      while (kept.length > 1 && cross(kept.at(-2), kept.at(-1), p) <= 0) kept.pop();
      kept.push(p);
    }
    return kept.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** The community whose ground holds a place of the picture, or -1. */
export function groupAt(picture, { x, y }) {
  const inside = (outline) => outline.every(([ax, ay], i) => {
    const [bx, by] = outline[(i + 1) % outline.length];
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0;
  });
  const found = (picture.grounds || []).find((ground) => inside(ground.outline));
  return found && picture.scene.groups.length > 1 ? found.k : -1;
}

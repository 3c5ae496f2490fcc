// Where nodes stand that the build did not place for this picture: deterministic and quick for some hundreds.

/**
 * Return places for `n` points after Fruchterman and Reingold (1991), from `start` ([x, y] each);
 * `ties` are [a, b, weight]; points in `fixed` stay; `gap` is the distance that neighbours like.
 */
export function arrange(start, ties, { fixed = new Set(), gap = 70, rounds = 160 } = {}) {
  const n = start.length;
  const x = Float64Array.from(start, (p) => p[0]), y = Float64Array.from(start, (p) => p[1]);
  const dx = new Float64Array(n), dy = new Float64Array(n);
  let heat = gap * 2;
  for (let round = 0; round < rounds; round++, heat *= 0.975) {
    dx.fill(0); dy.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        let vx = x[i] - x[j], vy = y[i] - y[j];
        let d2 = vx * vx + vy * vy;
        if (d2 < 0.01) { vx = ((i * 7 + j) % 5) - 2 || 1; vy = ((i + j * 3) % 5) - 2 || 1; d2 = vx * vx + vy * vy; }
        if (d2 > gap * gap * 36) continue;
        const push = (gap * gap) / d2;
        dx[i] += vx * push; dy[i] += vy * push; dx[j] -= vx * push; dy[j] -= vy * push;
      }
      dx[i] -= x[i] * 0.03; dy[i] -= y[i] * 0.05;
    }
    for (const [a, b, w] of ties) {
      const vx = x[a] - x[b], vy = y[a] - y[b];
      const pull = (Math.hypot(vx, vy) / gap) * 0.5 * w;
      dx[a] -= vx * pull; dy[a] -= vy * pull; dx[b] += vx * pull; dy[b] += vy * pull;
    }
    for (let i = 0; i < n; i++) {
      if (fixed.has(i)) continue;
      const far = Math.hypot(dx[i], dy[i]) || 1, step = Math.min(far, heat) / far;
      x[i] += dx[i] * step; y[i] += dy[i] * step;
    }
  }
  return Array.from(x, (value, i) => [value, y[i]]);
}

/** Push points that stand closer than `gap` apart; those in `fixed` stay. */
export function apart(start, gap = 44, fixed = new Set()) {
  const place = start.map((p) => [...p]);
  for (let round = 0; round < 60; round++) {
    let moved = false;
    for (let i = 0; i < place.length; i++) {
      for (let j = i + 1; j < place.length; j++) {
        if (fixed.has(i) && fixed.has(j)) continue;
        let vx = place[i][0] - place[j][0], vy = place[i][1] - place[j][1];
        const d = Math.hypot(vx, vy);
        if (d >= gap) continue;
        if (d < 0.1) { vx = Math.cos(i * 2.4 + j); vy = Math.sin(i * 2.4 + j); }
        const push = ((gap - d) / 2.2) / (d < 0.1 ? 1 : d);
        if (!fixed.has(i)) { place[i][0] += vx * push; place[i][1] += vy * push; }
        if (!fixed.has(j)) { place[j][0] -= vx * push; place[j][1] -= vy * push; }
        moved = true;
      }
    }
    if (!moved) break;
  }
  return place;
}

/** The corners of the convex hull (Andrew 1979) of points, in order. */
export function hull(points) {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const half = (list) => {
    const out = [];
    for (const p of list) {
      while (out.length > 1) {
        const [a, b] = out.slice(-2);
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        out.pop();
      }
      out.push(p);
    }
    return out.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

/** Choose, in the order given, boxes ({x, y, w, h}, centre) that overlap none before them; return a flag each. */
export function free(boxes) {
  const kept = [];
  return boxes.map((box) => {
    const clear = kept.every((o) => Math.abs(o.x - box.x) * 2 >= o.w + box.w || Math.abs(o.y - box.y) * 2 >= o.h + box.h);
    if (clear) kept.push(box);
    return clear;
  });
}

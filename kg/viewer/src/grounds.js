// The ground of a community: discs around its nodes and bands between near ones, over nobody else's.
//
// A disc reaches half-way to the nearest stranger at most. A band joins two members only if no
// stranger lies in the circle that has them as its diameter (Gabriel and Sokal 1969): of two bands
// that cross, at least one has a stranger there, so bands of two communities never cross.

const REACH = 36;
const FAR = 280;

/** Grounds of `points` [{ x, y, k }], by community: { k, discs: [[x, y, r]], bands: [[a, b, r]], top }.
 *
 * `top` is [x, y] above the largest piece that hangs together, or null if that has less than three.
 */
export function grounds(points, wanted) {
  return wanted.map((k) => {
    const own = points.filter((p) => p.k === k);
    const strangers = points.filter((p) => p.k !== k);
    const discs = own.map(({ x, y }) => [x, y, Math.min(REACH, nearest(strangers, (s) => Math.hypot(s.x - x, s.y - y)) / 2)]);
    const bands = [];
    for (let i = 0; i < discs.length; i++) for (let j = i + 1; j < discs.length; j++) {
      const r = width(discs[i], discs[j], strangers);
      if (r > 0) bands.push([i, j, r]);
    }
    const pieces = apart(discs.length, bands).filter((piece) => piece.length > 1);
    const largest = pieces.reduce((a, b) => (b.length > a.length ? b : a), []).map((i) => discs[i]);
    const kept = new Set(pieces.flat());
    return {
      k, bands: bands.map(([i, j, r]) => [discs[i], discs[j], r]), discs: discs.filter((_, i) => kept.has(i)),
      top: largest.length < 3 ? null : [largest.reduce((sum, [x]) => sum + x, 0) / largest.length, Math.min(...largest.map(([, y, r]) => y - r))],
    };
  });
}

const nearest = (points, far) => points.reduce((least, p) => Math.min(least, far(p)), Infinity);

// Half the width of the band between two members, or 0 if there is none.
function width([ax, ay, ar], [bx, by, br], strangers) {
  const far = Math.hypot(bx - ax, by - ay);
  if (far > FAR || far === 0) return 0;
  const middle = [(ax + bx) / 2, (ay + by) / 2];
  if (nearest(strangers, (s) => Math.hypot(s.x - middle[0], s.y - middle[1])) <= far / 2) return 0;
  return Math.min(ar, br, nearest(strangers, (s) => toSegment([s.x, s.y], [ax, ay], [bx, by])) / 2);
}

function toSegment([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

// The members that hang together, as lists of their numbers.
function apart(count, bands) {
  const heads = Array.from({ length: count }, (_, i) => i);
  const head = (i) => { while (heads[i] !== i) i = heads[i] = heads[heads[i]]; return i; };
  for (const [i, j] of bands) heads[head(i)] = head(j);
  const pieces = new Map();
  heads.forEach((_, i) => pieces.set(head(i), [...(pieces.get(head(i)) || []), i]));
  return [...pieces.values()];
}

/** The ground as the data of an SVG path; all parts turn one way, so that their union is filled once. */
export function outline({ discs, bands }) {
  const f = (n) => n.toFixed(1);
  const round = discs.map(([x, y, r]) => `M${f(x - r)} ${f(y)}a${f(r)} ${f(r)} 0 1 1 ${f(2 * r)} 0a${f(r)} ${f(r)} 0 1 1 ${f(-2 * r)} 0Z`);
  const long = bands.map(([[ax, ay], [bx, by], r]) => {
    const far = Math.hypot(bx - ax, by - ay);
    const [nx, ny] = [(-(by - ay) / far) * r, ((bx - ax) / far) * r];
    return `M${f(ax - nx)} ${f(ay - ny)}L${f(bx - nx)} ${f(by - ny)}L${f(bx + nx)} ${f(by + ny)}L${f(ax + nx)} ${f(ay + ny)}Z`;
  });
  return [...round, ...long].join('');
}

/** Whether a ground holds a place. */
export function holds({ discs, bands }, x, y) {
  return discs.some(([cx, cy, r]) => Math.hypot(x - cx, y - cy) <= r) || bands.some(([a, b, r]) => toSegment([x, y], a, b) <= r);
}

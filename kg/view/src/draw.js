// The picture: vis-network draws nodes and links, we draw names, communities and what is selected.
import { free, hull } from "./places.js";
import { SHAPES, THEMES, hue } from "./looks.js";
import { short } from "./dom.js";

const FONT = '"Inter", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/**
 * A scene is `{ nodes: [{ id, x, y, type, size, label, community }], links: [{ from, to, weight }], groups: [name…] }`.
 */
export class Picture {
  constructor(holder, options, on) {
    this.theme = THEMES.light;
    this.scene = { nodes: [], links: [], groups: [] };
    this.selected = null;
    this.hovered = null;
    this.lit = null;
    this.nodes = new vis.DataSet();
    this.edges = new vis.DataSet();
    this.network = new vis.Network(holder, { nodes: this.nodes, edges: this.edges }, options);
    this.canvas = holder.querySelector("canvas");
    const { network } = this;
    network.on("beforeDrawing", (ctx) => this.#groups(ctx));
    network.on("afterDrawing", (ctx) => this.#names(ctx));
    network.on("click", ({ nodes, edges, pointer }) => {
      const label = nodes.length ? undefined : this.#labelAt(pointer.canvas);
      if (nodes.length || label !== undefined) on.node(nodes.length ? nodes[0] : label);
      else if (edges.length) on.link(this.edges.get(edges[0]));
      else on.nothing();
    });
    network.on("doubleClick", ({ nodes }) => nodes.length && on.open(nodes[0]));
    network.on("hoverNode", ({ node }) => this.hover(node));
    network.on("blurNode", () => this.hover(null));
    network.on("dragEnd", ({ nodes }) => nodes.length && on.moved(nodes[0], network.getPosition(nodes[0])));
  }

  /** Draw `scene`; the view is kept. */
  show(scene) {
    this.scene = scene;
    this.at = new Map(scene.nodes.map((n) => [n.id, n]));
    this.near = new Map(scene.nodes.map((n) => [n.id, new Set()]));
    for (const link of scene.links) {
      this.near.get(link.from)?.add(link.to);
      this.near.get(link.to)?.add(link.from);
    }
    const keep = new Set(scene.nodes.map((n) => n.id));
    this.nodes.remove(this.nodes.getIds().filter((id) => !keep.has(id)));
    this.edges.clear();
    this.#light();
    this.nodes.update(scene.nodes.map((n) => this.#styled(n)));
    this.edges.add(scene.links.map((link, i) => this.#line(link, i)));
    this.#hulls();
    this.boxes = null;
  }

  /** Bring `ids` (or all) into view, with room for their names. */
  fit(ids = undefined, animate = true) {
    const nodes = this.scene.nodes.filter((n) => !ids || ids.includes(n.id));
    if (!nodes.length) return;
    const { clientWidth: wide, clientHeight: tall } = this.canvas;
    const span = (axis) => [Math.min(...nodes.map((n) => n[axis])), Math.max(...nodes.map((n) => n[axis]))];
    const [x0, x1] = span("x"), [y0, y1] = span("y");
    const room = Math.min(90, wide / 6);
    const scale = Math.min((wide - 2 * room) / (x1 - x0 + 40), (tall - 110) / (y1 - y0 + 40), 1.6);
    this.network.moveTo({ position: { x: (x0 + x1) / 2, y: (y0 + y1) / 2 - 8 / scale }, scale: Math.max(scale, 0.02), animation: this.#moving(animate) });
  }

  /** Take up the room that the page leaves, after a panel has opened or closed. */
  resize() { this.network.setSize("100%", "100%"); this.network.redraw(); }

  fly(id) {
    const near = [id, ...(this.near.get(id) ?? [])].filter((n) => this.at.has(n));
    if (near.length > 2 && near.length < 60) this.fit(near);
    else this.network.focus(id, { scale: Math.max(this.network.getScale(), 0.9), animation: this.#moving(true) });
  }

  zoom(factor) { this.network.moveTo({ scale: Math.min(Math.max(this.network.getScale() * factor, 0.05), 6), animation: this.#moving(true) }); }
  pan(x, y) {
    const at = this.network.getViewPosition(), scale = this.network.getScale();
    this.network.moveTo({ position: { x: at.x + x / scale, y: at.y + y / scale } });
  }

  select(id) { this.selected = id; this.#refresh(); }
  hover(id) {
    if (this.hovered === id) return;
    this.hovered = id;
    this.boxes = null;
    this.canvas.style.cursor = id === null ? "" : "pointer";
    this.network.redraw();
  }

  paint(theme) { this.theme = theme; if (this.scene.nodes.length) { this.#refresh(true); } }
  place(id) { return this.network.getPosition(id); }

  #moving(animate) {
    return animate && !matchMedia("(prefers-reduced-motion: reduce)").matches ? { duration: 420, easingFunction: "easeInOutCubic" } : false;
  }

  #light() {
    const id = this.selected;
    this.lit = id !== null && this.at?.has(id) ? new Set([id, ...this.near.get(id)]) : null;
  }

  #refresh(lines = true) {
    this.#light();
    this.boxes = null;
    this.nodes.update(this.scene.nodes.map((n) => {
      const { x, y, ...style } = this.#styled(n);
      return style;
    }));
    if (lines) this.edges.update(this.scene.links.map((link, i) => this.#line(link, i)));
    this.network.redraw();
  }

  #styled(n) {
    const { theme } = this;
    const colour = n.group ? `hsl(${hue(n.community)} 55% ${theme === THEMES.dark ? 62 : 46}%)` : theme.types[n.type];
    const chosen = n.id === this.selected;
    const faded = this.lit && !this.lit.has(n.id);
    return {
      id: n.id, x: n.x, y: n.y, shape: n.group ? "dot" : SHAPES[n.type], size: n.size,
      color: { background: colour, border: chosen ? theme.strong : theme.ground, hover: { background: colour, border: theme.strong } },
      borderWidth: chosen ? 3.5 : n.pinned ? 3 : 1.2,
      opacity: faded ? theme.dim : 1,
    };
  }

  #line(link, id) {
    const { theme, lit } = this;
    const touches = lit && (link.from === this.selected || link.to === this.selected);
    const color = touches ? (lit.size > 30 ? theme.some : theme.faint) : lit ? theme.least : theme.line;
    return { id, from: link.from, to: link.to, width: link.width ?? (touches && lit.size <= 30 ? 1.7 : 1), color: { color, hover: theme.strong } };
  }

  #hulls() {
    const members = new Map();
    for (const n of this.scene.nodes) {
      if (n.community < 0 || n.group || !this.scene.groups.length) continue;
      if (!members.has(n.community)) members.set(n.community, []);
      members.get(n.community).push([n.x, n.y]);
    }
    this.outlines = [...members]
      .filter(([, list]) => list.length >= 5)
      .sort((a, b) => b[1].length - a[1].length || a[0] - b[0])
      .slice(0, 14)
      .map(([community, list]) => outline(community, list, this.scene.groups[community]))
      .filter(({ box: [w, tall], count }) => w * tall < 9000 * count);
  }

  #groups(ctx) {
    if (this.lit) return;
    const [fill, stroke] = this.theme.hull;
    for (const { community, path } of this.outlines ?? []) {
      ctx.fillStyle = `hsl(${hue(community)} 60% 50% / ${fill})`;
      ctx.strokeStyle = `hsl(${hue(community)} 50% 50% / ${stroke})`;
      ctx.lineWidth = 1 / this.network.getScale();
      ctx.fill(path);
      ctx.stroke(path);
    }
  }

  // Names keep their size on the screen; which of them have room depends on the scale alone.
  #boxesAt(ctx, scale) {
    if (this.boxes?.scale === scale) return this.boxes.list;
    const wanted = [];
    const first = (n) => (n.id === this.selected || n.id === this.hovered ? 2 : this.lit?.has(n.id) ? 1 : 0);
    const nodes = [...this.scene.nodes].sort((a, b) => first(b) - first(a) || b.size - a.size || a.id - b.id);
    for (const n of nodes) {
      const rank = first(n);
      if (this.lit && rank === 0) continue;
      const size = n.group ? 13 : Math.min(15, 10.5 + n.size / 6) + (rank === 2 ? 2 : 0);
      const font = `${rank === 2 || n.group ? 650 : n.type === 6 ? 400 : 550} ${size}px ${FONT}`;
      ctx.font = font;
      const text = short(n.label, n.type === 6 && rank < 2 ? 34 : 48);
      const w = (ctx.measureText(text).width + 8) / scale, tall = (size + 3) / scale;
      wanted.push({ id: n.id, x: n.x, y: n.y + n.size + tall * 0.62, w, h: tall, text, font, size, paper: n.type === 6, node: n });
    }
    for (const o of this.lit ? [] : this.outlines ?? []) {
      if (!o.name) continue;
      ctx.font = `650 12.5px ${FONT}`;
      const w = (ctx.measureText(o.name).width + 14) / scale;
      wanted.unshift({ x: o.x, y: o.top - 12 / scale, w, h: 18 / scale, text: o.name, group: o.community });
    }
    const flags = free(wanted);
    const list = wanted.filter((_, i) => flags[i]);
    this.boxes = { scale, list };
    return list;
  }

  #names(ctx) {
    const scale = this.network.getScale();
    ctx.save();
    const list = this.#boxesAt(ctx, scale);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    for (const box of list) {
      if (box.group !== undefined) {
        ctx.font = `650 ${12.5 / scale}px ${FONT}`;
        ctx.fillStyle = `hsl(${hue(box.group)} 55% ${this.theme === THEMES.dark ? 74 : 32}%)`;
      } else {
        ctx.font = box.font.replace(/[\d.]+px/, `${box.size / scale}px`);
        ctx.fillStyle = box.paper && box.id !== this.selected ? this.theme.faint : this.theme.ink;
      }
      ctx.strokeStyle = this.theme.halo;
      ctx.lineWidth = 3.5 / scale;
      ctx.strokeText(box.text, box.x, box.y);
      ctx.fillText(box.text, box.x, box.y);
    }
    ctx.restore();
  }

  #labelAt({ x, y }) {
    const hit = this.boxes?.list.find((b) => b.id !== undefined && Math.abs(b.x - x) * 2 < b.w && Math.abs(b.y - y) * 2 < b.h);
    return hit?.id;
  }

  /** What is drawn as names now, for the SVG and for tests. */
  names() { return this.boxes?.list ?? []; }

  moved(id, x, y) {
    const n = this.at.get(id);
    if (n) { n.x = x; n.y = y; this.boxes = null; this.#hulls(); this.network.redraw(); }
  }
}

function outline(community, list, name) {
  const middle = (axis) => [...list].map((p) => p[axis]).sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const mx = middle(0), my = middle(1);
  // a few members far off would stretch the outline over its neighbours
  const near = [...list].sort((p, q) => Math.hypot(p[0] - mx, p[1] - my) - Math.hypot(q[0] - mx, q[1] - my)).slice(0, Math.max(4, Math.ceil(list.length * 0.7)));
  const wide = near.flatMap(([x, y]) => Array.from({ length: 8 }, (_, i) => [x + 34 * Math.cos((i * Math.PI) / 4), y + 34 * Math.sin((i * Math.PI) / 4)]));
  const corners = hull(wide);
  const path = new Path2D();
  const mid = (p, q) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2];
  path.moveTo(...mid(corners.at(-1), corners[0]));
  corners.forEach((p, i) => path.quadraticCurveTo(...p, ...mid(p, corners[(i + 1) % corners.length])));
  path.closePath();
  const side = (axis) => Math.max(...corners.map((p) => p[axis])) - Math.min(...corners.map((p) => p[axis]));
  return { community, name, path, corners, box: [side(0), side(1)], count: list.length, x: corners.reduce((s, p) => s + p[0], 0) / corners.length, top: Math.min(...corners.map((p) => p[1])) };
}

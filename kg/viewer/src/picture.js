// The picture: vis-network draws nodes and links, we draw names and communities over them.

import { SHAPES } from './theme.js';
import { drawLabels } from './labels.js';
import { drawGroups, groupAt } from './groups.js';

export class Picture {
  /** `told` gets select(node), selectLink(a, b), clear() and hover(what, at). */
  constructor(container, graph, options, told) {
    this.container = container;
    this.graph = graph;
    this.told = told;
    this.scene = { nodes: [], links: [], places: new Map(), selected: -1, near: null, path: [], groups: [] };
    this.nodes = new vis.DataSet();
    this.links = new vis.DataSet();
    this.network = new vis.Network(container, { nodes: this.nodes, edges: this.links }, options);
    this.calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.network.on('click', (event) => this.#click(event));
    this.network.on('hoverNode', (event) => told.hover({ node: event.node }, event.pointer.DOM));
    this.network.on('hoverEdge', (event) => told.hover({ link: ends(event.edge) }, event.pointer.DOM));
    this.network.on('blurNode', () => told.hover(null));
    this.network.on('blurEdge', () => told.hover(null));
    this.network.on('dragging', () => told.hover(null));
    this.network.on('dragEnd', (event) => this.#pin(event));
    this.network.on('beforeDrawing', (ctx) => drawGroups(ctx, this));
    this.network.on('afterDrawing', (ctx) => drawLabels(ctx, this));
    this.pinned = new Map();
  }

  /** Draw a scene: nodes, links [a, b, word], places by node where they differ from the built ones. */
  show(scene, colours) {
    this.scene = scene;
    this.colours = colours;
    const wanted = scene.nodes.map((n) => this.#node(n));
    const keep = new Set(scene.nodes);
    this.nodes.remove(this.nodes.getIds().filter((n) => !keep.has(n)));
    this.nodes.update(wanted);
    const ties = scene.links.map((tie) => this.#link(tie));
    const kept = new Set(ties.map((tie) => tie.id));
    this.links.remove(this.links.getIds().filter((id) => !kept.has(id)));
    this.links.update(ties);
  }

  place(n) {
    const { graph } = this;
    return this.scene.places.get(n) || this.pinned.get(n) || (n < graph.size ? [graph.x[n], graph.y[n]] : [0, 0]);
  }

  radius(n) {
    if (n >= this.graph.size) return this.scene.sizes.get(n);
    if (this.scene.sizes?.has(n)) return this.scene.sizes.get(n);
    const share = Math.sqrt(this.graph.importance[n] / 1000);
    return this.graph.isPaper(n) ? 4.5 + 4 * share : 5.5 + 14 * share;
  }

  isLit(n) { return !this.scene.near || this.scene.near.has(n); }

  #node(n) {
    const type = n < this.graph.size ? this.graph.type(n) : 'Group';
    const colour = this.scene.tints?.get(n) || this.colours.types[type];
    const [x, y] = this.place(n);
    const chosen = n === this.scene.selected || this.scene.path.includes(n);
    const ground = type === 'Paper' ? this.colours.ground : colour;
    return {
      id: n, x, y, label: undefined, shape: SHAPES[type] || 'dot', size: this.radius(n),
      borderWidth: chosen ? 3.5 : type === 'Paper' ? 1.6 : 1,
      opacity: this.isLit(n) ? 1 : 0.13,
      color: { background: ground, border: chosen ? this.colours.accent : type === 'Paper' ? colour : this.colours.ground },
    };
  }

  #link([a, b, word]) {
    const { path, selected, near } = this.scene;
    const onPath = path.some((n, i) => i > 0 && ((path[i - 1] === a && n === b) || (path[i - 1] === b && n === a)));
    const own = a === selected || b === selected;
    const lit = !near || (near.has(a) && near.has(b));
    return {
      id: `${a}-${b}`, from: a, to: b,
      width: onPath ? 4 : own ? 1.8 : word ? 1.3 : 0.9,
      color: { color: onPath ? this.colours.accent : own ? this.colours.muted : this.colours.line, opacity: lit ? (own || onPath ? 0.9 : 0.55) : 0.06 },
    };
  }

  #click({ nodes, edges, pointer }) {
    const group = groupAt(this, this.network.DOMtoCanvas(pointer.DOM));
    if (nodes.length) this.told[nodes[0] < this.graph.size ? 'select' : 'open'](nodes[0]);
    else if (edges.length) this.told.selectLink(...ends(edges[0]));
    else if (group !== undefined && group >= 0) this.told.group(group);
    else this.told.clear();
  }

  // what a person drags stays where it is put
  #pin({ nodes }) {
    for (const n of nodes) {
      const { x, y } = this.network.getPosition(n);
      this.pinned.set(n, [x, y]);
      this.scene.places.set(n, [x, y]);
      this.scene.grounds = null;
    }
  }

  /** Bring nodes into view, all of them if none are named. */
  fly(nodes, most = 1.5) {
    const shown = nodes.filter((n) => this.nodes.get(n)).map((n) => this.place(n));
    if (!shown.length) return;
    const [left, right] = reach(shown.map(([x]) => x)), [top, bottom] = reach(shown.map(([, y]) => y));
    const { clientWidth: width, clientHeight: height } = this.container;
    const margin = Math.min(this.scene.around ? 130 : 64, width / 6);
    const scale = Math.min(most, (width - 2 * margin) / Math.max(right - left, 1), (height - 104) / Math.max(bottom - top, 1));
    const animation = this.calm || !this.moved ? false : { duration: 420, easingFunction: 'easeInOutQuad' };
    this.moved = true;
    this.network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 }, scale: Math.max(scale, 0.02), animation });
  }

  zoom(factor) {
    this.network.moveTo({ scale: this.network.getScale() * factor, animation: this.calm ? false : { duration: 160, easingFunction: 'linear' } });
  }

  redraw() { this.network.redraw(); }
}

function reach(list) { return [Math.min(...list), Math.max(...list)]; }

function ends(id) { return String(id).split('-').map(Number); }

// The page: reads its data, keeps the state in its address, and draws what the state asks for.

import { Graph, Texts, unpack } from './data.js';
import { index } from './search.js';
import { NONE, apply, isFiltered } from './filter.js';
import { START, format, parse } from './state.js';
import { h, plural } from './dom.js';
import { plain } from './text.js';
import { colours } from './theme.js';
import { Picture } from './picture.js';
import { groupName } from './groups.js';
import { baseNodes, makeScene } from './scene.js';
import { entityPanel } from './entity.js';
import { paperPanel } from './reader.js';
import { groupPanel, linkPanel, pathPanel, startPanel } from './others.js';
import { fillSide } from './side.js';
import { makeFrame } from './frame.js';

class View {
  constructor(graph, first) {
    this.graph = graph;
    this.built = first.nodes.map((n) => n.id);
    this.opened = new Set(['roles']);
    this.picking = null;
    this.current = -1;
    this.tops = new Map();
    this.find = index(graph);
    this.frame = makeFrame(this, document.getElementById('app'));
    this.picture = new Picture(this.frame.canvas, graph, first.options, {
      select: (n) => (this.picking ? this.picked(n) : this.select(n)),
      selectLink: (a, b) => this.selectLink(a, b),
      group: (k) => this.go({ ...START, filters: this.state.filters, group: k }),
      open: (n) => this.open(n),
      clear: () => this.clear(),
      hover: (what, at) => this.frame.tip(what, at),
    });
    addEventListener('hashchange', () => this.render(parse(location.hash)));
  }

  start(texts) {
    this.texts = texts;
    this.render(parse(location.hash), true);
    document.documentElement.dataset.ready = 'true';
  }

  /** Change the state; the old one is a step back in the browser's history. */
  go(change, replace = false) {
    const next = { ...this.state, ...('with' in change ? { of: '' } : {}), ...change };
    const hash = format(next);
    if (hash === (location.hash || '#')) return this.render(next);
    if (replace) { history.replaceState(null, '', hash); return this.render(next); }
    location.hash = hash;
    return undefined;
  }

  select(node, fly = false) {
    this.current = -1;
    this.flying = fly;
    this.go({ id: this.graph.id(node), with: '', to: '', mark: '', group: -1 });
  }
  /** Show what is said between two nodes; a neighbourhood that is looked at stays. */
  selectLink(a, b) {
    const { graph, scene: { selected, around } } = this;
    if (Math.max(a, b) >= graph.size) return;
    const [from, to] = (selected === b ? [b, a] : [a, b]).map((n) => graph.id(n));
    if (around && selected !== a && selected !== b) this.go({ of: from, with: to, mark: '' });
    else this.go({ id: from, with: to, mark: '', to: '' });
  }
  /** Open a paper at the sentence that a statement was read from. */
  read(p, span, s = -1) {
    this.current = s;
    const here = this.state.id === this.graph.id(p);
    this.go({ id: this.graph.id(p), with: '', to: '', mark: span.join('-'), ...(here ? {} : { group: -1 }) });
  }
  clear() { if (this.state.id || this.state.group >= 0) this.go({ ...START, filters: this.state.filters }); }
  filter(filters) { this.go({ filters }, true); }

  /** Open what stands for several: a group, or the members that are not drawn yet. */
  open(n) {
    this.picture.glowing = [];
    const k = n - this.graph.size;
    if (k < this.graph.names.length) this.go({ ...START, filters: this.state.filters, group: k });
    else this.go({ more: this.state.more + 1 });
  }

  /** Ask for the other end of a path. */
  pickOther() {
    this.picking = this.state.id;
    this.frame.say('Pick where the path shall end: click a node or search for it.');
    this.frame.input.focus();
  }
  picked(node) {
    const from = this.picking;
    this.picking = null;
    this.go({ id: from, to: this.graph.id(node), with: '', mark: '', hops: 0 });
  }

  members(k) {
    this.groups ||= new Map();
    if (!this.groups.has(k)) this.groups.set(k, this.graph.order.filter((n) => this.graph.community[n] === k && !this.graph.isGeneric(n)));
    return this.groups.get(k);
  }
  groupName(k, most) { return plain(groupName(this.graph, k, most)); }

  render(state, begin = false) {
    const before = this.state;
    this.state = state;
    const refiltered = !before || JSON.stringify(before.filters) !== JSON.stringify(state.filters);
    if (refiltered) {
      this.seen = apply(this.graph, state.filters);
      this.base = baseNodes(this.graph, this.seen, isFiltered(state.filters) ? null : this.built);
    }
    const lit = state.id || state.group >= 0 || state.view ? null : this.lit;
    this.scene = makeScene(this.graph, this.seen, state, { base: this.base, lit }, document.documentElement.dataset.theme === 'dark');
    this.draw();
    fillSide(this, this.frame.side);
    this.fillPanel(before);
    this.frame.tell(this.scene);
    const sameScene = before && before.id === state.id && before.to === state.to && before.hops === state.hops && before.group === state.group && before.more === state.more && before.view === state.view;
    if (begin || !sameScene || refiltered) this.aim(begin);
  }

  draw() {
    this.scene.dark = document.documentElement.dataset.theme === 'dark';
    this.picture.show(this.scene, colours());
  }

  aim(begin) {
    const { scene, state } = this;
    if (scene.selected >= 0 && scene.near && !scene.path.length && !state.hops) {
      this.picture.fly([...scene.near], 0.95);
    } else if (this.lit && scene.lit) this.picture.fly(this.lit, 1.2);
    else this.picture.fly(scene.path.length ? scene.path : scene.nodes, 1.2);
  }

  fillPanel(before) {
    const { graph, state, frame: { panel } } = this;
    const mark = state.mark ? state.mark.split('-').map(Number) : null;
    const node = this.scene.selected;
    const other = graph.number.has(state.with) ? graph.number.get(state.with) : -1;
    let parts;
    if (state.id && node < 0) parts = [h('h2', {}, 'Not in this graph'), h('p', { class: 'muted' }, `Nothing here is called “${plain(state.id).slice(0, 200)}”.`)];
    else if (node >= 0 && this.scene.to !== undefined) parts = pathPanel(this, this.scene.way, node, this.scene.to);
    else if (node >= 0 && other >= 0) parts = linkPanel(this, graph.number.get(state.of) ?? node, other);
    else if (node >= 0) parts = graph.isPaper(node) ? paperPanel(this, node, mark) : entityPanel(this, node);
    else if (state.group >= 0) parts = groupPanel(this, state.group);
    else parts = startPanel(this);
    const top = panel.scrollTop;
    if (before) this.tops.set(format(before), top);
    const back = state.id || state.group >= 0 ? h('button', { class: 'back', onclick: () => (history.length > 1 && before ? history.back() : this.clear()) }, '← Back') : null;
    panel.replaceChildren(...[back, ...parts].flat(Infinity).filter(Boolean));
    const same = before && before.id === state.id && before.with === state.with && before.of === state.of && before.to === state.to;
    panel.scrollTop = same ? top : this.tops.get(format(state)) || 0;
    const marked = panel.querySelector('.marked');
    if (marked && (!before || before.mark !== state.mark || !same)) {
      // scrollIntoView would move the whole page on small screens
      const down = marked.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
      panel.scrollTo({ top: Math.max(0, down - panel.clientHeight / 3), behavior: this.picture.calm || !same ? 'auto' : 'smooth' });
      marked.focus({ preventScroll: true });
    }
  }

  actions(node) {
    const { state } = this;
    const id = this.graph.id(node);
    const focus = (hops, text) => h('button', { class: 'act', 'aria-pressed': String(state.hops === hops), onclick: () => this.go({ id, hops: state.hops === hops ? 0 : hops, to: '' }) }, text);
    return h('div', { class: 'acts' }, focus(1, 'Only neighbours'), focus(2, 'Two steps'), h('button', { class: 'act', onclick: () => this.pickOther() }, 'Path to …'));
  }

  /** Show a node in the picture while the pointer is on its name, and its words in the text. */
  glow(node) { this.light(node < 0 ? [] : [node]); }
  light(nodes) {
    this.picture.glowing = nodes;
    this.picture.redraw();
    for (const word of this.frame.panel.querySelectorAll('.m')) word.classList.toggle('lit', nodes.includes(Number(word.dataset.node)));
  }
}

async function main() {
  const block = (id) => document.getElementById(id).textContent;
  const graph = new Graph(await unpack(block('block-graph')));
  const view = new View(graph, JSON.parse(block('first')));
  const texts = new Texts(await unpack(block('block-texts')), graph);
  view.start(texts);
  return view;
}

main().catch((error) => {
  document.getElementById('app').textContent = `This page could not be opened: ${error.message}. It needs a browser of 2023 or later.`;
  throw error;
});
export { NONE, plural };

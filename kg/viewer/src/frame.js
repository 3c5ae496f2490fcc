// The frame around picture and panel: header, tools, zoom, keys.

import { h, plural } from './dom.js';
import { plain, short } from './text.js';
import { findBox } from './find.js';
import { saveMenu } from './save.js';
import { askTool } from './ask.js';
import { START } from './state.js';
import { RELATION, ROLE_IN } from './bits.js';

export function makeFrame(view, app) {
  const { graph } = view;
  const { box, input } = findBox(view);
  const side = h('aside', { class: 'side', 'aria-label': 'Filters and legend', id: 'side' });
  const panel = h('aside', { class: 'panel', 'aria-label': 'Details', id: 'panel' });
  const canvas = h('div', { class: 'canvas', tabindex: '0', role: 'application', 'aria-roledescription': 'graph', 'aria-label': 'Picture of the graph. Arrow keys move to the nearest node, Enter shows its neighbours, Escape leaves it. All of it can be reached by the search and the details as well.' });
  const bar = h('div', { class: 'bar' });
  const tipBox = h('div', { class: 'tip', hidden: true });
  const said = h('div', { class: 'away', role: 'status' });
  const zoom = h('div', { class: 'zoom' },
    h('button', { 'aria-label': 'Zoom in', onclick: () => view.picture.zoom(1.35) }, '+'),
    h('button', { 'aria-label': 'Zoom out', onclick: () => view.picture.zoom(1 / 1.35) }, '−'),
    h('button', { 'aria-label': 'Show all', title: 'Show all', onclick: () => view.picture.fly(view.scene.nodes) }, '⤢'));
  const small = () => innerWidth <= 1080;
  const filters = h('button', { class: 'tool', 'aria-expanded': 'true', 'aria-controls': 'side', onclick: () => {
    side.hidden = !side.hidden;
    app.classList.toggle('narrow-side', side.hidden);
    filters.setAttribute('aria-expanded', String(!side.hidden));
  } }, 'Filters');
  const groups = h('button', { class: 'tool', 'aria-pressed': 'false', title: 'Each group as one node', onclick: () => {
    view.go({ ...START, filters: view.state.filters, view: view.state.view ? '' : 'groups' });
  } }, 'Groups');
  if (!graph.names.length) groups.hidden = true;
  if (small()) filters.click();
  setTheme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const theme = h('button', { class: 'tool', 'aria-label': 'Dark or light', title: 'Dark or light', onclick: () => {
    setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    view.draw();
  } }, '◐');
  app.replaceChildren(
    h('header', {}, h('h1', {}, plain(graph.title).slice(0, 200)), box,
      h('span', { class: 'sum' }, `${plural(graph.papers, 'paper')}, ${plural(graph.size - graph.papers, 'entity')}`),
      h('div', { class: 'tools' }, groups, filters, askTool(view), saveMenu(view), theme)),
    side, h('main', { class: 'map' }, canvas, bar, zoom, tipBox, said), panel);
  keys(view, canvas, input);

  return {
    side, panel, canvas, input, box,
    say(text) { said.textContent = text; bar.replaceChildren(h('span', { class: 'note' }, text)); },
    tell(scene) {
      groups.setAttribute('aria-pressed', String(view.state.view === 'groups'));
      if (scene.sizes && view.state.view) {
        said.textContent = `${scene.nodes.length} groups drawn. A click opens one.`;
        bar.replaceChildren(h('span', { class: 'note' }, said.textContent));
        return;
      }
      const left = scene.left > 0 ? ` ${scene.left.toLocaleString('en')} more neighbours or members are not drawn; the details list all.` : '';
      const all = Math.max(scene.nodes.length, view.seen.nodes.reduce((sum, n) => sum + n, 0));
      const text = `${scene.nodes.length.toLocaleString('en')} of ${all.toLocaleString('en')} nodes drawn.${scene.lit ? ` ${plural(scene.near.size, 'node')} of the answer stand out.` : left}`;
      said.textContent = text;
      bar.replaceChildren(h('span', { class: 'note' }, text,
        scene.selected >= 0 || view.state.group >= 0 ? [' ', h('button', { onclick: () => view.clear() }, 'Whole picture')] : null));
    },
    tip(what, at) {
      tipBox.hidden = !what;
      if (!what) return;
      tipBox.replaceChildren(...(what.node !== undefined ? nodeTip(view, what.node) : linkTip(view, what.link)));
      const right = at.x > canvas.clientWidth - 320;
      tipBox.style.setProperty('left', right ? 'auto' : `${at.x + 14}px`);
      tipBox.style.setProperty('right', right ? `${canvas.clientWidth - at.x + 14}px` : 'auto');
      tipBox.style.setProperty('top', `${at.y + 14}px`);
    },
  };
}

function nodeTip({ graph, scene }, n) {
  if (n >= graph.size) return [plain(scene.names.get(n) || ''), h('small', {}, 'Click to open')];
  const more = graph.isPaper(n) ? 'Paper' : `${graph.type(n)} · ${plural(graph.e.c[n - graph.papers], 'paper')}`;
  return [plain(graph.name(n)).slice(0, 200), h('small', {}, more)];
}

function linkTip({ graph }, [a, b]) {
  if (b >= graph.size) return [h('small', {}, 'What is said across two groups')];
  const said = graph.between(a, b);
  const texts = [...new Set(said.map((s) => {
    const [x, y] = graph.ends(s);
    return `${short(graph.name(x))} ${s < graph.roles ? ROLE_IN[graph.word(s)].toLowerCase() : RELATION[graph.word(s)]} ${short(graph.name(y))}`;
  }))];
  return [...texts.slice(0, 3).map((text) => h('div', {}, text)), h('small', {}, 'Click to read the words')];
}

function setTheme(name) { document.documentElement.dataset.theme = name; }

function keys(view, canvas, input) {
  document.addEventListener('keydown', (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName || '');
    if (event.key === '/' && !typing) { event.preventDefault(); input.focus(); }
    if (event.key === 'Escape' && !typing && !event.defaultPrevented) { view.picking = null; view.clear(); }
  });
  canvas.addEventListener('keydown', (event) => {
    const turns = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (turns[event.key]) { event.preventDefault(); step(view, turns[event.key]); }
    if (event.key === '+' || event.key === '=') view.picture.zoom(1.35);
    if (event.key === '-') view.picture.zoom(1 / 1.35);
    const at = cursor(view);
    if (event.key === 'Enter' && at >= view.graph.size) view.open(at);
    else if (event.key === 'Enter' && view.scene.selected >= 0) view.go({ hops: view.state.hops ? 0 : 1 });
  });
}

// Where the keys have led: a group that is pointed at, or the chosen node, or -1.
function cursor({ scene, picture: { glowing = [] } }) {
  return scene.names?.has(glowing[0]) && scene.nodes.includes(glowing[0]) ? glowing[0] : scene.selected;
}

// The nearest node in a direction: what lies straight ahead counts as nearer.
function step(view, [dx, dy]) {
  const { scene, picture, graph } = view;
  const from = cursor(view);
  const at = from >= 0 ? picture.place(from) : [0, 0];
  let best = -1, least = Infinity;
  for (const n of scene.nodes) {
    if (n === from) continue;
    const [x, y] = picture.place(n);
    const along = (x - at[0]) * dx + (y - at[1]) * dy;
    const aside = Math.abs((x - at[0]) * dy) + Math.abs((y - at[1]) * dx);
    if (from >= 0 && along <= 0) continue;
    const far = from >= 0 ? along + 2 * aside : Math.hypot(x, y);
    if (far < least) { least = far; best = n; }
  }
  if (best < 0) return;
  if (best < graph.size) { view.light([]); view.select(best); return; }
  view.glow(best);
  view.frame.say(`${plain(scene.names.get(best))}. Enter opens it.`);
}

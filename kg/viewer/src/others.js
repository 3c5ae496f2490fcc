// The other panels: the beginning, a link, a group, a way between two nodes.

import { h, plural } from './dom.js';
import { plain } from './text.js';
import { RELATION, ROLE_IN, chip, confidence, quote, sign } from './bits.js';
import { claim } from './entity.js';
import { TYPES } from './theme.js';

export function startPanel(view) {
  const { graph } = view;
  const tops = TYPES.slice(1).map((type) => [type, graph.order.filter((n) => graph.type(n) === type && !graph.isGeneric(n))])
    .filter(([, list]) => list.length);
  return [
    h('h2', {}, 'What these papers are about'),
    h('p', { class: 'muted' }, `${plural(graph.papers, 'paper')}, ${plural(graph.size - graph.papers, 'entity')}, `
      + `and ${plural(graph.statements, 'statement')}, each tied to the sentence it was read from. Pick something in the picture, search, or begin here.`),
    graph.names.length ? h('section', {}, h('h3', {}, 'Groups that belong together'), h('ul', { class: 'rank' }, graph.names.slice(0, 8).map((_, k) =>
      h('li', {}, h('button', { onclick: () => view.go({ id: '', group: k }) }, h('span', { class: 't' }, view.groupName(k, 3)), h('span', { class: 'n' }, plural(view.members(k).length, 'node'))))))) : null,
    tops.map(([type, list]) => h('section', {}, h('h3', {}, MOST[type]), h('ul', { class: 'rank' }, list
      .sort((a, b) => graph.e.c[b - graph.papers] - graph.e.c[a - graph.papers] || graph.rank[a] - graph.rank[b]).slice(0, 5).map((n) => ranked(view, n))))),
  ];
}

const MOST = { Model: 'Models', Method: 'Methods', Dataset: 'Datasets', Benchmark: 'Benchmarks', Task: 'Tasks', Metric: 'Metrics' };

function ranked(view, n) {
  const { graph } = view;
  const count = graph.isPaper(n) ? '' : plural(graph.e.c[n - graph.papers], 'paper');
  return h('li', {}, h('button', { onclick: () => view.select(n), onmouseenter: () => view.glow(n), onmouseleave: () => view.glow(-1) },
    sign(graph.type(n)), h('span', { class: 't' }, plain(graph.name(n)).slice(0, 160)), h('span', { class: 'n' }, count)));
}

export function groupPanel(view, k) {
  const { graph } = view;
  const members = view.members(k);
  const things = members.filter((n) => !graph.isPaper(n)), papers = members.filter((n) => graph.isPaper(n));
  return [
    h('p', { class: 'muted small' }, 'Group'),
    h('h2', {}, view.groupName(k, 3)),
    h('p', { class: 'muted' }, `${plural(papers.length, 'paper')} and ${plural(things.length, 'entity')} that have more to do with each other than with the rest.`),
    list(view, 'Entities', things), list(view, 'Papers', papers),
  ];
}

function list(view, title, nodes) {
  if (!nodes.length) return null;
  const box = h('ul', { class: 'rank' }, nodes.slice(0, 15).map((n) => ranked(view, n)));
  const rest = nodes.slice(15, 400);
  const more = rest.length ? h('button', { class: 'more', onclick: (e) => { box.append(...rest.map((n) => ranked(view, n))); e.target.remove(); } }, `+ ${(nodes.length - 15).toLocaleString('en')} more`) : null;
  return h('section', {}, h('h3', {}, title), box, more);
}

/** What is said between two nodes, each statement with its words. */
export function linkPanel(view, a, b) {
  const { graph } = view;
  const said = graph.between(a, b).sort((x, y) => (graph.word(x) < graph.word(y) ? -1 : graph.word(x) > graph.word(y) ? 1 : graph.confidence(y) - graph.confidence(x)));
  const words = [...new Set(said.map((s) => graph.word(s)))];
  return [
    h('p', { class: 'muted small' }, 'Link'),
    h('h2', { class: 'away' }, `${plain(graph.name(a))} and ${plain(graph.name(b))}`),
    h('div', { class: 'ends' }, chip(view, a), h('span', { 'aria-hidden': 'true' }, '—'), chip(view, b)),
    said.length ? null : h('p', { class: 'muted' }, 'No statement ties these two directly.'),
    words.map((word) => {
      const list = said.filter((s) => graph.word(s) === word);
      return h('section', {}, h('h3', {}, sentence(view, list[0])), h('ul', { class: 'claims' }, list.slice(0, 60).map((s) =>
        h('li', {}, claim(view, s, plain(graph.name(graph.paperOf(s))).slice(0, 300), [a, b])))));
    }),
  ];
}

function sentence(view, s) {
  const { graph } = view;
  const [a, b] = graph.ends(s);
  const middle = s < graph.roles ? ROLE_IN[graph.word(s)].toLowerCase() : RELATION[graph.word(s)];
  return `${s < graph.roles ? 'The paper' : plain(graph.name(a)).slice(0, 80)} ${middle} ${plain(graph.name(b)).slice(0, 80)}`;
}

/** A way from one node to another, step by step. */
export function pathPanel(view, way, from, to) {
  const { graph } = view;
  if (!way) {
    return [h('p', { class: 'muted small' }, 'Path'), h('h2', {}, 'No way between them'), h('div', { class: 'ends' }, chip(view, from), chip(view, to)),
      h('p', { class: 'muted' }, 'With the filters as they are, nothing leads from one to the other. General terms are hidden; showing them may open a way.')];
  }
  return [
    h('p', { class: 'muted small' }, 'Path'),
    h('h2', {}, `${plural(way.length - 1, 'step')} apart`),
    h('ol', { class: 'way' }, way.map((n, i) => h('li', {}, i ? step(view, way[i - 1], n) : null, chip(view, n)))),
  ];
}

function step(view, a, b) {
  const { graph } = view;
  const s = graph.between(a, b).sort((x, y) => graph.confidence(y) - graph.confidence(x))[0];
  const [head] = graph.ends(s);
  const text = s < graph.roles ? ROLE_IN[graph.word(s)].toLowerCase() : RELATION[graph.word(s)];
  const p = graph.paperOf(s);
  const span = view.texts.evidence(s);
  return h('div', { class: 'step' }, h('button', { class: 'claim', onclick: () => view.read(p, span, s) },
    h('span', { class: 'line' }, `${head === a ? '↓' : '↑'} ${text}`, confidence(graph.confidence(s))), quote(view, p, span, [a, b])));
}

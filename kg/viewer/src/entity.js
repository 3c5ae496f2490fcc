// The panel of an entity: who names it and how, what it has to do with others, what was measured.

import { h, plural } from './dom.js';
import { plain } from './text.js';
import { ROLE_OF, RELATION, RELATION_BACK, chip, confidence, head, kind, quote, some, years } from './bits.js';

export function entityPanel(view, node) {
  const { graph } = view;
  const type = graph.type(node);
  const aliases = graph.aliases(node);
  const count = graph.e.c[node - graph.papers];
  const of = [...graph.of(node)];
  const roles = of.filter((s) => s < graph.roles);
  return [
    kind(type),
    h('h2', {}, plain(graph.name(node)).slice(0, 400)),
    aliases.length ? h('p', { class: 'muted small' }, 'Also written ', aliases.slice(0, 12).map((a) => plain(a).slice(0, 80)).join(', ')) : null,
    h('p', { class: 'muted small' }, `Named by ${plural(count, 'paper')}`,
      graph.isGeneric(node) ? '. A general term, hidden from the picture at first.' : '', groupLine(view, node)),
    view.actions(node),
    years(roles.map((s) => graph.p.d[graph.paperOf(s)]), type),
    relations(view, node, of.filter((s) => s >= graph.roles)),
    results(view, node),
    papers(view, node, roles),
  ];
}

function groupLine(view, node) {
  const k = view.graph.community[node];
  if (k < 0 || !view.graph.names[k]) return null;
  return h('span', {}, ' · in the group ', h('button', { class: 'more small', onclick: () => view.go({ id: '', group: k }) }, view.groupName(k)));
}

function papers(view, node, roles) {
  const { graph } = view;
  if (!roles.length) return null;
  const groups = graph.words.roles.map((word) => [word, roles.filter((s) => graph.word(s) === word)]).filter(([, list]) => list.length);
  return h('section', {}, h('h3', {}, 'In papers'), groups.map(([word, list]) => {
    list.sort((a, b) => graph.confidence(b) - graph.confidence(a) || graph.rank[graph.paperOf(a)] - graph.rank[graph.paperOf(b)]);
    return h('div', { class: 'group' }, head(ROLE_OF[word], list.length, 'paper'),
      some(list, (s) => h('li', {}, claim(view, s, plain(graph.name(graph.paperOf(s))).slice(0, 300), [node])), list.length > 12 ? 4 : 6));
  }));
}

/** A statement with the words it was read from; a click leads to them in the paper. */
export function claim(view, s, text, nodes) {
  const { graph } = view;
  const p = graph.paperOf(s);
  const span = view.texts.evidence(s);
  return h('button', { class: 'claim', onclick: () => view.read(p, span), onmouseenter: () => view.glow(p), onmouseleave: () => view.glow(-1) },
    h('span', { class: 'line' }, h('span', {}, text), confidence(graph.confidence(s))),
    quote(view, p, span, nodes));
}

function relations(view, node, of) {
  const { graph } = view;
  if (!of.length) return null;
  const groups = new Map();
  for (const s of of) {
    const [a, b] = graph.ends(s);
    const other = a === node ? b : a;
    const text = a === node ? RELATION[graph.word(s)] : RELATION_BACK[graph.word(s)];
    if (!groups.has(text)) groups.set(text, new Map());
    const ties = groups.get(text);
    if (!ties.has(other)) ties.set(other, []);
    ties.get(other).push(s);
  }
  const order = [...groups].sort((a, b) => b[1].size - a[1].size || (a[0] < b[0] ? -1 : 1));
  return h('section', {}, h('h3', {}, 'Relations'), order.map(([text, ties]) => {
    const rows = [...ties].sort((a, b) => b[1].length - a[1].length || graph.rank[a[0]] - graph.rank[b[0]]);
    return h('div', { class: 'group' }, h('div', { class: 'head' }, h('span', {}, text[0].toUpperCase() + text.slice(1))),
      some(rows, ([other, list]) => h('li', {}, chip(view, other),
        h('button', { class: 'more small', onclick: () => view.go({ id: graph.id(node), with: graph.id(other), mark: '' }) },
          list.length > 1 ? `${list.length} statements` : 'read it')), 8));
  }));
}

/** A table of numbers: of an entity, or of a paper if `paper` is given. */
export function results(view, node, paper = -1) {
  const { graph } = view;
  const { m } = graph;
  const own = node - graph.papers;
  const rows = [];
  for (let i = 0; i < m.p.length; i++) {
    if (paper >= 0 ? m.p[i] === paper : m.s[i] === own || m.d[i] === own || m.m[i] === own) rows.push(i);
  }
  if (!rows.length) return null;
  const cell = (e) => (e < 0 ? '–' : e === own ? plain(graph.e.n[e]).slice(0, 80)
    : h('button', { class: 'more', onclick: () => view.select(graph.papers + e) }, plain(graph.e.n[e]).slice(0, 80)));
  const line = (i) => h('tr', {},
    h('td', {}, h('button', { class: 'value', title: `Read it in “${plain(graph.name(m.p[i])).slice(0, 120)}”`, onclick: () => view.read(m.p[i], view.texts.resultEvidence(i)) },
      m.k[i] && !/^[+−-]/.test(m.v[i]) ? `± ${plain(m.v[i])}`.slice(0, 40) : plain(m.v[i]).slice(0, 40))),
    h('td', {}, cell(m.m[i])), h('td', {}, cell(m.d[i])), h('td', {}, cell(m.s[i])));
  const body = h('tbody', {}, rows.slice(0, 10).map(line));
  const more = rows.length > 10 ? h('button', { class: 'more', onclick: (e) => { body.append(...rows.slice(10).map(line)); e.target.remove(); } }, `Show ${rows.length - 10} more`) : null;
  return h('section', {}, h('h3', {}, `Results (${rows.length})`),
    h('table', { class: 'table' }, h('thead', {}, h('tr', {}, ['Value', 'Metric', 'On', 'By'].map((t) => h('th', { scope: 'col' }, t)))), body), more);
}

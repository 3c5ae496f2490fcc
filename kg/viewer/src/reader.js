// The panel of a paper: its abstract with every mention in its colour, and what was read from it.

import { h, link } from './dom.js';
import { pieces, plain } from './text.js';
import { ROLE_IN, RELATION, chip, confidence, kind } from './bits.js';
import { results } from './entity.js';

export function paperPanel(view, p, mark) {
  const { graph } = view;
  const paper = view.texts.paper(p);
  const mentions = view.texts.mentions(p).filter(([, , n]) => n < graph.size);
  const end = paper.title.length;
  return [
    kind('Paper'),
    h('h2', { class: 'title' }, run(view, paper.text.slice(0, end + 1), 0, Math.min(end, 2000), mentions, mark)),
    meta(view, p, paper),
    h('p', { class: 'abstract' }, run(view, paper.text, end + 1, paper.text.length, mentions, mark)),
    view.actions(p),
    statements(view, p, mark),
    results(view, -1, p),
    entities(view, p),
  ];
}

function run(view, text, start, end, mentions, mark) {
  const made = [];
  let marked = null;
  for (const piece of pieces(text, start, end, mentions, mark)) {
    const node = piece.node < 0 ? piece.text : mention(view, piece);
    if (piece.marked) {
      if (!marked) made.push(marked = h('mark', { class: 'marked', tabindex: '-1' }));
      marked.append(node);
    } else { marked = null; made.push(node); }
  }
  return made;
}

function mention(view, { node, text }) {
  const type = view.graph.type(node);
  return h('button', {
    class: `m ${type}`, 'data-node': node, title: `${type}: ${plain(view.graph.name(node)).slice(0, 120)}`,
    onclick: () => view.select(node), onmouseenter: () => view.glow(node), onmouseleave: () => view.glow(-1),
  }, text);
}

function meta(view, p, paper) {
  const parts = [view.graph.p.d[p], plain(paper.venue)].filter(Boolean).join(' · ');
  const authors = paper.authors.slice(0, 8).map((a) => plain(a).slice(0, 80)).join(', ') + (paper.authors.length > 8 ? ` and ${paper.authors.length - 8} more` : '');
  const urls = paper.urls.filter((url) => !(paper.arxiv && url.includes(paper.arxiv)) && !/doi\.org/.test(url));
  const links = [
    paper.arxiv ? link(`https://arxiv.org/abs/${encodeURIComponent(paper.arxiv).replaceAll('%2F', '/')}`, `arXiv:${paper.arxiv}`) : null,
    paper.doi ? link(`https://doi.org/${encodeURI(paper.doi)}`, 'DOI') : null,
    ...urls.slice(0, 6).map((url) => link(url, host(url))),
  ].filter(Boolean);
  return [
    authors ? h('p', { class: 'muted small' }, authors) : null,
    parts ? h('p', { class: 'muted small' }, parts) : null,
    links.length ? h('p', { class: 'links' }, links) : null,
  ];
}

function host(url) {
  const text = plain(url).replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
  return text.length > 44 ? `${text.slice(0, 43)}…` : text;
}

// What the paper says, as sentences of our own; a click marks the words it was read from.
function statements(view, p, mark) {
  const { graph } = view;
  const rows = [];
  for (let s = view.texts.firstRole[p]; s < view.texts.firstRole[p + 1]; s++) {
    if (graph.word(s) !== 'mentions') rows.push(s);
  }
  rows.sort((a, b) => graph.r.r[a] - graph.r.r[b] || graph.confidence(b) - graph.confidence(a));
  for (let i = view.texts.firstClaim[p]; i < view.texts.firstClaim[p + 1]; i++) rows.push(graph.roles + i);
  if (!rows.length) return null;
  return h('section', {}, h('h3', {}, 'What it says – click to see the words'), h('ul', { class: 'claims' }, rows.map((s) => h('li', {}, row(view, p, s, mark)))));
}

function row(view, p, s, mark) {
  const { graph } = view;
  const [a, b] = graph.ends(s);
  const span = view.texts.evidence(s);
  const current = view.current === s || (view.current < 0 && mark && mark[0] === span[0] && mark[1] === span[1]);
  const name = (n) => h('b', {}, plain(graph.name(n)).slice(0, 120));
  const text = s < graph.roles ? [`${ROLE_IN[graph.word(s)]} `, name(b)] : [name(a), ` ${RELATION[graph.word(s)]} `, name(b)];
  return h('button', {
    class: 'claim', 'data-statement': s, 'aria-current': current ? 'true' : null,
    onclick: () => view.read(p, span, s), onmouseenter: () => view.light([a, b]), onmouseleave: () => view.light([]),
  }, h('span', { class: 'line' }, h('span', {}, text), confidence(graph.confidence(s))));
}

function entities(view, p) {
  const { graph } = view;
  const rows = [];
  for (let s = view.texts.firstRole[p]; s < view.texts.firstRole[p + 1]; s++) rows.push(s);
  const groups = graph.words.roles.map((word) => [word, rows.filter((s) => graph.word(s) === word)]).filter(([, list]) => list.length);
  if (!groups.length) return null;
  return h('section', {}, h('h3', {}, 'Everything it names'), groups.map(([word, list]) => h('div', { class: 'group' },
    h('div', { class: 'head' }, h('span', {}, ROLE_IN[word])), list.map((s) => chip(view, graph.ends(s)[1])))));
}

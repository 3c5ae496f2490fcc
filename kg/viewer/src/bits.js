// Small things that the panel is made of.

import { h, svg, plural, words, percent } from './dom.js';
import { SHAPES, outline } from './theme.js';
import { pieces, plain } from './text.js';

export function sign(type) {
  const corners = outline(type, 5.5);
  const shape = corners
    ? svg('path', { d: `M${corners.map(([x, y]) => `${(x + 6).toFixed(1)} ${(y + 6).toFixed(1)}`).join('L')}Z` })
    : svg('circle', { cx: 6, cy: 6, r: type === 'Paper' ? 4.3 : 5.2 });
  return svg('svg', { class: `sign ${type in SHAPES ? type : ''}`, viewBox: '0 0 12 12', 'aria-hidden': 'true' }, shape);
}

export function kind(type) { return h('span', { class: `kind ${type}` }, sign(type), type); }

export function chip(view, node) {
  const type = view.graph.type(node);
  return h('button', {
    class: `chip ${type}`, title: type, onclick: () => view.select(node),
    onmouseenter: () => view.glow(node), onmouseleave: () => view.glow(-1),
  }, sign(type), h('span', {}, plain(view.graph.name(node)).slice(0, 120)));
}

export function confidence(value) {
  return h('span', { class: 'conf', title: 'How sure the reading is' },
    svg('svg', { viewBox: '0 0 26 5', 'aria-hidden': 'true' },
      svg('rect', { class: 'all', width: 26, height: 5, rx: 2.5 }),
      svg('rect', { class: 'part', width: (26 * value) / 100, height: 5, rx: 2.5 })),
    h('span', { class: 'away' }, 'confidence '), percent(value));
}

/** A sentence with the words of the named nodes picked out. */
export function quote(view, paper, span, nodes) {
  const { text } = view.texts.paper(paper);
  const wanted = new Set(nodes);
  const mentions = view.texts.mentions(paper).filter(([, , n]) => wanted.has(n));
  return h('span', { class: 'quote' }, pieces(text, span[0], span[1], mentions).map((piece) =>
    (piece.node < 0 ? piece.text : h('span', { class: `w ${view.graph.type(piece.node)}` }, piece.text))));
}

/** A list of which the first `most` are shown and the rest on demand. */
export function some(items, make, most = 6) {
  const list = h('ul', { class: 'claims' }, items.slice(0, most).map(make));
  if (items.length <= most) return list;
  const rest = items.length - most;
  const more = h('button', { class: 'more' }, `Show ${rest.toLocaleString('en')} more`);
  more.addEventListener('click', () => {
    const next = items.slice(list.children.length, list.children.length + 50);
    list.append(...next.map(make));
    const left = items.length - list.children.length;
    if (left > 0) more.textContent = `Show ${left.toLocaleString('en')} more`;
    else more.remove();
    list.children[list.children.length - next.length]?.querySelector('button')?.focus();
  });
  return h('div', {}, list, more);
}

export function head(text, count, word) {
  return h('div', { class: 'head' }, h('span', { role: 'heading', 'aria-level': '4' }, text), h('span', { class: 'n' }, plural(count, word)));
}

/** One bar a year; nothing if fewer than two papers have a date. */
export function years(dates, type) {
  const count = new Map();
  for (const date of dates) if (date) count.set(Number(date.slice(0, 4)), (count.get(Number(date.slice(0, 4))) || 0) + 1);
  if (count.size < 2) return null;
  const from = Math.min(...count.keys()), to = Math.max(...count.keys());
  const top = Math.max(...count.values());
  const step = 360 / Math.max(to - from + 1, 6);
  const bars = [];
  for (let year = from; year <= to; year++) {
    const n = count.get(year) || 0;
    const tall = (46 * n) / top;
    const x = (year - from) * step;
    bars.push(svg('rect', { x, y: 58 - tall, width: Math.min(step - 3, 34), height: tall, rx: 2 }));
    if (n) bars.push(svg('text', { x: x + Math.min(step - 3, 34) / 2, y: 54 - tall }, String(n)));
    if (to - from < 14 || year % 5 === 0) bars.push(svg('text', { x: x + Math.min(step - 3, 34) / 2, y: 71 }, String(year)));
  }
  const told = [...count].sort((a, b) => a[0] - b[0]).map(([year, n]) => `${year}: ${n}`).join(', ');
  return h('section', { class: type }, h('h3', {}, 'Papers over time'),
    svg('svg', { class: 'years', viewBox: '0 0 360 74', role: 'img', 'aria-label': `Papers by year. ${told}` }, bars));
}

export const ROLE_OF = {
  introduces: 'Introduced by', evaluatesOn: 'Evaluated on by', addresses: 'Addressed by', reports: 'Reported by',
  comparesWith: 'Compared with by', uses: 'Used by', mentions: 'Mentioned by',
};
export const ROLE_IN = {
  introduces: 'Introduces', evaluatesOn: 'Evaluates on', addresses: 'Addresses', reports: 'Reports',
  comparesWith: 'Compares with', uses: 'Uses', mentions: 'Mentions',
};
export const RELATION_BACK = {
  usedFor: 'solved with', evaluatedOn: 'evaluates', trainedOn: 'trains', partOf: 'has part', basedOn: 'basis of',
  subclassOf: 'kinds', benchmarkFor: 'benchmarks', outperforms: 'outperformed by', comparedWith: 'compared with',
};
export const RELATION = {
  usedFor: 'used for', evaluatedOn: 'evaluated on', trainedOn: 'trained on', partOf: 'part of', basedOn: 'based on',
  subclassOf: 'a kind of', benchmarkFor: 'benchmark for', outperforms: 'outperforms', comparedWith: 'compared with',
};
export { words };

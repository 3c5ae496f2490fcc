// The search box: a combobox (WAI-ARIA 1.2) over a list of hits.

import { h, plural } from './dom.js';
import { sign } from './bits.js';
import { plain } from './text.js';

export function findBox(view) {
  let hits = [];
  let at = -1;
  const list = h('ul', { class: 'drop', role: 'listbox', id: 'hits', 'aria-label': 'Found', hidden: true });
  const input = h('input', {
    type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false', id: 'find', 'aria-label': 'Search papers and entities',
    placeholder: 'Search papers and entities', 'aria-expanded': 'false', 'aria-controls': 'hits', 'aria-autocomplete': 'list',
  });
  const said = h('div', { class: 'away', role: 'status' });

  const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); at = -1; };
  const move = (to) => {
    at = Math.max(0, Math.min(hits.length - 1, to));
    [...list.children].forEach((item, i) => item.setAttribute('aria-selected', String(i === at)));
    input.setAttribute('aria-activedescendant', `hit-${at}`);
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  };
  const pick = (i) => {
    if (!hits[i]) return;
    const { node } = hits[i];
    input.value = '';
    close();
    input.blur();
    if (view.picking) view.picked(node);
    else view.select(node, true);
  };
  const search = () => {
    hits = view.find(input.value);
    list.replaceChildren(...hits.map((hit, i) => row(view, hit, i, () => pick(i))));
    const empty = input.value.trim() === '';
    if (!hits.length && !empty) list.append(h('li', { class: 'none', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, 'Nothing is called so'));
    list.hidden = empty;
    input.setAttribute('aria-expanded', String(!empty));
    said.textContent = empty ? '' : `${hits.length} found`;
    if (hits.length) move(0);
  };
  input.addEventListener('input', search);
  input.addEventListener('focus', () => { if (input.value) search(); });
  input.addEventListener('blur', () => setTimeout(close, 150));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') move(at + 1);
    else if (event.key === 'ArrowUp') move(at - 1);
    else if (event.key === 'Enter') pick(Math.max(at, 0));
    else if (event.key === 'Escape') { input.value = ''; close(); view.picking = null; input.blur(); } else return;
    event.preventDefault();
  });
  return { box: h('div', { class: 'find', role: 'search' }, input, h('kbd', { 'aria-hidden': 'true' }, '/'), list, said), input };
}

function row(view, hit, i, pick) {
  const { graph } = view;
  const count = graph.isPaper(hit.node) ? 'Paper' : plural(graph.e.c[hit.node - graph.papers], 'paper');
  return h('li', { role: 'option', id: `hit-${i}`, 'aria-selected': 'false', title: plain(graph.name(hit.node)).slice(0, 300), onmousedown: (e) => { e.preventDefault(); pick(); } },
    sign(graph.type(hit.node)),
    h('span', { class: 'name' }, plain(graph.name(hit.node)).slice(0, 160), hit.alias ? h('span', { class: 'muted' }, `  ${plain(hit.alias).slice(0, 60)}`) : null),
    h('span', { class: 'what' }, count));
}

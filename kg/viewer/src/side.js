// The filters, which are the legend too: what is shown, and how many there are.

import { h, plural, words } from './dom.js';
import { sign } from './bits.js';
import { plain } from './text.js';
import { TYPES } from './theme.js';
import { NONE, isFiltered } from './filter.js';

const number = (n) => (n || 0).toLocaleString('en');

export function fillSide(view, side) {
  const { graph, state: { filters }, seen } = view;
  const set = (change) => view.filter({ ...filters, ...change });
  const toggle = (list, name) => (list.includes(name) ? list.filter((n) => n !== name) : [...list, name].sort());
  const drawn = {};
  for (const n of view.scene.nodes) if (n < graph.size) drawn[graph.type(n)] = (drawn[graph.type(n)] || 0) + 1;
  const { counts } = seen;
  const focus = document.activeElement?.id;
  const most = Math.max(1, ...graph.e.c);
  side.replaceChildren(
    h('h2', {}, 'Shown of all'),
    ...TYPES.filter((type) => counts.types[type] || filters.hidden.includes(type)).map((type) => pick(`type-${type}`, !filters.hidden.includes(type), () => set({ hidden: toggle(filters.hidden, type) }),
      [sign(type), h('span', { class: 'name' }, type)], [h('b', {}, number(drawn[type])), ` / ${number(counts.types[type])}`])),
    ...(counts.generic ? [h('h2', { title: 'Words that are near everything, such as fine-tuning' }, 'General terms'), pick('generic', filters.generic, () => set({ generic: !filters.generic }), [h('span', { class: 'label' }, 'Show them too')], [number(counts.generic)])] : []),
    h('h2', {}, 'At least'),
    range('papers', 'Papers that name it', filters.papers, 1, Math.min(most, 20), (v) => v, (v) => set({ papers: v }), plural(counts.entities, 'entity')),
    range('confidence', 'Confidence', filters.confidence, 0, 95, (v) => `${v} %`, (v) => set({ confidence: v }), plural(counts.statements, 'statement')),
    facet('Roles', 'roles', graph.words.roles, counts.roles),
    facet('Relations', 'relations', graph.words.relations, counts.relations),
    ...sources(), ...dates(),
    ...(isFiltered(filters) ? [h('button', { class: 'reset', onclick: () => view.filter(NONE) }, 'Clear all filters')] : []),
  );
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });

  function facet(title, key, names, table) {
    const rows = names.filter((name) => table[name] || filters[key].includes(name));
    if (!rows.length) return '';
    return h('details', { open: view.opened.has(key), ontoggle: (e) => view.opened[e.target.open ? 'add' : 'delete'](key) }, h('summary', {}, title),
      rows.map((name) => pick(`${key}-${name}`, !filters[key].includes(name), () => set({ [key]: toggle(filters[key], name) }),
        [h('span', { class: 'label' }, words(name))], [number(table[name])])));
  }
  function sources() {
    if (graph.sources.length < 2) return [];
    const options = graph.sources.map((name, i) => h('option', { value: i, selected: filters.source === i }, `${plain(name).slice(0, 80)} (${number(counts.sources[i])})`));
    return [h('h2', {}, h('label', { for: 'source' }, 'Source file')),
      h('select', { id: 'source', onchange: (e) => set({ source: Number(e.target.value) }) }, h('option', { value: -1, selected: filters.source < 0 }, 'All files'), options)];
  }
  function dates() {
    if (!graph.p.d.some(Boolean)) return [];
    const box = (key, text) => h('label', { class: 'small muted' }, text, h('input', { type: 'text', id: `date-${key}`, value: filters[key], placeholder: 'YYYY-MM', pattern: '[0-9]{4}(-[0-9]{2}){0,2}',
      onchange: (e) => { const v = e.target.value.trim(); if (v === '' || /^\d{4}(-\d{2}){0,2}$/.test(v)) set({ [key]: v }); } }));
    return [h('h2', {}, 'Date ', h('span', { class: 'left' }, plural(counts.papers, 'paper'))), h('div', { class: 'dates' }, box('from', 'From'), box('to', 'To'))];
  }
}

function pick(id, on, change, label, count) {
  return h('label', { class: on ? 'pick' : 'pick off' }, h('input', { type: 'checkbox', id: `f-${id}`, checked: on, onchange: change }), label, h('span', { class: 'count' }, count));
}

function range(id, text, value, least, most, say, change, left) {
  if (most <= least) return '';
  const said = h('b', {}, String(say(value)));
  return h('label', { class: 'row' }, h('span', {}, text, said), h('input', {
    type: 'range', id: `f-${id}`, min: least, max: most, value, oninput: (e) => { said.textContent = String(say(Number(e.target.value))); }, onchange: (e) => change(Number(e.target.value)),
  }), h('span', { class: 'left' }, `leaves ${left}`));
}

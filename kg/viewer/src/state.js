// What is looked at, as the part of the address after #: `#lora?hops=2`, so that Back works.

import { NONE } from './filter.js';

export const START = { id: '', with: '', of: '', to: '', hops: 0, mark: '', group: -1, more: 0, view: '', filters: NONE };

export function parse(hash) {
  const [head, query = ''] = hash.replace(/^#/, '').split('?');
  const given = new URLSearchParams(query);
  const number = (name, other) => (/^\d{1,6}$/.test(given.get(name) || '') ? Number(given.get(name)) : other);
  return {
    id: decode(head),
    with: given.get('with') || '',
    of: given.get('of') || '',
    to: given.get('to') || '',
    hops: Math.min(number('hops', 0), 2),
    mark: /^\d{1,9}-\d{1,9}$/.test(given.get('mark') || '') ? given.get('mark') : '',
    group: number('group', -1),
    more: Math.min(number('more', 0), 50),
    view: given.get('view') === 'groups' ? 'groups' : '',
    filters: readFilters(given.get('f')),
  };
}

export function format(state) {
  const query = new URLSearchParams();
  for (const key of ['with', 'of', 'to', 'mark', 'view']) if (state[key]) query.set(key, state[key]);
  if (state.hops) query.set('hops', state.hops);
  if (state.more) query.set('more', state.more);
  if (state.group >= 0) query.set('group', state.group);
  const set = Object.fromEntries(Object.entries(state.filters).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(NONE[k])));
  if (Object.keys(set).length) query.set('f', JSON.stringify(set));
  const text = query.toString();
  return `#${encodeURIComponent(state.id)}${text ? `?${text}` : ''}`;
}

// An address may have been written by anybody: of its filters only what has the right form is kept.
function readFilters(text) {
  let given = {};
  try { given = JSON.parse(text || '{}') || {}; } catch { /* no filters then */ }
  const kept = { ...NONE };
  for (const key of Object.keys(NONE)) {
    const value = given[key];
    if (Array.isArray(NONE[key])) {
      if (Array.isArray(value)) kept[key] = value.filter((v) => typeof v === 'string');
    } else if (typeof value === typeof NONE[key]) kept[key] = value;
  }
  return kept;
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

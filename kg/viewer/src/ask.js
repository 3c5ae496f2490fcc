// Questions in SPARQL about the page's own triples, answered in the browser; nothing leaves it.

import { h, link, plural } from './dom.js';
import { plain, short } from './text.js';
import { unpack } from './data.js';
import { chip } from './bits.js';
import { START } from './state.js';

const MOST_ROWS = 500;
const MOST_NODES = 220;
const OWN = 'SELECT ?thing ?name WHERE {\n  ?thing skos:prefLabel ?name\n} LIMIT 20';

/** The button that opens the tab; null if the page carries no engine. */
export function askTool(view) {
  if (!document.getElementById('block-wasm')) return null;
  const button = h('button', { class: 'tool', 'aria-pressed': 'false', title: 'Ask this page in SPARQL' }, 'Ask');
  let asker = null;
  const open = (on) => {
    button.setAttribute('aria-pressed', String(on));
    if (on) view.frame.panel.replaceChildren((asker ||= new Asker(view, () => open(true))).root);
    else asker?.leave();
  };
  button.addEventListener('click', () => open(button.getAttribute('aria-pressed') !== 'true' || !asker?.root.isConnected));
  return button;
}

class Asker {
  constructor(view, reopen) {
    Object.assign(this, { view, reopen });
    const { queries } = view.graph;
    this.about = h('p', { class: 'muted' }, queries[0]?.[1] ?? '');
    this.area = h('textarea', { class: 'sparql', rows: '12', spellcheck: 'false', 'aria-label': 'Query', onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.run(); } });
    this.area.value = queries[0]?.[2] ?? OWN;
    this.list = h('select', { 'aria-label': 'Examples', onchange: () => this.#take(queries[this.list.value]) }, queries.map(([title], i) => h('option', { value: i }, title)));
    this.button = h('button', { class: 'act', onclick: () => this.run() }, 'Run');
    this.answer = h('div', { class: 'answer', 'aria-live': 'polite' });
    this.root = h('div', { class: 'ask' }, h('h2', {}, 'Ask in SPARQL'), queries.length ? [this.list, this.about] : null, this.area,
      h('div', { class: 'acts' }, this.button, h('span', { class: 'muted' }, 'Ctrl + Enter')), this.answer);
    const { graph } = view;
    this.nodes = new Map();
    for (let n = 0; n < graph.size; n++) this.nodes.set(`${graph.base}${graph.isPaper(n) ? 'paper' : 'entity'}/${graph.id(n)}`, n);
  }

  #take([, about, text]) {
    this.about.textContent = about;
    this.area.value = text;
  }

  /** Give back the picture that was there before an answer was lit in it. */
  leave() {
    const { view } = this;
    const drawn = view.lit;
    view.lit = null;
    view.render(view.state);
    if (drawn) view.aim(false);
  }

  async #store() {
    if (this.store) return this.store;
    const block = (id) => document.getElementById(`block-${id}`).textContent;
    const { init, Store } = globalThis.kgEngine;
    const packed = Uint8Array.from(atob(block('wasm')), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    await init({ module_or_path: await new Response(stream).arrayBuffer() });
    const store = new Store();
    store.load((await unpack(block('quads'))).text, { format: 'application/n-quads', no_transaction: true });
    this.store = store;
    return store;
  }

  async run() {
    this.button.disabled = true;
    this.answer.replaceChildren(h('p', { class: 'muted' }, this.store ? 'Asking …' : 'Starting the engine …'));
    await new Promise((next) => { setTimeout(next, 20); });
    try {
      const store = await this.#store();
      const begun = performance.now();
      const found = store.query(withPrefixes(this.area.value, this.view.graph.prefixes), { use_default_graph_as_union: true });
      this.#show(found, performance.now() - begun);
    } catch (error) {
      this.answer.replaceChildren(h('p', { class: 'wrong', role: 'alert' }, reason(String(error?.message ?? error))));
    } finally {
      this.button.disabled = false;
    }
  }

  #show(found, spent) {
    if (!Array.isArray(found)) { this.answer.replaceChildren(h('p', {}, typeof found === 'boolean' ? (found ? 'Yes' : 'No') : short(plain(String(found)), 4000))); return; }
    const rows = found.map((row) => (row instanceof Map ? row : new Map(['subject', 'predicate', 'object'].map((part) => [part, row[part]]))));
    const columns = [...new Set(rows.slice(0, MOST_ROWS).flatMap((row) => [...row.keys()]))];
    const nodes = [...new Set(rows.flatMap((row) => [...row.values()].map((term) => this.nodes.get(term?.value))).filter((n) => n !== undefined))];
    this.answer.replaceChildren(
      h('p', { class: 'muted' }, `${plural(rows.length, 'row')} in ${Math.max(Math.round(spent), 1)} ms${rows.length > MOST_ROWS ? `; the first ${MOST_ROWS} are shown` : ''}`),
      nodes.length ? h('button', { class: 'act', onclick: () => this.#draw(nodes.slice(0, MOST_NODES)) }, `Show ${plural(Math.min(nodes.length, MOST_NODES), 'node')} in the graph`) : '',
      h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Answer' }, h('table', {}, h('thead', {}, h('tr', {}, columns.map((c) => h('th', { scope: 'col' }, c)))),
        h('tbody', {}, rows.slice(0, MOST_ROWS).map((row) => h('tr', {}, columns.map((c) => h('td', {}, this.#cell(row.get(c))))))))));
  }

  #cell(term) {
    if (!term) return '';
    if (term.termType !== 'NamedNode') return plain(term.value ?? String(term));
    const node = this.nodes.get(term.value);
    return node === undefined ? link(term.value, short(term.value.replace(/^.*[/#]/, '') || term.value, 60)) : chip(this.view, node);
  }

  #draw(nodes) {
    const { view } = this;
    view.lit = nodes;
    view.render({ ...START, filters: view.state.filters });
    view.picture.fly(nodes, 1.2);
    this.reopen();
  }
}

/** The query with a declaration before it of each known prefix that it uses and does not declare. */
export function withPrefixes(text, prefixes = {}) {
  const missing = Object.entries(prefixes).filter(([name]) => text.includes(`${name}:`) && !new RegExp(`prefix\\s+${name}\\s*:`, 'i').test(text));
  return missing.map(([name, iri]) => `PREFIX ${name}: <${iri}>\n`).join('') + text;
}

/** What went wrong, without the list of all characters that might have stood there. */
export function reason(message) {
  const line = message.replace(/expected one of .*/s, 'something else was expected here');
  return short(line.replace(/^error at (\d+):(\d+)/, 'Line $1, character $2'), 400);
}

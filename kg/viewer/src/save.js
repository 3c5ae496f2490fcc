// What is seen, to take along: a picture as PNG or SVG, the statements as Turtle or CSV.

import { h } from './dom.js';
import { outline } from './theme.js';
import { plain } from './text.js';
import { placeLabels } from './labels.js';
import { groundsOf, paint } from './groups.js';

export function saveMenu(view) {
  const menu = h('div', { class: 'menu', role: 'menu', hidden: true, 'aria-label': 'Save' }, [
    ['PNG', 'picture, as it stands', () => png(view)], ['SVG', 'picture, to edit or print', () => svgFile(view)],
    ['Turtle', 'statements among what is drawn', () => offer(turtle(view), 'graph.ttl', 'text/turtle')],
    ['CSV', 'the same as a table', () => offer(csv(view), 'graph.csv', 'text/csv')],
  ].map(([name, about, act]) => h('button', { role: 'menuitem', id: `save-${name}`, onclick: () => { close(); act(); } }, name, h('small', {}, about))));
  const button = h('button', { class: 'tool', 'aria-haspopup': 'menu', 'aria-expanded': 'false', id: 'save', onclick: () => (menu.hidden ? open() : close()) }, 'Save');
  const items = [...menu.children];
  function open() { menu.hidden = false; button.setAttribute('aria-expanded', 'true'); items[0].focus(); }
  function close() { menu.hidden = true; button.setAttribute('aria-expanded', 'false'); }
  menu.addEventListener('keydown', (event) => {
    const at = items.indexOf(document.activeElement);
    if (event.key === 'Escape') { close(); button.focus(); } else if (event.key === 'ArrowDown') items[(at + 1) % items.length].focus();
    else if (event.key === 'ArrowUp') items[(at + items.length - 1) % items.length].focus();
    else return;
    event.stopPropagation();
    event.preventDefault();
  });
  document.addEventListener('click', (event) => { if (!menu.contains(event.target) && event.target !== button) close(); });
  return [button, menu];
}

function offer(text, name, type) {
  const url = URL.createObjectURL(text instanceof Blob ? text : new Blob([text], { type: `${type};charset=utf-8` }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function png(view) {
  const seen = view.frame.canvas.querySelector('canvas');
  const copy = h('canvas', { width: seen.width, height: seen.height });
  const ctx = copy.getContext('2d');
  ctx.fillStyle = view.picture.colours.ground;
  ctx.fillRect(0, 0, copy.width, copy.height);
  ctx.drawImage(seen, 0, 0);
  copy.toBlob((blob) => offer(blob, 'graph.png', 'image/png'));
}

function svgFile(view) { offer(svgText(view), 'graph.svg', 'image/svg+xml'); }

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** The picture as an SVG document: links, nodes in their shapes, names where they are seen. */
export function svgText(view) {
  const { picture, graph, scene } = view;
  const { network, colours } = picture;
  const seen = view.frame.canvas.querySelector('canvas');
  const frame = { width: seen.clientWidth, height: seen.clientHeight };
  const scale = network.getScale();
  const at = ([x, y]) => network.canvasToDOM({ x, y });
  const f = (n) => n.toFixed(1);
  const zero = at([0, 0]);
  const grounds = groundsOf(picture).map((ground) => {
    const [colour, opacity] = paint(ground, scene.dark);
    return `<path d="${ground.path}" fill="${colour}" opacity="${opacity}"/>`;
  });
  const links = scene.links.map(([a, b]) => {
    const p = at(picture.place(a)), q = at(picture.place(b));
    return `<path d="M${f(p.x)} ${f(p.y)}L${f(q.x)} ${f(q.y)}" opacity="${picture.isLit(a) && picture.isLit(b) ? 0.6 : 0.08}"/>`;
  });
  const nodes = scene.nodes.map((n) => {
    const { x, y } = at(picture.place(n));
    const type = n < graph.size ? graph.type(n) : 'Group';
    const r = picture.radius(n) * scale;
    const paint = `fill="${type === 'Paper' ? colours.ground : colours.types[type]}" stroke="${type === 'Paper' ? colours.types[type] : colours.ground}" opacity="${picture.isLit(n) ? 1 : 0.13}"`;
    const corners = outline(type, r);
    return corners ? `<path d="M${corners.map(([dx, dy]) => `${f(x + dx)} ${f(y + dy)}`).join('L')}Z" ${paint}/>` : `<circle cx="${f(x)}" cy="${f(y)}" r="${f(r)}" ${paint}/>`;
  });
  const ctx = h('canvas').getContext('2d');
  const names = placeLabels(ctx, picture, frame, scale, at).map((label) => {
    const size = /([\d.]+)px/.exec(label.font)[1];
    return `<text x="${f(label.x)}" y="${f(label.y + label.h * 0.82)}" font-size="${size}" font-weight="${label.font.split(' ')[0]}" fill="${label.colour}" stroke="${colours.ground}" stroke-width="3" paint-order="stroke">${escape(label.text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${frame.width}" height="${frame.height}" viewBox="0 0 ${frame.width} ${frame.height}">
<rect width="100%" height="100%" fill="${colours.ground}"/>
<g transform="translate(${f(zero.x)} ${f(zero.y)}) scale(${scale.toFixed(4)})">${grounds.join('')}</g>
<g stroke="${colours.line}">${links.join('')}</g>
<g>${nodes.join('')}</g>
<g font-family="system-ui, sans-serif">${names.join('')}</g>
</svg>
`;
}

// The statements among the drawn nodes that pass the filters.
function said(view) {
  const { graph, scene, seen } = view;
  const shown = new Set(scene.nodes);
  const found = [];
  for (let s = 0; s < graph.statements; s++) {
    const [a, b] = graph.ends(s);
    if (seen.passing[s] && shown.has(a) && shown.has(b)) found.push(s);
  }
  return found;
}

const literal = (text) => JSON.stringify(plain(text)).replace(/\u2028|\u2029/g, ' ');

/** Turtle of what is drawn, in the terms of the whole graph. */
export function turtle(view) {
  const { graph, scene } = view;
  const iri = (n) => `<${graph.base}${graph.isPaper(n) ? 'paper' : 'entity'}/${encodeURI(graph.id(n)).replace(/[<>"{}|\\^`]/g, encodeURIComponent)}>`;
  const lines = ['@prefix kgo: <https://w3id.org/papers-kg/ontology#> .', '@prefix skos: <http://www.w3.org/2004/02/skos/core#> .', '@prefix dcterms: <http://purl.org/dc/terms/> .', '@prefix fabio: <http://purl.org/spar/fabio/> .', ''];
  for (const n of [...scene.nodes].sort((a, b) => a - b)) {
    if (n >= graph.size) continue;
    lines.push(graph.isPaper(n) ? `${iri(n)} a fabio:ScholarlyWork ; dcterms:title ${literal(graph.name(n))} .` : `${iri(n)} a kgo:${graph.type(n)} ; skos:prefLabel ${literal(graph.name(n))} .`);
  }
  const told = new Set(said(view).map((s) => { const [a, b] = graph.ends(s); return `${iri(a)} kgo:${graph.word(s)} ${iri(b)} .`; }));
  return `${[...lines, ...told].join('\n')}\n`;
}

/** A row for each statement: who says what of what, how surely, and the sentence. */
export function csv(view) {
  const { graph, texts } = view;
  const row = (s) => {
    const [a, b] = graph.ends(s);
    const p = graph.paperOf(s);
    const [start, end] = texts.evidence(s);
    return [graph.name(a), graph.word(s), graph.name(b), graph.type(a), graph.type(b), graph.confidence(s) / 100, graph.id(p), graph.name(p), texts.paper(p).text.slice(start, end)];
  };
  // a cell that begins with = or the like would be run as a formula by a spreadsheet
  const cell = (value) => { const text = plain(String(value)); return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`; };
  const head = ['head', 'statement', 'tail', 'head type', 'tail type', 'confidence', 'paper', 'title', 'sentence'];
  return `${[head, ...said(view).map(row)].map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`;
}

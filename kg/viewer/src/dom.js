// Elements are made here, of text only: nothing that was read from a paper is ever parsed as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** Make an element: h('p', {class: 'x', onclick: f}, 'text', child). */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

/** A link to elsewhere; plain text if the address is no web address. */
export function link(address, text, props = {}) {
  const url = webAddress(address);
  if (!url) return h('span', {}, text);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', ...props }, text);
}

export function webAddress(address) {
  try {
    const url = new URL(address);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : '';
  } catch { return ''; }
}

export function plural(count, word) {
  const many = word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
  return `${count.toLocaleString('en')} ${count === 1 ? word : many}`;
}

/** Words for a role or relation: evaluatedOn -> evaluated on. */
export function words(name) {
  return name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
}

export function percent(confidence) {
  return `${confidence} %`;
}

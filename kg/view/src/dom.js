// Elements made of data: text is always text, and a link is a web address or no link.

/** Make an element; `children` are elements or text. Attributes that begin with `on` are listeners. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat());
  return node;
}

/** A name from a paper: on its own in a line, whatever direction its letters run. */
export function name(text, attributes = {}) { return h("bdi", attributes, plain(text)); }

/** `text` without the controls that change the direction of what follows. */
export function plain(text) { return text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ""); }

export function short(text, most) {
  const characters = [...plain(text)];
  return characters.length > most ? `${characters.slice(0, most - 1).join("").trimEnd()}…` : characters.join("");
}

/** Return `url` if it is an http or https address, else null. */
export function web(url) {
  try {
    const { protocol, href } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? href : null;
  } catch {
    return null;
  }
}

export function outward(url, ...text) {
  const href = web(url);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...text) : h("span", {}, ...text);
}

/** Give the reader a file: the page itself makes it, nothing is sent anywhere. */
export function save(content, name, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

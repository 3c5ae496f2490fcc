// Search over names, aliases and titles while one types.

export function fold(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}+#]+/gu, ' ').trim();
}

/** Make `find(query, most)`: numbers of nodes, the best first, with the alias that was hit. */
export function index(graph) {
  const keys = [];
  const owners = [];
  const aliases = [];
  const add = (text, node, alias) => {
    const key = fold(text);
    if (key) { keys.push(` ${key}`); owners.push(node); aliases.push(alias); }
  };
  for (let node = 0; node < graph.size; node++) {
    add(graph.name(node), node, '');
    for (const alias of graph.aliases(node)) add(alias, node, alias);
  }
  return (query, most = 12) => {
    const wanted = fold(query);
    if (!wanted) return [];
    const squeezed = wanted.replaceAll(' ', '');
    const best = new Map();
    for (let i = 0; i < keys.length; i++) {
      const score = grade(keys[i], wanted, squeezed);
      if (score < 0) continue;
      const hit = { node: owners[i], alias: aliases[i], score };
      const other = best.get(hit.node);
      if (!other || hit.score < other.score) best.set(hit.node, hit);
    }
    const value = (hit) => hit.score * 4 - Math.log2(1 + graph.importance[hit.node]) / 3 + (graph.isPaper(hit.node) ? 1 : 0);
    return [...best.values()].sort((a, b) => value(a) - value(b) || a.node - b.node).slice(0, most);
  };
}

// 0 the whole, 1 its beginning, 2 the beginning of a word, 3 within, 4 but for blanks and hyphens
function grade(key, wanted, squeezed) {
  const at = key.indexOf(wanted);
  if (at === 1) return key.length === wanted.length + 1 ? 0 : 1;
  if (key.includes(` ${wanted}`)) return 2;
  if (at > 0) return squeezed.length > 1 ? 3 : -1;
  if (squeezed.length > 2 && key.replaceAll(' ', '').includes(squeezed)) return 4;
  const words = wanted.split(' ');
  return words.length > 1 && words.every((word) => key.includes(` ${word}`)) ? 4 : -1;
}

// Colours and shapes of the types; the colours stand in the style sheet, light and dark.

export const SHAPES = {
  Paper: 'dot', Model: 'dot', Method: 'triangle', Dataset: 'square', Benchmark: 'diamond', Task: 'hexagon', Metric: 'triangleDown',
};
export const TYPES = Object.keys(SHAPES);

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  const found = { types: {}, faint: named('faint'), line: named('edge'), text: named('text'), ground: named('ground'), accent: named('accent'), muted: named('muted') };
  for (const type of TYPES) found.types[type] = named(type.toLowerCase());
  found.types.Group = found.faint;
  return found;
}

/** The outline of a type's sign around (0, 0), for SVG and canvas alike. */
export function outline(type, r) {
  const turn = (n, first) => Array.from({ length: n }, (_, i) => {
    const angle = first + (2 * Math.PI * i) / n;
    return [Math.cos(angle) * r, Math.sin(angle) * r];
  });
  switch (SHAPES[type]) {
    case 'square': { const a = r * 0.84; return [[-a, -a], [a, -a], [a, a], [-a, a]]; }
    case 'diamond': return turn(4, -Math.PI / 2).map(([x, y]) => [x * 1.12, y * 1.12]);
    case 'triangle': return turn(3, -Math.PI / 2).map(([x, y]) => [x * 1.15, y * 1.15 + r * 0.15]);
    case 'triangleDown': return turn(3, Math.PI / 2).map(([x, y]) => [x * 1.15, y * 1.15 - r * 0.15]);
    case 'hexagon': return turn(6, 0);
    default: return null;
  }
}

// Communities as quiet grounds behind their nodes, each with a name from its most typical entities.

import { h } from './dom.js';
import { grounds, holds, outline } from './grounds.js';

export function groupName(graph, k, most = 2) {
  const names = (graph.names[k] || []).slice(0, most).map((e) => graph.e.n[e].slice(0, 40));
  return names.length ? names.join(' · ') : `Group ${k + 1}`;
}

/** A quiet colour for a community: neighbours in number stand far apart in hue. */
export function tintOf(k, dark) { return `hsl(${Math.round(k * 137.5 + 200) % 360}, 42%, ${dark ? 58 : 52}%)`; }

/** The grounds of what is drawn, each with its name and its path: made anew when nodes have moved. */
export function groundsOf(picture) {
  const { scene, graph } = picture;
  if (!scene.groups?.length || scene.near) return [];
  scene.grounds ||= grounds(scene.nodes.filter((n) => n < graph.size).map((n) => {
    const [x, y] = picture.place(n);
    return { x, y, k: graph.community[n] };
  }), scene.groups).filter((ground) => ground.discs.length).map((ground) => ({ ...ground, name: groupName(graph, ground.k, 2), path: outline(ground) }));
  return scene.grounds;
}

/** How a ground is painted: [colour, opacity]. */
export function paint(ground, dark) { return [tintOf(ground.k, dark), dark ? 0.17 : 0.12]; }

export function drawGroups(ctx, picture) {
  const { colours, scene } = picture;
  const list = groundsOf(picture);
  if (!colours || !list.length) return;
  if (list.painted?.dark !== scene.dark) list.painted = { dark: scene.dark, ...painted(list, scene.dark) };
  const { image, left, top, width, height } = list.painted;
  ctx.drawImage(image, left, top, width, height);
}

// Hundreds of shapes are painted once; to move them is then one picture a frame.
function painted(list, dark) {
  const discs = list.flatMap((ground) => ground.discs);
  const left = Math.min(...discs.map(([x, , r]) => x - r)), top = Math.min(...discs.map(([, y, r]) => y - r));
  const width = Math.max(...discs.map(([x, , r]) => x + r)) - left, height = Math.max(...discs.map(([, y, r]) => y + r)) - top;
  const scale = Math.min(1, 1600 / Math.max(width, height));
  const image = h('canvas', { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  const ctx = image.getContext('2d');
  ctx.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  for (const ground of list) {
    [ctx.fillStyle, ctx.globalAlpha] = paint(ground, dark);
    ctx.fill(new Path2D(ground.path));
  }
  return { image, left, top, width, height };
}

/** The community whose ground holds a place of the picture, or -1. */
export function groupAt(picture, { x, y }) {
  const found = groundsOf(picture).find((ground) => holds(ground, x, y));
  return found && picture.scene.groups.length > 1 ? found.k : -1;
}

// Communities as quiet grounds behind their nodes, each with a name from its most typical entities.

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
  if (!picture.colours) return;
  ctx.save();
  for (const ground of groundsOf(picture)) {
    [ctx.fillStyle, ctx.globalAlpha] = paint(ground, picture.scene.dark);
    ground.shape ||= new Path2D(ground.path);
    ctx.fill(ground.shape);
  }
  ctx.restore();
}

/** The community whose ground holds a place of the picture, or -1. */
export function groupAt(picture, { x, y }) {
  const found = groundsOf(picture).find((ground) => holds(ground, x, y));
  return found && picture.scene.groups.length > 1 ? found.k : -1;
}

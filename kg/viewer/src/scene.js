// What is drawn for a state: nodes, links, places, and what of it is lit.

import { first, links } from './filter.js';
import { near, path } from './paths.js';
import { groupName, tintOf } from './groups.js';
import { apart, beside, line, rings } from './layout.js';

const MOST = 220;
const BESIDE = 40;

/** The scene of a state: of the `base` nodes those of an answer are `lit` and come in if they are not there. */
export function makeScene(graph, seen, state, { base, lit }, dark = false) {
  const node = graph.number.has(state.id) ? graph.number.get(state.id) : -1;
  const scene = { nodes: [], links: [], places: new Map(), selected: node, near: null, path: [], groups: [], left: 0 };
  const to = graph.number.has(state.to) ? graph.number.get(state.to) : -1;
  if (node >= 0 && to >= 0) return wayScene(graph, seen, scene, node, to);
  if (node >= 0 && state.hops > 0) return nearScene(graph, seen, scene, node, state.hops);
  if (state.group >= 0) return groupScene(graph, seen, scene, state.group, state.more);
  if (node < 0 && state.view === 'groups') return overview(graph, seen, scene, dark);
  scene.nodes = [...base];
  scene.groups = graph.names.map((_, k) => k).slice(0, 24);
  if (lit) {
    scene.lit = true;
    scene.nodes = [...new Set([...lit, ...base])].slice(0, MOST);
    scene.near = new Set(lit);
  }
  if (node >= 0) light(graph, seen, scene, node, graph.number.get(state.with));
  scene.links = tie(graph, seen, scene, node);
  return scene;
}

function tie(graph, seen, scene, always = -1) {
  const { kept } = links(graph, seen, scene.nodes, 3, new Set(always >= 0 ? [always] : []));
  return kept.map(([a, b]) => [a, b, a >= graph.papers && b >= graph.papers]);
}

function light(graph, seen, scene, node, other = -1) {
  const { nodes: around } = near(graph, seen, node, 1, 400);
  const shown = new Set(scene.nodes);
  if (!shown.has(node)) scene.nodes.push(node);
  const newcomers = around.filter((n) => n !== node && !shown.has(n)).slice(0, BESIDE);
  if (other >= 0 && !shown.has(other) && !newcomers.includes(other)) newcomers.push(other);
  scene.left = around.filter((n) => n !== node && !shown.has(n)).length - newcomers.length;
  const at = [graph.x[node], graph.y[node]];
  if (!shown.has(node)) {
    const [spot] = beside(at, [node], scene.nodes.map((n) => [graph.x[n], graph.y[n]])).values();
    scene.places.set(node, spot);
  }
  const taken = scene.nodes.map((n) => scene.places.get(n) || [graph.x[n], graph.y[n]]);
  for (const [n, spot] of beside(scene.places.get(node) || at, newcomers, taken)) scene.places.set(n, spot);
  scene.nodes.push(...newcomers);
  const lit = new Set(scene.nodes);
  scene.near = new Set([node, ...(other >= 0 ? [other] : []), ...around.filter((n) => lit.has(n))]);
}

function nearScene(graph, seen, scene, node, hops) {
  const { nodes, all } = near(graph, seen, node, hops, hops === 1 ? 90 : 140);
  scene.nodes = nodes;
  scene.left = all - nodes.length;
  const inside = new Set(nodes);
  const hopOf = new Map([[node, 0]]);
  const parentOf = new Map();
  for (const n of graph.neighbours(node, (s) => seen.passing[s]).keys()) if (inside.has(n)) hopOf.set(n, 1);
  for (const n of nodes) {
    if (hopOf.get(n) !== 1) continue;
    for (const m of graph.neighbours(n, (s) => seen.passing[s]).keys()) {
      if (inside.has(m) && !hopOf.has(m)) { hopOf.set(m, 2); parentOf.set(m, n); }
    }
  }
  scene.around = true;
  scene.places = rings(graph, nodes, hopOf, parentOf);
  scene.links = tie(graph, seen, scene, node);
  return scene;
}

function wayScene(graph, seen, scene, from, to) {
  const way = path(graph, seen, from, to);
  scene.way = way;
  scene.to = to;
  scene.path = way || [];
  scene.nodes = way ? [...way] : [from, to];
  scene.places = line(scene.nodes);
  const shown = new Set(scene.nodes);
  // a few neighbours of each step, so that one sees where the way runs
  for (const n of way || []) {
    const around = near(graph, seen, n, 1, 60).nodes.filter((m) => !shown.has(m)).slice(0, 5);
    const taken = scene.nodes.map((m) => scene.places.get(m));
    for (const [m, spot] of beside(scene.places.get(n), around, taken)) { scene.places.set(m, spot); shown.add(m); scene.nodes.push(m); }
  }
  scene.near = new Set(way || [from, to]);
  scene.links = tie(graph, seen, scene);
  for (let i = 1; i < scene.path.length; i++) {
    const [a, b] = [scene.path[i - 1], scene.path[i]].sort((x, y) => x - y);
    if (!scene.links.some(([x, y]) => x === a && y === b)) scene.links.push([a, b, true]);
  }
  return scene;
}

function groupScene(graph, seen, scene, group, more) {
  const members = graph.order.filter((n) => graph.community[n] === group && seen.nodes[n]);
  scene.nodes = members.slice(0, Math.min(80 * (1 + more), MOST));
  scene.left = members.length - scene.nodes.length;
  scene.groups = [group];
  scene.places = apart(new Map(scene.nodes.map((n) => [n, [graph.x[n], graph.y[n]]])), -1, 46);
  scene.links = tie(graph, seen, scene);
  if (scene.left > 0 && scene.nodes.length < MOST) {
    const all = [...scene.places.values()];
    const id = graph.size + graph.names.length;
    scene.names = new Map([[id, `+ ${scene.left.toLocaleString('en')} more`]]);
    scene.sizes = new Map([[id, 16]]);
    scene.places.set(id, [Math.max(...all.map(([x]) => x)) + 70, all.reduce((sum, [, y]) => sum + y, 0) / all.length]);
    scene.nodes.push(id);
  }
  return scene;
}

// From far away: each community a node, as large as it has members, tied by what is said across.
function overview(graph, seen, scene, dark) {
  const count = new Array(graph.names.length).fill(0);
  const middle = graph.names.map(() => [0, 0]);
  for (let n = 0; n < graph.size; n++) {
    const k = graph.community[n];
    if (k < 0 || !seen.nodes[n]) continue;
    count[k]++;
    middle[k][0] += graph.x[n];
    middle[k][1] += graph.y[n];
  }
  const shown = count.map((_, k) => k).filter((k) => count[k]);
  const id = (k) => graph.size + k;
  scene.nodes = shown.map(id);
  scene.names = new Map(shown.map((k) => [id(k), `${groupName(graph, k, 2)} (${count[k].toLocaleString('en')})`]));
  scene.tints = new Map(shown.map((k) => [id(k), tintOf(k, dark)]));
  const most = Math.max(1, ...count);
  scene.sizes = new Map(shown.map((k) => [id(k), 12 + 44 * Math.sqrt(count[k] / most)]));
  scene.places = apart(new Map(shown.map((k) => [id(k), middle[k].map((sum) => sum / count[k])])), -1, 150, 200);
  const ties = new Map();
  for (let s = 0; s < graph.statements; s++) {
    if (!seen.passing[s]) continue;
    const [a, b] = graph.ends(s).map((n) => graph.community[n]);
    if (a < 0 || b < 0 || a === b) continue;
    const key = `${Math.min(a, b)}-${Math.max(a, b)}`;
    ties.set(key, (ties.get(key) || 0) + 1);
  }
  const strong = [...ties].sort((x, y) => y[1] - x[1]).slice(0, 3 * shown.length);
  scene.links = strong.map(([key]) => [...key.split('-').map((k) => id(Number(k))), true]);
  return scene;
}

/** The nodes of the first picture under the filters; as built if none is set. */
export function baseNodes(graph, seen, built) {
  return built || first(graph, seen, MOST);
}

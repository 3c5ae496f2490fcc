// Names that do not pile up: the most important get their place first, others wait for zoom.

import { words } from './dom.js';
import { plain, short } from './text.js';
import { groundsOf } from './groups.js';

const SIDES = [[0, 1], [1, 0], [-1, 0], [0, -1]];

export function drawLabels(ctx, picture) {
  const { network, colours } = picture;
  if (!colours) return;
  const frame = { width: ctx.canvas.clientWidth, height: ctx.canvas.clientHeight };
  const ratio = ctx.canvas.width / frame.width || 1;
  const scale = network.getScale();
  ctx.save();
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'start';
  ctx.lineJoin = 'round';
  const at = ([x, y]) => network.canvasToDOM({ x, y });
  for (const label of placeLabels(ctx, picture, frame, scale, at)) {
    ctx.font = label.font;
    ctx.lineWidth = 3.4;
    ctx.strokeStyle = colours.ground;
    ctx.strokeText(label.text, label.x, label.y + label.h / 2);
    ctx.fillStyle = label.colour;
    ctx.fillText(label.text, label.x, label.y + label.h / 2);
  }
  spokes(ctx, picture, at);
  glow(ctx, picture, scale, at);
  ctx.restore();
}

/** The names to draw and where: {text, font, colour, x, y, w, h}, the most important first. */
export function placeLabels(ctx, picture, frame, scale, at) {
  const { scene, graph, colours } = picture;
  const circles = scene.nodes.filter((n) => picture.isLit(n)).map((n) => ({ n, ...at(picture.place(n)), r: picture.radius(n) * scale }))
    .map(({ n, x, y, r }) => ({ n, x, y, r }))
    .filter((c) => c.x > -60 && c.y > -40 && c.x < frame.width + 60 && c.y < frame.height + 40);
  circles.sort((a, b) => priority(picture, a.n) - priority(picture, b.n));
  const made = frame.width < 520 ? [] : groupLabels(ctx, picture, frame, scale, at);
  const most = made.length + Math.max(26, Math.round((frame.width * frame.height) / 8000));
  circles.forEach((circle, i) => {
    if (made.length >= most) return;
    const main = circle.n === scene.selected;
    const text = plain(scene.names?.get(circle.n) || short(graph.name(circle.n), main ? 48 : graph.isPaper(circle.n) ? 26 : 30));
    const size = main ? 15 : Math.round(2 * Math.min(14.5, Math.max(10.5, 9.5 + circle.r * 0.2))) / 2;
    const font = `${main || circle.r > 15 ? 600 : 400} ${size}px system-ui, sans-serif`;
    ctx.font = font;
    const box = findPlace(circle, widthOf(ctx, text), size, made, circles.slice(0, i), { must: main, sides: sides(picture, circle.n, main), frame });
    if (box) made.push({ ...box, text, font, colour: graph.isPaper(circle.n) && !main ? colours.muted : colours.text });
  });
  return made;
}

// A community's name stands above its ground while one looks from afar.
function groupLabels(ctx, picture, frame, scale, at) {
  const { scene, colours } = picture;
  const made = [];
  if (scene.near || scene.groups.length < 2 || scale > 1.1) return made;
  ctx.font = GROUP_FONT;
  for (const ground of groundsOf(picture).filter((g) => g.top)) {
    const text = ground.name.toUpperCase();
    const w = widthOf(ctx, text);
    const top = at(ground.top);
    const x = Math.max(8, Math.min(frame.width - w - 8, top.x - w / 2));
    const box = { x, y: top.y - 16, w, h: 13 };
    if (top.x > -w && top.x < frame.width + w && !made.some((other) => overlap(box, other))) made.push({ ...box, text, font: GROUP_FONT, colour: colours.muted });
  }
  return made;
}

// Names are measured anew at each frame while one pans; most of them were before.
const widths = new Map();

function widthOf(ctx, text) {
  const key = `${ctx.font}\n${text}`;
  if (!widths.has(key)) {
    if (widths.size > 4000) widths.clear();
    widths.set(key, ctx.measureText(text).width);
  }
  return widths.get(key);
}

const GROUP_FONT = '650 11px system-ui, sans-serif';

// What ties the middle to those around it, in a word on each spoke, while they are few.
function spokes(ctx, picture, at) {
  const { scene, graph, colours } = picture;
  const own = scene.links.filter(([a, b]) => a === scene.selected || b === scene.selected);
  if (!scene.around || own.length > 28 || scene.nodes.length > own.length + 1) return;
  ctx.font = '10.5px system-ui, sans-serif';
  ctx.textAlign = 'center';
  for (const [a, b] of own) {
    const other = a === scene.selected ? b : a;
    const [x, y] = picture.place(other);
    const [mx, my] = picture.place(scene.selected);
    const spot = at([mx + (x - mx) * 0.62, my + (y - my) * 0.62]);
    const s = graph.between(a, b)[0];
    const text = words(graph.word(s));
    ctx.lineWidth = 4;
    ctx.strokeStyle = colours.ground;
    ctx.strokeText(text, spot.x, spot.y);
    ctx.fillStyle = colours.muted;
    ctx.fillText(text, spot.x, spot.y);
  }
  ctx.textAlign = 'start';
}

// What the pointer rests on in the panel is ringed in the picture.
function glow(ctx, picture, scale, at) {
  for (const n of picture.glowing || []) {
    if (!picture.nodes.get(n)) continue;
    const spot = at(picture.place(n));
    ctx.beginPath();
    ctx.arc(spot.x, spot.y, picture.radius(n) * scale + 7, 0, 2 * Math.PI);
    ctx.lineWidth = 3;
    ctx.strokeStyle = picture.colours.accent;
    ctx.stroke();
  }
}
// Around a middle, names stand on the outer side, clear of the spokes.
function sides(picture, n, main) {
  if (!picture.scene.around || main) return SIDES;
  const [x, y] = picture.place(n);
  if (Math.abs(x) < Math.abs(y) * 0.3) return y > 0 ? [[0, 1], [1, 0], [-1, 0]] : [[0, -1], [1, 0], [-1, 0]];
  return x > 0 ? [[1, 0], [0, 1], [0, -1]] : [[-1, 0], [0, 1], [0, -1]];
}

function priority(picture, n) {
  const { scene, graph } = picture;
  if (n === scene.selected) return -3;
  if (scene.path.includes(n)) return -2;
  return n < graph.size ? graph.rank[n] * (graph.isPaper(n) ? 2.5 : 1) : -1;
}

function findPlace(circle, width, size, taken, circles, { must, sides, frame }) {
  const gap = circle.r + 3;
  const h = size * 1.15;
  for (const [sx, sy] of sides) {
    const box = {
      x: sx === 0 ? circle.x - width / 2 : sx > 0 ? circle.x + gap : circle.x - gap - width,
      y: sy === 0 ? circle.y - h / 2 : sy > 0 ? circle.y + gap - 1 : circle.y - gap - h + 1,
      w: width, h,
    };
    const whole = box.x > 2 && box.x + box.w < frame.width - 2;
    if (whole && !taken.some((other) => overlap(box, other)) && !circles.some((c) => covers(box, c))) return box;
    if (must) return box;
  }
  return null;
}

function overlap(a, b) {
  return a.x < b.x + b.w + 4 && b.x < a.x + a.w + 4 && a.y < b.y + b.h + 1 && b.y < a.y + a.h + 1;
}

function covers(box, c) {
  const dx = Math.max(box.x - c.x, 0, c.x - box.x - box.w);
  const dy = Math.max(box.y - c.y, 0, c.y - box.y - box.h);
  return dx * dx + dy * dy < (c.r * 0.8) ** 2;
}

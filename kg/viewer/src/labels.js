// Names that do not pile up: the most important get their place first, others wait for zoom.

import { short } from './text.js';

const SIDES = [[0, 1], [1, 0], [-1, 0], [0, -1]];

export function drawLabels(ctx, picture) {
  const { network, scene, graph, colours } = picture;
  if (!colours) return;
  const ratio = ctx.canvas.width / ctx.canvas.clientWidth || 1;
  const frame = { width: ctx.canvas.clientWidth, height: ctx.canvas.clientHeight };
  const scale = network.getScale();
  ctx.save();
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  const taken = [];
  const circles = scene.nodes.map((n) => {
    const [x, y] = picture.scene.places.get(n) || picture.place(n);
    const at = network.canvasToDOM({ x, y });
    return { n, x: at.x, y: at.y, r: picture.radius(n) * scale };
  }).filter((c) => c.x > -60 && c.y > -40 && c.x < frame.width + 60 && c.y < frame.height + 40);
  circles.sort((a, b) => priority(picture, a.n) - priority(picture, b.n));
  const most = Math.max(24, Math.round((frame.width * frame.height) / 9000));
  let drawn = 0;
  for (const circle of circles) {
    if (drawn >= most) break;
    if (!picture.isLit(circle.n)) continue;
    const main = circle.n === scene.selected;
    const text = scene.names?.get(circle.n) || short(graph.name(circle.n), main ? 48 : graph.isPaper(circle.n) ? 26 : 30);
    const size = main ? 15 : Math.min(15, Math.max(10.5, 9 + circle.r * 0.24));
    ctx.font = `${main || circle.r > 15 ? 600 : 400} ${size}px system-ui, sans-serif`;
    const width = ctx.measureText(text).width;
    const place = findPlace(circle, width, size, taken, circles, main);
    if (!place) continue;
    taken.push(place);
    drawn++;
    ctx.lineWidth = 3.2;
    ctx.strokeStyle = colours.ground;
    ctx.strokeText(text, place.x, place.y + place.h / 2);
    ctx.fillStyle = graph.isPaper(circle.n) && !main ? colours.muted : colours.text;
    ctx.fillText(text, place.x, place.y + place.h / 2);
  }
  ctx.restore();
}

function priority(picture, n) {
  const { scene, graph } = picture;
  if (n === scene.selected) return -3;
  if (scene.path.includes(n)) return -2;
  return n < graph.size ? graph.rank[n] * (graph.isPaper(n) ? 2.5 : 1) : -1;
}

function findPlace(circle, width, size, taken, circles, must) {
  const gap = circle.r + 3;
  const h = size * 1.15;
  for (const [sx, sy] of SIDES) {
    const box = {
      x: sx === 0 ? circle.x - width / 2 : sx > 0 ? circle.x + gap : circle.x - gap - width,
      y: sy === 0 ? circle.y - h / 2 : sy > 0 ? circle.y + gap - 1 : circle.y - gap - h + 1,
      w: width, h,
    };
    if (!taken.some((other) => overlap(box, other)) && !circles.some((c) => c !== circle && covers(box, c))) return box;
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

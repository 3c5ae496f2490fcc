// What can be taken away: the picture as PNG or SVG, the nodes shown as CSV or Turtle.
import { SHAPES, hue, shapePath } from "./looks.js";
import { plain, short } from "./dom.js";

const xml = (text) => plain(text).replace(/[<>&"]/g, (c) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" })[c]).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");

/** The picture as SVG text: what is seen now, names included. */
export function toSvg(picture) {
  const { scene, theme, network } = picture;
  const scale = network.getScale();
  const pad = 60;
  const xs = scene.nodes.map((n) => n.x), ys = scene.nodes.map((n) => n.y);
  const [x0, y0] = [Math.min(...xs) - pad, Math.min(...ys) - pad];
  const [w, tall] = [Math.max(...xs) + pad - x0, Math.max(...ys) + pad - y0];
  const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="${[x0, y0, w, tall].map(Math.round).join(" ")}" font-family="system-ui, sans-serif">`];
  out.push(`<rect x="${x0}" y="${y0}" width="${w}" height="${tall}" fill="${theme.ground}"/>`);
  for (const o of picture.outlines ?? []) {
    out.push(`<path d="M${o.corners.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}Z" fill="hsl(${hue(o.community)} 60% 50%)" fill-opacity="${theme.hull[0]}" stroke="hsl(${hue(o.community)} 50% 50%)" stroke-opacity="${theme.hull[1]}"/>`);
  }
  for (const { from, to } of scene.links) {
    const a = picture.at.get(from), b = picture.at.get(to);
    if (a && b) out.push(`<line x1="${a.x}" y1="${a.y}" x2="${b.x}" y2="${b.y}" stroke="${theme.faint}" stroke-opacity=".4"/>`);
  }
  for (const n of scene.nodes) {
    const colour = n.group ? `hsl(${hue(n.community)} 55% 50%)` : theme.types[n.type];
    out.push(`<path d="${shapePath(n.group ? "dot" : SHAPES[n.type], n.x, n.y, n.size)}" fill="${colour}"><title>${xml(short(n.label, 300))}</title></path>`);
  }
  for (const box of picture.names()) {
    const size = (box.size ?? 12.5) / scale;
    out.push(`<text x="${box.x.toFixed(1)}" y="${(box.y + size * 0.34).toFixed(1)}" font-size="${size.toFixed(1)}" text-anchor="middle" fill="${box.group === undefined ? theme.ink : theme.faint}" stroke="${theme.ground}" stroke-width="${(3 / scale).toFixed(1)}" paint-order="stroke">${xml(box.text)}</text>`);
  }
  out.push("</svg>");
  return out.join("\n");
}

/** The picture as a PNG blob, as it stands on the screen. */
export function toPng(picture) {
  const { canvas } = picture;
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const ctx = copy.getContext("2d");
  ctx.fillStyle = picture.theme.ground;
  ctx.fillRect(0, 0, copy.width, copy.height);
  ctx.drawImage(canvas, 0, 0);
  return new Promise((done) => { copy.toBlob(done, "image/png"); });
}

/** One CSV field; what a spreadsheet would take for a formula is made text. */
export function field(value) {
  let text = String(value);
  if (/^[=+\-@\t\r]/.test(text) && !/^[-+]?[\d.]+$/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The statements between `nodes` as CSV with a header. */
export function toCsv(graph, texts, nodes, ok) {
  const rows = [["subject", "subject_type", "predicate", "object", "object_type", "paper", "confidence", "sentence"]];
  for (const s of statements(graph, nodes, ok)) {
    const [start, end] = s.sentence(texts);
    const whole = `${texts.t[s.p] || graph.p.t[s.p]}\n${texts.a[s.p]}`;
    rows.push([graph.label(s.from), graph.types[graph.type[s.from]], s.word, graph.label(s.to), graph.types[graph.type[s.to]], graph.p.t[s.p], (s.sure / 100).toFixed(2), whole.slice(start, end)]);
  }
  return `${rows.map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

function* statements(graph, nodes, ok) {
  const inside = new Set(nodes);
  const { P, r, q, words } = graph;
  for (const p of [...inside].filter((n) => n < P).sort((a, b) => a - b)) {
    for (let i = graph.roleStart[p]; i < graph.roleStart[p + 1]; i++) {
      if (inside.has(P + r.e[i]) && ok.pair[graph.rolePair[i]]) yield { from: p, to: P + r.e[i], word: words.roles[r.r[i]], p, sure: r.c[i], sentence: spanAt(p, "re", i - graph.roleStart[p]) };
    }
  }
  for (let i = 0; i < q.p.length; i++) {
    if (inside.has(P + q.h[i]) && inside.has(P + q.o[i])) yield { from: P + q.h[i], to: P + q.o[i], word: words.relations[q.t[i]], p: q.p[i], sure: q.c[i], sentence: spanAt(q.p[i], "qe", i - graph.claimStart[q.p[i]]) };
  }
}

const spanAt = (p, column, k) => (texts) => { const s = texts[column][p][k]; return [texts.s[p][2 * s], texts.s[p][2 * s + 1]]; };

const string = (text) => `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/[\u0000-\u001f\u007f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
const iri = (text) => `<${text.replace(/[\u0000-\u0020<>"{}|\\^`]/g, (c) => encodeURIComponent(c))}>`;

/** The plain statements between `nodes` as Turtle, in the terms of graph.ttl. */
export function toTurtle(graph, texts, nodes, ok) {
  const kgo = "https://w3id.org/papers-kg/ontology#";
  const out = [`@prefix kgo: <${kgo}> .`, "@prefix dcterms: <http://purl.org/dc/terms/> .", "@prefix schema: <https://schema.org/> .", "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .", "@prefix fabio: <http://purl.org/spar/fabio/> .", ""];
  for (const n of [...nodes].sort((a, b) => a - b)) {
    const id = iri(graph.iri(n));
    if (n < graph.P) out.push(`${id} a schema:ScholarlyArticle, fabio:ScholarlyWork ; dcterms:title ${string(texts.t[n] || graph.p.t[n])} .`);
    else {
      const type = graph.types[graph.type[n]];
      const kinds = { Dataset: "kgo:Dataset, schema:Dataset", Benchmark: "kgo:Benchmark, kgo:Dataset, schema:Dataset" }[type] ?? `kgo:${type}`;
      out.push(`${id} a skos:Concept, ${kinds} ; skos:prefLabel ${string(graph.e.n[n - graph.P])}${graph.aliases(n).map((a) => ` ; skos:altLabel ${string(a)}`).join("")} .`);
    }
  }
  const said = new Set();
  for (const s of statements(graph, nodes, ok)) {
    const mention = s.from < graph.P && s.word !== "mentions" ? ` ; kgo:mentions ${iri(graph.iri(s.to))}` : "";
    said.add(`${iri(graph.iri(s.from))} kgo:${s.word} ${iri(graph.iri(s.to))}${mention} .`);
  }
  return `${[...out, ...said].join("\n")}\n`;
}

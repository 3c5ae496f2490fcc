// The front end's plain functions, without a browser: node --test tests/viewer/js
import test from 'node:test';
import assert from 'node:assert/strict';
import { Graph } from '../../../kg/viewer/src/data.js';
import { NONE, apply, first, isFiltered, links } from '../../../kg/viewer/src/filter.js';
import { near, path } from '../../../kg/viewer/src/paths.js';
import { fold, index } from '../../../kg/viewer/src/search.js';
import { START, format, parse } from '../../../kg/viewer/src/state.js';
import { pieces, plain, short } from '../../../kg/viewer/src/text.js';
import { grounds, holds, outline } from '../../../kg/viewer/src/grounds.js';
import { apart } from '../../../kg/viewer/src/layout.js';

// two papers (0, 1) and three entities: Fox (2), generic tuning (3), DenQA (4)
function graph() {
  return new Graph({
    words: { types: ['Model', 'Method', 'Benchmark'], roles: ['introduces', 'uses'], relations: ['evaluatedOn'] },
    sources: ['a.txt', 'b.txt'], title: 'T', base: 'https://example.org/', queries: [],
    p: { id: ['p-1', 'p-2'], t: ['Fox: A Model', 'On Dens'], d: ['2024-01', ''], s: [[0], [0, 1]] },
    e: { id: ['fox', 'tuning', 'denqa'], n: ['Fox', 'fine-tuning', 'DenQA'], t: [0, 1, 2], g: [0, 1, 0], a: ['Vulpès\tRed Fox', '', ''], c: [2, 2, 1] },
    r: { p: [0, 0, 1, 1], e: [0, 1, 0, 1], r: [0, 1, 1, 1], c: [90, 80, 40, 70] },
    q: { p: [0], h: [0], t: [0], o: [2], c: [60] },
    m: { p: [], s: [], d: [], m: [], v: [], k: [], c: [] },
    x: [0, 1, 2, 3, 4], y: [0, 0, 0, 0, 0], k: [0, 0, 0, -1, 0], i: [500, 400, 1000, 100, 300], o: [2, 0, 1, 4, 3], names: [[0, 2]],
  });
}

test('search finds by alias, whatever accents and case, and the whole name first', () => {
  const find = index(graph());
  assert.equal(find('vulpes')[0].node, 2);
  assert.equal(find('vulpes')[0].alias, 'Vulpès');
  assert.deepEqual(find('fox').map((hit) => hit.node), [2, 0]);
  assert.equal(find('denqa')[0].node, 4);
  assert.equal(find('finetuning')[0].node, 3);
  assert.deepEqual(find('  '), []);
  assert.equal(fold('Chain-of-Thought'), 'chain of thought');
});

test('general terms are hidden at first, and counts tell how many there are', () => {
  const seen = apply(graph(), NONE);
  assert.deepEqual([...seen.nodes], [1, 1, 1, 0, 1]);
  assert.deepEqual(seen.counts.types.Model, 1);
  assert.equal(seen.counts.generic, 1);
  assert.equal(apply(graph(), { ...NONE, generic: true }).nodes[3], 1);
});

test('the count of a type does not hang on whether it is shown', () => {
  const hidden = apply(graph(), { ...NONE, hidden: ['Model'] });
  assert.equal(hidden.counts.types.Model, 1);
  assert.deepEqual([...hidden.nodes], [0, 0, 0, 0, 0]);
});

test('confidence, role, source and date let through what fits', () => {
  assert.deepEqual([...apply(graph(), { ...NONE, confidence: 50 }).passing], [1, 0, 0, 0, 1]);
  assert.deepEqual([...apply(graph(), { ...NONE, roles: ['introduces'] }).passing], [0, 0, 1, 0, 1]);
  assert.deepEqual([...apply(graph(), { ...NONE, source: 1 }).passing], [0, 0, 1, 0, 0]);
  assert.deepEqual([...apply(graph(), { ...NONE, from: '2024' }).passing], [1, 0, 0, 0, 1]);
  assert.deepEqual(apply(graph(), { ...NONE, source: 1 }).counts.sources, [2, 1]);
});

test('the first picture leaves out what stands alone', () => {
  const g = graph();
  const seen = apply(g, NONE);
  assert.deepEqual(first(g, seen, 10), [2, 0, 1, 4]);
  assert.deepEqual(links(g, seen, [0, 1, 2, 4]).kept.map(([a, b]) => [a, b]).sort(), [[0, 2], [1, 2], [2, 4]]);
});

test('near goes through no general term, and a path is the shortest', () => {
  const g = graph();
  const seen = apply(g, { ...NONE, generic: true });
  assert.deepEqual(near(g, seen, 3, 1).nodes, [3, 0, 1]);
  assert.deepEqual(path(g, seen, 1, 4), [1, 2, 4]);
  assert.equal(path(g, apply(g, { ...NONE, relations: ['evaluatedOn'] }), 1, 4), null);
});

test('the address keeps the state, and a strange one does no harm', () => {
  const state = { ...START, id: 'c#', hops: 2, mark: '3-9', filters: { ...NONE, hidden: ['Task'], generic: true } };
  assert.deepEqual(parse(format(state)), state);
  assert.equal(format(START), '#');
  assert.deepEqual(parse('#%E0%A4%A?hops=99&mark=x&f={"hidden":7,"papers":"1"'), { ...START, id: '%E0%A4%A', hops: 2 });
  assert.equal(isFiltered(parse('#?f={"hidden":[1],"__proto__":{"x":1}}').filters), false);
});

test('pieces cut a text at mentions and at the marked sentence', () => {
  const cut = pieces('We use Fox. It runs.', 0, 20, [[7, 10, 2], [8, 9, 4]], [12, 20]);
  assert.deepEqual(cut.map((p) => [p.text, p.node, p.marked]), [['We use ', -1, false], ['Fox', 2, false], ['. ', -1, false], ['It runs.', -1, true]]);
  assert.equal(plain('a\u202eb\u0000c'), 'abc');
  assert.equal(short('LoRA: Low-Rank Adaptation of Large Language Models'), 'LoRA');
  assert.ok(short('word '.repeat(50)).length <= 30);
});

// the same places at each run (Lehmer's generator, Park and Miller 1988)
function random(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

test('the ground of a community is over no node of another, and hardly over its ground', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const next = random(seed * 7919);
    const points = Array.from({ length: 120 }, (_, i) => ({ x: 900 * next() + 40 * (i % 5), y: 900 * next(), k: i % 6 - 1 }));
    const made = grounds(points, [0, 1, 2, 3, 4]);
    for (const ground of made) for (const p of points) if (p.k !== ground.k) assert.ok(!holds(ground, p.x, p.y));
    let one = 0, more = 0;
    for (let i = 0; i < 4000; i++) {
      const [x, y] = [1060 * next(), 900 * next()];
      const holding = made.filter((ground) => holds(ground, x, y)).length;
      one += holding > 0;
      more += holding > 1;
    }
    assert.ok(one > 100 && more < one / 100, `${more} of ${one}`);
  }
});

test('a ground hangs together where its members are near, and is named above the largest piece', () => {
  const near = [[0, 0], [60, 0], [30, 60]].map(([x, y]) => ({ x, y, k: 0 }));
  const far = { x: 2000, y: 0, k: 0 };
  const [ground] = grounds([...near, far], [0]);
  assert.equal(ground.discs.length, 3);
  assert.deepEqual(ground.top, [30, -36]);
  assert.ok(holds(ground, 30, 20));
  assert.match(outline(ground), /^M-36.0 0.0a36.0 /);
  assert.equal(grounds([...near, { x: 30, y: 20, k: 1 }], [0])[0].bands.length, 0);
  assert.deepEqual(grounds([far], [0, 1]).map((g) => g.discs.length), [0, 0]);
});

test('apart leaves none on another', () => {
  const places = apart(new Map([[1, [0, 0]], [2, [0, 0]], [3, [1, 0]]]), 1, 20, 200);
  assert.deepEqual(places.get(1), [0, 0]);
  assert.ok(Math.hypot(...places.get(2)) > 15);
});

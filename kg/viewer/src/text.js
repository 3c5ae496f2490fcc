// Texts cut into pieces: which words name an entity, which belong to the marked sentence.

const TRICKS = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** Text without the characters that turn or hide what stands beside them. */
export function plain(text) { return text.replace(TRICKS, ''); }

/** Cut text[start:end] at mentions [start, end, node] and at the mark [start, end].
 *
 * Pieces {text, node, marked, at}; node is -1 between mentions. Of mentions that overlap the first
 * and longest is kept.
 */
export function pieces(text, start, end, mentions, mark = null) {
  const kept = [];
  let reach = start;
  for (const [a, b, node] of mentions) {
    if (a < reach || b > end || b <= a) continue;
    kept.push([a, b, node]);
    reach = b;
  }
  const cuts = new Set([start, end]);
  for (const [a, b] of kept) { cuts.add(a); cuts.add(b); }
  if (mark) for (const place of mark) if (place > start && place < end) cuts.add(place);
  const places = [...cuts].sort((a, b) => a - b);
  const made = [];
  let k = 0;
  for (let i = 0; i + 1 < places.length; i++) {
    const a = places[i];
    while (k < kept.length && kept[k][1] <= a) k++;
    const inside = k < kept.length && kept[k][0] <= a;
    made.push({
      text: plain(text.slice(a, places[i + 1])),
      node: inside ? kept[k][2] : -1,
      marked: !!mark && a >= mark[0] && a < mark[1],
      at: a,
    });
  }
  return made;
}

/** A title short enough for a label: what stands before its colon, or its first words. */
export function short(text, most = 30) {
  const head = text.split(/:\s/)[0];
  const used = head.length >= 2 && head.length <= most ? head : text;
  if (used.length <= most) return used;
  const cut = used.slice(0, most - 1);
  const blank = cut.lastIndexOf(' ');
  return `${blank > most / 2 ? cut.slice(0, blank) : cut}…`;
}

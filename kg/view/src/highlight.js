// A text cut into pieces that are each in the same mentions and the same marks.

/**
 * Cut `text` at the borders of `spans` ({start, end, …}) and return pieces `{text, spans}`, in order;
 * a piece's spans are those that cover it, the shortest last. Spans outside the text are left out.
 */
export function pieces(text, spans, from = 0, to = text.length) {
  const inside = spans.filter((s) => s.start < s.end && s.start < to && s.end > from && s.start >= 0 && s.end <= text.length);
  const borders = new Set([from, to]);
  for (const s of inside) for (const place of [s.start, s.end]) if (place > from && place < to) borders.add(place);
  const cuts = [...borders].sort((a, b) => a - b);
  const out = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const over = inside.filter((s) => s.start <= cuts[i] && s.end >= cuts[i + 1]);
    over.sort((a, b) => b.end - b.start - (a.end - a.start));
    out.push({ text: text.slice(cuts[i], cuts[i + 1]), spans: over });
  }
  return out;
}

// The state of the page as its address, so that Back works and a link keeps what one saw.
import { noFilter } from "./filter.js";

export const start = () => ({ selected: null, mark: null, edge: null, view: { kind: "top" }, more: 0, filter: noFilter() });

const SETS = ["types", "roles", "relations", "sources"];

/** Return the address (without `#`) of `state`; keys are those of Graph.key. */
export function write(state) {
  const { selected, mark, edge, view, more, filter } = state;
  let head = "";
  if (edge) head = `edge/${escape(edge[0])}~${escape(edge[1])}`;
  else if (selected !== null) head = escape(selected) + (mark === null ? "" : `@${mark}`);
  const query = new URLSearchParams();
  if (view.kind !== "top" && view.kind !== "set") query.set("view", [view.kind, ...(view.args ?? [])].join(","));
  if (more) query.set("more", more);
  for (const name of SETS) if (filter[name].size) query.set(name, [...filter[name]].sort((a, b) => a - b).join("."));
  if (filter.confidence) query.set("confidence", filter.confidence);
  if (filter.papers > 1) query.set("papers", filter.papers);
  if (filter.generic) query.set("generic", "1");
  if (filter.from) query.set("from", filter.from);
  if (filter.to) query.set("to", filter.to);
  const tail = query.toString();
  return head + (tail ? `?${tail}` : "");
}

/** Return the state of an address; what it does not understand it leaves at its start. */
export function read(address) {
  const state = start();
  const text = address.replace(/^#/, "");
  const cut = text.indexOf("?");
  const head = cut < 0 ? text : text.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1));
  const edge = /^edge\/([^~]+)~(.+)$/.exec(head);
  if (edge) state.edge = [unescape(edge[1]), unescape(edge[2])];
  else if (head) {
    const mark = /^(.*)@(\d+)$/.exec(head);
    state.selected = unescape(mark ? mark[1] : head);
    if (mark) state.mark = Number(mark[2]);
  }
  const [kind, ...args] = (query.get("view") ?? "top").split(",");
  if (["overview", "community", "focus", "path"].includes(kind)) state.view = { kind, args };
  state.more = Math.min(Math.max(Number(query.get("more")) || 0, 0), 10);
  for (const name of SETS) {
    for (const item of (query.get(name) ?? "").split(".")) if (/^\d+$/.test(item)) state.filter[name].add(Number(item));
  }
  state.filter.confidence = Math.min(Math.max(Number(query.get("confidence")) || 0, 0), 1);
  state.filter.papers = Math.max(Math.floor(Number(query.get("papers")) || 1), 1);
  state.filter.generic = query.get("generic") === "1";
  for (const end of ["from", "to"]) if (/^\d{4}(-\d\d){0,2}$/.test(query.get(end) ?? "")) state.filter[end] = query.get(end);
  return state;
}

function escape(key) { return encodeURIComponent(key).replace(/%2F/g, "/").replace(/~/g, "%7E"); }
function unescape(key) { try { return decodeURIComponent(key); } catch { return key; } }

// From a block of the page (Base64 of deflated JSON) to its value; no request is made for it.

/** Return the bytes that `text` (Base64) stands for. */
export function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

/** Return the decompressed bytes; `format` is "deflate" or "gzip". */
export async function inflate(data, format = "deflate") {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the value of a packed block. */
export async function unpack(text) {
  return JSON.parse(new TextDecoder().decode(await inflate(bytes(text))));
}

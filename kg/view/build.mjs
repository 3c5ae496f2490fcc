// Bundles src/ into static/, which is checked in: who installs the package needs no Node.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const common = { bundle: true, minify: true, charset: "utf8", target: "es2022", legalComments: "none" };
await build({ ...common, entryPoints: ["src/main.js"], format: "iife", outfile: "static/viewer.js" });
await build({ ...common, entryPoints: ["src/viewer.css"], outfile: "static/viewer.css" });
await build({ ...common, entryPoints: ["src/engine.js"], format: "iife", outfile: "static/ask.js", logOverride: { "empty-import-meta": "silent" } });
const wasm = readFileSync("node_modules/oxigraph/web_bg.wasm");
writeFileSync("static/oxigraph.wasm.b64", gzipSync(wasm, { level: 9 }).toString("base64"));

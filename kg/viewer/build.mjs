// Bundle the page's script and style into static/, which is checked in: users need no Node.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const shared = { bundle: true, minify: true, charset: 'ascii', legalComments: 'inline', target: 'es2022' };
await build({ ...shared, entryPoints: ['src/main.js'], outfile: 'static/viewer.js', format: 'iife' });
await build({ ...shared, entryPoints: ['src/main.css'], outfile: 'static/viewer.css' });
await build({ ...shared, entryPoints: ['src/engine.js'], outfile: 'static/ask.js', format: 'iife', logOverride: { 'empty-import-meta': 'silent' } });
const wasm = readFileSync('node_modules/oxigraph/web_bg.wasm');
writeFileSync('static/oxigraph.wasm.b64', gzipSync(wasm, { level: 9 }).toString('base64'));

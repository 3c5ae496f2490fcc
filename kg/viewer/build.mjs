// Bundle the page's script and style into static/, which is checked in: users need no Node.
import { build } from 'esbuild';

const shared = { bundle: true, minify: true, charset: 'ascii', legalComments: 'inline', target: 'es2022' };
await build({ ...shared, entryPoints: ['src/main.js'], outfile: 'static/viewer.js', format: 'iife' });
await build({ ...shared, entryPoints: ['src/main.css'], outfile: 'static/viewer.css' });

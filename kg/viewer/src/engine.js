// The SPARQL engine of the page (Oxigraph as WebAssembly), only in pages made with --with-sparql.
import init, { Store } from "oxigraph/web.js";
globalThis.kgEngine = { init, Store };

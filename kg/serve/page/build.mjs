// Bundles the query page into ../static: one script, one style sheet, no request to anywhere.
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

// yasqe carries a copy of prefix.cc; our page offers the graph's own prefixes instead
const withoutPrefixList = {
  name: "without-prefix-list",
  setup(builder) {
    builder.onLoad({ filter: /yasqe\.esm\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(/\bmadsrdf = "[^]*?\bprefixes_default = \{[^}]*\}/, "prefixes_default = {}");
      if (contents === text) throw new Error("yasqe has no list of prefixes any more");
      return { contents, loader: "js" };
    });
  },
};

await build({
  entryPoints: { query: "main.js" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "linked",
  loader: { ".svg": "dataurl", ".png": "dataurl", ".woff": "dataurl", ".woff2": "dataurl" },
  logLevel: "info",
  outdir: "../static",
  plugins: [withoutPrefixList],
});

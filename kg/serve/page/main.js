// The query page: editor, examples and results, all from this server.
import Yasqe from "@zazuko/yasqe";
import Yasr from "@zazuko/yasr";
import { DataSet } from "vis-data/standalone";
import { Network } from "vis-network/standalone";
import "@zazuko/yasqe/build/yasqe.min.css";
import "@zazuko/yasr/build/yasr.min.css";
import "./page.css";

const endpoint = new URL("query", location.href).href;
const mostNodes = 400;

const names = (known) => Object.entries(known).sort((a, b) => b[1].length - a[1].length);

// An IRI shortened by a prefix, where one fits.
function short(iri, prefixes) {
  const found = names(prefixes).find(([, namespace]) => iri.startsWith(namespace));
  return found ? `${found[0]}:${iri.slice(found[1].length)}` : iri;
}

// Triples of a CONSTRUCT or DESCRIBE as a picture; literals go into the tooltip of their node.
class Graph {
  constructor(yasr) {
    this.yasr = yasr;
    this.priority = 11;
    this.label = "Graph";
  }

  canHandleResults() {
    return Boolean(this.yasr.results?.getStatements()?.length);
  }

  draw() {
    const prefixes = this.yasr.getPrefixes();
    const nodes = new Map();
    const edges = [];
    const node = (iri) => {
      if (!nodes.has(iri)) nodes.set(iri, { id: iri, label: short(iri, prefixes), told: [iri] });
      return nodes.get(iri);
    };
    const statements = this.yasr.results.getStatements();
    for (const { subject, predicate, object } of statements) {
      if (nodes.size >= mostNodes && !nodes.has(subject.value)) continue;
      const property = short(predicate.value, prefixes);
      if (object.termType === "Literal") {
        const named = node(subject.value);
        named.told.push(`${property}: ${object.value}`);
        if (property === "skos:prefLabel" || property === "dcterms:title") named.label = object.value;
      } else {
        node(subject.value);
        node(object.value);
        edges.push({ from: subject.value, to: object.value, label: property });
      }
    }
    const shown = [...nodes.values()].map(({ id, label, told }) => ({
      id,
      label: label.length > 40 ? `${label.slice(0, 39)}…` : label,
      title: told.join("\n"),
    }));
    const place = document.createElement("div");
    place.className = "graph-result";
    place.setAttribute("data-nodes", shown.length);
    this.yasr.resultsEl.replaceChildren(place);
    this.network = new Network(
      place,
      { nodes: new DataSet(shown), edges: new DataSet(edges) },
      {
        nodes: { shape: "box", color: "#dbe9f6", font: { size: 13 } },
        edges: { arrows: "to", font: { size: 10, align: "middle" }, color: "#8899aa" },
        physics: { stabilization: { iterations: 150 } },
      },
    );
    this.network.once("stabilizationIterationsDone", () => this.network.setOptions({ physics: false }));
  }

  getIcon() {
    const icon = document.createElement("span");
    icon.textContent = "◉";
    return icon;
  }

  destroy() {
    this.network?.destroy();
  }
}

function completion(kind, offered) {
  const name = `kg-${kind}`;
  Yasqe.forkAutocompleter(kind, {
    name,
    persistenceId: null,
    bulk: true,
    get: () => offered,
  });
  return name;
}

function listExamples(examples, yasqe) {
  const list = document.getElementById("examples");
  const filter = document.getElementById("filter");
  for (const example of examples) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = example.title;
    button.title = example.description;
    button.dataset.name = example.name;
    button.addEventListener("click", () => {
      yasqe.setValue(example.text);
      run(yasqe);
    });
    list.append(button);
  }
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    for (const button of list.children) {
      const text = `${button.textContent} ${button.title}`.toLowerCase();
      button.hidden = !text.includes(wanted);
    }
  });
}

let yasr;
let running;

async function run(yasqe) {
  running?.abort();
  running = new AbortController();
  const status = document.getElementById("status");
  const began = performance.now();
  status.textContent = "Running …";
  document.getElementById("stop").hidden = false;
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        Accept: "application/sparql-results+json, text/turtle;q=0.9, text/plain;q=0.1",
        "Content-Type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ query: yasqe.getValue() }),
      signal: running.signal,
    });
    const data = await response.text();
    const took = performance.now() - began;
    const contentType = response.headers.get("Content-Type")?.split(";")[0];
    status.textContent = `${Math.round(took)} ms`;
    if (response.ok) yasr.setResponse({ data, contentType, status: response.status }, took);
    else yasr.setResponse({ error: { status: response.status, text: data } }, took);
    history.replaceState(null, "", `#${new URLSearchParams({ query: yasqe.getValue() })}`);
  } catch (error) {
    status.textContent = error.name === "AbortError" ? "Stopped" : `No answer: ${error.message}`;
  }
  document.getElementById("stop").hidden = true;
}

async function start() {
  const [vocabulary, examples] = await Promise.all(
    ["vocabulary.json", "examples.json"].map(async (name) => (await fetch(name)).json()),
  );
  const declared = Object.entries(vocabulary.prefixes).map(([name, iri]) => `${name}: <${iri}>`);
  const completers = [
    completion("prefixes", declared.sort()),
    completion("class", vocabulary.classes),
    completion("property", vocabulary.properties),
    "variables",
  ];
  const shared = new URLSearchParams(location.hash.slice(1)).get("query");
  const yasqe = new Yasqe(document.getElementById("editor"), {
    autocompleters: completers,
    collapsePrefixesOnLoad: true,
    createShareableLink: (editor) =>
      `${location.origin}${location.pathname}#${new URLSearchParams({ query: editor.getValue() })}`,
    persistenceId: null,
    queryingDisabled: "true",
    resizeable: true,
    showQueryButton: false,
    value: shared ?? examples[0]?.text ?? "SELECT * WHERE { ?s ?p ?o } LIMIT 10",
  });
  Yasr.registerPlugin("graph", Graph);
  yasr = new Yasr(document.getElementById("results"), {
    persistenceId: null,
    pluginOrder: ["table", "graph", "response"],
    defaultPlugin: "table",
    prefixes: vocabulary.prefixes,
  });
  document.getElementById("run").addEventListener("click", () => run(yasqe));
  document.getElementById("stop").addEventListener("click", () => running?.abort());
  yasqe.addKeyMap({ "Ctrl-Enter": () => run(yasqe), "Cmd-Enter": () => run(yasqe) });
  listExamples(examples, yasqe);
  document.body.dataset.ready = "true";
  window.page = { yasqe, yasr };
}

start();

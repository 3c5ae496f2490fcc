// node gexf.mjs FILE AGAIN: read the GEXF of FILE with graphology, print its nodes and edges as
// JSON, and write it to AGAIN.
import { readFileSync, writeFileSync } from 'node:fs'
import Graph from 'graphology'
import gexf from 'graphology-gexf'

const [file, again] = process.argv.slice(2)
const graph = gexf.parse(Graph, readFileSync(file, 'utf8'), { addMissingNodes: false })
console.log(JSON.stringify({
  directed: graph.type === 'directed',
  nodes: graph.mapNodes((id, data) => [id, data]),
  edges: graph.mapEdges((id, data, source, target) => [id, source, target, data])
}))
writeFileSync(again, gexf.write(graph))

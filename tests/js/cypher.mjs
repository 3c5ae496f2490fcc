// node cypher.mjs FILE: read FILE with Neo4j's own parser of Cypher and print what it has to say
// against it, a line a fault; nothing if all is well.
import { readFileSync } from 'node:fs'
import { lintCypherQuery } from '@neo4j-cypher/language-support'

const text = readFileSync(process.argv[2], 'utf8')
for (const { message, range } of lintCypherQuery(text, {}).diagnostics) {
  console.log(`${range.start.line + 1}: ${message}`)
}

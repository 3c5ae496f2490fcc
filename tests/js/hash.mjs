// node hash.mjs KIND FILE: parse FILE with n3.js (turtle, ntriples, nquads, trig) or jsonld.js
// (jsonld) and print the SHA-256 of its canonical N-Quads (RDFC-1.0).
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import jsonld from 'jsonld'
import { Parser } from 'n3'
import { canonize } from 'rdf-canonize'

const FORMATS = {
  turtle: 'text/turtle',
  ntriples: 'application/n-triples',
  nquads: 'application/n-quads',
  trig: 'application/trig'
}

const [kind, file] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')
const dataset = kind === 'jsonld'
  ? await jsonld.toRDF(JSON.parse(text))
  : new Parser({ format: FORMATS[kind] }).parse(text)
const canonical = await canonize(dataset, { algorithm: 'RDFC-1.0' })
console.log(createHash('sha256').update(canonical).digest('hex'))

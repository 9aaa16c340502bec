import { parentPort, workerData } from 'node:worker_threads'
import { validate } from '@readme/openapi-parser'
import { LineCounter, parseDocument } from 'yaml'
import type { DocumentReading } from './openapi-document.js'

// Node.js runs this file by itself, in a thread of its own: it imports packages and types alone.

const largest = { depth: 64, nodes: 250_000, keyLength: 500 }
const mostComplaints = 3
const longestComplaint = 300

class Unacceptable extends Error {}

for (const [index, text] of (workerData as string[]).entries()) {
  parentPort?.postMessage({ index, reading: await readDocument(text) })
}

async function readDocument(text: string): Promise<DocumentReading> {
  try {
    const document = parse(text)
    demandBounded(document)
    demandOpenApi(document)
    await demandValid(document)
    return { document }
  } catch (error) {
    if (error instanceof Unacceptable) return { problem: error.message }
    if (error instanceof RangeError) return { problem: 'The document is nested too deeply.' }
    // The parser throws where a document is too broken even to be complained about.
    return { problem: `The document is no valid OpenAPI document: ${sentence((error as Error).message)}` }
  }
}

function parse(text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text)
    } catch {
      // It may be YAML in braces. If it is not, YAML's complaint names the line.
    }
  }
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    logLevel: 'error',
  })
  const [mistake] = document.errors
  if (mistake) {
    if (mistake.message.includes('call stack')) throw new RangeError(mistake.message)
    const { line, col } = lineCounter.linePos(mistake.pos[0])
    const [what = ''] = mistake.message.split('\n', 1)
    const where = what.includes('at line') ? '' : ` at line ${line}, column ${col}`
    throw new Unacceptable(`The document is neither JSON nor YAML: ${sentence(`${what.replace(/:$/, '')}${where}`)}`)
  }
  try {
    // What YAML knows and JSON does not, such as dates of its older versions, becomes text.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 0 })) ?? 'null')
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw new Unacceptable('The document uses YAML aliases (*name): write out what they stand for.')
  }
}

/** Walks without recursion, because what it is there to find would break a recursion. */
function demandBounded(document: unknown): void {
  const open: Array<{ value: unknown; depth: number; where: string }> = [{ value: document, depth: 1, where: '#' }]
  let nodes = 0
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth, where } = next
    nodes += 1
    if (nodes > largest.nodes) throw new Unacceptable(`The document has more than ${largest.nodes} values.`)
    if (typeof value === 'string' && !isStorable(value))
      throw new Unacceptable(`The value at ${short(where)} is no text that can be stored.`)
    if (typeof value !== 'object' || value === null) continue
    if (depth > largest.depth) throw new Unacceptable(`The document is nested too deeply, at ${short(where)}.`)
    for (const [key, inner] of Object.entries(value)) {
      const place = `${where}/${key}`
      if (key === '__proto__') throw new Unacceptable(`The key __proto__ is not taken, at ${short(where)}.`)
      if (key.length > largest.keyLength || !isStorable(key)) {
        throw new Unacceptable(`A key at ${short(where)} is too long, or no text.`)
      }
      if (key === '$ref' && typeof inner === 'string' && !inner.startsWith('#')) {
        throw new Unacceptable(
          `References lead to another part of the document (#/…) and nowhere else: ${short(place)} does not.`,
        )
      }
      open.push({ value: inner, depth: depth + 1, where: depth < 8 ? place : where })
    }
  }
}

// PostgreSQL stores no NUL in JSON, and half a surrogate pair is no text.
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function demandOpenApi(document: unknown): asserts document is object {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Unacceptable('This is no OpenAPI document: it is no object with keys such as openapi, info and paths.')
  }
  if ('swagger' in document) {
    throw new Unacceptable('This is a Swagger 2 document: convert it to OpenAPI 3 first.')
  }
  const version = 'openapi' in document ? document.openapi : null
  if (typeof version !== 'string') {
    throw new Unacceptable('This is no OpenAPI document: its key openapi must name a version, such as "3.1.0".')
  }
  if (!/^3\.[01]\.\d+(-.+)?$/.test(version)) {
    throw new Unacceptable('OpenAPI is read in the versions 3.0 and 3.1; the document names another one.')
  }
}

async function demandValid(document: object): Promise<void> {
  // On a copy, because the references are resolved in place. Files and addresses are never opened.
  const result = await validate(structuredClone(document) as never, { resolve: { external: false, file: false } })
  if (result.valid) return
  const complaints = result.errors.slice(0, mostComplaints).map(({ message }) => complaint(message))
  const more = result.errors.length + result.additionalErrors - complaints.length
  const rest = more > 0 ? ` And ${more} more.` : ''
  throw new Unacceptable(`The document is no valid OpenAPI document: ${complaints.join(' ')}${rest}`)
}

/** The parser says what is wrong in the first line; of the excerpt that follows, the line with the mark is where. */
function complaint(message: string): string {
  const [first = '', ...excerpt] = message.split('\n')
  const what = first.trim().replace(/^[A-Z ]+(?= \S)/, '')
  const where = excerpt.find((line) => line.startsWith('>'))?.replace(/^>\s*\d+\s*\|\s*/, '')
  return sentence(where && where !== '{' ? `${what}, near ${short(where)}` : what)
}

/** On one line, and without the folder that the parser thinks the document lies in. */
function sentence(message: string): string {
  const line = message.replaceAll(`${process.cwd()}/`, '').replace(/\s+/g, ' ').trim()
  const cut = short(line)
  return /[.!?…]$/.test(cut) ? cut : `${cut}.`
}

function short(text: string): string {
  return text.length > longestComplaint ? `${text.slice(0, longestComplaint).toWellFormed()}…` : text
}

import { Worker } from 'node:worker_threads'
import { ok, type Result, refuse } from '../kernel/result.js'
import { acceptableBasePath } from './asset.rules.js'

/** A valid OpenAPI document; what it says of itself is checked where it is used. */
export type OpenApiDocument = Record<string, unknown>

/** What the thread that reads a document answers. */
export type DocumentReading = { document: unknown } | { problem: string }

/** A document's text, and where it stands in the input. */
export interface DocumentText {
  text: string
  field: string[]
}

const longestText = 1_000_000
/** For each document; most take a tenth of a second. */
const timeLimitInMs = 10_000
const memoryLimitInMb = 256

const tooHard = 'The document takes too long to check: shorten it, or nest its references less.'
const tooBig = 'The document takes too much memory to check: shorten it, or nest its references less.'

/**
 * Reads OpenAPI 3.0 and 3.1 documents, given as JSON or YAML. They come from outside and are checked by libraries that
 * a small text can keep busy for hours, so it is done in a thread of its own that can be ended, one at a time, and
 * nobody else waits for it. Nothing that a document refers to is ever fetched.
 */
export class OpenApiReader {
  #last: Promise<unknown> = Promise.resolve()

  /** In the order given, or all that is wrong with any of them. */
  read(texts: readonly DocumentText[]): Promise<Result<OpenApiDocument[]>> {
    const errors = texts.flatMap(({ text, field }) => {
      if (text.length <= longestText) return []
      const message = `An OpenAPI document has at most ${longestText} characters.`
      return [{ code: 'LIMIT_REACHED' as const, message, field }]
    })
    if (errors.length > 0) return Promise.resolve({ ok: false, errors })
    if (texts.length === 0) return Promise.resolve(ok([]))
    const reading = this.#last.then(() => readAll(texts))
    this.#last = reading.catch(() => undefined)
    return reading
  }
}

async function readAll(texts: readonly DocumentText[]): Promise<Result<OpenApiDocument[]>> {
  const { readings, stopped } = await inThread(texts.map(({ text }) => text))
  const results = texts.slice(0, readings.length).map(({ field }, index): Result<OpenApiDocument> => {
    const reading = readings[index] as DocumentReading
    return 'problem' in reading ? refuse('INVALID', reading.problem, field) : ok(reading.document as OpenApiDocument)
  })
  // What broke the thread is the document that was being read.
  const broke = texts[readings.length]
  if (stopped && broke) results.push(refuse('LIMIT_REACHED', stopped, broke.field))
  const errors = results.flatMap((result) => (result.ok ? [] : result.errors))
  if (errors.length > 0) return { ok: false, errors }
  return ok(results.flatMap((result) => (result.ok ? [result.value] : [])))
}

/** What was read and, where the thread had to be stopped before the end, why. */
async function inThread(texts: string[]): Promise<{ readings: DocumentReading[]; stopped: string | null }> {
  const worker = new Worker(new URL('./openapi-document.worker.ts', import.meta.url), {
    workerData: texts,
    // Node.js needs none of this process' loaders for it.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitInMb },
  })
  const readings: DocumentReading[] = []
  let timer: NodeJS.Timeout | undefined
  try {
    const stopped = await new Promise<string | null>((resolve, reject) => {
      timer = setTimeout(() => resolve(tooHard), timeLimitInMs)
      // The next document gets the time anew.
      worker.on('message', ({ reading }: { reading: DocumentReading }) => {
        readings.push(reading)
        timer?.refresh()
        if (readings.length === texts.length) resolve(null)
      })
      worker.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve(tooBig)
        else reject(error)
      })
    })
    return { readings, stopped }
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

/** What a document says of the API that it describes. */
export interface ApiDescription {
  name: string | null
  description: string | null
  apiVersion: string | null
  /** The path of its first server; null where it names none, or only the root of a host. */
  basePath: string | null
}

const longest = { name: 200, description: 5_000, version: 100 }

/** What is longer than we keep is cut: it stands whole in the document. */
export function describedApi(document: OpenApiDocument): ApiDescription {
  const info = isObject(document.info) ? document.info : {}
  return {
    name: oneLine(info.title, longest.name),
    description: text(info.description, longest.description) ?? text(info.summary, longest.description),
    apiVersion: oneLine(info.version, longest.version),
    basePath: servedAt(document.servers),
  }
}

function servedAt(servers: unknown): string | null {
  const server: unknown = Array.isArray(servers) ? servers[0] : null
  if (!isObject(server) || typeof server.url !== 'string') return null
  const variables = isObject(server.variables) ? server.variables : {}
  const url = server.url.replace(/\{([^{}]{1,100})\}/g, (placeholder, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : null
    return isObject(variable) && typeof variable.default === 'string' ? variable.default : placeholder
  })
  // An address that is no absolute one leads from where the document lies; of that only a path can be used.
  if (!URL.canParse(url, 'https://document.invalid')) return null
  const path = acceptableBasePath(new URL(url, 'https://document.invalid').pathname, [])
  return path.ok && path.value !== '/' ? path.value : null
}

function oneLine(value: unknown, most: number): string | null {
  return text(typeof value === 'string' ? value.replace(/[\p{Cc}\s]+/gu, ' ') : null, most)
}

function text(value: unknown, most: number): string | null {
  if (typeof value !== 'string') return null
  const trimmed = value.trim()
  if (trimmed === '') return null
  const characters = [...trimmed]
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : trimmed
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Row, TableName } from '../ledger/records.js'
import { type Change, commit, emptyState, type State } from '../ledger/state.js'
import { decode, type EncodedChange, encode } from './encoding.js'

interface Entry {
  /** Only the first entry of a file has it. */
  seed?: string
  sequence?: number
  clockOffset?: number
  clockStoppedAt?: number | null
  changes?: EncodedChange[]
}

const newline = 10
const rowsAtOnce = 1000

/**
 * Every change as a line of JSON, appended before it is answered; read from the beginning when the sandbox starts.
 * When it has grown to twice what the state needs, it is written anew beside the running work and takes its place.
 */
export class Journal {
  readonly #path: string
  readonly #compactAfter: number
  #file: number
  #entries = 0
  #rowsKept = 0
  /** What is written while the new file is being made, and belongs into it too. */
  #meanwhile: string[] | null = null
  #compacting: Promise<void> = Promise.resolve()

  private constructor(path: string, compactAfter: number) {
    this.#path = path
    this.#compactAfter = compactAfter
    this.#file = openSync(path, 'a')
  }

  /** The state that the journal tells of; a new one begins with the seed. */
  static open(path: string, seed: string, compactAfter: number): { journal: Journal; state: State } {
    mkdirSync(dirname(path), { recursive: true })
    const lines = completeLines(path)
    const first = lines.next().value
    const state = emptyState(first ? ((JSON.parse(first) as Entry).seed ?? seed) : seed)
    const journal = new Journal(path, compactAfter)
    if (first) for (const line of lines) journal.#replay(state, JSON.parse(line) as Entry)
    else journal.#append(JSON.stringify({ seed }))
    return { journal, state }
  }

  #replay(state: State, entry: Entry): void {
    if (entry.sequence !== undefined) state.sequence = entry.sequence
    if (entry.clockOffset !== undefined) state.clockOffset = entry.clockOffset
    if (entry.clockStoppedAt !== undefined) state.clockStoppedAt = entry.clockStoppedAt
    for (const change of entry.changes ?? []) commit(state, decode(state, change))
    this.#entries += 1
  }

  /** Encodes each change against the state before it, so it must be committed only here. */
  write(state: State, sequence: number, changes: readonly Change[]): void {
    const encoded = changes.map((change) => {
      const told = encode(state, change)
      commit(state, change)
      return told
    })
    state.sequence = sequence
    this.#append(JSON.stringify({ sequence, changes: encoded } satisfies Entry))
    if (this.#entries > this.#compactAfter + 2 * this.#rowsKept && !this.#meanwhile) this.#startCompacting(state)
  }

  writeClock({ clockOffset, clockStoppedAt }: State): void {
    this.#append(JSON.stringify({ clockOffset, clockStoppedAt } satisfies Entry))
  }

  #append(line: string): void {
    writeSync(this.#file, `${line}\n`)
    this.#meanwhile?.push(line)
    this.#entries += 1
  }

  #startCompacting(state: State): void {
    const meanwhile: string[] = []
    this.#meanwhile = meanwhile
    this.#compacting = this.#compact(state, meanwhile)
  }

  async #compact(state: State, meanwhile: readonly string[]): Promise<void> {
    const target = `${this.#path}.new`
    const file = openSync(target, 'w')
    const { seed, sequence, clockOffset, clockStoppedAt } = state
    writeSync(file, `${JSON.stringify({ seed } satisfies Entry)}\n`)
    writeSync(file, `${JSON.stringify({ sequence, clockOffset, clockStoppedAt } satisfies Entry)}\n`)
    const rows = snapshot(state)
    const asItWas = emptyState(seed)
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const changes = rows.slice(from, from + rowsAtOnce).map((change) => {
        const told = encode(asItWas, change)
        commit(asItWas, change)
        return JSON.stringify({ changes: [told] } satisfies Entry)
      })
      writeSync(file, `${changes.join('\n')}\n`)
      await nextTurn()
      if (this.#meanwhile !== meanwhile) return closeSync(file)
    }
    for (const line of meanwhile) writeSync(file, `${line}\n`)
    fsyncSync(file)
    closeSync(this.#file)
    renameSync(target, this.#path)
    this.#file = file
    this.#rowsKept = rows.length
    this.#entries = rows.length
    this.#meanwhile = null
  }

  reset(state: State): void {
    // A file that is being made of what was is given up.
    this.#meanwhile = null
    ftruncateSync(this.#file)
    this.#entries = 0
    this.#rowsKept = 0
    this.#append(JSON.stringify({ seed: state.seed } satisfies Entry))
  }

  async close(): Promise<void> {
    await this.#compacting
    fsyncSync(this.#file)
    closeSync(this.#file)
  }
}

/** Events and answers last: they point to versions of the others. */
function snapshot(state: State): Change[] {
  const names = Object.keys(state.tables) as TableName[]
  return names.flatMap((table) =>
    [...(state.tables[table].values() as Iterable<Row>)].map((row) => ({ table, id: row.id, row })),
  )
}

/** A line that the end of the process cut short was never answered for: it goes. */
function* completeLines(path: string): Generator<string, undefined> {
  if (!existsSync(path)) return
  const content = readFileSync(path)
  let start = 0
  for (let end = content.indexOf(newline); end >= 0; end = content.indexOf(newline, start)) {
    yield content.toString('utf8', start, end)
    start = end + 1
  }
  if (start < content.length) truncateSync(path, start)
}

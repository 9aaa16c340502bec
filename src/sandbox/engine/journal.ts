import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import { type Change, commit, emptyState, type State } from '../ledger/state.js'
import { AnswerAtRest, EventAtRest, type Spot } from './at-rest.js'
import { decode, type EncodedChange, encode, encodeAnswer, encodeEvent, type Head, headOf, idOf } from './encoding.js'
import { type Entry, Shelf } from './shelf.js'

const rowsAtOnce = 250
/** So often a row is told as a whole, that few lines need to be read to tell any version of it. */
const wholeEvery = 16

interface Written {
  readonly entry: Entry
  readonly bodies: readonly string[]
}

/**
 * Every change as a line of JSON, appended before it is answered; read from the beginning when the sandbox starts.
 * Rows are read as a whole, events and stored answers only as far as they are searched by: the rest of them stays in
 * the file until it is asked for. When the file tells half as much again as the state needs, it is written anew
 * beside the running work and takes its place.
 */
export class Journal {
  readonly #path: string
  readonly #compactAfter: number
  #shelf: Shelf
  /** Changes that the file tells of. */
  #told = 0
  /** What is written while the new file is being made, and belongs into it too. */
  #meanwhile: Written[] | null = null
  #compacting: Promise<void> = Promise.resolve()

  private constructor(path: string, compactAfter: number) {
    this.#path = path
    this.#compactAfter = compactAfter
    this.#shelf = new Shelf(path)
  }

  /** The state that the journal tells of; a new one begins with the seed. */
  static open(path: string, seed: string, compactAfter: number): { journal: Journal; state: State } {
    mkdirSync(dirname(path), { recursive: true })
    const journal = new Journal(path, compactAfter)
    const lines = journal.#shelf.file.lines()
    const first = lines.next().value
    const state = emptyState(first ? ((JSON.parse(first.head) as Entry).seed ?? seed) : seed)
    if (!first) journal.#append({ seed })
    for (const { place, head, rest } of lines) journal.#replay(state, JSON.parse(head) as Entry, place, rest)
    return { journal, state }
  }

  #replay(state: State, entry: Entry, place: number, rest: number): void {
    const { changes = [], heads = [] } = entry
    state.sequence = entry.sequence ?? state.sequence
    state.clockOffset = entry.clockOffset ?? state.clockOffset
    if (entry.clockStoppedAt !== undefined) state.clockStoppedAt = entry.clockStoppedAt
    for (const change of changes) commit(state, decoded(state, change))
    this.#shelf.note(place, changes)
    for (const [at, spot] of spotsOf(this.#shelf, heads, place, rest).entries()) {
      const row = atRest(heads[at] as Head, spot)
      commit(state, { table: row instanceof EventAtRest ? 'events' : 'answers', id: row.id, row })
    }
    this.#told += changes.length + heads.length
  }

  /** Encodes each change against the state before it, so it must be committed only here. */
  write(state: State, sequence: number, changes: readonly Change[]): void {
    const told: EncodedChange[] = []
    for (const change of changes) {
      const { table, id, row } = change
      if (row === null || !rests(table)) told.push(encode(this.#before(state, table, id), change))
      commit(state, change)
    }
    state.sequence = sequence
    const resting = changes.filter(({ table, row }) => row !== null && rests(table))
    const bodies = resting.map(({ table, row }) => bodyOf(state, table, row as Row))
    const heads = resting.map(({ table, row }, at) => headOf(table, row as Row, Buffer.byteLength(bodies[at] as string)))
    this.#append({ sequence, changes: told, ...(heads.length > 0 && { heads }) }, bodies)
    if (this.#told > this.#compactAfter + 1.5 * rowsIn(state) && !this.#meanwhile) this.#startCompacting(state)
  }

  #before(state: State, table: TableName, id: string): Row | undefined {
    return this.#shelf.timesTold(table, id) % wholeEvery === 0 ? undefined : state.tables[table].get(id)
  }

  writeClock({ clockOffset, clockStoppedAt }: State): void {
    this.#append({ clockOffset, clockStoppedAt })
  }

  #append(entry: Entry, bodies: readonly string[] = []): void {
    this.#shelf.append(entry, bodies)
    this.#meanwhile?.push({ entry, bodies })
    this.#told += toldBy(entry)
  }

  #startCompacting(state: State): void {
    const meanwhile: Written[] = []
    this.#meanwhile = meanwhile
    this.#compacting = this.#compact(state, meanwhile)
  }

  async #compact(state: State, meanwhile: readonly Written[]): Promise<void> {
    const target = `${this.#path}.new`
    rmSync(target, { force: true })
    const shelf = new Shelf(target)
    const { seed, sequence, clockOffset, clockStoppedAt } = state
    shelf.append({ seed })
    shelf.append({ sequence, clockOffset, clockStoppedAt })
    // What refers to rows comes after them, and refers to them as they were now.
    const asItWas = emptyState(seed)
    const rows = rowsOf(state)
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const some = rows.slice(from, from + rowsAtOnce)
      for (const { table, id, row } of some.filter((each) => !rests(each.table))) {
        commit(asItWas, { table, id, row })
        shelf.append({ changes: [['+', table, row as unknown as Record<string, unknown>]] })
      }
      layToRest(
        some.filter(({ table }) => rests(table)),
        { state, asItWas, shelf },
      )
      await nextTurn()
      if (this.#meanwhile !== meanwhile) return shelf.file.close()
    }
    for (const { entry, bodies } of meanwhile) shelf.append(entry, bodies)
    shelf.file.sync()
    renameSync(target, this.#path)
    this.#shelf.file.close()
    this.#shelf = shelf
    this.#told = rows.length + meanwhile.reduce((sum, { entry }) => sum + toldBy(entry), 0)
    this.#meanwhile = null
  }

  reset(state: State): void {
    // A file that is being made of what was is given up.
    this.#meanwhile = null
    this.#shelf.clear()
    this.#told = 0
    this.#append({ seed: state.seed })
  }

  async close(): Promise<void> {
    await this.#compacting
    this.#shelf.file.sync()
    this.#shelf.file.close()
  }
}

interface Standing {
  readonly table: TableName
  readonly id: string
  readonly row: Row
}

/** Rows that others refer to first. */
function rowsOf(state: State): Standing[] {
  const names = Object.keys(state.tables) as TableName[]
  const ordered = [...names.filter((table) => !rests(table)), ...names.filter(rests)]
  return ordered.flatMap((table) =>
    [...(state.tables[table].values() as Iterable<Row>)].map((row) => ({ table, id: row.id, row })),
  )
}

function rowsIn(state: State): number {
  return Object.values(state.tables).reduce((sum, { size }) => sum + size, 0)
}

function toldBy({ changes = [], heads = [] }: Entry): number {
  return changes.length + heads.length
}

/** There are many of them, and they are seldom read. */
function rests(table: TableName): boolean {
  return table === 'events' || table === 'answers'
}

function bodyOf(state: State, table: TableName, row: Row): string {
  const standing = (of: TableName, id: string) => state.tables[of].get(id) as Row | undefined
  return table === 'events' ? encodeEvent(standing, row as StripeEvent) : encodeAnswer(standing, row as StoredAnswer)
}

function decoded(state: State, change: EncodedChange): Change {
  const [, table] = change
  const id = idOf(change)
  return { table, id, row: decode(state.tables[table].get(id), change) }
}

/** Where each of a line's rests. */
function spotsOf(shelf: Shelf, heads: readonly Head[], line: number, rest: number): Spot[] {
  let next = rest
  return heads.map(([, length]) => {
    const at = next
    next += length + 1
    return { shelf, line, at, length }
  })
}

function atRest(head: Head, spot: Spot): EventAtRest | AnswerAtRest {
  return head[0] === '!' ? new EventAtRest(head, spot) : new AnswerAtRest(head, spot)
}

interface Move {
  readonly state: State
  /** What the new file has told of before. */
  readonly asItWas: State
  readonly shelf: Shelf
}

/** From here on they are read from the new file. */
function layToRest(rows: readonly Standing[], { state, asItWas, shelf }: Move): void {
  if (rows.length === 0) return
  const bodies = rows.map(({ table, row }) => (rested(row) && row.stillWritten) || bodyOf(asItWas, table, row))
  const heads = rows.map(({ table, row }, at) => headOf(table, row, Buffer.byteLength(bodies[at] as string)))
  const { place, rest } = shelf.append({ heads }, bodies)
  for (const [at, spot] of spotsOf(shelf, heads, place, rest).entries()) {
    const { table, id, row } = rows[at] as Standing
    if (rested(row)) row.moveTo(spot)
    // One that was overtaken meanwhile is gone.
    else if (state.tables[table].get(id) === row) commit(state, { table, id, row: atRest(heads[at] as Head, spot) })
  }
}

function rested(row: Row): row is EventAtRest | AnswerAtRest {
  return row instanceof EventAtRest || row instanceof AnswerAtRest
}

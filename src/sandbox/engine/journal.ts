import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import { type Change, commit, emptyState, type State } from '../ledger/state.js'
import { AnswerAtRest, EventAtRest } from './at-rest.js'
import { decode, type EncodedChange, encode, encodeAnswer, encodeEvent, type Head, headOf, idOf } from './encoding.js'
import { formerSeed, replayed } from './former-journal.js'
import { JournalFile, type Line } from './journal-file.js'
import { type Entry, Shelf } from './shelf.js'

/** The first line names it, but for the former one, which counts as the first. Whoever changes what lines say counts on. */
const format = 2
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
 * the file until it is asked for. When the file tells a tenth more than the state needs, it is written anew
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
    Journal.#takeOverFormer(path)
    const journal = new Journal(path, compactAfter)
    const lines = journal.#shelf.file.lines()
    const first = lines.next().value
    const state = emptyState(first ? journal.#seedIn(first) : seed)
    if (!first) journal.#append({ format, seed })
    for (const line of lines) journal.#replay(state, JSON.parse(line.head) as Entry, line)
    letRest(state, journal.#shelf)
    return { journal, state }
  }

  /**
   * A journal of the former format is written in this one beside it, and gives way to it as a whole: where the end of
   * the process comes in between, the next start does it again.
   */
  static #takeOverFormer(path: string): void {
    const file = new JournalFile(path)
    const first = file.lines().next().value
    const seed = first ? formerSeed(first.head) : null
    if (seed !== null) {
      const target = `${path}.new`
      rmSync(target, { force: true })
      const { journal, state } = Journal.open(target, seed, Number.POSITIVE_INFINITY)
      const former = emptyState(seed)
      for (const changes of replayed(former, file.lines())) {
        if (changes.length > 0) journal.write(state, former.sequence, changes)
        const { clockOffset, clockStoppedAt } = former
        if (clockOffset === state.clockOffset && clockStoppedAt === state.clockStoppedAt) continue
        Object.assign(state, { clockOffset, clockStoppedAt })
        journal.writeClock(state)
      }
      journal.#shelf.file.sync()
      journal.#shelf.file.close()
      renameSync(target, path)
    }
    file.close()
  }

  #seedIn({ head }: Line): string {
    const { format: named, seed } = JSON.parse(head) as Entry
    if (named === format && seed !== undefined) return seed
    this.#shelf.file.close()
    throw new Error(
      `the journal ${this.#path} is of the format ${named}, which this version does not know: update it, or put the file aside.`,
    )
  }

  #replay(state: State, entry: Entry, line: Line): void {
    state.sequence = entry.sequence ?? state.sequence
    state.clockOffset = entry.clockOffset ?? state.clockOffset
    if (entry.clockStoppedAt !== undefined) state.clockStoppedAt = entry.clockStoppedAt
    for (const change of entry.changes ?? []) commit(state, decoded(state, change))
    this.#shelf.note(entry, line)
    this.#told += toldBy(entry)
  }

  /** Encodes each change against the state before it, so it must be committed only here. */
  write(state: State, sequence: number, changes: readonly Change[]): void {
    const told: EncodedChange[] = []
    const resting: Standing[] = []
    for (const { table, id, row } of changes) {
      if (row !== null && rests(table)) {
        resting.push({ table, id, row })
        continue
      }
      told.push(encode(this.#before(state, table, id), { table, id, row }))
      commit(state, { table, id, row })
    }
    state.sequence = sequence
    const { heads, bodies } = encodedToRest(state, resting)
    this.#append({ sequence, changes: told, ...(heads.length > 0 && { heads }) }, bodies, resting)
    if (this.#told > this.#compactAfter + 1.1 * rowsIn(state) && !this.#meanwhile) this.#startCompacting(state)
  }

  #before(state: State, table: TableName, id: string): Row | undefined {
    return this.#shelf.timesTold(table, id) % wholeEvery === 0 ? undefined : state.tables[table].get(id)
  }

  writeClock({ clockOffset, clockStoppedAt }: State): void {
    this.#append({ clockOffset, clockStoppedAt })
  }

  #append(entry: Entry, bodies: readonly string[] = [], resting: readonly Standing[] = []): void {
    const rows = resting.map(({ row }) => row)
    this.#shelf.append(entry, bodies, rows)
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
    shelf.append({ format, seed })
    shelf.append({ sequence, clockOffset, clockStoppedAt })
    // What refers to rows comes after them, and refers to them as they were now.
    const asItWas = emptyState(seed)
    const tell = (rows: readonly Standing[]) => {
      for (const { table, id, row } of rows.filter((each) => !rests(each.table))) {
        commit(asItWas, { table, id, row })
        shelf.append({ changes: [['+', table, row as unknown as Record<string, unknown>]] })
      }
      const resting = rows.filter(({ table }) => rests(table))
      if (resting.length === 0) return
      const { heads, bodies } = encodedToRest(asItWas, resting)
      shelf.append({ heads }, bodies)
    }
    let told = 0
    for (const rows of inPortions(this.#rowsOf(state))) {
      tell(rows)
      told += rows.length
      await nextTurn()
      if (this.#meanwhile !== meanwhile) return shelf.file.close()
    }
    for (const { entry, bodies } of meanwhile) shelf.append(entry, bodies)
    shelf.file.sync()
    renameSync(target, this.#path)
    this.#shelf.file.close()
    this.#shelf = shelf
    letRest(state, shelf)
    this.#told = told + meanwhile.reduce((sum, { entry }) => sum + toldBy(entry), 0)
    this.#meanwhile = null
  }

  /** Those that are there when the first is asked for; what refers to others comes last. */
  *#rowsOf(state: State): Generator<Standing> {
    const names = (Object.keys(state.tables) as TableName[]).filter((table) => !rests(table))
    const { events, answers } = this.#shelf
    const all: [TableName, Iterable<Row>][] = [
      ...names.map((table): [TableName, Row[]] => [table, [...(state.tables[table].values() as Iterable<Row>)]]),
      ['events', events.values()],
      ['answers', answers.values()],
    ]
    for (const [table, rows] of all) for (const row of rows) yield { table, id: row.id, row }
  }

  reset(state: State): void {
    // A file that is being made of what was is given up.
    this.#meanwhile = null
    this.#shelf.file.truncate()
    this.#shelf.file.close()
    this.#shelf = new Shelf(this.#path)
    letRest(state, this.#shelf)
    this.#told = 0
    this.#append({ format, seed: state.seed })
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

function* inPortions(rows: Iterable<Standing>): Generator<Standing[]> {
  let portion: Standing[] = []
  for (const row of rows) {
    portion.push(row)
    if (portion.length < rowsAtOnce) continue
    yield portion
    portion = []
  }
  yield portion
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

/** From here on they are read from that file. */
function letRest(state: State, { events, answers }: Shelf): void {
  state.tables.events.restIn(events)
  state.tables.answers.restIn(answers)
}

function encodedToRest(state: State, rows: readonly Standing[]): { heads: Head[]; bodies: string[] } {
  const bodies = rows.map(({ table, row }) => bodyOf(state, table, row))
  const heads = rows.map(({ table, row }, at) => headOf(table, row, Buffer.byteLength(bodies[at] as string)))
  return { heads, bodies }
}

function bodyOf(state: State, table: TableName, row: Row): string {
  const written = row instanceof EventAtRest || row instanceof AnswerAtRest ? row.stillWritten : null
  if (written !== null) return written
  const standing = (of: TableName, id: string) => state.tables[of].get(id) as Row | undefined
  return table === 'events' ? encodeEvent(standing, row as StripeEvent) : encodeAnswer(standing, row as StoredAnswer)
}

function decoded(state: State, change: EncodedChange): Change {
  const [, table] = change
  const id = idOf(change)
  return { table, id, row: decode(state.tables[table].get(id), change) }
}

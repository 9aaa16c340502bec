import type { Row, StoredAnswer, StripeEvent, TableName } from '../ledger/records.js'
import { FileArchive } from './archive.js'
import { AnswerAtRest, EventAtRest } from './at-rest.js'
import { decode, type EncodedChange, type Head, idOf, type Standing } from './encoding.js'
import { JournalFile, type Line } from './journal-file.js'

/** A line's first part. */
export interface Entry {
  /** Only the first entry of a file has these two. */
  format?: number
  seed?: string
  sequence?: number
  clockOffset?: number
  clockStoppedAt?: number | null
  changes?: readonly EncodedChange[]
  /** Of what rests behind it, in that order. */
  heads?: readonly Head[]
}

const recalledAtOnce = 512
const leastRows = 1_000
/** That a row at rest takes up in a file, with what else the file holds. */
const usualBytes = 700

/** A journal's file, and which of its lines tell of which row: so each row can be told as it stood at any line. */
export class Shelf {
  readonly file: JournalFile
  readonly events: FileArchive<StripeEvent>
  readonly answers: FileArchive<StoredAnswer>
  readonly #places = new Map<TableName, Map<string, number | number[]>>()
  /** What was read or written last, by its place: whoever asks for one field asks for more. */
  readonly #recalled = new Map<number, unknown>()

  constructor(path: string) {
    this.file = new JournalFile(path)
    const capacity = 2 ** Math.ceil(Math.log2(leastRows + this.file.size / usualBytes))
    this.events = new FileArchive(this, capacity, (atHand, spot) => new EventAtRest(atHand, spot))
    this.answers = new FileArchive(this, capacity, (atHand, spot) => new AnswerAtRest(atHand, spot))
  }

  /** Those that rest in the line are remembered for a while, because what is new is asked for most. */
  append(entry: Entry, bodies: readonly string[] = [], resting: readonly Row[] = []): void {
    const line = this.file.append(JSON.stringify(entry), bodies)
    const places = this.note(entry, line)
    for (const [at, row] of resting.entries()) this.#remember(places[at] as number, row)
  }

  /** Which rows a line tells of, and which rest in it: where each of these does. */
  note({ changes = [], heads = [] }: Entry, { place, rest }: Omit<Line, 'head'>): number[] {
    for (const change of changes) this.#noteChange(change, place)
    let next = rest
    return heads.map((head) => {
      const at = next
      const archive = head[0] === '!' ? this.events : this.answers
      archive.add(head, place, at)
      next += head[1] + 1
      return at
    })
  }

  #noteChange(change: EncodedChange, place: number): void {
    const [, table] = change
    const id = idOf(change)
    if (table === 'events' || table === 'answers') {
      // They are never changed, so this one is told to be gone.
      this[table].drop(id)
      return
    }
    const places = this.#placesOf(table)
    const known = places.get(id)
    if (known === undefined) places.set(id, place)
    else if (typeof known === 'number') places.set(id, known === place ? known : [known, place])
    else if (known.at(-1) !== place) known.push(place)
  }

  /** How many lines tell of the row. */
  timesTold(table: TableName, id: string): number {
    const places = this.#placesOf(table).get(id) ?? []
    return typeof places === 'number' ? 1 : places.length
  }

  /** Where the last of them begins; -1 where there is none. */
  lastTold(table: TableName, id: string): number {
    const places = this.#placesOf(table).get(id) ?? -1
    return typeof places === 'number' ? places : (places.at(-1) as number)
  }

  standingAt(line: number): Standing {
    return (table, id) => this.#rowAt(line, table, id)
  }

  /** As that line leaves it: back to where it was told of as a whole, and from there on what differed. */
  #rowAt(line: number, table: TableName, id: string): Row | undefined {
    const known = this.#placesOf(table).get(id) ?? []
    const places = typeof known === 'number' ? [known] : known
    const told: EncodedChange[] = []
    for (let at = places.length - 1; at >= 0 && told[0]?.[0] !== '+'; at--) {
      const place = places[at] as number
      if (place > line) continue
      const changes = this.#changesAt(place).filter((change) => change[1] === table && idOf(change) === id)
      told.unshift(
        ...changes.slice(
          Math.max(
            0,
            changes.findLastIndex(([what]) => what === '+'),
          ),
        ),
      )
    }
    let row: Row | undefined
    for (const change of told) row = decode(row, change) ?? undefined
    return row
  }

  #changesAt(place: number): readonly EncodedChange[] {
    return this.recalled(place, () => (JSON.parse(this.file.headAt(place)) as Entry).changes ?? [])
  }

  recalled<T>(place: number, read: () => T): T {
    const known = this.#recalled.get(place)
    if (known !== undefined) return known as T
    const told = read()
    this.#remember(place, told)
    return told
  }

  #remember(place: number, told: unknown): void {
    for (const oldest of this.#recalled.keys()) {
      if (this.#recalled.size < recalledAtOnce) break
      this.#recalled.delete(oldest)
    }
    this.#recalled.set(place, told)
  }

  #placesOf(table: TableName): Map<string, number | number[]> {
    const places = this.#places.get(table) ?? new Map<string, number | number[]>()
    this.#places.set(table, places)
    return places
  }
}

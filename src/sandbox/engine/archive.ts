import type { Row } from '../ledger/records.js'
import type { Archive } from '../ledger/table.js'
import type { Head } from './encoding.js'
import { doubled, IdColumn } from './id-column.js'
import type { Shelf } from './shelf.js'

/** Where the rest of a row is written. */
export interface Spot {
  readonly shelf: Shelf
  /** Where the line begins that tells of it: the versions in it are those of that line. */
  readonly line: number
  readonly at: number
  readonly length: number
}

/** What is at hand of a row. */
export interface AtHand {
  readonly id: string
  readonly account: string
  readonly created: number
  readonly type: string
}

/**
 * Rows that rest in a journal's file. Of each there is only at hand what it is found by and where the rest of it is,
 * in columns: a million small objects would take seconds to make.
 */
export class FileArchive<R extends Row> implements Archive<R> {
  readonly #shelf: Shelf
  readonly #read: (atHand: AtHand, spot: Spot) => R
  readonly #ids: IdColumn
  /** There are few names and many rows, so each is kept once, and told by its place. */
  readonly #names: string[] = []
  readonly #placeOfName = new Map<string, number>()
  #accounts: Uint32Array<ArrayBuffer>
  #types: Uint32Array<ArrayBuffer>
  #created: Float64Array<ArrayBuffer>
  #lines: Float64Array<ArrayBuffer>
  #ats: Float64Array<ArrayBuffer>
  /** -1 for what is gone. */
  #lengths: Int32Array<ArrayBuffer>
  #size = 0

  /** @param capacity how many are expected, a power of two: columns that grow are written anew each time */
  constructor(shelf: Shelf, capacity: number, read: (atHand: AtHand, spot: Spot) => R) {
    this.#shelf = shelf
    this.#read = read
    this.#ids = new IdColumn(capacity)
    this.#accounts = new Uint32Array(capacity)
    this.#types = new Uint32Array(capacity)
    this.#created = new Float64Array(capacity)
    this.#lines = new Float64Array(capacity)
    this.#ats = new Float64Array(capacity)
    this.#lengths = new Int32Array(capacity)
  }

  /** A later one of the same id takes its place. */
  add([, length, id, account, created, type = '']: Head, line: number, at: number): void {
    const position = this.#ids.length
    if (position === this.#lengths.length) this.#grow()
    this.#forget(this.#ids.push(id))
    this.#size += 1
    this.#accounts[position] = this.#named(account)
    this.#types[position] = this.#named(type)
    this.#created[position] = created
    this.#lines[position] = line
    this.#ats[position] = at
    this.#lengths[position] = length
  }

  #grow(): void {
    this.#accounts = doubled(this.#accounts)
    this.#types = doubled(this.#types)
    this.#created = doubled(this.#created)
    this.#lines = doubled(this.#lines)
    this.#ats = doubled(this.#ats)
    this.#lengths = doubled(this.#lengths)
  }

  #named(name: string): number {
    const known = this.#placeOfName.get(name)
    if (known !== undefined) return known
    this.#placeOfName.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  get size(): number {
    return this.#size
  }

  get(id: string): R | undefined {
    const position = this.#ids.find(id)
    return position >= 0 && this.#isThere(position) ? this.#at(position) : undefined
  }

  drop(id: string): void {
    this.#forget(this.#ids.find(id))
  }

  #forget(position: number): void {
    if (position < 0 || !this.#isThere(position)) return
    this.#lengths[position] = -1
    this.#size -= 1
  }

  #isThere(position: number): boolean {
    return (this.#lengths[position] as number) >= 0
  }

  /** Those that are there now; what is added while they are gone through is not among them. */
  values(): Iterable<R> {
    return this.#before(this.#ids.length, null)
  }

  under(account: string): Iterable<R> {
    return this.#before(this.#ids.length, this.#placeOfName.get(account) ?? -1)
  }

  /** @param account the place of its name; null for all */
  *#before(end: number, account: number | null): Generator<R> {
    for (let position = 0; position < end; position++) {
      if (!this.#isThere(position)) continue
      if (account === null || this.#accounts[position] === account) yield this.#at(position)
    }
  }

  *newest(account: string): Generator<R> {
    const place = this.#placeOfName.get(account)
    for (let position = this.#ids.length - 1; position >= 0; position--) {
      if (this.#isThere(position) && this.#accounts[position] === place) yield this.#at(position)
    }
  }

  #at(position: number): R {
    const atHand: AtHand = {
      id: this.#ids.at(position),
      account: this.#names[this.#accounts[position] as number] as string,
      created: this.#created[position] as number,
      type: this.#names[this.#types[position] as number] as string,
    }
    return this.#read(atHand, {
      shelf: this.#shelf,
      line: this.#lines[position] as number,
      at: this.#ats[position] as number,
      length: this.#lengths[position] as number,
    })
  }
}

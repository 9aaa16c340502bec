import type { Row } from '../ledger/records.js'
import type { Archive } from '../ledger/table.js'
import type { Head } from './encoding.js'
import { IdColumn } from './id-column.js'
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
  readonly #ids = new IdColumn()
  readonly #names = new Map<string, string>()
  readonly #accounts: string[] = []
  readonly #created: number[] = []
  readonly #types: string[] = []
  readonly #lines: number[] = []
  readonly #ats: number[] = []
  /** -1 for what is gone. */
  readonly #lengths: number[] = []
  #size = 0

  constructor(shelf: Shelf, read: (atHand: AtHand, spot: Spot) => R) {
    this.#shelf = shelf
    this.#read = read
  }

  /** A later one of the same id takes its place. */
  add([, length, id, account, created, type = '']: Head, line: number, at: number): void {
    this.#forget(this.#ids.push(id))
    this.#size += 1
    this.#accounts.push(this.#once(account))
    this.#created.push(created)
    this.#types.push(this.#once(type))
    this.#lines.push(line)
    this.#ats.push(at)
    this.#lengths.push(length)
  }

  /** There are few names and many rows, so each is kept once. */
  #once(name: string): string {
    const known = this.#names.get(name)
    if (known === undefined) this.#names.set(name, name)
    return known ?? name
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
    return this.#before(this.#ids.length, account)
  }

  *#before(end: number, account: string | null): Generator<R> {
    for (let position = 0; position < end; position++) {
      if (!this.#isThere(position)) continue
      if (account === null || this.#accounts[position] === account) yield this.#at(position)
    }
  }

  *newest(account: string): Generator<R> {
    for (let position = this.#ids.length - 1; position >= 0; position--) {
      if (this.#isThere(position) && this.#accounts[position] === account) yield this.#at(position)
    }
  }

  #at(position: number): R {
    const atHand: AtHand = {
      id: this.#ids.at(position),
      account: this.#accounts[position] as string,
      created: this.#created[position] as number,
      type: this.#types[position] as string,
    }
    return this.#read(atHand, {
      shelf: this.#shelf,
      line: this.#lines[position] as number,
      at: this.#ats[position] as number,
      length: this.#lengths[position] as number,
    })
  }
}

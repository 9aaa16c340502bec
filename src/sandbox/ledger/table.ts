import type { Row } from './records.js'

type KeysOf<R> = (row: R) => string | readonly string[] | null

interface Index<R> {
  readonly keysOf: KeysOf<R>
  readonly places: Map<string, string[]>
}

/**
 * Rows that are kept elsewhere than in memory, in the order in which they came; all came before those of the table
 * that has the archive. They belong to an account and to nothing else.
 */
export interface Archive<R extends Row> {
  readonly size: number
  get(id: string): R | undefined
  drop(id: string): void
  values(): Iterable<R>
  under(account: string): Iterable<R>
  newest(account: string): Iterable<R>
}

/** Rows of one kind in the order in which they came, found by id or by what they belong to. */
export class Table<R extends Row> {
  readonly #rows = new Map<string, R>()
  /** Their places are still there, should they come back. */
  readonly #dropped = new Set<string>()
  readonly #indexes: Readonly<Record<string, Index<R>>>
  readonly #all: readonly Index<R>[]
  #archive: Archive<R> | null = null

  constructor(indexes: Readonly<Record<string, KeysOf<R>>> = {}) {
    const named: [string, KeysOf<R>][] = [['account', (row) => row.account], ...Object.entries(indexes)]
    this.#indexes = Object.fromEntries(named.map(([name, keysOf]) => [name, { keysOf, places: new Map() }]))
    this.#all = Object.values(this.#indexes)
  }

  get size(): number {
    return this.#rows.size + (this.#archive?.size ?? 0)
  }

  /** It has all the rows that are here, so none needs to be in memory any more. */
  restIn(archive: Archive<R>): void {
    this.clear()
    this.#archive = archive
  }

  get(id: string): R | undefined {
    return this.#rows.get(id) ?? this.#archive?.get(id)
  }

  put(row: R): void {
    this.#archive?.drop(row.id)
    const before = this.#rows.get(row.id)
    this.#rows.set(row.id, row)
    const mayBeFiled = before !== undefined || this.#dropped.has(row.id)
    for (const index of this.#all) file(index, before, row, mayBeFiled)
  }

  drop(id: string): void {
    this.#archive?.drop(id)
    if (this.#rows.delete(id)) this.#dropped.add(id)
  }

  clear(): void {
    this.#rows.clear()
    this.#dropped.clear()
    for (const { places } of this.#all) places.clear()
    this.#archive = null
  }

  /** Oldest first. */
  *values(): Generator<R> {
    if (this.#archive) yield* this.#archive.values()
    yield* this.#rows.values()
  }

  /** Those that are filed under the key, oldest first. */
  *under(index: string, key: string): Generator<R> {
    if (this.#archive && index === 'account') yield* this.#archive.under(key)
    for (const id of this.#indexes[index]?.places.get(key) ?? []) {
      const row = this.#rows.get(id)
      if (row && this.#isUnder(index, key, row)) yield row
    }
  }

  /** The same, newest first. */
  *newest(index: string, key: string): Generator<R> {
    const ids = this.#indexes[index]?.places.get(key) ?? []
    for (let at = ids.length - 1; at >= 0; at--) {
      const row = this.#rows.get(ids[at] as string)
      if (row && this.#isUnder(index, key, row)) yield row
    }
    if (this.#archive && index === 'account') yield* this.#archive.newest(key)
  }

  /** Rows that have moved on to another key keep their old place, and are passed over there. */
  #isUnder(index: string, key: string, row: R): boolean {
    const keys = this.#indexes[index]?.keysOf(row) ?? null
    return typeof keys === 'string' ? keys === key : (keys?.includes(key) ?? false)
  }
}

function file<R extends Row>({ keysOf, places }: Index<R>, before: R | undefined, row: R, mayBeFiled: boolean): void {
  const keys = keysOf(row)
  if (keys === null) return
  const old = before === undefined ? null : keysOf(before)
  if (typeof keys === 'string') {
    if (keys !== old) place(places, keys, row.id, mayBeFiled)
    return
  }
  for (const key of keys) if (!old?.includes(key)) place(places, key, row.id, mayBeFiled)
}

function place(places: Map<string, string[]>, key: string, id: string, mayBeFiled: boolean): void {
  const ids = places.get(key)
  if (!ids) places.set(key, [id])
  else if (!(mayBeFiled && ids.includes(id))) ids.push(id)
}

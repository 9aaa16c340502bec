const usualLength = 32

/**
 * Ids in the order in which they came, and where each stands. Characters and hashes lie in a few plain arrays: a map
 * of a million strings takes seconds to make, and the garbage collector goes through it again and again.
 */
export class IdColumn {
  #count = 0
  #characters: Uint16Array<ArrayBuffer>
  /** Where the characters of each end. */
  #ends: Uint32Array<ArrayBuffer>
  #hashes: Int32Array<ArrayBuffer>
  /** By the lower bits of a hash: the place of its last id and one, then from each to the one before. */
  #last: Int32Array<ArrayBuffer>
  #before: Int32Array<ArrayBuffer>

  /** @param capacity how many are expected, a power of two; it grows when there are more */
  constructor(capacity: number) {
    this.#characters = new Uint16Array(usualLength * capacity)
    this.#ends = new Uint32Array(capacity)
    this.#hashes = new Int32Array(capacity)
    this.#last = new Int32Array(2 * capacity)
    this.#before = new Int32Array(capacity)
  }

  get length(): number {
    return this.#count
  }

  /** Where the id stood before; -1 where it is new. */
  push(id: string): number {
    const hash = hashOf(id)
    const known = this.#find(id, hash)
    const place = this.#count
    if (place === this.#ends.length) this.#grow()
    const start = this.#startOf(place)
    while (start + id.length > this.#characters.length) this.#characters = doubled(this.#characters)
    for (let at = 0; at < id.length; at++) this.#characters[start + at] = id.charCodeAt(at)
    this.#ends[place] = start + id.length
    this.#hashes[place] = hash
    this.#count += 1
    this.#link(place)
    return known
  }

  /** The last place of an id; -1 where it is not. */
  find(id: string): number {
    return this.#find(id, hashOf(id))
  }

  #find(id: string, hash: number): number {
    for (let next = this.#last[this.#slotOf(hash)] as number; next > 0; next = this.#before[next - 1] as number) {
      if (this.#hashes[next - 1] === hash && this.at(next - 1) === id) return next - 1
    }
    return -1
  }

  at(place: number): string {
    return String.fromCharCode(...this.#characters.subarray(this.#startOf(place), this.#ends[place]))
  }

  #startOf(place: number): number {
    return place === 0 ? 0 : (this.#ends[place - 1] as number)
  }

  #slotOf(hash: number): number {
    return hash & (this.#last.length - 1)
  }

  #link(place: number): void {
    const slot = this.#slotOf(this.#hashes[place] as number)
    this.#before[place] = this.#last[slot] as number
    this.#last[slot] = place + 1
  }

  #grow(): void {
    this.#ends = doubled(this.#ends)
    this.#hashes = doubled(this.#hashes)
    this.#before = doubled(this.#before)
    this.#last = new Int32Array(2 * this.#ends.length)
    for (let place = 0; place < this.#count; place++) this.#link(place)
  }
}

/** FNV-1a, with its bits mixed once more because only the lower ones choose a slot. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}

/** With room for as much again. */
export function doubled<Column extends Uint16Array | Uint32Array | Int32Array | Float64Array>(column: Column): Column {
  const larger = new (column.constructor as new (length: number) => Column)(2 * column.length)
  larger.set(column)
  return larger
}

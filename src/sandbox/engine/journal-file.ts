import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'

const newline = 10
const tab = 9
const readAtOnce = 8 * 1024 * 1024
const usualLine = 4096

/** A line as far as it is read when the sandbox starts: what rests behind its tabs is passed over. */
export interface Line {
  /** Where it begins, in bytes. */
  readonly place: number
  /** Its first part. */
  readonly head: string
  /** Where the parts behind it begin. */
  readonly rest: number
}

/**
 * Lines that are only ever added. A line is a head and parts that rest, divided by tabs, which JSON never holds as
 * such; it is written at once, so one that the end of the process cut short is one that was never answered for.
 */
export class JournalFile {
  readonly #file: number
  #size: number

  constructor(path: string) {
    this.#file = openSync(path, 'a+')
    this.#size = fstatSync(this.#file).size
  }

  get size(): number {
    return this.#size
  }

  append(head: string, parts: readonly string[] = []): Omit<Line, 'head'> {
    const bytes = Buffer.from(`${[head, ...parts].join('\t')}\n`)
    const place = this.#size
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    this.#size += bytes.length
    return { place, rest: place + Buffer.byteLength(head) + 1 }
  }

  /** From the first to the last that is complete; what comes after is cut off. */
  *lines(): Generator<Line, undefined> {
    let chunk = Buffer.allocUnsafe(readAtOnce)
    let place = 0
    let filled = 0
    for (;;) {
      const read = readSync(this.#file, chunk, filled, chunk.length - filled, place + filled)
      if (read === 0) break
      filled += read
      const whole = chunk.subarray(0, filled)
      let start = 0
      let nextTab = whole.indexOf(tab)
      for (let end = whole.indexOf(newline); end >= 0; end = whole.indexOf(newline, start)) {
        if (nextTab >= 0 && nextTab < start) nextTab = whole.indexOf(tab, start)
        const headEnd = nextTab >= 0 && nextTab < end ? nextTab : end
        yield { place: place + start, head: whole.toString('utf8', start, headEnd), rest: place + headEnd + 1 }
        start = end + 1
      }
      if (start === 0 && filled === chunk.length) chunk = Buffer.concat([chunk, Buffer.allocUnsafe(chunk.length)])
      else chunk.copyWithin(0, start, filled)
      filled -= start
      place += start
    }
    if (filled > 0) this.truncate(place)
  }

  /** The head of the line that begins there. */
  headAt(place: number): string {
    for (let length = usualLine; ; length *= 4) {
      const bytes = this.#bytes(place, length)
      const end = bytes.indexOf(newline)
      const nextTab = bytes.indexOf(tab)
      const ends = [end, nextTab].filter((at) => at >= 0)
      if (ends.length > 0) return bytes.toString('utf8', 0, Math.min(...ends))
      if (bytes.length < length) throw new Error(`The journal has no line at ${place}.`)
    }
  }

  read(place: number, length: number): string {
    const bytes = this.#bytes(place, length)
    if (bytes.length < length) throw new Error(`The journal ends before ${place + length}.`)
    return bytes.toString('utf8')
  }

  #bytes(place: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(this.#file, bytes, 0, length, place))
  }

  truncate(size = 0): void {
    ftruncateSync(this.#file, size)
    this.#size = size
  }

  sync(): void {
    fsyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}

import { idPrefix } from './id.js'
import { combine, ok, type Result, refuse } from './result.js'

/** The arguments of a list, as a client sends them. */
export interface PageArguments {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/** A page as a repository reads it: the cursors are the ids of the rows that stand outside of it. */
export type PageRequest = {
  limit: number
  direction: 'forward' | 'backward'
  after: string | null
  before: string | null
}

const largestPage = 100
const usualPage = 20

const cursorVersion = 1
const longestCursor = 64

/** Which page is asked for: 1 to 100 items, 20 from the start where neither `first` nor `last` is given. */
export function pageRequest({ first, after, last, before }: PageArguments): Result<PageRequest> {
  if (isGiven(first) && isGiven(last)) {
    return refuse('INVALID', 'A page takes either first or last, not both.', ['last'])
  }
  const direction = isGiven(last) ? 'backward' : 'forward'
  const read = combine([
    isGiven(last) ? size(last, 'last') : size(first ?? usualPage, 'first'),
    position(after, 'after'),
    position(before, 'before'),
  ])
  if (!read.ok) return read
  const [limit, afterId, beforeId] = read.value
  return ok({ limit, direction, after: afterId, before: beforeId })
}

/** The place of a row in a list. Opaque, so that it may come to hold more. */
export function encodeCursor(id: string): string {
  return Buffer.from([cursorVersion, ...Buffer.from(id)]).toString('base64url')
}

/** The id of the row that a cursor stands for; null for anything that `encodeCursor` never made of one. */
export function decodeCursor(text: string): string | null {
  if (text.length > longestCursor) return null
  const bytes = Buffer.from(text, 'base64url')
  if (bytes[0] !== cursorVersion) return null
  const id = bytes.toString('latin1', 1)
  // Node reads base64 leniently: of the many spellings of a cursor only our own counts.
  return idPrefix(id) && encodeCursor(id) === text ? id : null
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}

function size(count: number, argument: string): Result<number> {
  if (Number.isInteger(count) && count >= 1 && count <= largestPage) return ok(count)
  return refuse('INVALID', `The argument ${argument} takes a whole number from 1 to ${largestPage}.`, [argument])
}

function position(cursor: string | null | undefined, argument: string): Result<string | null> {
  if (!isGiven(cursor)) return ok(null)
  const id = decodeCursor(cursor)
  return id ? ok(id) : refuse('INVALID', `The argument ${argument} takes a cursor from an earlier page.`, [argument])
}

import { ok, type Result, refuse } from './result.js'

const longestName = 200
const longestDescription = 5_000

/** PostgreSQL stores no NUL, and half a surrogate pair is no text. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** A name as a person gave it, without the space around it: one line of 1 to `most` characters. */
export function readName(given: string, field: string[], most = longestName): Result<string> {
  const name = given.trim()
  if (name.length === 0) return refuse('REQUIRED', 'A name is needed.', field)
  if ([...name].length > most) return refuse('INVALID', `A name has at most ${most} characters.`, field)
  if (!isStorable(name) || /\p{Cc}/u.test(name)) return refuse('INVALID', 'A name is one line of plain text.', field)
  return ok(name)
}

/** A longer text, of up to `most` characters; null for one that is empty or was not given. */
export function readText(
  given: string | null | undefined,
  field: string[],
  most = longestDescription,
): Result<string | null> {
  if (given === null || given === undefined || given.trim() === '') return ok(null)
  if ([...given].length > most) return refuse('INVALID', `This text has at most ${most} characters.`, field)
  if (!isStorable(given)) return refuse('INVALID', 'This is no text that can be stored.', field)
  return ok(given)
}

/** A list of short texts: at most `most` of them, each one line of up to 200 characters, none twice. */
export function readList(given: readonly string[], field: string[], most = 100): Result<string[]> {
  if (given.length > most) return refuse('INVALID', `This list has at most ${most} entries.`, field)
  const read = given.map((entry, index) => readName(entry, [...field, String(index)]))
  const errors = read.flatMap((result) => (result.ok ? [] : result.errors))
  if (errors.length > 0) return { ok: false, errors }
  return ok([...new Set(read.flatMap((result) => (result.ok ? [result.value] : [])))])
}

/** Whether a JSON value can be stored: neither it nor any name in it is no text, and it is nested no deeper than told. */
export function isStorableJson(value: unknown, deepest = 40): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  if (deepest === 0) return false
  return Object.entries(value).every(([name, inner]) => isStorable(name) && isStorableJson(inner, deepest - 1))
}

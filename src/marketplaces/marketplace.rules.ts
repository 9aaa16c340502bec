import { combine, ok, type Result, refuse } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'

const slugForm = /^[a-z0-9][a-z0-9-]{2,61}[a-z0-9]$/

export function isSlug(text: string): boolean {
  return slugForm.test(text)
}

/** Part of an address: lower-case letters, digits and hyphens, 4 to 63 of them, no hyphen at either end. */
export function acceptableSlug(slug: string, field: string[]): Result<string> {
  if (isSlug(slug)) return ok(slug)
  const message =
    'An address part has 4 to 63 lower-case letters, digits and hyphens, and neither starts nor ends with a hyphen.'
  return refuse('INVALID', message, field)
}

/** A text to accept. */
export interface TermsText {
  title: string
  body: string | null
  url: string | null
}

const longestTerms = 200_000

/** Whether both say the same, so that nobody is asked to accept again what was accepted. */
export function isSameText(one: Partial<TermsText>, other: TermsText): boolean {
  return one.title === other.title && (one.body ?? null) === other.body && (one.url ?? null) === other.url
}

/** Terms say something themselves, or say where it stands. @param field where the terms are in the input */
export function acceptableTerms(
  given: { title: string; body?: string | null; url?: string | null },
  field: string[],
): Result<TermsText> {
  const read = combine([
    readName(given.title, [...field, 'title']),
    readText(given.body, [...field, 'body'], longestTerms),
  ])
  if (!read.ok) return read
  const [title, body] = read.value
  const url = given.url ?? null
  if (body === null && url === null) {
    return refuse('REQUIRED', 'Terms need a text or the address of one.', [...field, 'body'])
  }
  return ok({ title, body, url })
}

import type { UserErrorCode } from './user-error-code.js'

/** Something that a person can cause, and can mend. */
export interface UserError {
  code: UserErrorCode
  /** A whole sentence that can be shown to a person. Never holds a secret or an internal name. */
  message: string
  /** Where in the input, such as `['input', 'plan', 'price']`; null when it is about the whole. */
  field: string[] | null
}

/** What a rule decides: a value, or why not. */
export type Result<T> = { ok: true; value: T } | { ok: false; errors: UserError[] }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refuse(code: UserErrorCode, message: string, field: string[] | null = null): Result<never> {
  return { ok: false, errors: [{ code, message, field }] }
}

/** Thrown to roll a transaction back; what was refused is answered as `userErrors`. */
export class Refused extends Error {
  constructor(readonly errors: UserError[]) {
    super(errors.map((error) => `${error.code}: ${error.message}`).join(' '))
    this.name = 'Refused'
  }
}

/** @throws Refused with the errors, when it is refused */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Refused(result.errors)
}

/** All the values in order or, where any is refused, the errors of all of them together. */
export function combine<const T extends readonly unknown[]>(
  results: readonly [...{ [I in keyof T]: Result<T[I]> }],
): Result<T> {
  const errors = results.flatMap((result) => (result.ok ? [] : result.errors))
  if (errors.length > 0) return { ok: false, errors }
  return ok(results.map((result) => (result as { value: unknown }).value) as unknown as T)
}

import { ok, type Result, refuse } from '../kernel/result.js'

/** What every provider counts from the start; its own names start with x-, so that this list can grow. */
export const givenUnit = { name: 'transactions', title: 'Transactions' } as const

const ownName = /^x-[a-z0-9-]{1,60}$/

export function acceptableUnitName(name: string, field: string[]): Result<string> {
  if (ownName.test(name)) return ok(name)
  return refuse('INVALID', "A unit's name is x- and up to 60 lower-case letters, digits and hyphens.", field)
}

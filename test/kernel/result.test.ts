import { describe, expect, it } from '@jest/globals'
import { InvariantViolated, invariant } from '../../src/kernel/invariant.js'
import { combine, ok, Refused, type Result, refuse, unwrap } from '../../src/kernel/result.js'
import { userErrorCodes, userErrorDescriptions } from '../../src/kernel/user-error-code.js'

const missing = { code: 'REQUIRED', message: 'A name is needed.', field: ['input', 'name'] }
const taken = { code: 'TAKEN', message: 'This name is taken.', field: null }

describe('results', () => {
  it('hold a value or errors', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 })
    expect(refuse('REQUIRED', 'A name is needed.', ['input', 'name'])).toEqual({
      ok: false,
      errors: [missing],
    })
    expect(refuse('TAKEN', 'This name is taken.')).toEqual({ ok: false, errors: [taken] })
  })

  it('are unwrapped to the value, or thrown', () => {
    expect(unwrap(ok('Acme'))).toBe('Acme')
    const refused = () => unwrap(refuse('TAKEN', 'This name is taken.'))
    expect(refused).toThrow(Refused)
    expect(refused).toThrow(expect.objectContaining({ errors: [taken], message: 'TAKEN: This name is taken.' }))
  })

  it('combine to all values in their order', () => {
    const combined: Result<readonly [string, number]> = combine([ok('Acme'), ok(2)])
    expect(combined).toEqual({ ok: true, value: ['Acme', 2] })
    expect(combine([])).toEqual({ ok: true, value: [] })
  })

  it('combine to all errors where there are any', () => {
    const combined = combine([
      refuse('REQUIRED', 'A name is needed.', ['input', 'name']),
      ok(2),
      refuse('TAKEN', 'This name is taken.'),
    ])
    expect(combined).toEqual({ ok: false, errors: [missing, taken] })
  })
})

it('every code of a user error is described, once', () => {
  expect(Object.keys(userErrorDescriptions)).toEqual([...userErrorCodes])
  expect(new Set(userErrorCodes).size).toBe(userErrorCodes.length)
  expect(new Set(Object.values(userErrorDescriptions)).size).toBe(userErrorCodes.length)
})

it('an invariant throws when it does not hold', () => {
  expect(() => invariant(0 < 1, 'order')).not.toThrow()
  expect(() => invariant(0 > 1, 'order')).toThrow(InvariantViolated)
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { newId } from '../../src/kernel/id.js'
import { decodeCursor, encodeCursor, type PageArguments, pageRequest } from '../../src/kernel/page.js'

const one = newId('inv')
const other = newId('inv')

describe('a page', () => {
  it.each<[PageArguments, object]>([
    [{}, { limit: 20, direction: 'forward', after: null, before: null }],
    [
      { first: null, last: null, after: null, before: null },
      { limit: 20, direction: 'forward', after: null, before: null },
    ],
    [{ first: 1 }, { limit: 1, direction: 'forward', after: null, before: null }],
    [
      { first: 100, after: encodeCursor(one) },
      { limit: 100, direction: 'forward', after: one, before: null },
    ],
    [
      { last: 5, before: encodeCursor(one) },
      { limit: 5, direction: 'backward', after: null, before: one },
    ],
    [{ last: 5 }, { limit: 5, direction: 'backward', after: null, before: null }],
    [
      { after: encodeCursor(one), before: encodeCursor(other) },
      { limit: 20, direction: 'forward', after: one, before: other },
    ],
  ])('is read from its arguments: %j', (args, value) => {
    expect(pageRequest(args)).toEqual({ ok: true, value })
  })

  it.each<[PageArguments, string[]]>([
    [{ first: 0 }, ['first']],
    [{ first: -1 }, ['first']],
    [{ first: 101 }, ['first']],
    [{ first: 1.5 }, ['first']],
    [{ first: Number.NaN }, ['first']],
    [{ last: 0 }, ['last']],
    [{ last: 101 }, ['last']],
    [{ first: 1, last: 1 }, ['last']],
    [{ after: 'nonsense' }, ['after']],
    [{ before: '' }, ['before']],
    [{ first: 0, after: 'nonsense', before: 'nonsense' }, ['first', 'after', 'before']],
  ])('is refused, and where is said: %j', (args, fields) => {
    expect(pageRequest(args)).toEqual({
      ok: false,
      errors: fields.map((field) => ({ code: 'INVALID', message: expect.any(String), field: [field] })),
    })
  })
})

describe('a cursor', () => {
  it('stands for the id of a row', () => {
    expect(decodeCursor(encodeCursor(one))).toBe(one)
    expect(encodeCursor(one)).toMatch(/^[\w-]+$/)
  })

  it.each([
    '',
    one,
    ` ${encodeCursor(one)}`,
    `${encodeCursor(one)}=`,
    `${encodeCursor(one)}A`,
    encodeCursor(one).slice(1),
    encodeCursor('inv_0'),
    encodeCursor(''),
    Buffer.from(`\u0002${one}`).toString('base64url'),
    'A'.repeat(1_000_000),
  ])('that is malformed stands for nothing: %#', (text) => {
    expect(decodeCursor(text)).toBeNull()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeCursor(text) === null))
  })
})

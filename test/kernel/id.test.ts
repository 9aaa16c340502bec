import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type IdPrefix, idPrefix, newId } from '../../src/kernel/id.js'

const prefixes: IdPrefix[] = [
  'usr',
  'ses',
  'prov',
  'pmem',
  'pinv',
  'unit',
  'aud',
  'mkt',
  'gwt',
  'bint',
  'bact',
  'org',
  'mem',
  'invt',
  'ast',
  'astr',
  'res',
  'spec',
  'prod',
  'prel',
  'pub',
  'plan',
  'quo',
  'psub',
  'inv',
  'ili',
  'app',
  'acr',
  'cred',
  'evt',
  'whk',
  'sint',
  'trm',
  'tac',
  'use',
  'mail',
]

describe('ids', () => {
  it.each(prefixes)('%s_ is a prefix', (prefix) => {
    const id = newId(prefix)
    expect(id).toMatch(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`))
    expect(idPrefix(id)).toBe(prefix)
  })

  it('sort by when they were made, and are never the same', () => {
    const ids = Array.from({ length: 20_000 }, () => newId('evt'))
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('hold the time that they were made at, in the first 48 bits', () => {
    const before = Date.now()
    // Ten characters have 50 bits, and the first two are empty.
    const digits = [...newId('inv').slice(4, 14)].map((digit) => '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(digit))
    const milliseconds = digits.reduce((all, digit) => all * 32 + digit, 0)
    expect(milliseconds).toBeGreaterThanOrEqual(before)
    expect(milliseconds).toBeLessThanOrEqual(Date.now())
  })

  it.each([
    '',
    '_',
    'inv_',
    'inv',
    'inv_0',
    newId('inv').toUpperCase(),
    `${newId('inv')}0`,
    newId('inv').slice(0, -1),
    newId('inv').replace('inv_', 'xyz_'),
    newId('inv').replace('_', '-'),
    ` ${newId('inv')}`,
    `${newId('inv')}\n`,
    `inv_8${'0'.repeat(25)}`,
    `inv_${'i'.repeat(26)}`,
    `inv_${'0'.repeat(1_000_000)}`,
  ])('a malformed one has no prefix: %#', (text) => {
    expect(idPrefix(text)).toBeNull()
  })

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.anything(), (anything) => idPrefix(anything as string) === null))
  })
})

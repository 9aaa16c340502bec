import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  acceptableProductSlug,
  acceptableRange,
  freeSlug,
  newestTaken,
  productLifecycle,
  slugOf,
  takes,
} from '../../src/catalog/product.rules.js'

describe('the life of a product', () => {
  const table = [
    ['DRAFT', 'activate', 'ACTIVE'],
    ['DRAFT', 'deprecate', 'refused'],
    ['DRAFT', 'archive', 'refused'],
    ['ACTIVE', 'activate', 'no-op'],
    ['ACTIVE', 'deprecate', 'DEPRECATED'],
    ['ACTIVE', 'archive', 'refused'],
    ['DEPRECATED', 'activate', 'refused'],
    ['DEPRECATED', 'deprecate', 'no-op'],
    ['DEPRECATED', 'archive', 'ARCHIVED'],
    ['ARCHIVED', 'activate', 'refused'],
    ['ARCHIVED', 'deprecate', 'refused'],
    ['ARCHIVED', 'archive', 'no-op'],
  ] as const

  it.each(table)('%s: %s → %s', (state, step, expected) => {
    const taken = productLifecycle.take(state, step)
    if (expected === 'refused') {
      expect(taken).toMatchObject({
        ok: false,
        errors: [{ code: 'WRONG_STATE', message: expect.stringMatching(/\.$/) }],
      })
    } else if (expected === 'no-op') expect(taken).toEqual({ ok: true, value: { state, changed: false } })
    else expect(taken).toEqual({ ok: true, value: { state: expected, changed: true } })
  })

  it('has an outcome for every step in every state', () => {
    expect(table).toHaveLength(productLifecycle.states.length * productLifecycle.steps.length)
  })
})

describe('the releases of an asset that a product takes', () => {
  it.each(['1.0.1', '0.0.0', '10.20.30', '1.2.*', '1.*', '*', ' 1.* '])('%s names some', (range) => {
    expect(acceptableRange(range, ['versions'])).toEqual({ ok: true, value: range.trim() })
  })

  it.each([
    '',
    '1',
    '1.2',
    '1.2.3.4',
    '*.*',
    '1.*.*',
    '1.*.3',
    '**',
    '^1.0.0',
    '~1.2',
    '>=1.0.0',
    '1.x',
    'latest',
    'v1.0.0',
    '01.0.0',
    '1.02.*',
    '-1.*',
    '1.0.0-beta',
    '1.0.0 || 2.0.0',
    '1.0.1\0',
    '99999999999999999999.*',
  ])('«%s» names none', (range) => {
    expect(acceptableRange(range, ['versions'])).toMatchObject({
      ok: false,
      errors: [{ code: 'INVALID', field: ['versions'] }],
    })
  })

  const releases = ['1.0.0', '1.2.9', '1.2.10', '1.10.0', '2.0.0', '10.1.0', '12.0.0'].map((version) => ({ version }))

  it.each([
    ['1.0.0', '1.0.0'],
    ['1.2.*', '1.2.10'],
    ['1.*', '1.10.0'],
    ['10.*', '10.1.0'],
    ['*', '12.0.0'],
    ['2.0.0', '2.0.0'],
    ['1.1.*', null],
    ['3.*', null],
    ['1.2.1', null],
  ])('%s takes %s', (range, version) => {
    expect(newestTaken(range, releases)).toEqual(version === null ? null : { version })
  })

  it('ends at whole numbers: 1.* is not 10.1.0, 1.2.1 is not 1.2.10', () => {
    expect(takes('1.*', '10.1.0')).toBe(false)
    expect(takes('1.2.1', '1.2.10')).toBe(false)
    expect(takes('1.2.*', '1.20.0')).toBe(false)
  })

  it('takes nothing where there is no release, and leaves the list as it was', () => {
    expect(newestTaken('*', [])).toBeNull()
    const order = [...releases]
    newestTaken('*', releases)
    expect(releases).toEqual(order)
  })

  const part = fc.integer({ min: 0, max: 30 })
  const version = fc.tuple(part, part, part).map((parts) => parts.join('.'))

  it('are, for every release, its own number, its minor line, its major line and all', () => {
    fc.assert(
      fc.property(version, (one) => {
        const [major, minor] = one.split('.')
        for (const range of [one, `${major}.${minor}.*`, `${major}.*`, '*']) {
          expect(acceptableRange(range, []).ok).toBe(true)
          expect(takes(range, one)).toBe(true)
        }
      }),
    )
  })
})

describe("a product's part of an address", () => {
  it.each([
    ['Payments', 'payments'],
    ['Café & Co.', 'cafe-co'],
    ['  Über—Straße 2.0 ', 'uber-stra-e-2-0'],
    ['API', 'api'],
    ['--x--', 'x'],
    ['支払い', 'product'],
    ['🙂', 'product'],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'x'.repeat(62)} y`, 'x'.repeat(62)],
  ])('is made from the name: %s → %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug)
  })

  it.each(['a', 'payments', 'a-b', '2', 'x'.repeat(63)])('%s is taken as it is given', (slug) => {
    expect(acceptableProductSlug(slug, ['slug'])).toEqual({ ok: true, value: slug })
  })

  it.each(['', '-', '-a', 'a-', 'A', 'a b', 'a_b', 'ä', 'a/b', '..', 'x'.repeat(64), 'a\0', 'a\n'])(
    '«%s» is refused',
    (slug) => {
      expect(acceptableProductSlug(slug, ['slug'])).toMatchObject({
        ok: false,
        errors: [{ code: 'INVALID', field: ['slug'] }],
      })
    },
  )

  it('is counted up where it is taken', () => {
    expect(freeSlug('pay', new Set())).toBe('pay')
    expect(freeSlug('pay', new Set(['pay', 'payments']))).toBe('pay-2')
    expect(freeSlug('pay', new Set(['pay', 'pay-2', 'pay-3']))).toBe('pay-4')
    expect(freeSlug('x'.repeat(63), new Set(['x'.repeat(63)]))).toBe(`${'x'.repeat(61)}-2`)
  })

  it('is always one that would be taken, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.integer({ min: 0, max: 12 }), (name, others) => {
        const suggested = slugOf(name)
        const taken = new Set<string>()
        for (let count = 0; count <= others; count += 1) {
          const slug = freeSlug(suggested, taken)
          expect(acceptableProductSlug(slug, []).ok).toBe(true)
          expect(taken.has(slug)).toBe(false)
          taken.add(slug)
        }
      }),
    )
  })
})

import { describe, expect, it } from '@jest/globals'
import { Decimal as DecimalJs } from 'decimal.js'
import fc from 'fast-check'
import { decimal, isDecimalText, nearest, plain } from '../../src/kernel/decimal.js'
import { InvariantViolated } from '../../src/kernel/invariant.js'

const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((list) => list.join(''))
const decimalText = fc
  .tuple(fc.boolean(), digits(19), fc.option(digits(18)))
  .map(([minus, whole, part]) => `${minus ? '-' : ''}${BigInt(whole)}${part === null ? '' : `.${part}`}`)

describe('decimal text', () => {
  it.each(['0', '-0', '25', '0.0001', '-1.50', '9223372036854775807.000000000000000001', '1'.repeat(40)])(
    'is %s',
    (text) => expect(isDecimalText(text)).toBe(true),
  )

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '.5',
    '1.',
    '1e5',
    '1E-5',
    '0x10',
    '1_000',
    '1,000',
    'NaN',
    'Infinity',
    '--1',
    '١',
    '1\n',
  ])('is not this: %#', (text) => {
    expect(isDecimalText(text)).toBe(false)
    expect(() => decimal(text)).toThrow(InvariantViolated)
  })

  it('has an end, but that of our own sums has none', () => {
    expect(isDecimalText('1'.repeat(41))).toBe(false)
    expect(isDecimalText('1'.repeat(1_000_000))).toBe(false)
    expect(plain(decimal('1'.repeat(90)))).toBe('1'.repeat(90))
  })
})

describe('decimals', () => {
  it.each([
    ['25', '25'],
    ['-1.500', '-1.5'],
    ['-0', '0'],
    ['0.000000000000000001', '0.000000000000000001'],
    ['1'.repeat(40), '1'.repeat(40)],
  ])('%s is written %s, without an exponent', (text, written) => {
    expect(plain(decimal(text))).toBe(written)
    expect(JSON.parse(JSON.stringify(decimal(text)))).not.toMatch(/e/i)
  })

  it('keep every digit of a text', () => {
    fc.assert(fc.property(decimalText, (text) => decimal(plain(decimal(text))).equals(decimal(text))))
  })

  it('keep every digit of a product', () => {
    const longest = `0.${'9'.repeat(38)}`
    expect(plain(decimal(longest).times(decimal(longest)))).toBe(`0.${'9'.repeat(37)}8${'0'.repeat(37)}1`)
  })

  it('are made of whole numbers and of decimals too', () => {
    expect(plain(decimal(2n ** 200n))).toBe(String(2n ** 200n))
    expect(plain(decimal(decimal('0.1')))).toBe('0.1')
  })

  it.each<[string, bigint]>([
    ['2.4', 2n],
    ['2.5', 3n],
    ['-2.5', -3n],
    ['-2.4', -2n],
    ['-0.1', 0n],
    ['1'.repeat(40), BigInt('1'.repeat(40))],
  ])('%s is nearest to %i', (text, whole) => expect(nearest(decimal(text))).toBe(whole))

  it('are not touched by what others set for the library', () => {
    DecimalJs.set({ precision: 2 })
    expect(plain(decimal('123.456').times(decimal('2')))).toBe('246.912')
  })
})

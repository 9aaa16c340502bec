import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  amountProblem,
  type Currency,
  chargeable,
  chargeStep,
  currencies,
  currency,
  decimalsOf,
  fromStripeAmount,
  toStripeAmount,
} from '../../src/kernel/currency.js'
import { decimal, plain } from '../../src/kernel/decimal.js'
import { InvariantViolated } from '../../src/kernel/invariant.js'
import {
  add,
  allocate,
  amountText,
  formatted,
  type Money,
  money,
  multiply,
  parseAmount,
  prorate,
  subtract,
  sum,
  zero,
} from '../../src/kernel/money.js'
import { unwrap } from '../../src/kernel/result.js'

const USD = 'USD' as Currency
const EUR = 'EUR' as Currency
const JPY = 'JPY' as Currency
const KWD = 'KWD' as Currency
const UYW = 'UYW' as Currency
const ISK = 'ISK' as Currency
const UGX = 'UGX' as Currency
const IDR = 'IDR' as Currency
const codes = [...currencies.keys()] as Currency[]

const anyCurrency = fc.constantFrom(...codes)
const minor = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const anyMoney = fc.tuple(minor, anyCurrency).map(([units, code]) => money(units, code))

const texts = (list: Money[]) => list.map(amountText)
const absolute = (value: bigint) => (value < 0n ? -value : value)

describe('currencies', () => {
  it.each(['USD', 'EUR', 'JPY', 'KWD', 'XCG'])('%s is one', (code) => expect(currency(code)).toBe(code))

  it.each(['usd', 'Usd', 'EURO', '', 'ABC', 'XXX', 'XTS', 'XAU', 'XDR', 'CHE', 'CLF', 'BOV', 'USN', 'HRK', 'toString'])(
    '%s is none',
    (code) => expect(currency(code)).toBeNull(),
  )

  it('have two decimals unless the list says otherwise', () => {
    const others = codes.filter((code) => decimalsOf(code) !== 2).map((code) => `${code} ${decimalsOf(code)}`)
    expect(others.join(', ')).toBe(
      'BHD 3, BIF 0, CLP 0, DJF 0, GNF 0, IQD 3, ISK 0, JOD 3, JPY 0, KMF 0, KRW 0, KWD 3, LYD 3, ' +
        'MGA 0, OMR 3, PYG 0, RWF 0, TND 3, UGX 0, UYW 4, VND 0, VUV 0, XAF 0, XOF 0, XPF 0',
    )
    expect(codes.length).toBeGreaterThan(150)
  })

  it('that Stripe has no decimals for have none here', () => {
    const zeroDecimal = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'
    for (const code of zeroDecimal.split(' ')) expect(decimalsOf(code as Currency)).toBe(0)
  })

  it('that are not known have no decimals either', () => {
    expect(() => decimalsOf('ABC' as Currency)).toThrow(InvariantViolated)
  })
})

describe('what Stripe takes', () => {
  it.each(['USD', 'EUR', 'JPY', 'BHD', 'JOD', 'KWD', 'OMR', 'TND', 'ISK', 'UGX', 'HUF', 'TWD'])('%s', (code) => {
    expect(chargeable(code as Currency)).toBe(true)
  })

  it.each(['IRR', 'KPW', 'CUP', 'SYP', 'IQD', 'LYD', 'UYW', 'ABC'])('not %s', (code) => {
    expect(chargeable(code as Currency)).toBe(false)
  })

  it.each<[bigint, Currency, bigint]>([
    [2500n, USD, 2500n],
    [25n, JPY, 25n],
    [25_000n, KWD, 25_000n],
    [5n, ISK, 500n],
    [-5n, UGX, -500n],
  ])('%i of %s is sent as %i', (units, code, amount) => {
    expect(toStripeAmount(money(units, code))).toBe(amount)
    expect(fromStripeAmount(amount, code)).toEqual(money(units, code))
    expect(fromStripeAmount(Number(amount), code)).toEqual(money(units, code))
  })

  it.each([
    [549n, 5n],
    [550n, 6n],
    [-550n, -6n],
    [-549n, -5n],
  ])('a fraction of a krona is rounded: %i is %i', (amount, units) => {
    expect(fromStripeAmount(amount, ISK).minor).toBe(units)
  })

  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(anyMoney, (sent) => {
        expect(fromStripeAmount(toStripeAmount(sent), sent.currency)).toEqual(sent)
      }),
    )
  })

  it.each<[bigint, Currency]>([
    [0n, USD],
    [99_999_999n, USD],
    [-99_999_999n, USD],
    [999_999_999_999n, IDR],
    [999_999n, ISK],
    [25_010n, KWD],
  ])('%i of %s can be collected', (units, code) => {
    expect(amountProblem(money(units, code))).toBeNull()
  })

  it.each<[bigint, Currency, RegExp]>([
    [100_000_000n, USD, /more than Stripe can collect/],
    [-100_000_000n, USD, /more than Stripe can collect/],
    [1_000_000_000_000n, IDR, /more than Stripe can collect/],
    [1_000_000n, ISK, /more than Stripe can collect/],
    [25_005n, KWD, /third decimal/],
    [1n, UYW, /does not collect in UYW/],
  ])('%i of %s cannot be collected', (units, code, reason) => {
    expect(amountProblem(money(units, code))).toMatch(reason)
  })
})

describe('sums', () => {
  it('are added and taken away', () => {
    expect(add(money(1n, USD), money(2n, USD))).toEqual(money(3n, USD))
    expect(subtract(money(1n, USD), money(2n, USD))).toEqual(money(-1n, USD))
    expect(sum([], EUR)).toEqual(zero(EUR))
  })

  it('of two currencies are never mixed', () => {
    expect(() => add(money(1n, USD), money(1n, EUR))).toThrow(InvariantViolated)
    expect(() => subtract(money(1n, USD), zero(EUR))).toThrow(InvariantViolated)
    expect(() => sum([money(1n, USD)], EUR)).toThrow(InvariantViolated)
  })
})

describe('a rate times a quantity', () => {
  it.each<[string, string, Currency, string]>([
    ['0.0001', '1234567', USD, '123.46'],
    ['0.0001', '49', USD, '0.00'],
    ['0.0001', '50', USD, '0.01'],
    ['0.005', '1', USD, '0.01'],
    ['0.005', '-1', USD, '-0.01'],
    ['0.5', '1', JPY, '1'],
    ['0.0049', '1', KWD, '0.000'],
    ['0.005', '1', KWD, '0.010'],
    // Rounded to mils first, it would come to 0.010.
    ['0.0045', '1', KWD, '0.000'],
    ['0.00005', '1', UYW, '0.0001'],
    ['1', '9223372036854775807', USD, '9223372036854775807.00'],
  ])('%s × %s of %s is %s', (rate, quantity, code, amount) => {
    expect(amountText(multiply(decimal(rate), decimal(quantity), code))).toBe(amount)
  })

  it('is at most half a step away from the exact product, and can be charged', () => {
    const part = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
    fc.assert(
      fc.property(part, part, anyCurrency, (one, other, code) => {
        const million = decimal(1_000_000n)
        const rate = decimal(one).dividedBy(million)
        const quantity = decimal(other).dividedBy(million)
        const product = multiply(rate, quantity, code)
        const step = chargeStep(code)
        const exact = rate.times(quantity).times(decimal(10n ** BigInt(decimalsOf(code))))
        expect(decimal(product.minor).minus(exact).abs().times(2).lessThanOrEqualTo(decimal(step))).toBe(true)
        expect(product.minor % step).toBe(0n)
      }),
    )
  })
})

describe('a part of a sum', () => {
  it.each<[bigint, Currency, bigint, bigint, string]>([
    [2500n, USD, 1n, 3n, '8.33'],
    [2500n, USD, 2n, 3n, '16.67'],
    [1n, USD, 1n, 2n, '0.01'],
    [-1n, USD, 1n, 2n, '-0.01'],
    [-2500n, USD, 2n, 3n, '-16.67'],
    [2500n, USD, 0n, 3n, '0.00'],
    [2500n, USD, 3n, 3n, '25.00'],
    [25_000n, KWD, 1n, 3n, '8.330'],
  ])('%i %s × %i/%i is %s', (units, code, part, whole, amount) => {
    expect(amountText(prorate(money(units, code), part, whole))).toBe(amount)
  })

  it('of nothing is a mistake', () => {
    expect(() => prorate(money(1n, USD), 0n, 0n)).toThrow(InvariantViolated)
  })
})

describe('a sum that is split', () => {
  it.each<[bigint, Currency, bigint[], string[]]>([
    [1000n, USD, [1n, 1n, 1n], ['3.34', '3.33', '3.33']],
    [-1000n, USD, [1n, 1n, 1n], ['-3.34', '-3.33', '-3.33']],
    [100n, USD, [50n, 30n, 20n], ['0.50', '0.30', '0.20']],
    [5n, USD, [1n, 2n, 2n], ['0.01', '0.02', '0.02']],
    [1n, USD, [1n, 2n, 0n], ['0.00', '0.01', '0.00']],
    [0n, USD, [1n, 1n], ['0.00', '0.00']],
    [1000n, KWD, [1n, 1n, 1n], ['0.340', '0.330', '0.330']],
    [1001n, KWD, [1n, 1n], ['0.501', '0.500']],
  ])('%i %s by %j', (units, code, weights, shares) => {
    expect(texts(allocate(money(units, code), weights))).toEqual(shares)
  })

  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 30 })
    .filter((list) => list.some((weight) => weight > 0n))

  it('keeps every minor unit, and each share is off by less than one step', () => {
    fc.assert(
      fc.property(anyMoney, weights, (whole, list) => {
        const shares = allocate(whole, list)
        expect(sum(shares, whole.currency)).toEqual(whole)
        const total = list.reduce((all, weight) => all + weight, 0n)
        shares.forEach((share, index) => {
          const off = absolute(share.minor * total - whole.minor * (list[index] as bigint))
          expect(off < total * chargeStep(whole.currency)).toBe(true)
        })
      }),
    )
  })

  it.each([[[]], [[0n]], [[1n, -1n]], [[2n, -1n]]])('needs weights: %j', (list) => {
    expect(() => allocate(money(1n, USD), list)).toThrow(InvariantViolated)
  })
})

describe('amounts as text', () => {
  it.each<[string, Currency, bigint]>([
    ['25', USD, 2500n],
    ['25.5', USD, 2550n],
    ['25.000', USD, 2500n],
    ['-0.01', USD, -1n],
    ['25', JPY, 25n],
    ['25.005', KWD, 25_005n],
    ['92233720368547758.07', USD, 2n ** 63n - 1n],
    ['-92233720368547758.08', USD, -(2n ** 63n)],
  ])('%s %s is read', (text, code, units) => {
    expect(parseAmount(text, code)).toEqual({ ok: true, value: money(units, code) })
  })

  it.each<[string, Currency, string]>([
    ['25.001', USD, 'An amount in USD has at most 2 decimals.'],
    ['25.5', JPY, 'An amount in JPY has no decimals.'],
    ['25.0001', KWD, 'An amount in KWD has at most 3 decimals.'],
    ['1e3', USD, 'An amount is a plain decimal number such as 25.00.'],
    ['', USD, 'An amount is a plain decimal number such as 25.00.'],
    ['92233720368547758.08', USD, 'This amount is larger than can be counted here.'],
    ['-92233720368547758.09', USD, 'This amount is larger than can be counted here.'],
  ])('%s %s is refused', (text, code, message) => {
    const field = ['input', 'price', 'base']
    expect(parseAmount(text, code, field)).toEqual({
      ok: false,
      errors: [{ code: 'INVALID', message, field }],
    })
  })

  it.each<[bigint, Currency, string]>([
    [2500n, USD, '25.00'],
    [5n, USD, '0.05'],
    [-5n, USD, '-0.05'],
    [25n, JPY, '25'],
    [25_000n, KWD, '25.000'],
    [-1n, UYW, '-0.0001'],
  ])('%i %s is written %s', (units, code, text) => {
    expect(amountText(money(units, code))).toBe(text)
  })

  it.each(codes)('in %s are read as they were written', (code) => {
    fc.assert(
      fc.property(minor, (units) => {
        const text = amountText(money(units, code))
        expect(unwrap(parseAmount(text, code)).minor).toBe(units)
        expect(text.split('.')[1]?.length ?? 0).toBe(decimalsOf(code))
      }),
      { numRuns: 20 },
    )
  })
})

describe('amounts for people', () => {
  it.each<[bigint, Currency, string, string]>([
    [123_456n, USD, 'en', '$1,234.56'],
    [123_456n, EUR, 'de-DE', '1.234,56 €'],
    [25n, JPY, 'en', '¥25'],
    [25_000n, KWD, 'en', 'KWD 25.000'],
    [2500n, 'HUF' as Currency, 'en', 'HUF 25.00'],
    [-2500n, USD, 'en', '-$25.00'],
    // A float would end in 6.
    [900_719_925_474_099_307n, USD, 'en', '$9,007,199,254,740,993.07'],
  ])('%i %s in %s is %s', (units, code, locale, text) => {
    expect(formatted(money(units, code), locale).replaceAll('\u00a0', ' ')).toBe(text)
  })

  it.each(['', 'nonsense_', 'xx', 'zz-ZZ', '1', 'en-'.repeat(20), '\0', 'x'.repeat(1_000_000)])(
    'in an unknown locale are in English: %#',
    (locale) => expect(formatted(money(123_456n, USD), locale)).toBe('$1,234.56'),
  )

  it('can be written in every currency', () => {
    for (const code of codes) {
      const digits = formatted(money(1_234_567n, code), 'en')
        .replace(/[^0-9.]/g, '')
        .replace(/^\.+/, '')
      expect(plain(decimal(digits))).toBe(plain(decimal(amountText(money(1_234_567n, code)))))
    }
  })
})

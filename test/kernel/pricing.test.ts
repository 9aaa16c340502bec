import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Currency } from '../../src/kernel/currency.js'
import { decimal, plain } from '../../src/kernel/decimal.js'
import { InvariantViolated } from '../../src/kernel/invariant.js'
import { amountText, multiply, sum } from '../../src/kernel/money.js'
import { type PriceTier, type QuotaPricingTerms, rate, tierProblems } from '../../src/kernel/pricing.js'

const USD = 'USD' as Currency

const tier = (from: bigint, to: bigint | null, unitAmount: string, flatFee = '0'): PriceTier => ({
  from,
  to,
  unitAmount: decimal(unitAmount),
  flatFee: decimal(flatFee),
})

const tiers = [tier(1n, 500n, '2'), tier(501n, 5000n, '1', '10'), tier(5001n, null, '0.5', '20')]

const terms = (change: Partial<QuotaPricingTerms>): QuotaPricingTerms => ({
  pricing: 'INCLUDED',
  limit: 'UNLIMITED',
  limitUnits: null,
  unitAmount: null,
  packageSize: null,
  tiers: [],
  unit: 'transactions',
  ...change,
})

const total = (pricing: QuotaPricingTerms, units: string, currency = USD) =>
  amountText(
    sum(
      rate(pricing, decimal(units), currency).map((line) => line.amount),
      currency,
    ),
  )

const bill = (pricing: QuotaPricingTerms, units: string) =>
  rate(pricing, decimal(units), USD).map(
    ({ description, quantity, unitAmount, amount }) =>
      `${plain(quantity)} ${description} × ${plain(unitAmount)} = ${amountText(amount)}`,
  )

describe('graduated tiers', () => {
  const graduated = terms({ pricing: 'GRADUATED', tiers })

  it.each([
    ['0', '0.00'],
    ['1', '2.00'],
    ['500', '1000.00'],
    ['500.5', '1010.50'],
    ['501', '1011.00'],
    ['5000', '5510.00'],
    ['5001', '5530.50'],
    ['10000000000', '5000003030.00'],
  ])('%s units cost %s', (units, amount) => expect(total(graduated, units)).toBe(amount))

  it('have a line for each tier reached and for its flat fee', () => {
    expect(bill(graduated, '5001')).toEqual([
      '500 transactions, tier 1–500 × 2 = 1000.00',
      '4500 transactions, tier 501–5,000 × 1 = 4500.00',
      '1 transactions, tier 501–5,000, flat fee × 10 = 10.00',
      '1 transactions, tier from 5,001 × 0.5 = 0.50',
      '1 transactions, tier from 5,001, flat fee × 20 = 20.00',
    ])
  })
})

describe('tiers by volume', () => {
  const volume = terms({ pricing: 'VOLUME', tiers })

  it.each([
    ['0', '0.00'],
    ['1', '2.00'],
    ['500', '1000.00'],
    ['501', '511.00'],
    ['5000', '5010.00'],
    ['5001', '2520.50'],
  ])('%s units cost %s', (units, amount) => expect(total(volume, units)).toBe(amount))

  it('have a line for all units and one for the last flat fee', () => {
    expect(bill(volume, '5001')).toEqual([
      '5001 transactions, tier from 5,001 × 0.5 = 2500.50',
      '1 transactions, tier from 5,001, flat fee × 20 = 20.00',
    ])
  })

  it('charge no flat fee for no usage', () => {
    const flat = [tier(1n, null, '0', '5')]
    expect(bill(terms({ pricing: 'VOLUME', tiers: flat }), '0')).toEqual([])
    expect(bill(terms({ pricing: 'GRADUATED', tiers: flat }), '0')).toEqual([])
    expect(total(terms({ pricing: 'VOLUME', tiers: flat }), '1')).toBe('5.00')
  })
})

describe('what the base price covers', () => {
  it.each(['0', '1000', '10000'])('costs nothing: %s units without a limit', (units) => {
    expect(bill(terms({ unitAmount: decimal('1') }), units)).toEqual([])
  })

  it.each(['0', '1000', '1001'])('costs nothing: %s units of 1000 that are a STRICT limit', (units) => {
    expect(bill(terms({ limit: 'STRICT', limitUnits: 1000n, unitAmount: decimal('1') }), units)).toEqual([])
  })

  it('is exceeded past a LOOSE limit, unit by unit', () => {
    const loose = terms({ limit: 'LOOSE', limitUnits: 1000n, unitAmount: decimal('0.02') })
    expect(bill(loose, '1000')).toEqual([])
    expect(bill(loose, '1500')).toEqual(['500 transactions beyond the 1,000 included × 0.02 = 10.00'])
    expect(total(loose, '1000.5')).toBe('0.01')
    expect(bill({ ...loose, unitAmount: null }, '1500')).toEqual([])
  })
})

describe('a price for each unit', () => {
  const perUnit = terms({ pricing: 'PER_UNIT', unitAmount: decimal('0.01') })

  it.each([
    ['0', '0.00'],
    ['1000', '10.00'],
    ['10000', '100.00'],
    ['9223372036854775807', '92233720368547758.07'],
  ])('%s units cost %s', (units, amount) => expect(total(perUnit, units)).toBe(amount))

  it('finer than a minor unit does not become nothing', () => {
    const fine = terms({ pricing: 'PER_UNIT', unitAmount: decimal('0.0001') })
    expect(total(fine, '1000000')).toBe('100.00')
    expect(total(fine, '49')).toBe('0.00')
  })

  it('is charged within any limit', () => {
    expect(total({ ...perUnit, limit: 'STRICT', limitUnits: 1000n }, '1000')).toBe('10.00')
  })
})

describe('packages', () => {
  const packages = terms({ pricing: 'PACKAGE', packageSize: 1000n, unitAmount: decimal('5') })

  it.each([
    ['0', '0.00'],
    ['0.001', '5.00'],
    ['1', '5.00'],
    ['1000', '5.00'],
    ['1000.000000000000000001', '10.00'],
    ['1001', '10.00'],
    ['9000000000000000001', '45000000000000005.00'],
  ])('%s units cost %s', (units, amount) => expect(total(packages, units)).toBe(amount))

  it('say their size', () => {
    expect(bill(packages, '1500')).toEqual(['2 packages of 1,000 transactions × 5 = 10.00'])
  })
})

describe('every line', () => {
  it('is its quantity times its unit amount, rounded once, and costs no less for more units', () => {
    const pricings = [
      terms({ pricing: 'GRADUATED', tiers }),
      terms({ pricing: 'PER_UNIT', unitAmount: decimal('0.0037') }),
      terms({ pricing: 'PACKAGE', packageSize: 7n, unitAmount: decimal('0.333') }),
      terms({ limit: 'LOOSE', limitUnits: 50n, unitAmount: decimal('0.0037') }),
    ]
    fc.assert(
      fc.property(fc.constantFrom(...pricings), fc.bigInt({ min: 0n, max: 20_000n }), (pricing, units) => {
        const [less, more] = [units, units + 1n].map((count) => rate(pricing, decimal(count), USD))
        for (const { quantity, unitAmount, amount } of less ?? []) {
          expect(amount).toEqual(multiply(unitAmount, quantity, USD))
        }
        const [before, after] = [less, more].map(
          (lines) =>
            sum(
              (lines ?? []).map(({ amount }) => amount),
              USD,
            ).minor,
        )
        expect((before as bigint) <= (after as bigint)).toBe(true)
      }),
    )
  })

  it('of a currency with three decimals can be charged', () => {
    const fine = terms({ pricing: 'PER_UNIT', unitAmount: decimal('0.0015') })
    expect(total(fine, '5', 'KWD' as Currency)).toBe('0.010')
  })
})

it('what cannot be is a mistake', () => {
  expect(() => total(terms({ pricing: 'PER_UNIT', unitAmount: decimal('1') }), '-1')).toThrow(InvariantViolated)
  expect(() => total(terms({ pricing: 'PER_UNIT' }), '1')).toThrow(InvariantViolated)
  expect(() => total(terms({ pricing: 'PACKAGE', unitAmount: decimal('1') }), '1')).toThrow(InvariantViolated)
  expect(() => total(terms({ pricing: 'GRADUATED' }), '1')).toThrow(InvariantViolated)
})

describe('tiers', () => {
  it('are in order when they run from 1 on without gap or end', () => {
    expect(tierProblems(tiers)).toEqual([])
    expect(tierProblems([tier(1n, null, '0')])).toEqual([])
  })

  it.each<[PriceTier[], string[]]>([
    [[], ['Tiered pricing needs at least one tier.']],
    [[tier(0n, null, '1')], ['Tier 1 overlaps: it must start at 1.']],
    [[tier(2n, null, '1')], ['Tier 1 leaves a gap: it must start at 1.']],
    [[tier(1n, 9n, '1'), tier(11n, null, '1')], ['Tier 2 leaves a gap: it must start at 10.']],
    [[tier(1n, 9n, '1'), tier(9n, null, '1')], ['Tier 2 overlaps: it must start at 10.']],
    [[tier(1n, 9n, '1')], ['Tier 1 is the last and must have no end.']],
    [[tier(1n, null, '1'), tier(2n, null, '1')], ['Tier 2 follows one without an end: only the last has none.']],
    [[tier(1n, 9n, '1'), tier(10n, 9n, '1'), tier(10n, null, '1')], ['Tier 2 ends before it starts.']],
    [[tier(1n, null, '-1')], ['Tier 1 has a price below zero.']],
    [[tier(1n, null, '1', '-1')], ['Tier 1 has a price below zero.']],
  ])('have problems: %#', (list, problems) => expect(tierProblems(list)).toEqual(problems))
})

import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import { planWarnings } from '../../src/catalog/plan-warnings.rules.js'
import { type Currency, currency } from '../../src/kernel/currency.js'
import { decimal } from '../../src/kernel/decimal.js'
import { type QuotaPricingTerms, rate } from '../../src/kernel/pricing.js'

type Tier = [to: bigint | null, unitAmount: string, flatFee: string]

const usd = currency('USD') as Currency

const quota = (pricing: QuotaPricingTerms['pricing'], ...tiers: Tier[]): QuotaPricingTerms => ({
  pricing,
  limit: 'UNLIMITED',
  limitUnits: null,
  unitAmount: null,
  packageSize: null,
  tiers: tiers.map(([to, unitAmount, flatFee], index) => ({
    from: (tiers[index - 1]?.[0] ?? 0n) + 1n,
    to,
    unitAmount: decimal(unitAmount),
    flatFee: decimal(flatFee),
  })),
  unit: 'calls',
})

const falling: Tier[] = [
  [500n, '2', '0'],
  [5_000n, '1', '10'],
  [null, '0.5', '20'],
]

describe('A price by volume that falls where a tier begins', () => {
  it('is said, once for each such place', () => {
    expect(planWarnings([quota('VOLUME', ...falling)])).toEqual([
      'More can cost less: 500 calls cost 1000, and the price of more begins at 510.',
      'More can cost less: 5,000 calls cost 5010, and the price of more begins at 2520.',
    ])
  })

  it('is not said of tiers that each cost their own units', () => {
    expect(planWarnings([quota('GRADUATED', ...falling)])).toEqual([])
  })

  test.each<[string, Tier[]]>([
    [
      'rises',
      [
        [500n, '1', '0'],
        [null, '2', '0'],
      ],
    ],
    [
      'goes on as it was',
      [
        [500n, '1', '0'],
        [null, '1', '0'],
      ],
    ],
    [
      'is lower by unit, and made up for by a flat fee',
      [
        [500n, '2', '0'],
        [null, '1', '500'],
      ],
    ],
    ['has one tier', [[null, '1', '5']]],
  ])('is not there where the price %s', (_, tiers) => {
    expect(planWarnings([quota('VOLUME', ...tiers)])).toEqual([])
  })

  it('is found exactly where some more units are billed lower than some fewer', () => {
    const price = fc.tuple(fc.constantFrom('0', '1', '2', '3'), fc.constantFrom('0', '1', '5', '20'))
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), price), { maxLength: 3 })
    fc.assert(
      fc.property(steps, price, (steps, last) => {
        let end = 0n
        const tiers = steps.map(([wide, price]): Tier => {
          end += BigInt(wide)
          return [end, ...price]
        })
        const given = quota('VOLUME', ...tiers, [null, ...last])
        // By hundredths of a unit: usage is counted in decimals.
        const bills = Array.from({ length: (Number(end) + 2) * 100 }, (_, hundredths) =>
          rate(given, decimal(BigInt(hundredths + 1)).div(100), usd).reduce(
            (sum, { amount }) => sum + amount.minor,
            0n,
          ),
        )
        const falls = bills.some((bill, index) => index > 0 && bill < (bills[index - 1] as bigint))
        expect(planWarnings([given]).length > 0).toBe(falls)
      }),
    )
  })
})

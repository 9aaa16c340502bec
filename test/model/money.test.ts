import { describe, expect, test } from '@jest/globals'
import { Linter } from 'eslint'
import fc from 'fast-check'
import tseslint from 'typescript-eslint'
import type { Currency as Code } from '../../src/kernel/currency.js'
import { decimal } from '../../src/kernel/decimal.js'
import { multiply } from '../../src/kernel/money.js'
import { type QuotaPricingTerms, rate } from '../../src/kernel/pricing.js'
import { exact, isNothing } from './exact.js'
import { amountOf, type Currency, currencies, type Pricing, partsOf } from './rating.js'

interface Rules {
  name?: string
  rules: Linter.RulesRecord
}

// The linter's settings are no TypeScript.
const linting: string = '../../.eslint.config.mjs'
const { default: config }: { default: Rules[] } = await import(linting)
const numRuns = 5_000
const currency = fc.constantFrom(...(Object.keys(currencies) as Currency[]))
/** What people may enter: far beyond 32 bits, finer than a cent. */
const count = fc.oneof(fc.bigInt(0n, 20_000n), fc.bigInt(0n, 10n ** 17n)).map(String)
const fraction = fc.oneof(
  fc.constant(''),
  fc.bigInt(1n, 999_999n).map((digits) => `.${String(digits).padStart(6, '0')}`),
)
const units = fc.tuple(count, fraction).map(([whole, part]) => whole + part)
const unitAmount = fc.oneof(
  fc.constantFrom('0', '0.0001', '0.005', '1.005', '2', '0.000000000001'),
  fc
    .tuple(fc.bigInt(0n, 999n), fc.bigInt(0n, 999_999n))
    .map(([whole, part]) => `${whole}.${String(part).padStart(6, '0')}`),
)
const tiers = fc
  .array(fc.tuple(fc.bigInt(1n, 10_000n), unitAmount, fc.constantFrom('0', '1', '10', '20')), {
    minLength: 1,
    maxLength: 5,
  })
  .map((given) => {
    let end = 0n
    return given.map(([size, unitAmount, flatFee], index) => {
      end += size
      return { to: index === given.length - 1 ? null : end, unitAmount, flatFee }
    })
  })
const pricing: fc.Arbitrary<Pricing> = fc.oneof(
  fc.record({
    kind: fc.constant('INCLUDED' as const),
    limit: fc.constant('STRICT' as const),
    limitUnits: fc.bigInt(1n, 9_999n),
  }),
  fc.record({
    kind: fc.constant('INCLUDED' as const),
    limit: fc.constant('LOOSE' as const),
    limitUnits: fc.bigInt(1n, 9_999n),
    unitAmount,
  }),
  fc.record({ kind: fc.constant('PER_UNIT' as const), unitAmount }),
  fc.record({ kind: fc.constant('PACKAGE' as const), unitAmount, size: fc.bigInt(1n, 5_000n) }),
  fc.record({ kind: fc.constantFrom('GRADUATED' as const, 'VOLUME' as const), tiers }),
)

function termsOf(pricing: Pricing): QuotaPricingTerms {
  const limited = pricing.kind === 'INCLUDED'
  return {
    pricing: pricing.kind,
    limit: limited ? pricing.limit : 'UNLIMITED',
    limitUnits: limited ? pricing.limitUnits : null,
    unitAmount: 'unitAmount' in pricing ? decimal(pricing.unitAmount) : null,
    packageSize: pricing.kind === 'PACKAGE' ? pricing.size : null,
    tiers:
      'tiers' in pricing
        ? pricing.tiers.map(({ to, unitAmount, flatFee }, index) => ({
            from: (pricing.tiers[index - 1]?.to ?? 0n) + 1n,
            to,
            unitAmount: decimal(unitAmount),
            flatFee: decimal(flatFee),
          }))
        : [],
    unit: 'calls',
  }
}

describe('Rating', () => {
  test('costs in all five ways what fractions say', () => {
    fc.assert(
      fc.property(pricing, units, currency, (pricing, count, currency) => {
        const lines = rate(termsOf(pricing), decimal(count), currency as Code)
        // A line that costs nothing per unit is left out.
        const expected = partsOf(pricing, exact(count))
          .filter(({ unitAmount }) => !isNothing(exact(unitAmount)))
          .map(({ quantity, unitAmount }) => amountOf(quantity, unitAmount, currency))
        expect(lines.map(({ amount }) => amount.minor)).toEqual(expected)
      }),
      { numRuns },
    )
  })

  test('rounds once, half away from nothing', () => {
    fc.assert(
      fc.property(unitAmount, units, currency, fc.boolean(), (rate, count, currency, back) => {
        const quantity = back ? decimal(count).negated() : decimal(count)
        const expected = amountOf(exact(count), rate, currency)
        expect(multiply(decimal(rate), quantity, currency as Code).minor).toBe(back ? -expected : expected)
      }),
      { numRuns },
    )
  })
})

describe('The linter', () => {
  const rule = config.find(({ name }) => name === 'money is never a float')
  const complaints = (code: string) =>
    new Linter().verify(
      code,
      [
        {
          files: ['**/*.ts'],
          languageOptions: { parser: tseslint.parser },
          rules: rule?.rules ?? {},
        },
      ],
      'money.ts',
    )

  test.each([
    ['a fraction', 'const fee = 0.25'],
    ['a fraction without its zero', 'const fee = .25'],
    ['a power below one', 'const fee = 25e-2'],
    ['a number made of text', 'const fee = Number(text)'],
    ['a number read from text', 'const fee = parseFloat(text)'],
    ['the same by another name', 'const fee = Number.parseFloat(text)'],
    ['a number made by a sign', 'const fee = +text'],
    ['a number made of a decimal', 'const fee = price.toNumber()'],
    ['rounding of a number', 'const fee = Math.round(price)'],
  ])('finds %s', (_, code) => {
    expect(complaints(code)).toMatchObject([{ ruleId: 'no-restricted-syntax', severity: 2 }])
  })

  test('leaves BigInt, decimals and whole numbers alone', () => {
    expect(
      complaints('const fee = (2_500n * part) / whole; const days = 30; const rate = decimal("0.25").times(100)'),
    ).toEqual([])
  })
})

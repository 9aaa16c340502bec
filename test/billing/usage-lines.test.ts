import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mostUsageLines, type QuotaPrice, type UsedUnits, usageLinesOf } from '../../src/billing/usage-lines.rules.js'
import type { Currency } from '../../src/kernel/currency.js'
import { decimal, plain } from '../../src/kernel/decimal.js'
import { sum } from '../../src/kernel/money.js'
import { type QuotaPricingTerms, rate } from '../../src/kernel/pricing.js'

const usd = 'USD' as Currency
const period = { start: new Date('2026-04-01T00:00:00Z'), end: new Date('2026-05-01T00:00:00Z') }
const march = { start: new Date('2026-03-01T00:00:00Z'), end: new Date('2026-04-01T00:00:00Z') }
const terms: QuotaPricingTerms = {
  pricing: 'PER_UNIT',
  limit: 'UNLIMITED',
  limitUnits: null,
  unitAmount: decimal('0.01'),
  packageSize: null,
  tiers: [],
  unit: 'transactions',
}
const tier = (from: bigint, to: bigint | null, unitAmount: string, flatFee: string) => ({
  from,
  to,
  unitAmount: decimal(unitAmount),
  flatFee: decimal(flatFee),
})
const tiers = [tier(1n, 500n, '2', '0'), tier(501n, 5_000n, '1', '10'), tier(5_001n, null, '0.5', '20')]

const price = (about: Partial<QuotaPricingTerms>, quotaId = 'quo_1'): QuotaPrice => ({
  quotaId,
  planName: 'Gold',
  currency: 'USD',
  terms: { ...terms, ...about },
})
const used = (units: string, about: Partial<UsedUnits> = {}): UsedUnits => ({
  quotaId: 'quo_1',
  interval: period,
  used: units,
  invoiced: '0',
  late: false,
  ...about,
})
const linesOf = (usage: UsedUnits[], ...prices: QuotaPrice[]) =>
  usageLinesOf(usage, new Map(prices.map((one) => [one.quotaId, one])), period, { currency: usd, timeZone: 'UTC' })
const totalOf = (lines: ReturnType<typeof linesOf>) =>
  sum(
    lines.map(({ amount }) => amount),
    usd,
  ).minor

describe('Lines for what was used', () => {
  it('say what, when, how many and at which price', () => {
    expect(linesOf([used('1234')], price({}))).toEqual([
      {
        kind: 'USAGE',
        description: 'Gold, 2026-04-01 to 2026-05-01: transactions: 1234 × 0.01 USD',
        quantity: '1234',
        unitAmount: '0.01',
        amount: { minor: 1_234n, currency: 'USD' },
        period,
        quotaId: 'quo_1',
      },
    ])
  })

  it('are one for each tier and flat fee: 5,001 units cost 5,530.50 graduated, 2,520.50 by volume', () => {
    const graduated = linesOf([used('5001')], price({ pricing: 'GRADUATED', tiers }))
    expect(graduated.map(({ quantity, amount }) => [quantity, amount.minor])).toEqual([
      ['500', 100_000n],
      ['4500', 450_000n],
      ['1', 1_000n],
      ['1', 50n],
      ['1', 2_000n],
    ])
    expect(totalOf(graduated)).toBe(553_050n)
    expect(totalOf(linesOf([used('5001')], price({ pricing: 'VOLUME', tiers })))).toBe(252_050n)
  })

  it('are none for no usage, and for what the base price covers', () => {
    expect(linesOf([], price({}))).toEqual([])
    const included = price({ pricing: 'INCLUDED', limit: 'LOOSE', limitUnits: 1_000n })
    expect(linesOf([used('1000')], included)).toEqual([])
    expect(linesOf([used('1001')], included)).toMatchObject([
      {
        description: 'Gold, 2026-04-01 to 2026-05-01: transactions beyond the 1,000 included: 1 × 0.01 USD',
        quantity: '1',
      },
    ])
  })

  it('price each interval of a daily quota by itself, and put its units together, rounded once', () => {
    const daily = price({ pricing: 'INCLUDED', limit: 'LOOSE', limitUnits: 10n, unitAmount: decimal('0.004') })
    const day = (number: number) => ({
      start: new Date(period.start.getTime() + number * 86_400_000),
      end: new Date(period.start.getTime() + (number + 1) * 86_400_000),
    })
    // 1 beyond on each of 25 days is 0.10; a day with 5 gives nothing away to the others.
    const usage = Array.from({ length: 25 }, (_, number) => used('11', { interval: day(number) }))
    const lines = linesOf([...usage, used('5', { interval: day(25) })], daily)
    expect(lines).toMatchObject([{ quantity: '25', amount: { minor: 10n } }])
  })

  it('charge only what no invoice has charged before', () => {
    const lines = linesOf([used('5001', { invoiced: '600' })], price({ pricing: 'GRADUATED', tiers }))
    expect(lines.map(({ quantity, amount }) => [quantity, amount.minor])).toEqual([
      ['4400', 440_000n],
      ['1', 50n],
      ['1', 2_000n],
    ])
  })

  it('give back where more units are cheaper', () => {
    const lines = linesOf([used('501', { invoiced: '500' })], price({ pricing: 'VOLUME', tiers }))
    expect(lines.map(({ kind, amount }) => [kind, amount.minor])).toEqual([
      ['USAGE', 50_100n],
      ['USAGE', 1_000n],
      ['CREDIT', -100_000n],
    ])
    expect(totalOf(lines)).toBe(-48_900n)
  })

  it('mark what was reported late, with the time it was used in', () => {
    const lines = linesOf([used('7', { interval: march, late: true, invoiced: '2' }), used('3')], price({}))
    expect(lines.map(({ description }) => description)).toEqual([
      'Gold, 2026-03-01 to 2026-04-01: transactions, reported late: 5 × 0.01 USD',
      'Gold, 2026-04-01 to 2026-05-01: transactions: 3 × 0.01 USD',
    ])
    expect(lines[0]?.period).toEqual(march)
  })

  it('take units finer than a cent and beyond 32 bits', () => {
    const lines = linesOf([used('2147483648123.5')], price({ unitAmount: decimal('0.0001') }))
    expect(lines[0]?.amount.minor).toBe(21_474_836_481n)
    expect(lines[0]?.quantity).toBe('2147483648123.5')
  })

  it('never cross currencies', () => {
    expect(linesOf([used('7')], { ...price({}), currency: 'EUR' })).toEqual([])
    expect(linesOf([used('7')], { ...price({}), currency: null })).toEqual([])
  })

  it('are few enough for Stripe, and come to the same sum', () => {
    const many = Array.from({ length: 30 }, (_, index) => BigInt(index))
    const steps = many.map((index) => tier(index * 10n + 1n, index === 29n ? null : (index + 1n) * 10n, '1', '3'))
    const quotas = Array.from({ length: 241 }, (_, index) => `quo_${index}`)
    for (const count of [4, 5, 241]) {
      const ids = quotas.slice(0, count)
      const prices = ids.map((id) => price({ pricing: 'GRADUATED', tiers: steps }, id))
      const lines = linesOf(
        ids.map((quotaId) => used('295', { quotaId })),
        ...prices,
      )
      expect(lines.length).toBeLessThanOrEqual(mostUsageLines)
      expect(totalOf(lines)).toBe(BigInt(count) * (29_500n + 90n * 100n))
    }
  })

  it('of a quota that was invoiced bit by bit come to what all of it costs, to half a cent for each line', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('PER_UNIT' as const, 'GRADUATED' as const, 'VOLUME' as const),
        fc.array(fc.nat(3_000), { minLength: 1, maxLength: 6 }),
        (pricing, parts) => {
          const quota = price({ pricing, tiers, unitAmount: decimal('0.013') })
          let invoiced = decimal('0')
          let total = 0n
          let lines = 0
          for (const part of parts) {
            const now = invoiced.plus(decimal(BigInt(part)))
            const written = linesOf([used(plain(now), { invoiced: plain(invoiced) })], quota)
            total += totalOf(written)
            lines += written.length
            invoiced = now
          }
          const whole = sum(
            rate(quota.terms, invoiced, usd).map(({ amount }) => amount),
            usd,
          ).minor
          expect(Number(total - whole)).toBeLessThanOrEqual((lines + 1) / 2)
          expect(Number(whole - total)).toBeLessThanOrEqual((lines + 1) / 2)
        },
      ),
    )
  })
})

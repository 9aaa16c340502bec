import { describe, expect, it } from '@jest/globals'
import { firstInvoiceOf } from '../../src/billing/first-invoice.rules.js'
import type { PlanRow } from '../../src/catalog/plan.entity.js'
import { openingOf } from '../../src/subscriptions/product-subscription.rules.js'

const at = new Date('2026-11-24T12:00:00Z')

function plan(about: Partial<PlanRow> = {}): PlanRow {
  return {
    name: 'Gold',
    type: 'PAID',
    currency: 'USD',
    baseMinor: 2_500n,
    setupFeeMinor: 0n,
    interval: 'MONTH',
    intervalCount: 1,
    anchor: 'ANNIVERSARY',
    trialDays: 0,
    termPeriods: null,
    ...about,
  } as PlanRow
}

function firstOf(given: PlanRow, { begins = at, timeZone = 'UTC', trialUsed = false } = {}) {
  return firstInvoiceOf(given, openingOf(given, timeZone, begins, trialUsed))
}

/** What people read, and what it comes to. */
const read = (draft: ReturnType<typeof firstOf>) => ({
  lines: draft?.lines.map(({ kind, description, quantity, unitAmount, amount }) => [
    kind,
    description,
    quantity,
    unitAmount,
    amount.minor,
  ]),
  total: draft?.total,
})

describe('The first invoice', () => {
  it('is the base price of the first period, in advance', () => {
    const draft = firstOf(plan())
    expect(read(draft)).toEqual({
      lines: [['BASE_PRICE', 'Gold, 2026-11-24 to 2026-12-24: 25.00 USD a month', '1', '25.00', 2_500n]],
      total: { minor: 2_500n, currency: 'USD' },
    })
    expect(draft?.period).toEqual({ start: at, end: new Date('2026-12-24T12:00:00Z') })
  })

  it('has the set-up fee first, once and whole', () => {
    expect(read(firstOf(plan({ setupFeeMinor: 10_000n })))).toEqual({
      lines: [
        ['SETUP_FEE', 'Set-up fee of Gold: 100.00 USD once', '1', '100.00', 10_000n],
        ['BASE_PRICE', 'Gold, 2026-11-24 to 2026-12-24: 25.00 USD a month', '1', '25.00', 2_500n],
      ],
      total: { minor: 12_500n, currency: 'USD' },
    })
  })

  it('leaves out what costs nothing, and may come to zero', () => {
    expect(read(firstOf(plan({ baseMinor: 0n, setupFeeMinor: 500n }))).lines).toHaveLength(1)
    expect(read(firstOf(plan({ baseMinor: 0n, setupFeeMinor: null })))).toEqual({
      lines: [],
      total: { minor: 0n, currency: 'USD' },
    })
  })

  it.each([
    ['a free plan', plan({ type: 'FREE', currency: null, baseMinor: null, interval: null })],
    ['a custom plan', plan({ type: 'CUSTOM', currency: null, baseMinor: null, interval: null })],
    ['a trial that begins', plan({ trialDays: 14 })],
  ])('does not exist for %s', (_, given) => {
    expect(firstOf(given)).toBeNull()
  })

  it('is charged at once where the trial was had before', () => {
    expect(firstOf(plan({ trialDays: 14 }), { trialUsed: true })?.total.minor).toBe(2_500n)
  })

  it('is of a calendar period the share that is left, and says so', () => {
    // 6.5 of 30 days: 0.21666… of 25.00.
    const draft = firstOf(plan({ anchor: 'CALENDAR', setupFeeMinor: 1_000n }))
    expect(read(draft)).toEqual({
      lines: [
        ['SETUP_FEE', 'Set-up fee of Gold: 10.00 USD once', '1', '10.00', 1_000n],
        ['BASE_PRICE', 'Gold, 2026-11-24 to 2026-12-01: 21.67 % of 25.00 USD a month', '1', '5.42', 542n],
      ],
      total: { minor: 1_542n, currency: 'USD' },
    })
  })

  it('is whole where a calendar period begins with the subscription', () => {
    const draft = firstOf(plan({ anchor: 'CALENDAR' }), { begins: new Date('2026-11-01T00:00:00Z') })
    expect(read(draft).lines).toEqual([
      ['BASE_PRICE', 'Gold, 2026-11-01 to 2026-12-01: 25.00 USD a month', '1', '25.00', 2_500n],
    ])
  })

  it("names days as they are in the marketplace's zone", () => {
    const begins = new Date('2026-11-24T20:00:00Z')
    expect(read(firstOf(plan(), { begins, timeZone: 'Asia/Tokyo' })).lines?.[0]?.[1]).toBe(
      'Gold, 2026-11-25 to 2026-12-25: 25.00 USD a month',
    )
  })

  it.each([
    ['DAY', 1, 'a day'],
    ['WEEK', 2, 'every 2 weeks'],
    ['MONTH', 3, 'every 3 months'],
    ['YEAR', 1, 'a year'],
  ] as const)('of %s × %d says its price %s', (interval, intervalCount, rhythm) => {
    expect(read(firstOf(plan({ interval, intervalCount }))).lines?.[0]?.[1]).toMatch(
      new RegExp(`: 25.00 USD ${rhythm}$`),
    )
  })

  it.each([
    ['JPY', 2_500n, '2500'],
    ['KWD', 25_000n, '25.000'],
  ])('in %s has its decimals', (currency, baseMinor, amount) => {
    expect(read(firstOf(plan({ currency, baseMinor }))).lines?.[0]?.slice(2)).toEqual(['1', amount, baseMinor])
  })

  it('rounds a share in a three-decimal currency to what can be charged', () => {
    // 0.21666… of 25.005 is 5.41775, of which Stripe takes no last digit.
    const draft = firstOf(plan({ anchor: 'CALENDAR', currency: 'KWD', baseMinor: 25_010n }))
    expect(draft?.total.minor).toBe(5_420n)
  })
})

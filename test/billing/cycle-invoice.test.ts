import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { credited, unusedOf } from '../../src/billing/credit.rules.js'
import {
  type ChargedTime,
  changeInvoiceOf,
  endInvoiceOf,
  periodInvoiceOf,
} from '../../src/billing/cycle-invoice.rules.js'
import { type InvoiceDraft, line } from '../../src/billing/first-invoice.rules.js'
import type { PlanRow } from '../../src/catalog/plan.entity.js'
import type { Currency } from '../../src/kernel/currency.js'
import { money, sum } from '../../src/kernel/money.js'
import { periodNumber } from '../../src/kernel/period.js'
import { type Course, changedNow, haveSameRhythm, renewed } from '../../src/subscriptions/period-turn.rules.js'
import { scheduleOf } from '../../src/subscriptions/product-subscription.rules.js'
import { planOf } from '../subscriptions/given.js'

const usd = 'USD' as Currency
const at = (text: string) => new Date(text)
const start = at('2026-04-01T00:00:00Z')
const end = at('2026-05-01T00:00:00Z')

function courseOf(plan: PlanRow, number = 0, anchorAt = start): Course {
  const schedule = scheduleOf(plan, 'UTC', anchorAt)
  if (!schedule) throw new Error('The plan has no periods.')
  const period = periodNumber(number, schedule)
  return {
    timeZone: 'UTC',
    anchorAt,
    periodNumber: number,
    periodStart: period.start,
    periodEnd: period.end,
    termEndsAt: null,
  }
}
const amounts = ({ lines }: InvoiceDraft) => lines.map(({ kind, amount }) => [kind, amount.minor])

/** The lines always come to the total, which Stripe compares. */
function expectToAddUp({ lines, total }: InvoiceDraft): void {
  expect(
    sum(
      lines.map(({ amount }) => amount),
      total.currency,
    ),
  ).toEqual(total)
}

describe('The invoice of a period', () => {
  it('has what was used in the last one, and the base price of the next', () => {
    const usage = [line('USAGE', 'calls', money(125n, usd), { start, end })]
    const draft = periodInvoiceOf(planOf({ setupFeeMinor: 900n }), courseOf(planOf(), 1), usage)
    expect(amounts(draft)).toEqual([
      ['USAGE', 125n],
      ['BASE_PRICE', 2_500n],
    ])
    expect(draft.period).toEqual({ start: end, end: at('2026-06-01T00:00:00Z') })
    expect(draft.total.minor).toBe(2_625n)
    expect(draft.lines[1]?.description).toBe('Gold, 2026-05-01 to 2026-06-01: 25.00 USD a month')
  })

  it('has the whole price, also of a period that a new time zone makes an hour shorter', () => {
    const plan = planOf({ anchor: 'CALENDAR' })
    const course = { ...courseOf(plan, 1), periodStart: at('2026-05-01T01:00:00Z') }
    expect(periodInvoiceOf(plan, course, []).total.minor).toBe(2_500n)
  })

  it('has the whole price, also of a period that the new zone counts as the one of the anchor', () => {
    const plan = planOf({ anchor: 'CALENDAR' })
    const timeZone = 'America/New_York'
    // The last of January there, the first of February in Berlin.
    const anchorAt = at('2026-01-31T23:30:00Z')
    const first = {
      ...{ timeZone, anchorAt, periodNumber: 0, periodStart: anchorAt },
      ...{ periodEnd: at('2026-02-01T05:00:00Z'), termEndsAt: null },
    }
    const next = renewed(first, plan, 'Europe/Berlin')
    expect(next).toMatchObject({ periodNumber: 0, periodEnd: at('2026-02-28T23:00:00Z') })
    expect(periodInvoiceOf(plan, next, []).total.minor).toBe(2_500n)
  })

  it('charges a first calendar period by the share that is left', () => {
    const plan = planOf({ anchor: 'CALENDAR', baseMinor: 3_000n })
    const draft = periodInvoiceOf(plan, courseOf(plan, 0, at('2026-04-16T00:00:00Z')), [])
    expect(draft.total.minor).toBe(1_500n)
  })

  it('without anything to pay has no lines, and is zero', () => {
    expect(periodInvoiceOf(planOf({ baseMinor: 0n }), courseOf(planOf(), 1), [])).toMatchObject({
      lines: [],
      total: { minor: 0n },
    })
  })
})

it('At the end there is an invoice only for what is to be paid', () => {
  const period = { start, end }
  expect(endInvoiceOf(period, [], usd)).toBeNull()
  expect(endInvoiceOf(period, [line('CREDIT', 'volume', money(-5n, usd), period)], usd)).toBeNull()
  expect(endInvoiceOf(period, [line('USAGE', 'calls', money(5n, usd), period)], usd)?.total.minor).toBe(5n)
})

describe('A change of plan within a period', () => {
  const silver = planOf({ id: 'plan_silver', name: 'Silver', baseMinor: 3_000n })
  const gold = planOf({ baseMinor: 6_000n })
  const change = (from: PlanRow, to: PlanRow, when: Date, charged: ChargedTime | null, course = courseOf(from)) =>
    changeInvoiceOf({
      from,
      to,
      at: when,
      course: changedNow(course, { from, to }, 'UTC', when),
      samePeriod: haveSameRhythm(from, to),
      charged,
    })
  const whole: ChargedTime = { amount: money(3_000n, usd), time: { start, end } }

  it('charges the share of the new price, and gives back the share of the old', () => {
    const draft = change(silver, gold, at('2026-04-11T00:00:00Z'), whole)
    expect(amounts(draft)).toEqual([
      ['CREDIT', -2_000n],
      ['PRORATION', 4_000n],
    ])
    expect(draft.lines.map(({ description }) => description)).toEqual([
      'Silver, not used from 2026-04-11 to 2026-05-01: 66.67 % of 30.00 USD',
      'Gold, 2026-04-11 to 2026-05-01: 66.67 % of 60.00 USD a month',
    ])
    expect(draft.period).toEqual({ start: at('2026-04-11T00:00:00Z'), end })
    expectToAddUp(draft)
  })

  it('to another rhythm charges a first period in full', () => {
    const yearly = planOf({ id: 'plan_year', baseMinor: 50_000n, interval: 'YEAR' })
    const draft = change(silver, yearly, at('2026-04-16T00:00:00Z'), whole)
    expect(amounts(draft)).toEqual([
      ['CREDIT', -1_500n],
      ['BASE_PRICE', 50_000n],
    ])
    expect(draft.period).toEqual({ start: at('2026-04-16T00:00:00Z'), end: at('2027-04-16T00:00:00Z') })
  })

  it('gives nothing back where nothing was charged', () => {
    expect(amounts(change(silver, gold, at('2026-04-11T00:00:00Z'), null))).toEqual([['PRORATION', 4_000n]])
  })

  it('to a cheaper plan is never below zero: what is over is carried forward, and taken off once', () => {
    const { draft, credit } = credited(
      change(gold, silver, at('2026-04-16T00:00:00Z'), { ...whole, amount: money(6_000n, usd) }),
      money(0n, usd),
    )
    expect(amounts(draft)).toEqual([
      ['CREDIT', -3_000n],
      ['PRORATION', 1_500n],
      ['CREDIT', 1_500n],
    ])
    expect(draft.total.minor).toBe(0n)
    expect(credit.minor).toBe(1_500n)

    const next = credited(periodInvoiceOf(silver, courseOf(silver, 1), []), credit)
    expect(amounts(next.draft)).toEqual([
      ['BASE_PRICE', 3_000n],
      ['CREDIT', -1_500n],
    ])
    expect(next.draft.total.minor).toBe(1_500n)
    expect(next.credit.minor).toBe(-1_500n)
  })

  it('up and down again never earns anything, however prices and moments lie', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('USD', 'JPY', 'KWD'),
        fc.bigInt({ min: 0n, max: 500_000n }),
        fc.bigInt({ min: 0n, max: 500_000n }),
        fc.integer({ min: 0, max: end.getTime() - start.getTime() - 1 }),
        fc.integer({ min: 0, max: end.getTime() - start.getTime() - 1 }),
        (currency, cheap, more, one, other) => {
          const step = currency === 'KWD' ? 10n : 1n
          const low = planOf({ id: 'plan_low', currency, baseMinor: cheap * step })
          const high = planOf({ id: 'plan_high', currency, baseMinor: (cheap + more) * step })
          const [first, second] = [Math.min(one, other), Math.max(one, other)].map(
            (ms) => new Date(start.getTime() + ms),
          ) as [Date, Date]
          const begun: ChargedTime = { amount: money(cheap * step, currency as Currency), time: { start, end } }
          const up = change(low, high, first, begun)
          const down = change(high, low, second, chargedBy(up))
          expectToAddUp(up)
          expectToAddUp(down)
          expect(up.total.minor + down.total.minor).toBeGreaterThanOrEqual(0n)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('any number of times costs what was had, to half a unit for each change', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ price: fc.bigInt({ min: 1n, max: 100_000n }), ms: fc.nat(end.getTime() - start.getTime() - 1) }),
          { minLength: 1, maxLength: 12 },
        ),
        fc.bigInt({ min: 1n, max: 100_000n }),
        (changes, beginning) => {
          const length = end.getTime() - start.getTime()
          let plan = planOf({ baseMinor: beginning })
          let charged: ChargedTime | null = { amount: money(beginning, usd), time: { start, end } }
          let paid = beginning
          let had = 0
          let since = 0
          for (const { price, ms } of changes.toSorted((one, other) => one.ms - other.ms)) {
            const to = planOf({ id: `plan_${price}`, baseMinor: price })
            const draft = change(plan, to, new Date(start.getTime() + ms), charged)
            expectToAddUp(draft)
            had += (Number(plan.baseMinor) * (ms - since)) / length
            paid += draft.total.minor
            charged = chargedBy(draft)
            plan = to
            since = ms
          }
          had += (Number(plan.baseMinor) * (length - since)) / length
          expect(Number(paid)).toBeGreaterThanOrEqual(had - (changes.length + 1) * 0.5 - 0.001)
          expect(Number(paid)).toBeLessThanOrEqual(had + (changes.length + 1) * 1.5 + 0.001)
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** What stands as the price on the newest invoice. */
function chargedBy({ lines }: InvoiceDraft): ChargedTime | null {
  const price = lines.find(({ kind }) => kind === 'PRORATION' || kind === 'BASE_PRICE')
  return price ? { amount: price.amount, time: price.period } : null
}

describe('Credit', () => {
  const draft = (...sums: bigint[]): InvoiceDraft => {
    const lines = sums.map((minor) => line('USAGE', 'x', money(minor, usd), { start, end }))
    return {
      period: { start, end },
      lines,
      total: sum(
        lines.map(({ amount }) => amount),
        usd,
      ),
    }
  }

  it('is neither lost nor made, and the total is never below zero', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -10_000n, max: 10_000n }), { maxLength: 8 }),
        fc.bigInt({ min: 0n, max: 20_000n }),
        (sums, balance) => {
          const given = draft(...sums)
          const result = credited(given, money(balance, usd))
          expectToAddUp(result.draft)
          expect(result.draft.total.minor).toBeGreaterThanOrEqual(0n)
          expect(balance + result.credit.minor).toBeGreaterThanOrEqual(0n)
          expect(result.draft.total.minor - result.credit.minor).toBe(given.total.minor)
        },
      ),
    )
  })

  it('for time that is left is all of it before, nothing after, and rounded down between', () => {
    const price = money(1_000n, usd)
    expect(unusedOf(price, { start, end }, start).minor).toBe(1_000n)
    expect(unusedOf(price, { start, end }, end).minor).toBe(0n)
    expect(unusedOf(price, { start, end }, at('2026-04-11T00:00:00Z')).minor).toBe(666n)
    expect(unusedOf(price, { start, end: start }, start).minor).toBe(0n)
    expect(unusedOf(money(1_000n, 'KWD' as Currency), { start, end }, at('2026-04-11T00:00:00Z')).minor).toBe(660n)
  })
})

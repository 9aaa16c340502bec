import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { chargesUsage, decided, type TurnScene } from '../../src/billing/turn-invoices.rules.js'
import type { PlanRow } from '../../src/catalog/plan.entity.js'
import { decimal } from '../../src/kernel/decimal.js'
import { periodNumber } from '../../src/kernel/period.js'
import type { ProductSubscriptionRow } from '../../src/subscriptions/product-subscription.entity.js'
import { scheduleOf } from '../../src/subscriptions/product-subscription.rules.js'
import { freePlan, planOf, subscriptionOf } from '../subscriptions/given.js'

const at = (text: string) => new Date(text)
const plan = planOf()
const platinum = planOf({ id: 'plan_platinum', name: 'Platinum', baseMinor: 9_000n })

const calls = {
  quotaId: 'quo_1',
  planName: 'Gold',
  currency: 'USD',
  terms: {
    pricing: 'PER_UNIT' as const,
    limit: 'UNLIMITED' as const,
    limitUnits: null,
    unitAmount: decimal('0.01'),
    packageSize: null,
    tiers: [],
    unit: 'calls',
  },
}

/** A paid subscription at the end of its first period, with 700 calls to be charged. */
function scene(about: Partial<TurnScene> = {}, subscription: Partial<ProductSubscriptionRow> = {}): TurnScene {
  const of = about.plan ?? plan
  const row = subscriptionOf(of, subscription)
  const interval = { start: row.periodStart as Date, end: row.periodEnd as Date }
  return {
    plan: of,
    scheduled: null,
    runsScheduled: false,
    timeZone: 'UTC',
    usage: [{ quotaId: 'quo_1', interval, used: '700', invoiced: '0', late: false }],
    prices: new Map([['quo_1', calls]]),
    subscription: row,
    ...about,
  }
}
const trial = {
  periodNumber: null,
  anchorAt: at('2026-02-14T10:00:00Z'),
  periodStart: at('2026-01-31T10:00:00Z'),
  periodEnd: at('2026-02-14T10:00:00Z'),
  trialEndsAt: at('2026-02-14T10:00:00Z'),
  standing: 'NOT_REQUIRED' as const,
}
const told = (given: TurnScene) =>
  decided(given).invoices.map(({ reason, draft, plan: { id } }) => [
    reason,
    id,
    draft.total.currency,
    draft.total.minor,
  ])

describe('At the end of a period', () => {
  it('usage and the next base price are invoiced', () => {
    const decision = decided(scene())
    expect(decision).toMatchObject({ turn: 'renew', planId: plan.id, reason: null, course: { periodNumber: 1 } })
    expect(told(scene())).toEqual([['SUBSCRIPTION_CYCLE', plan.id, 'USD', 3_200n]])
    expect(decision.invoices[0]?.draft.period).toEqual({
      start: at('2026-02-28T10:00:00Z'),
      end: at('2026-03-31T10:00:00Z'),
    })
  })

  it.each(['GOOD', 'GRACE', 'PAST_DUE'] as const)('also while the standing is %s', (standing) => {
    expect(told(scene({}, { standing }))).toHaveLength(1)
  })

  it('of a suspended subscription, too', () => {
    expect(decided(scene({}, { state: 'SUSPENDED' })).turn).toBe('renew')
    expect(told(scene({}, { state: 'SUSPENDED' }))).toHaveLength(1)
  })

  it('that nobody has paid for nothing more is invoiced, but the first invoice is made up for', () => {
    const first = scene({}, { standing: 'AWAITING_FIRST_PAYMENT' })
    expect(told(first)).toEqual([['SUBSCRIPTION_START', plan.id, 'USD', 2_500n]])
    expect(decided(first).invoices[0]?.draft.period.start).toEqual(at('2026-01-31T10:00:00Z'))
    expect(decided(first).course?.periodNumber).toBe(1)
    expect(told(scene({}, { standing: 'AWAITING_FIRST_PAYMENT', periodNumber: 1 }))).toEqual([])
  })

  it('of a plan that costs nothing but usage there is one all the same, and a zero one without usage', () => {
    const metered = planOf({ baseMinor: 0n })
    expect(told(scene({ plan: metered }))).toEqual([['SUBSCRIPTION_CYCLE', plan.id, 'USD', 700n]])
    expect(told(scene({ plan: metered, usage: [] }))).toEqual([['SUBSCRIPTION_CYCLE', plan.id, 'USD', 0n]])
  })
})

describe('At the end of a trial', () => {
  it('the subscription begins: set-up fee and first base price, and no usage', () => {
    const fee = planOf({ setupFeeMinor: 900n })
    const given = scene({ plan: fee }, trial)
    expect(told(given)).toEqual([['SUBSCRIPTION_START', plan.id, 'USD', 3_400n]])
    expect(decided(given).course).toMatchObject({ periodNumber: 0, periodStart: trial.periodEnd })
  })

  it('a cancelled one ends without any invoice', () => {
    const given = scene({}, { ...trial, cancelAtPeriodEnd: true, endsAt: trial.periodEnd })
    expect(decided(given)).toMatchObject({ turn: 'cancel', course: null, invoices: [] })
  })

  it('another plan begins where one was chosen', () => {
    const given = scene({ scheduled: platinum }, { ...trial, scheduledPlanId: platinum.id })
    expect(told(given)).toEqual([['SUBSCRIPTION_START', platinum.id, 'USD', 9_000n]])
    expect(decided({ ...given, scheduled: freePlan() }).invoices).toEqual([])
  })
})

describe('At the end', () => {
  const ends = { cancelAtPeriodEnd: true, endsAt: at('2026-02-28T10:00:00Z') }

  it('the rest of the usage is invoiced, and no base price', () => {
    for (const about of [ends, { endsAt: ends.endsAt }]) {
      expect(told(scene({}, about))).toEqual([['SUBSCRIPTION_END', plan.id, 'USD', 700n]])
    }
    expect(decided(scene({}, ends)).turn).toBe('cancel')
    expect(decided(scene({}, { endsAt: ends.endsAt })).turn).toBe('expire')
  })

  it('there is no invoice where nothing was used', () => {
    expect(told(scene({ usage: [] }, ends))).toEqual([])
  })

  it('debt does not keep usage from being invoiced, but a first payment that never came does', () => {
    expect(told(scene({}, { ...ends, standing: 'PAST_DUE' }))).toHaveLength(1)
    expect(told(scene({}, { ...ends, standing: 'AWAITING_FIRST_PAYMENT' }))).toEqual([])
  })
})

describe('Where the plan changes with the period', () => {
  const to = (scheduled: PlanRow, about: Partial<TurnScene> = {}, row: Partial<ProductSubscriptionRow> = {}) =>
    scene({ scheduled, ...about }, { scheduledPlanId: scheduled.id, ...row })

  it('one invoice has the usage of the old plan and the base price of the new', () => {
    expect(told(to(platinum))).toEqual([['PLAN_CHANGE', platinum.id, 'USD', 9_700n]])
    expect(decided(to(platinum))).toMatchObject({
      turn: 'change plan',
      planId: platinum.id,
      course: { periodNumber: 1 },
    })
  })

  it('never charges the set-up fee again', () => {
    expect(told(to({ ...platinum, setupFeeMinor: 5_000n }))).toEqual([['PLAN_CHANGE', platinum.id, 'USD', 9_700n]])
  })

  it('another currency has an invoice of its own', () => {
    const euro = planOf({ id: 'plan_euro', currency: 'EUR', baseMinor: 2_000n })
    expect(told(to(euro))).toEqual([
      ['SUBSCRIPTION_END', plan.id, 'USD', 700n],
      ['PLAN_CHANGE', euro.id, 'EUR', 2_000n],
    ])
  })

  it('a plan without a price is invoiced only what was used', () => {
    expect(told(to(freePlan()))).toEqual([['SUBSCRIPTION_END', plan.id, 'USD', 700n]])
    expect(decided(to(freePlan())).course?.periodEnd).toBeNull()
  })

  it('to one that was archived meanwhile, nothing changes', () => {
    expect(decided(to({ ...platinum, state: 'ARCHIVED' }))).toMatchObject({ turn: 'renew', planId: plan.id })
  })

  it('to one that the organization has subscribed to meanwhile, it ends', () => {
    expect(decided(to(platinum, { runsScheduled: true }))).toMatchObject({
      turn: 'cancel',
      planId: plan.id,
      course: null,
    })
    expect(decided(to(platinum, { runsScheduled: true })).reason).toContain('another subscription')
  })

  it('what nobody has paid for ends', () => {
    expect(decided(to(platinum, {}, { standing: 'AWAITING_FIRST_PAYMENT' }))).toMatchObject({
      turn: 'cancel',
      invoices: [],
    })
  })
})

it('Usage is charged only of periods that are paid for', () => {
  expect(chargesUsage(subscriptionOf(plan))).toBe(true)
  expect(chargesUsage(subscriptionOf(plan, trial))).toBe(false)
  expect(chargesUsage(subscriptionOf(freePlan()))).toBe(false)
  expect(chargesUsage(subscriptionOf(plan, { standing: 'AWAITING_FIRST_PAYMENT' }))).toBe(false)
})

it('Periods that were missed are caught up one by one, each once, to where living through them would have led', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('DAY' as const, 'WEEK' as const, 'MONTH' as const, 'YEAR' as const),
      fc.constantFrom('ANNIVERSARY' as const, 'CALENDAR' as const),
      fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York'),
      fc.date({ min: at('2024-01-01T00:00:00Z'), max: at('2026-12-31T00:00:00Z'), noInvalidDate: true }),
      fc.integer({ min: 1, max: 40 }),
      fc.option(fc.integer({ min: 1, max: 30 })),
      (interval, anchor, timeZone, anchorAt, missed, termPeriods) => {
        const of = planOf({ interval, anchor, termPeriods })
        const schedule = scheduleOf(of, timeZone, anchorAt)
        if (!schedule) throw new Error('The plan has no periods.')
        const termEndsAt = termPeriods === null ? null : periodNumber(termPeriods - 1, schedule).end
        let row = subscriptionOf(of, { anchorAt, timeZone, termEndsAt, endsAt: termEndsAt })
        const until = periodNumber(missed, schedule).start
        const begun: number[] = []
        while (row.state === 'ACTIVE' && (row.periodEnd as Date) <= until) {
          const { turn, course, invoices } = decided(scene({ plan: of, timeZone, subscription: row, usage: [] }))
          begun.push(...invoices.map(({ draft }) => draft.period.start.getTime()))
          row = course
            ? { ...row, ...course, endsAt: course.termEndsAt }
            : { ...row, state: turn === 'expire' ? 'EXPIRED' : 'CANCELED' }
        }
        const renewals = Math.min(missed, (termPeriods ?? Number.POSITIVE_INFINITY) - 1)
        expect(begun).toEqual(
          Array.from({ length: renewals }, (_, index) => periodNumber(index + 1, schedule).start.getTime()),
        )
        expect(row.state).toBe(termPeriods !== null && termPeriods <= missed ? 'EXPIRED' : 'ACTIVE')
        expect(row.periodNumber).toBe(renewals)
      },
    ),
    { numRuns: 200 },
  )
})

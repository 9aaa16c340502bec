import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { billingAnchors, billingIntervals, periodNumber } from '../../src/kernel/period.js'
import {
  type Course,
  changedAtPeriodEnd,
  changedNow,
  haveSameRhythm,
  renewed,
  type TurnFacts,
  turnOf,
} from '../../src/subscriptions/period-turn.rules.js'
import { scheduleOf } from '../../src/subscriptions/product-subscription.rules.js'
import { freePlan, planOf } from './given.js'

const at = (text: string) => new Date(text)
const periodEnd = at('2026-02-28T10:00:00Z')

describe('Where several things fall on one instant', () => {
  const nothing: TurnFacts = {
    periodEnd,
    endsAt: null,
    cancelAtPeriodEnd: false,
    scheduledPlanId: null,
    standing: 'GOOD',
  }
  const cancel = { cancelAtPeriodEnd: true, endsAt: periodEnd }
  const expire = { endsAt: periodEnd }
  const change = { scheduledPlanId: 'plan_2' }

  it('cancelling comes before expiring before changing the plan before renewing', () => {
    expect(turnOf(nothing)).toBe('renew')
    expect(turnOf({ ...nothing, ...change })).toBe('change plan')
    expect(turnOf({ ...nothing, ...change, ...expire })).toBe('expire')
    expect(turnOf({ ...nothing, ...change, ...expire, ...cancel })).toBe('cancel')
  })

  it('a term that is not over yet ends nothing', () => {
    expect(turnOf({ ...nothing, endsAt: new Date(periodEnd.getTime() + 1) })).toBe('renew')
  })

  it('a term that ended while nobody looked ends it all the same', () => {
    expect(turnOf({ ...nothing, endsAt: new Date(periodEnd.getTime() - 1) })).toBe('expire')
  })

  it('what nobody has paid for does not become another plan by waiting: it ends', () => {
    expect(turnOf({ ...nothing, ...change, standing: 'AWAITING_FIRST_PAYMENT' })).toBe('cancel')
    expect(turnOf({ ...nothing, standing: 'AWAITING_FIRST_PAYMENT' })).toBe('renew')
  })
})

/** In the n-th period of a plan. */
function courseIn(plan: ReturnType<typeof planOf>, anchorAt: Date, number: number, timeZone = 'UTC'): Course {
  const schedule = scheduleOf(plan, timeZone, anchorAt)
  if (!schedule) throw new Error('The plan has no periods.')
  const { start, end } = periodNumber(number, schedule)
  return { timeZone, anchorAt, periodNumber: number, periodStart: start, periodEnd: end, termEndsAt: null }
}

describe('The next period', () => {
  it('is counted from the anchor: 31 January, 28 February, 31 March', () => {
    let course = courseIn(planOf(), at('2026-01-31T10:00:00Z'), 0)
    const ends: string[] = []
    for (let count = 0; count < 4; count += 1) {
      ends.push((course.periodEnd as Date).toISOString().slice(0, 10))
      course = renewed(course, planOf(), 'UTC')
    }
    expect(ends).toEqual(['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'])
  })

  it('after a trial is the first, from where the trial ended', () => {
    const trialEnd = at('2026-02-14T10:00:00Z')
    const trial = { timeZone: 'UTC', anchorAt: trialEnd, periodNumber: null, termEndsAt: null }
    const course = renewed(
      { ...trial, periodStart: at('2026-01-31T10:00:00Z'), periodEnd: trialEnd },
      planOf({ termPeriods: 2 }),
      'UTC',
    )
    expect(course).toMatchObject({ periodNumber: 0, periodStart: trialEnd, periodEnd: at('2026-03-14T10:00:00Z') })
    expect(course.termEndsAt).toEqual(at('2026-04-14T10:00:00Z'))
  })

  it('begins where the last one ended, whatever the plan, for a hundred periods', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...billingIntervals),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(...billingAnchors),
        fc.constantFrom('UTC', 'Europe/Paris', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia'),
        fc.date({ min: at('2024-01-01T00:00:00Z'), max: at('2027-12-31T23:59:59Z'), noInvalidDate: true }),
        (interval, intervalCount, anchor, timeZone, anchorAt) => {
          const plan = planOf({ interval, intervalCount, anchor })
          let course = courseIn(plan, anchorAt, 0, timeZone)
          for (let number = 1; number <= 100; number += 1) {
            const next = renewed(course, plan, timeZone)
            expect(next.periodStart).toEqual(course.periodEnd)
            expect(next).toMatchObject(courseIn(plan, anchorAt, number, timeZone))
            course = next
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  describe('in a marketplace that has moved to another zone', () => {
    it('ends at midnight there, and begins where the last one ended', () => {
      const calendar = planOf({ anchor: 'CALENDAR' })
      const january = courseIn(calendar, at('2026-01-10T10:00:00Z'), 0, 'Europe/Paris')
      expect(january.periodEnd).toEqual(at('2026-01-31T23:00:00Z'))
      const february = renewed(january, calendar, 'America/New_York')
      expect(february.periodStart).toEqual(at('2026-01-31T23:00:00Z'))
      expect(february.periodEnd).toEqual(at('2026-03-01T05:00:00Z'))
      expect(february.timeZone).toBe('America/New_York')
    })

    it('is none the shorter where the anchor lies in another month there', () => {
      const calendar = planOf({ anchor: 'CALENDAR', termPeriods: 3 })
      // 1 February in Paris, 31 January in London.
      const anchorAt = at('2026-01-31T23:30:00Z')
      const february = courseIn(calendar, anchorAt, 0, 'Europe/Paris')
      const termEndsAt = at('2026-04-30T22:00:00Z')
      const march = renewed({ ...february, termEndsAt }, calendar, 'Europe/London')
      expect(march.periodEnd).toEqual(at('2026-03-31T23:00:00Z'))
      expect(march.termEndsAt).toEqual(at('2026-04-30T23:00:00Z'))
      const april = renewed(march, calendar, 'Europe/London')
      expect(april.periodEnd).toEqual(march.termEndsAt)
    })

    it('leaves no gap, and no period is half or twice as long as its like, whichever zones', () => {
      const zones = ['UTC', 'Pacific/Kiritimati', 'Pacific/Niue', 'Asia/Kathmandu', 'America/St_Johns', 'Europe/Berlin']
      fc.assert(
        fc.property(
          fc.constantFrom(...billingIntervals.filter((interval) => interval !== 'DAY')),
          fc.constantFrom(...billingAnchors),
          fc.array(fc.constantFrom(...zones), { minLength: 2, maxLength: 12 }),
          fc.date({ min: at('2024-01-01T00:00:00Z'), max: at('2027-12-31T23:59:59Z'), noInvalidDate: true }),
          (interval, anchor, way, anchorAt) => {
            const plan = planOf({ interval, anchor })
            // The first calendar period is cut short by itself.
            let course = courseIn(plan, anchorAt, 1, way[0])
            for (const zone of way) {
              const usual = renewed(course, plan, course.timeZone)
              const next = renewed(course, plan, zone)
              expect(next.periodStart).toEqual(course.periodEnd)
              const off = Math.abs((next.periodEnd as Date).getTime() - (usual.periodEnd as Date).getTime())
              // A day lies between the zones; where it is that between two months, a short one moves the rest by three more.
              expect(off).toBeLessThanOrEqual((3 * 24 + 27) * 3_600_000)
              course = next
            }
          },
        ),
        { numRuns: 200 },
      )
    })
  })
})

describe('A change of plan at the end of the period', () => {
  const anchorAt = at('2026-01-31T10:00:00Z')
  const from = planOf()

  it('to a plan of the same rhythm goes on from the same anchor', () => {
    const to = planOf({ id: 'plan_2', baseMinor: 5_000n })
    const course = changedAtPeriodEnd(courseIn(from, anchorAt, 0), { from, to }, 'UTC')
    expect(course).toEqual(courseIn(to, anchorAt, 1))
    expect(course.periodEnd).toEqual(at('2026-03-31T10:00:00Z'))
  })

  it('to a plan of another rhythm begins a first period', () => {
    const to = planOf({ id: 'plan_2', interval: 'YEAR' })
    const course = changedAtPeriodEnd(courseIn(from, anchorAt, 0), { from, to }, 'UTC')
    expect(course).toMatchObject({ anchorAt: at('2026-02-28T10:00:00Z'), periodNumber: 0 })
    expect(course.periodEnd).toEqual(at('2027-02-28T10:00:00Z'))
  })

  it('to a plan without a price leaves no periods', () => {
    const course = changedAtPeriodEnd(courseIn(from, anchorAt, 0), { from, to: freePlan() }, 'UTC')
    expect(course).toMatchObject({
      anchorAt: null,
      periodNumber: null,
      periodStart: null,
      periodEnd: null,
      termEndsAt: null,
    })
  })

  it('counts a term from the change on', () => {
    const to = planOf({ id: 'plan_2', termPeriods: 3 })
    const course = changedAtPeriodEnd(courseIn(from, anchorAt, 4), { from, to }, 'UTC')
    expect(course.termEndsAt).toEqual(periodNumber(7, { ...scheduleIn(to), anchorAt }).end)
  })

  it('drops the term of the old plan', () => {
    const course = { ...courseIn(from, anchorAt, 0), termEndsAt: at('2026-04-30T10:00:00Z') }
    expect(changedAtPeriodEnd(course, { from, to: planOf({ id: 'plan_2' }) }, 'UTC').termEndsAt).toBeNull()
  })

  it('at the end of a trial begins the new plan', () => {
    const trialEnd = at('2026-02-14T10:00:00Z')
    const trial = {
      timeZone: 'UTC',
      anchorAt: trialEnd,
      periodNumber: null,
      periodStart: anchorAt,
      periodEnd: trialEnd,
      termEndsAt: null,
    }
    expect(changedAtPeriodEnd(trial, { from, to: planOf({ id: 'plan_2' }) }, 'UTC')).toMatchObject({
      anchorAt: trialEnd,
      periodNumber: 0,
      periodStart: trialEnd,
    })
  })
})

describe('A change of plan at once', () => {
  const anchorAt = at('2026-01-31T10:00:00Z')
  const now = at('2026-02-10T12:00:00Z')
  const from = planOf()

  it('stays in the period where the rhythm stays', () => {
    const to = planOf({ id: 'plan_2', termPeriods: 2 })
    const course = courseIn(from, anchorAt, 0)
    expect(changedNow(course, { from, to }, 'UTC', now)).toEqual({ ...course, termEndsAt: at('2026-03-31T10:00:00Z') })
  })

  it('begins a period of its own where it does not', () => {
    const to = planOf({ id: 'plan_2', interval: 'WEEK' })
    expect(changedNow(courseIn(from, anchorAt, 0), { from, to }, 'Europe/Paris', now)).toMatchObject({
      timeZone: 'Europe/Paris',
      anchorAt: now,
      periodNumber: 0,
      periodStart: now,
      periodEnd: at('2026-02-17T12:00:00Z'),
    })
  })

  it('lets a trial go on', () => {
    const trialEnd = at('2026-02-14T10:00:00Z')
    const trial = {
      timeZone: 'UTC',
      anchorAt: trialEnd,
      periodNumber: null,
      periodStart: anchorAt,
      periodEnd: trialEnd,
      termEndsAt: null,
    }
    expect(changedNow(trial, { from, to: planOf({ id: 'plan_2', interval: 'YEAR' }) }, 'UTC', now)).toEqual(trial)
  })

  it('to a plan without a price leaves no periods', () => {
    expect(changedNow(courseIn(from, anchorAt, 0), { from, to: freePlan() }, 'UTC', now).periodEnd).toBeNull()
  })
})

it('Two plans have one rhythm only if all of it is the same', () => {
  const month = planOf()
  expect(haveSameRhythm(month, planOf({ baseMinor: 9n, currency: 'EUR' }))).toBe(true)
  for (const about of [{ interval: 'YEAR' }, { intervalCount: 3 }, { anchor: 'CALENDAR' }] as const) {
    expect(haveSameRhythm(month, planOf(about))).toBe(false)
  }
  expect(haveSameRhythm(month, freePlan())).toBe(false)
})

function scheduleIn(plan: ReturnType<typeof planOf>) {
  const schedule = scheduleOf(plan, 'UTC', at('2026-01-31T10:00:00Z'))
  if (!schedule) throw new Error('The plan has no periods.')
  return schedule
}

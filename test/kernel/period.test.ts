import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { InvariantViolated } from '../../src/kernel/invariant.js'
import {
  type BillingAnchor,
  type BillingInterval,
  billingAnchors,
  billingIntervals,
  fullPeriod,
  isTimeZone,
  type PeriodSchedule,
  periodContaining,
  periodNumber,
  shareLeft,
} from '../../src/kernel/period.js'

const zones = ['UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Santiago']

function schedule(
  anchorAt: string,
  interval: BillingInterval,
  {
    intervalCount = 1,
    anchor = 'ANNIVERSARY',
    timeZone = 'UTC',
  }: { intervalCount?: number; anchor?: BillingAnchor; timeZone?: string } = {},
): PeriodSchedule {
  return { anchorAt: new Date(anchorAt), interval, intervalCount, anchor, timeZone }
}

const starts = (plan: PeriodSchedule, count: number) =>
  Array.from({ length: count }, (_, n) => periodNumber(n, plan).start.toISOString().replace(':00.000Z', 'Z'))

const calendar = { anchor: 'CALENDAR' as const }
const hour = 3_600_000
const hoursOf = ({ start, end }: { start: Date; end: Date }) => (end.getTime() - start.getTime()) / hour

describe('periods from an anniversary', () => {
  it('fall on the last day of months that are too short, and come back to the day after', () => {
    expect(starts(schedule('2026-01-31T12:00:00Z', 'MONTH'), 5)).toEqual([
      '2026-01-31T12:00Z',
      '2026-02-28T12:00Z',
      '2026-03-31T12:00Z',
      '2026-04-30T12:00Z',
      '2026-05-31T12:00Z',
    ])
    expect(starts(schedule('2028-01-30T12:00:00Z', 'MONTH'), 3)).toEqual([
      '2028-01-30T12:00Z',
      '2028-02-29T12:00Z',
      '2028-03-30T12:00Z',
    ])
  })

  it('from 29 February fall on the 28th, and on the 29th again in leap years', () => {
    expect(starts(schedule('2024-02-29T00:00:00Z', 'YEAR'), 5)).toEqual([
      '2024-02-29T00:00Z',
      '2025-02-28T00:00Z',
      '2026-02-28T00:00Z',
      '2027-02-28T00:00Z',
      '2028-02-29T00:00Z',
    ])
  })

  it('may have several intervals', () => {
    expect(starts(schedule('2026-11-30T00:00:00Z', 'MONTH', { intervalCount: 3 }), 3)).toEqual([
      '2026-11-30T00:00Z',
      '2027-02-28T00:00Z',
      '2027-05-30T00:00Z',
    ])
  })

  it('go by the local day, not by that of UTC', () => {
    // In Paris it is 1 February already.
    expect(starts(schedule('2026-01-31T23:30:00Z', 'MONTH', { timeZone: 'Europe/Paris' }), 3)).toEqual([
      '2026-01-31T23:30Z',
      '2026-02-28T23:30Z',
      '2026-03-31T22:30Z',
    ])
  })

  it('keep the local hour, so that a day may have 23 or 25', () => {
    const spring = schedule('2026-03-28T11:00:00Z', 'DAY', { timeZone: 'Europe/Paris' })
    const autumn = schedule('2026-10-24T10:00:00Z', 'DAY', { timeZone: 'Europe/Paris' })
    expect([0, 1].map((n) => hoursOf(periodNumber(n, spring)))).toEqual([23, 24])
    expect([0, 1].map((n) => hoursOf(periodNumber(n, autumn)))).toEqual([25, 24])
  })

  it('begin an hour later where the hour is missing, and at the first of two', () => {
    const spring = schedule('2026-03-28T01:30:00Z', 'DAY', { timeZone: 'Europe/Paris' })
    expect(starts(spring, 3)).toEqual(['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z'])
    const autumn = schedule('2026-10-24T00:30:00Z', 'DAY', { timeZone: 'Europe/Paris' })
    expect(starts(autumn, 3)).toEqual(['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'])
  })

  it('begin at the very millisecond', () => {
    const plan = schedule('2026-01-31T23:59:59.999Z', 'MONTH')
    expect(periodNumber(0, plan).start).toEqual(plan.anchorAt)
    expect(periodNumber(1, plan).start.toISOString()).toBe('2026-02-28T23:59:59.999Z')
  })
})

describe('calendar periods', () => {
  it.each<[BillingInterval, number, string[]]>([
    ['DAY', 1, ['2026-01-14T10:00Z', '2026-01-15T00:00Z', '2026-01-16T00:00Z']],
    ['WEEK', 1, ['2026-01-14T10:00Z', '2026-01-19T00:00Z', '2026-01-26T00:00Z']],
    ['WEEK', 2, ['2026-01-14T10:00Z', '2026-01-19T00:00Z', '2026-02-02T00:00Z']],
    ['MONTH', 1, ['2026-01-14T10:00Z', '2026-02-01T00:00Z', '2026-03-01T00:00Z']],
    ['MONTH', 3, ['2026-01-14T10:00Z', '2026-02-01T00:00Z', '2026-05-01T00:00Z']],
    ['YEAR', 1, ['2026-01-14T10:00Z', '2027-01-01T00:00Z', '2028-01-01T00:00Z']],
  ])('of %s × %i', (interval, intervalCount, expected) => {
    expect(starts(schedule('2026-01-14T10:00:00Z', interval, { ...calendar, intervalCount }), 3)).toEqual(expected)
  })

  it('are those of the zone', () => {
    const plan = schedule('2026-02-15T00:00:00Z', 'MONTH', { ...calendar, timeZone: 'America/New_York' })
    expect(starts(plan, 4)).toEqual([
      '2026-02-15T00:00Z',
      '2026-03-01T05:00Z',
      '2026-04-01T04:00Z',
      '2026-05-01T04:00Z',
    ])
  })

  it('of weeks begin on Mondays, also from a Sunday and from a Monday', () => {
    expect(starts(schedule('2026-01-18T23:59:59Z', 'WEEK', calendar), 2)[1]).toBe('2026-01-19T00:00Z')
    expect(starts(schedule('2026-01-19T00:00:00Z', 'WEEK', calendar), 2)[1]).toBe('2026-01-26T00:00Z')
  })

  it('begin at the first instant of a day that has no midnight', () => {
    // In Chile summer time begins at midnight: 6 September 2026 begins at 01:00.
    const plan = schedule('2026-09-05T12:00:00Z', 'DAY', { ...calendar, timeZone: 'America/Santiago' })
    expect(starts(plan, 3)).toEqual(['2026-09-05T12:00Z', '2026-09-06T04:00Z', '2026-09-07T03:00Z'])
    expect(hoursOf(periodNumber(1, plan))).toBe(23)
  })

  it('that begin with the unit are whole from the first one on', () => {
    const plan = schedule('2026-02-01T00:00:00Z', 'MONTH', calendar)
    expect(fullPeriod(0, plan)).toEqual(periodNumber(0, plan))
  })
})

describe('the share of a period that is left', () => {
  it('of a calendar month is by the millisecond', () => {
    const plan = schedule('2026-02-15T00:00:00Z', 'MONTH', calendar)
    expect(shareLeft(fullPeriod(0, plan), plan.anchorAt)).toEqual({
      part: 14n * 86_400_000n,
      whole: 28n * 86_400_000n,
    })
  })

  it('counts the hours that a month really has', () => {
    const plan = schedule('2026-03-15T00:00:00Z', 'MONTH', { ...calendar, timeZone: 'Europe/Paris' })
    expect(shareLeft(fullPeriod(0, plan), plan.anchorAt).whole).toBe(BigInt((31 * 24 - 1) * hour))
  })

  it('of several units is one of all of them, so that a month of a quarter costs a part of a third', () => {
    const plan = schedule('2026-06-16T00:00:00Z', 'MONTH', { ...calendar, intervalCount: 3 })
    expect(fullPeriod(0, plan).start.toISOString()).toBe('2026-04-01T00:00:00.000Z')
    const { part, whole } = shareLeft(fullPeriod(0, plan), plan.anchorAt)
    expect([part, whole].map((share) => share / 86_400_000n)).toEqual([15n, 91n])
  })

  it('is all before it and nothing after it', () => {
    const period = { start: new Date(1_000), end: new Date(3_000) }
    expect(shareLeft(period, new Date(0))).toEqual({ part: 2_000n, whole: 2_000n })
    expect(shareLeft(period, new Date(1_000))).toEqual({ part: 2_000n, whole: 2_000n })
    expect(shareLeft(period, new Date(2_500))).toEqual({ part: 500n, whole: 2_000n })
    expect(shareLeft(period, new Date(3_000))).toEqual({ part: 0n, whole: 2_000n })
    expect(shareLeft(period, new Date(9_000))).toEqual({ part: 0n, whole: 2_000n })
  })
})

describe('any schedule', () => {
  const anySchedule: fc.Arbitrary<PeriodSchedule> = fc.record({
    anchorAt: fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
    interval: fc.constantFrom(...billingIntervals),
    intervalCount: fc.integer({ min: 1, max: 14 }),
    anchor: fc.constantFrom(...billingAnchors),
    timeZone: fc.constantFrom(...zones),
  })
  const anyNumber = fc.integer({ min: 0, max: 400 })

  it('has periods one after the other, without gap or overlap', () => {
    fc.assert(
      fc.property(anySchedule, anyNumber, (plan, n) => {
        const period = periodNumber(n, plan)
        expect(period.start < period.end).toBe(true)
        expect(periodNumber(n + 1, plan).start).toEqual(period.end)
        expect(periodNumber(0, plan).start).toEqual(plan.anchorAt)
      }),
      { numRuns: 300 },
    )
  })

  it('finds the period of each instant: its start is in it, its end is in the next', () => {
    fc.assert(
      fc.property(anySchedule, anyNumber, fc.double({ min: 0, max: 1, noNaN: true }), (plan, n, share) => {
        const period = periodNumber(n, plan)
        const length = period.end.getTime() - period.start.getTime()
        const within = new Date(period.start.getTime() + Math.floor(share * (length - 1)))
        const last = new Date(period.end.getTime() - 1)
        for (const instant of [period.start, within, last]) {
          expect(periodContaining(instant, plan)).toEqual({ number: n, period })
        }
        expect(periodContaining(period.end, plan).number).toBe(n + 1)
      }),
      { numRuns: 300 },
    )
  })

  it('charges the first period at most in full', () => {
    fc.assert(
      fc.property(anySchedule, (plan) => {
        const { part, whole } = shareLeft(fullPeriod(0, plan), plan.anchorAt)
        expect(part > 0n && part <= whole).toBe(true)
        if (plan.anchor === 'ANNIVERSARY') expect(part).toBe(whole)
      }),
      { numRuns: 200 },
    )
  })

  it('has no period before the first, and no fraction of one', () => {
    const plan = schedule('2026-01-01T00:00:00Z', 'DAY')
    expect(() => periodNumber(-1, plan)).toThrow(InvariantViolated)
    expect(() => periodNumber(0.5, plan)).toThrow(InvariantViolated)
    expect(() => periodNumber(0, { ...plan, intervalCount: 0 })).toThrow(InvariantViolated)
    expect(() => periodContaining(new Date(plan.anchorAt.getTime() - 1), plan)).toThrow(InvariantViolated)
  })

  it('reaches far without counting its way', () => {
    const plan = schedule('2026-01-31T00:00:00Z', 'DAY')
    const instant = new Date('9026-01-31T00:00:00Z')
    const days = (instant.getTime() - plan.anchorAt.getTime()) / (24 * hour)
    expect(periodContaining(instant, plan).number).toBe(days)
  })
})

describe('time zones', () => {
  it.each(['UTC', 'Europe/Paris', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'EST5EDT'])(
    '%s is one',
    (text) => expect(isTimeZone(text)).toBe(true),
  )
  it.each(['', '+01:00', '-0500', 'Z', 'Europe/Atlantis', 'Europe/Paris ', 'Europe\0Paris', 'A'.repeat(1_000_000)])(
    'this is none: %#',
    (text) => expect(isTimeZone(text)).toBe(false),
  )
})

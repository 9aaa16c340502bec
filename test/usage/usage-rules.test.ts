import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decimal } from '../../src/kernel/decimal.js'
import { billingAnchors, billingIntervals, periodContaining, periodNumber } from '../../src/kernel/period.js'
import {
  type Counting,
  clockSkewInMs,
  countedAt,
  countingPeriod,
  isBeforeStart,
  isChargeable,
  longestDelayInMs,
  newThresholds,
  type ReportedUsage,
  recordProblem,
  remainingUnits,
  thresholds,
} from '../../src/usage/usage.rules.js'

const now = new Date('2026-11-24T10:00:00Z')
const day = 86_400_000
const later = (instant: Date, ms: number) => new Date(instant.getTime() + ms)

function record(about: Partial<ReportedUsage> = {}): ReportedUsage {
  return { id: '1', productSubscriptionId: 'psub_1', resourceId: 'res_1', occurredAt: now, ...about }
}

describe('a record', () => {
  it.each<[string, Partial<ReportedUsage>]>([
    ['a credential and a path', { productSubscriptionId: null, resourceId: null, credential: 'mk_1', path: '/a' }],
    ['both of both', { credential: 'mk_1', path: '/a' }],
    ['an id of 255 characters', { id: '😀'.repeat(255) }],
    ['a fraction', { quantity: '0.000000000000000001' }],
    ['more than a double can count', { quantity: '9007199254740993' }],
    ['18 digits', { quantity: '999999999999999999' }],
  ])('with %s is taken', (_, about) => {
    expect(recordProblem(record(about), now)).toBeNull()
  })

  it.each<[string, Partial<ReportedUsage>]>([
    ['no id', { id: '' }],
    ['an id of 256 characters', { id: 'x'.repeat(256) }],
    ['a NUL in its id', { id: 'a\0' }],
    ['half a surrogate pair', { credential: '\ud800' }],
    ['a NUL in its path', { path: '/a\0' }],
    ['a NUL in its subscription', { productSubscriptionId: 'psub\0' }],
    ['a NUL in its resource', { resourceId: 'res\0' }],
    ['nobody', { productSubscriptionId: null }],
    ['an empty credential alone', { productSubscriptionId: null, credential: '' }],
    ['nothing that was called', { resourceId: null }],
    ['no units', { quantity: '0' }],
    ['no units, at length', { quantity: '0.000' }],
    ['less than none', { quantity: '-1' }],
    ['19 digits', { quantity: '1000000000000000000' }],
    ['19 decimals', { quantity: '0.0000000000000000001' }],
    ['an exponent', { quantity: '1e3' }],
    ['no number', { quantity: 'NaN' }],
  ])('with %s is INVALID', (_, about) => {
    expect(recordProblem(record(about), now)?.code).toBe('INVALID')
  })

  it('may be ahead by five minutes, and come 35 days late', () => {
    const codeAt = (ms: number) => recordProblem(record({ occurredAt: later(now, ms) }), now)?.code
    expect([clockSkewInMs, longestDelayInMs]).toEqual([5 * 60_000, 35 * day])
    expect([0, clockSkewInMs, clockSkewInMs + 1].map(codeAt)).toEqual([undefined, undefined, 'IN_FUTURE'])
    expect([-longestDelayInMs, -longestDelayInMs - 1].map(codeAt)).toEqual([undefined, 'TOO_OLD'])
  })

  it('may be before the start by five minutes, and counts at the start', () => {
    expect(isBeforeStart(later(now, -clockSkewInMs), now)).toBe(false)
    expect(isBeforeStart(later(now, -clockSkewInMs - 1), now)).toBe(true)
    expect(countedAt(later(now, -1), now, later(now, day))).toEqual(now)
  })

  it('counts when it occurred, from the start to the report', () => {
    const [startedAt, reportedAt] = [now, later(now, day)]
    expect(countedAt(later(now, 5), startedAt, reportedAt)).toEqual(later(now, 5))
    expect(countedAt(later(reportedAt, 1), startedAt, reportedAt)).toEqual(reportedAt)
  })
})

describe('a counting interval', () => {
  const startedAt = new Date('2026-01-31T12:00:00Z')
  const monthly: Counting = {
    interval: 'MONTH',
    anchor: 'ANNIVERSARY',
    timeZone: 'UTC',
    startedAt,
    trialEndsAt: null,
    anchorAt: startedAt,
  }
  const text = (at: string, counting: Counting) => {
    const { start, end } = countingPeriod(new Date(at), counting)
    return [start, end].map((instant) => instant.toISOString().replace(':00.000Z', 'Z'))
  }

  it('is counted from the original anchor, and not from the interval before', () => {
    expect(text('2026-02-28T11:59:59.999Z', monthly)).toEqual(['2026-01-31T12:00Z', '2026-02-28T12:00Z'])
    expect(text('2026-02-28T12:00:00Z', monthly)).toEqual(['2026-02-28T12:00Z', '2026-03-31T12:00Z'])
  })

  it('may be shorter or longer than what is billed', () => {
    const at = '2026-03-01T00:00:00Z'
    expect(text(at, { ...monthly, interval: 'DAY' })).toEqual(['2026-02-28T12:00Z', '2026-03-01T12:00Z'])
    expect(text(at, { ...monthly, interval: 'WEEK' })).toEqual(['2026-02-28T12:00Z', '2026-03-07T12:00Z'])
    expect(text(at, { ...monthly, interval: 'YEAR' })).toEqual(['2026-01-31T12:00Z', '2027-01-31T12:00Z'])
  })

  it('of a CALENDAR plan is one of the calendar, in the zone of the subscription', () => {
    const paris: Counting = { ...monthly, anchor: 'CALENDAR', timeZone: 'Europe/Paris' }
    expect(text('2026-01-31T22:59:59.999Z', paris)).toEqual(['2026-01-31T12:00Z', '2026-01-31T23:00Z'])
    expect(text('2026-01-31T23:00:00Z', paris)).toEqual(['2026-01-31T23:00Z', '2026-02-28T23:00Z'])
    // The day on which summer time begins has 23 hours.
    expect(text('2026-03-29T10:00:00Z', { ...paris, interval: 'DAY' })).toEqual([
      '2026-03-28T23:00Z',
      '2026-03-29T22:00Z',
    ])
  })

  it('of a trial ends with it, so that what is paid for starts with a whole quota', () => {
    const anchorAt = new Date('2026-02-14T06:00:00Z')
    const trial = { ...monthly, trialEndsAt: anchorAt, anchorAt }
    expect(text('2026-02-14T05:59:59.999Z', trial)).toEqual(['2026-01-31T12:00Z', '2026-02-14T06:00Z'])
    expect(text('2026-02-14T06:00:00Z', trial)).toEqual(['2026-02-14T06:00Z', '2026-03-14T06:00Z'])
    const daily: Counting = { ...trial, interval: 'DAY' }
    expect(text('2026-02-14T05:00:00Z', daily)).toEqual(['2026-02-13T12:00Z', '2026-02-14T06:00Z'])
    expect(isChargeable(true, new Date('2026-02-14T05:59:59.999Z'), anchorAt)).toBe(false)
    expect(isChargeable(true, anchorAt, anchorAt)).toBe(true)
    expect(isChargeable(false, anchorAt, null)).toBe(false)
  })

  it('of a subscription whose preview was seen before it was made goes by what was shown', () => {
    const shown = { ...monthly, startedAt: later(startedAt, 60_000) }
    expect(countingPeriod(shown.startedAt, shown)).toEqual(countingPeriod(startedAt, monthly))
  })

  const between = (from: string, to: string) => fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true })
  const countings = fc
    .record({
      interval: fc.constantFrom(...billingIntervals),
      anchor: fc.constantFrom(...billingAnchors),
      timeZone: fc.constantFrom('UTC', 'Europe/Paris', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Santiago'),
      startedAt: between('2024-01-01', '2027-01-01'),
      trial: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }),
      // A change of plan may count from elsewhere than the end of the trial.
      changed: fc.option(fc.integer({ min: 1, max: 90 * day }), { nil: null }),
    })
    .map(({ trial, changed, ...counting }): Counting => {
      const trialEndsAt = trial === null ? null : later(counting.startedAt, trial * day)
      return { ...counting, trialEndsAt, anchorAt: later(trialEndsAt ?? counting.startedAt, changed ?? 0) }
    })

  it('holds each instant once: no gap, no overlap, no interval across a beginning', () => {
    fc.assert(
      fc.property(countings, fc.integer({ min: 0, max: 800 * day }), (counting, elapsed) => {
        const at = later(counting.startedAt, elapsed)
        const period = countingPeriod(at, counting)
        expect(period.start <= at && at < period.end).toBe(true)
        expect(countingPeriod(period.start, counting)).toEqual(period)
        expect(countingPeriod(later(period.end, -1), counting)).toEqual(period)
        expect(countingPeriod(period.end, counting).start).toEqual(period.end)
        for (const beginning of [counting.trialEndsAt, counting.anchorAt]) {
          if (beginning) expect(period.start < beginning && beginning < period.end).toBe(false)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('of the billing interval is the billing period', () => {
    fc.assert(
      fc.property(countings, fc.integer({ min: 0, max: 60 }), (counting, number) => {
        const schedule = { ...counting, intervalCount: 1 }
        const period = periodNumber(number, schedule)
        expect(countingPeriod(period.start, counting)).toEqual(period)
        expect(periodContaining(later(period.end, -1), schedule).period).toEqual(period)
      }),
    )
  })
})

describe('thresholds', () => {
  it.each<[number, string, number[]]>([
    [0, '0', []],
    [0, '49.999', []],
    [0, '50', [50]],
    [50, '79.999999999999999999', []],
    [50, '80', [80]],
    [80, '99', []],
    [80, '100', [100]],
    [0, '120', [50, 80, 100]],
    [50, '120', [80, 100]],
    [100, '1000', []],
  ])('after %i, with %s of 100 used, are %j', (told, used, expected) => {
    expect(newThresholds(told, used, 100n)).toEqual(expected)
  })

  it('of an unlimited quota are none', () => {
    expect(newThresholds(0, '1000000', null)).toEqual([])
  })

  it('are each told once and in order, however usage grows', () => {
    const growth = fc.array(fc.bigInt({ min: 1n, max: 400n }), { maxLength: 30 })
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2_000n }), growth, (limit, steps) => {
        let used = 0n
        const told: number[] = []
        for (const step of steps) {
          used += step
          told.push(...newThresholds(told.at(-1) ?? 0, String(used), limit))
        }
        expect(told).toEqual(thresholds.filter((threshold) => used * 100n >= limit * BigInt(threshold) && used > 0n))
      }),
    )
  })

  it('lose nothing at the edge of what can be counted', () => {
    const limit = 2n ** 63n - 1n
    expect(newThresholds(80, String(limit - 1n), limit)).toEqual([])
    expect(newThresholds(80, String(limit), limit)).toEqual([100])
  })
})

describe('what is left of a quota', () => {
  it.each<[bigint | null, string, string | null]>([
    [null, '5', null],
    [10n, '0', '10'],
    [10n, '9.75', '0.25'],
    [10n, '10', '0'],
    [10n, '11', '0'],
    [2n ** 63n - 1n, '0.5', '9223372036854775806.5'],
  ])('of %s after %s is %s', (limit, used, left) => {
    expect(remainingUnits(limit, used)).toBe(left)
  })

  it('is, with what was used, the limit or more than it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.bigInt({ min: 0n, max: 2n ** 70n }),
        (limit, used) => {
          const left = decimal(remainingUnits(limit, String(used)) as string)
          expect(left.plus(decimal(used)).toFixed()).toBe(String(used > limit ? used : limit))
        },
      ),
    )
  })
})

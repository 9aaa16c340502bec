import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import type { Schedule } from './calendar.js'
import { calendarFault, intervals, zones } from './calendar-check.js'

const samples = 100_000

/** Any local time of a day that exists, the hours in which clocks are moved more often than others. */
const anchorIn = (zone: string) =>
  fc
    .record({
      year: fc.integer({ min: 1990, max: 2090 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 31 }),
      hour: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 23 })),
      minute: fc.constantFrom(0, 0, 30, 59),
      millisecond: fc.constantFrom(0, 1, 999),
    })
    .map(({ day, ...rest }) => {
      const first = DateTime.fromObject({ ...rest, day: 1 }, { zone })
      return first.set({ day: Math.min(day, first.daysInMonth as number) }).toMillis()
    })

const schedule: fc.Arbitrary<Schedule> = fc.constantFrom(...zones).chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    anchorAt: anchorIn(zone),
    interval: fc.constantFrom(...intervals),
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 36 })),
    anchor: fc.constantFrom('ANNIVERSARY' as const, 'CALENDAR' as const),
  }),
)

test(`periods of ${samples} anchors in all time zones join, and are another library's too`, () => {
  const faults = new Set<string>()
  fc.assert(
    fc.property(schedule, fc.oneof(fc.nat(3), fc.nat(40)), (each, n) => {
      const fault = calendarFault(each, n)
      if (fault) faults.add(fault)
      return fault === null
    }),
    { numRuns: samples, endOnFailure: true },
  )
  expect([...faults]).toEqual([])
})

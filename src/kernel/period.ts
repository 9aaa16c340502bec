import { Temporal } from 'temporal-polyfill'
import { invariant } from './invariant.js'

/** From `start`, included, to `end`, excluded. */
export interface Period {
  start: Date
  end: Date
}

export const billingIntervals = ['DAY', 'WEEK', 'MONTH', 'YEAR'] as const
export type BillingInterval = (typeof billingIntervals)[number]

export const billingAnchors = ['ANNIVERSARY', 'CALENDAR'] as const
export type BillingAnchor = (typeof billingAnchors)[number]

/** When a change takes effect. */
export const changeTimings = ['NOW', 'PERIOD_END'] as const
export type ChangeTiming = (typeof changeTimings)[number]

/** What all the periods of something follow from. */
export interface PeriodSchedule {
  /** When the first period began. Every period is counted from here, never from the one before it. */
  anchorAt: Date
  interval: BillingInterval
  /** How many intervals make a period; 1 or more. */
  intervalCount: number
  /** ANNIVERSARY: from the anchor on. CALENDAR: calendar units, weeks from Monday, the first cut short. */
  anchor: BillingAnchor
  /** An IANA time zone: where midnight is, and where a month ends. */
  timeZone: string
}

const day = 86_400_000
const usualLength: Record<BillingInterval, number> = {
  DAY: day,
  WEEK: 7 * day,
  MONTH: 30.436875 * day,
  YEAR: 365.2425 * day,
}

/**
 * The n-th period, from 0. A day that a month does not have is its last: 31 January, 28 February, 31 March.
 * An hour that a day does not have, for summer time, is the next; of an hour that comes twice it is the
 * first.
 */
export function periodNumber(n: number, schedule: PeriodSchedule): Period {
  const end = endOfPeriod(n, schedule)
  return { start: boundary(n, schedule), end }
}

/** When the n-th period ends, where its beginning is known. */
export function endOfPeriod(n: number, schedule: PeriodSchedule): Date {
  invariant(Number.isSafeInteger(n) && n >= 0, 'periods are counted from 0')
  const { intervalCount } = schedule
  invariant(Number.isSafeInteger(intervalCount) && intervalCount > 0, 'a period has one interval or more')
  return boundary(n + 1, schedule)
}

/**
 * The n-th period as it is when nothing cuts it short: the price of a period is the price of this. It differs
 * from `periodNumber` for the first CALENDAR period alone, and there it reaches back as far as one of whole
 * units does.
 */
export function fullPeriod(n: number, schedule: PeriodSchedule): Period {
  const period = periodNumber(n, schedule)
  if (n > 0 || schedule.anchor === 'ANNIVERSARY') return period
  const start = nextUnit(schedule).subtract(units(schedule.interval, schedule.intervalCount))
  return { start: midnight(start, schedule.timeZone), end: period.end }
}

/**
 * The share of a period that is left from an instant on, in milliseconds: what the first CALENDAR period is
 * charged of a whole one is `shareLeft(fullPeriod(0, schedule), schedule.anchorAt)`.
 *
 * @param from before the period all of it is left, after it nothing
 */
export function shareLeft(period: Period, from: Date): { part: bigint; whole: bigint } {
  const end = period.end.getTime()
  const whole = end - period.start.getTime()
  const part = Math.min(Math.max(end - from.getTime(), 0), whole)
  return { part: BigInt(part), whole: BigInt(whole) }
}

/**
 * The period that an instant falls in, and its number.
 *
 * @throws InvariantViolated when the instant is before the first period
 */
export function periodContaining(instant: Date, schedule: PeriodSchedule): { number: number; period: Period } {
  const elapsed = instant.getTime() - schedule.anchorAt.getTime()
  invariant(elapsed >= 0, 'no period contains an instant before the anchor')
  // Units differ in length by days, so the guess is out by a period or two at most.
  let number = Math.floor(elapsed / (usualLength[schedule.interval] * schedule.intervalCount))
  let period = periodNumber(number, schedule)
  while (instant < period.start) period = periodNumber(--number, schedule)
  while (instant >= period.end) period = periodNumber(++number, schedule)
  return { number, period }
}

/** Whether it names an IANA time zone that this machine knows; an offset such as +01:00 is none. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{1,63}$/.test(text)) return false
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: text }))
  } catch {
    return false
  }
}

// Where period n begins, and the one before it ends.
function boundary(n: number, schedule: PeriodSchedule): Date {
  const { interval, intervalCount, anchorAt, timeZone } = schedule
  if (n === 0) return new Date(anchorAt)
  if (schedule.anchor === 'ANNIVERSARY') {
    return dateOf(localAnchor(schedule).add(units(interval, n * intervalCount)))
  }
  return midnight(nextUnit(schedule).add(units(interval, (n - 1) * intervalCount)), timeZone)
}

// The first day of the calendar unit after the one that the anchor is in.
function nextUnit(schedule: PeriodSchedule): Temporal.PlainDate {
  const date = localAnchor(schedule).toPlainDate()
  return firstDay(date, schedule.interval).add(units(schedule.interval, 1))
}

function firstDay(date: Temporal.PlainDate, interval: BillingInterval): Temporal.PlainDate {
  switch (interval) {
    case 'DAY':
      return date
    case 'WEEK':
      return date.subtract({ days: date.dayOfWeek - 1 })
    case 'MONTH':
      return date.with({ day: 1 })
    case 'YEAR':
      return date.with({ month: 1, day: 1 })
  }
}

function units(interval: BillingInterval, count: number): Temporal.DurationLike {
  switch (interval) {
    case 'DAY':
      return { days: count }
    case 'WEEK':
      return { weeks: count }
    case 'MONTH':
      return { months: count }
    case 'YEAR':
      return { years: count }
  }
}

function localAnchor({ anchorAt, timeZone }: PeriodSchedule): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(anchorAt.getTime()).toZonedDateTimeISO(timeZone)
}

// The first instant of a day, which is later than 00:00 where summer time begins at midnight.
function midnight(date: Temporal.PlainDate, timeZone: string): Date {
  return dateOf(date.toZonedDateTime(timeZone))
}

function dateOf(zoned: Temporal.ZonedDateTime): Date {
  return new Date(zoned.epochMilliseconds)
}

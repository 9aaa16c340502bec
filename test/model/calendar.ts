import { DateTime } from 'luxon'

export type Interval = 'DAY' | 'WEEK' | 'MONTH' | 'YEAR'

/** From `start`, included, to `end`, excluded; in milliseconds. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface Rhythm {
  readonly interval: Interval
  readonly count: number
  readonly anchor: 'ANNIVERSARY' | 'CALENDAR'
}

/** What a subscription's periods are counted from. */
export interface Schedule extends Rhythm {
  readonly anchorAt: number
  readonly zone: string
}

const units = { DAY: 'days', WEEK: 'weeks', MONTH: 'months', YEAR: 'years' } as const
const starts = { DAY: 'day', WEEK: 'week', MONTH: 'month', YEAR: 'year' } as const

/** The n-th period from 0, counted from the anchor: by its day and hour, or by the calendar's units after it. */
export function periodOf(schedule: Schedule, n: number): Span {
  return { start: boundary(schedule, n), end: boundary(schedule, n + 1) }
}

/** The time that the whole price of the n-th period is for: of a first calendar period, the units that it ends. */
export function pricedPeriodOf(schedule: Schedule, n: number): Span {
  const { start, end } = periodOf(schedule, n)
  return n > 0 || schedule.anchor === 'ANNIVERSARY' ? { start, end } : { start: calendarBoundary(schedule, 0), end }
}

/** The period that an instant is in. */
export function periodAt(schedule: Schedule, at: number): Span {
  for (let n = 0; ; n += 1) {
    const period = periodOf(schedule, n)
    if (at < period.end) return period
  }
}

function boundary(schedule: Schedule, n: number): number {
  const { anchorAt, zone, anchor, interval, count } = schedule
  if (n === 0) return anchorAt
  if (anchor === 'CALENDAR') return calendarBoundary(schedule, n)
  return instantOf(DateTime.fromMillis(anchorAt, { zone }).plus({ [units[interval]]: n * count }))
}

/** The first day after the unit of the anchor, and so many periods from there. */
function calendarBoundary({ anchorAt, zone, interval, count }: Schedule, n: number): number {
  const unit = units[interval]
  const next = DateTime.fromMillis(anchorAt, { zone }).setZone('utc', { keepLocalTime: true }).startOf(starts[interval])
  const day = next.plus({ [unit]: 1 + (n - 1) * count })
  return instantOf(day.setZone(zone, { keepLocalTime: true }))
}

/** Of an hour that comes twice, the first. */
function instantOf(local: DateTime): number {
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis()))
}

import type { PlanRow } from '../catalog/plan.entity.js'
import type { Currency } from '../kernel/currency.js'
import { invariant } from '../kernel/invariant.js'
import type { Money } from '../kernel/money.js'
import { fullPeriod, type Period, type PeriodSchedule } from '../kernel/period.js'
import type { Course } from '../subscriptions/period-turn.rules.js'
import { scheduleOf } from '../subscriptions/product-subscription.rules.js'
import { unusedOf } from './credit.rules.js'
import {
  basePriceLines,
  basePriceOf,
  type DraftLine,
  dates,
  draftOf,
  firstInvoiceOf,
  type InvoiceDraft,
  line,
  priced,
  rhythm,
  shareOf,
} from './first-invoice.rules.js'

/** What a period costs in advance, with what was used of the one before. */
export function periodInvoiceOf(plan: PlanRow, course: Course, usage: readonly DraftLine[]): InvoiceDraft {
  const { period, schedule, whole } = placed(plan, course)
  return draftOf(period, [...usage, ...basePriceLines(plan, period, schedule, whole)], basePriceOf(plan).currency)
}

/** After a trial: the first period, in advance, with the set-up fee. */
export function invoiceAfterTrial(plan: PlanRow, course: Course): InvoiceDraft | null {
  const { period, schedule } = placed(plan, course)
  return firstInvoiceOf(plan, { schedule, period, periodNumber: 0 })
}

/** What was used until the end; null where there is nothing to charge. */
export function endInvoiceOf(period: Period, usage: readonly DraftLine[], currency: Currency): InvoiceDraft | null {
  const draft = draftOf(period, [...usage], currency)
  return draft.total.minor > 0n ? draft : null
}

/** The price that was charged for a time that has not passed. */
export interface ChargedTime {
  amount: Money
  time: Period
}

export interface ChangeWithin {
  from: PlanRow
  to: PlanRow
  at: Date
  /** Where the subscription stands after the change. */
  course: Course
  /** Whether the periods stay where they are. */
  samePeriod: boolean
  /** Null where nothing is, as when its invoice was voided. */
  charged: ChargedTime | null
}

/**
 * A change of plan within a period: what is left of the old price is given back, and the new plan charged for the same
 * time or, where its periods lie otherwise, for a first period of its own.
 */
export function changeInvoiceOf({ from, to, at, course, samePeriod, charged }: ChangeWithin): InvoiceDraft {
  const { period, schedule, whole } = placed(to, course)
  const price = basePriceOf(to)
  const back = charged ? creditLines(from, charged, at, schedule) : []
  if (!samePeriod) {
    return draftOf(period, [...back, ...basePriceLines(to, period, schedule, fullPeriod(0, schedule))], price.currency)
  }
  const rest = { start: at, end: period.end }
  const { amount, share } = shareOf(price, at, whole)
  const text = `${to.name}, ${dates(rest, schedule.timeZone)}: ${share}${priced(price)} ${rhythm(schedule)}`
  const lines = price.minor > 0n ? [line('PRORATION', text, amount, rest)] : []
  return draftOf(rest, [...back, ...lines], price.currency)
}

function creditLines(
  from: PlanRow,
  { amount, time }: ChargedTime,
  at: Date,
  { timeZone }: PeriodSchedule,
): DraftLine[] {
  const unused = unusedOf(amount, time, at)
  if (unused.minor === 0n) return []
  const rest = { start: at, end: time.end }
  const { share } = shareOf(amount, at, time)
  const text = `${from.name}, not used from ${dates(rest, timeZone)}: ${share}${priced(amount)}`
  return [line('CREDIT', text, { ...unused, minor: -unused.minor }, rest)]
}

/**
 * The present period, and the time that the whole price is for: of a first one, which begins at the anchor, the calendar's;
 * else its own, an hour more or less for a new time zone included.
 */
function placed(plan: PlanRow, course: Course): { period: Period; schedule: PeriodSchedule; whole: Period } {
  const { periodStart, periodEnd, periodNumber, anchorAt, timeZone } = course
  const schedule = anchorAt && scheduleOf(plan, timeZone, anchorAt)
  invariant(schedule && periodStart && periodEnd && periodNumber !== null, `No period of plan ${plan.id} runs.`)
  const period = { start: periodStart, end: periodEnd }
  const isFirst = periodStart.getTime() === schedule.anchorAt.getTime()
  return { period, schedule, whole: isFirst ? fullPeriod(0, schedule) : period }
}

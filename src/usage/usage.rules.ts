import { decimal, isDecimalText, plain } from '../kernel/decimal.js'
import { type BillingAnchor, type BillingInterval, type Period, periodContaining } from '../kernel/period.js'

export const usageRejectionCodes = [
  'CREDENTIAL_UNKNOWN',
  'RESOURCE_UNKNOWN',
  'NOT_COVERED',
  'TOO_OLD',
  'IN_FUTURE',
  'INVALID',
] as const
export type UsageRejectionCode = (typeof usageRejectionCodes)[number]

/** Why a record does not count. */
export interface UsageRefusal {
  readonly code: UsageRejectionCode
  /** A whole sentence for whoever runs the gateway. */
  readonly message: string
}

/** One fact as a gateway reports it. */
export interface ReportedUsage {
  id: string
  credential?: string | null
  productSubscriptionId?: string | null
  resourceId?: string | null
  path?: string | null
  /** 1 when left out. */
  quantity?: string | null
  occurredAt: Date
}

const minute = 60_000
const day = 24 * 60 * minute

export const mostRecords = 1_000
/** How far a gateway's clock may be off, either way. */
export const clockSkewInMs = 5 * minute
/** A month and some days: what a gateway could not report so long is not charged any more. */
export const longestDelayInMs = 35 * day

const longestId = 255
/** More than anybody serves, and far from where a limit of 64 bits ends. */
const largestQuantity = decimal(10n ** 18n)
const mostDecimals = 18

/** What is wrong with a record by itself, whoever's call it was. */
export function recordProblem(record: ReportedUsage, now: Date): UsageRefusal | null {
  const problem = formProblem(record)
  return problem === null ? timeProblem(record.occurredAt, now) : { code: 'INVALID', message: problem }
}

export const notStarted: UsageRefusal = { code: 'TOO_OLD', message: 'The subscription had not started then.' }

/** What there was no subscription for cannot count on one. */
export function isBeforeStart(occurredAt: Date, startedAt: Date): boolean {
  return occurredAt.getTime() < startedAt.getTime() - clockSkewInMs
}

/** When a record counts: a gateway whose clock is off has served the call all the same. */
export function countedAt(occurredAt: Date, startedAt: Date, now: Date): Date {
  return new Date(Math.max(Math.min(occurredAt.getTime(), now.getTime()), startedAt.getTime()))
}

/** From what a quota's counting intervals follow. */
export interface Counting {
  interval: BillingInterval
  /** The plan's; that of a plan without billing periods is ANNIVERSARY. */
  anchor: BillingAnchor
  timeZone: string
  startedAt: Date
  trialEndsAt: Date | null
  /** From where the subscription's periods are counted. */
  anchorAt: Date
}

/**
 * The interval of a quota that an instant counts in: from the subscription's original anchor, however long its
 * billing periods are. What comes before the anchor, which is the trial, has intervals of its own from its start on;
 * the last of them is cut short, so that the count starts again with what is paid for.
 * @param at not before the subscription started
 */
export function countingPeriod(at: Date, counting: Counting): Period {
  const { startedAt, trialEndsAt, anchorAt } = counting
  if (at >= anchorAt) return periodFrom(anchorAt, at, counting)
  const begun = trialEndsAt && at >= trialEndsAt ? trialEndsAt : startedAt
  const next = trialEndsAt && at < trialEndsAt && trialEndsAt < anchorAt ? trialEndsAt : anchorAt
  const { start, end } = periodFrom(begun, at, counting)
  return { start, end: end < next ? end : next }
}

/** Whether an invoice will charge what is used then. A trial costs nothing. */
export function isChargeable(planIsPaid: boolean, at: Date, trialEndsAt: Date | null): boolean {
  return planIsPaid && !(trialEndsAt && at < trialEndsAt)
}

export const thresholds = [50, 80, 100] as const
export type Threshold = (typeof thresholds)[number]

/**
 * The thresholds to tell of, in order; all that were jumped over, too.
 * @param told the highest that was told of in this period, 0 when none was
 * @param limitUnits null when there is no limit
 */
export function newThresholds(told: number, used: string, limitUnits: bigint | null): Threshold[] {
  if (limitUnits === null) return []
  const hundredfold = decimal(used).times(100)
  return thresholds.filter(
    (threshold) => threshold > told && hundredfold.greaterThanOrEqualTo(decimal(limitUnits * BigInt(threshold))),
  )
}

/** How many units are left, not below zero; null when unlimited. Of a LOOSE quota, those that cost nothing more. */
export function remainingUnits(limitUnits: bigint | null, used: string): string | null {
  if (limitUnits === null) return null
  const left = decimal(limitUnits).minus(decimal(used))
  return left.isNegative() ? '0' : plain(left)
}

function formProblem(record: ReportedUsage): string | null {
  const { id, credential, productSubscriptionId, resourceId, path } = record
  if (id.length === 0 || [...id].length > longestId) return `An id has 1 to ${longestId} characters.`
  if (![id, credential, productSubscriptionId, resourceId, path].every(isStorable))
    return 'This is no text that can be stored.'
  if (!credential && !productSubscriptionId)
    return 'Say whose call it was: give a credential or a productSubscriptionId.'
  if (!resourceId && !path) return 'Say what was called: give a resourceId or a path.'
  return quantityProblem(record.quantity ?? '1')
}

function quantityProblem(text: string): string | null {
  if (!isDecimalText(text)) return 'A quantity is a plain decimal number such as 1 or 0.25.'
  const quantity = decimal(text)
  if (!quantity.greaterThan(0)) return 'A quantity is more than zero: corrections are not taken.'
  if (!quantity.lessThan(largestQuantity)) return 'A quantity has at most 18 digits before the point.'
  if (quantity.decimalPlaces() > mostDecimals) return `A quantity has at most ${mostDecimals} decimals.`
  return null
}

function timeProblem(occurredAt: Date, now: Date): UsageRefusal | null {
  const ago = now.getTime() - occurredAt.getTime()
  if (ago < -clockSkewInMs) return { code: 'IN_FUTURE', message: "This has not happened yet: set the gateway's clock." }
  if (ago > longestDelayInMs)
    return { code: 'TOO_OLD', message: 'This is more than 35 days ago: it is not charged any more.' }
  return null
}

// PostgreSQL stores no NUL, and half a surrogate pair is no text.
function isStorable(text: string | null | undefined): boolean {
  return text === null || text === undefined || (text.isWellFormed() && !text.includes('\0'))
}

function periodFrom(anchorAt: Date, at: Date, { interval, anchor, timeZone }: Counting): Period {
  return periodContaining(at, { anchorAt, interval, intervalCount: 1, anchor, timeZone }).period
}

import type { PlanRow } from '../catalog/plan.entity.js'
import { invariant } from '../kernel/invariant.js'
import { endOfPeriod, type Period, type PeriodSchedule, periodNumber } from '../kernel/period.js'
import type { PaymentStanding, ProductSubscriptionRow } from './product-subscription.entity.js'
import { scheduleOf, termEndOf } from './product-subscription.rules.js'

/** What becomes of a subscription where a period, or a trial, ends. */
export type Turn = 'cancel' | 'expire' | 'change plan' | 'renew'

export interface TurnFacts {
  /** The boundary itself. */
  periodEnd: Date
  endsAt: Date | null
  cancelAtPeriodEnd: boolean
  scheduledPlanId: string | null
  standing: PaymentStanding
}

/** Where several fall on one instant: cancel before expire before change of plan before renewal. */
export function turnOf(facts: TurnFacts): Turn {
  const { periodEnd, endsAt, cancelAtPeriodEnd, scheduledPlanId, standing } = facts
  if (cancelAtPeriodEnd) return 'cancel'
  if (endsAt && endsAt <= periodEnd) return 'expire'
  if (scheduledPlanId === null) return 'renew'
  // Else a cheap plan that nobody has paid for would become a dear one by waiting.
  return standing === 'AWAITING_FIRST_PAYMENT' ? 'cancel' : 'change plan'
}

/** Where a subscription stands among its billing periods; all null but the zone where its plan has none. */
export interface Course {
  timeZone: string
  anchorAt: Date | null
  /** Null during a trial, too. */
  periodNumber: number | null
  periodStart: Date | null
  periodEnd: Date | null
  termEndsAt: Date | null
}

/** What of a subscription decides about it at the end of its period. */
export type SubscriptionAtTurn = Pick<
  ProductSubscriptionRow,
  | 'id'
  | 'providerId'
  | 'marketplaceId'
  | 'organizationId'
  | 'planId'
  | 'scheduledPlanId'
  | 'name'
  | 'state'
  | 'standing'
  | 'timeZone'
  | 'anchorAt'
  | 'periodNumber'
  | 'periodStart'
  | 'periodEnd'
  | 'termEndsAt'
  | 'endsAt'
  | 'cancelAtPeriodEnd'
>

/** Where a subscription stands among its periods, as it is written down. */
export function courseOf(subscription: SubscriptionAtTurn): Course {
  const { timeZone, anchorAt, periodNumber, periodStart, periodEnd, termEndsAt } = subscription
  return {
    timeZone,
    anchorAt: anchorAt ?? null,
    periodNumber: periodNumber ?? null,
    periodStart: periodStart ?? null,
    periodEnd: periodEnd ?? null,
    termEndsAt: termEndsAt ?? null,
  }
}

/** The next period, counted from the original anchor; after a trial the first. A new zone of the marketplace counts from here on. */
export function renewed(course: Course, plan: PlanRow, timeZone: string): Course {
  const { periodEnd, termEndsAt } = course
  const former = scheduleOfCourse(plan, course)
  const schedule = { ...former, timeZone }
  invariant(periodEnd, 'only what has a period goes on to the next')
  if (course.periodNumber === null) return begun(plan, schedule)
  const expected = course.periodNumber + 1
  const number = timeZone === course.timeZone ? expected : nearestNumber(expected, former, schedule)
  return {
    timeZone,
    anchorAt: course.anchorAt,
    periodNumber: number,
    // Never from the new calendar: nothing may fall between two periods, nor into both.
    periodStart: periodEnd,
    periodEnd: endOfPeriod(number, schedule),
    termEndsAt: termEndsAt && endOfPeriod(number + periodsLeft(expected, former, termEndsAt), schedule),
  }
}

/** The period after a change of plan at the boundary. Plans of one rhythm go on from the same anchor. */
export function changedAtPeriodEnd(course: Course, plans: { from: PlanRow; to: PlanRow }, timeZone: string): Course {
  const { from, to } = plans
  const { periodEnd } = course
  invariant(periodEnd, 'what has no period has no end of one to wait for')
  if (to.type !== 'PAID') return withoutPeriods(course)
  if (!haveSameRhythm(from, to) || course.periodNumber === null) return begun(to, scheduleFrom(to, timeZone, periodEnd))
  const next = renewed({ ...course, termEndsAt: null }, to, timeZone)
  return { ...next, termEndsAt: termFrom(to, next) }
}

/** Where it stands when the plan changes within a period: in the same one if the rhythm stays, else in a new first. */
export function changedNow(course: Course, plans: { from: PlanRow; to: PlanRow }, timeZone: string, at: Date): Course {
  const { from, to } = plans
  if (to.type !== 'PAID') return withoutPeriods(course)
  const { anchorAt, periodNumber: number } = course
  if (from.type === 'PAID' && number === null && anchorAt && at < anchorAt) {
    // The trial goes on; the periods that are paid begin when it ends.
    return { ...course, termEndsAt: termEndOf(to, scheduleFrom(to, course.timeZone, anchorAt)) }
  }
  if (from.type === 'PAID' && number !== null && haveSameRhythm(from, to))
    return { ...course, termEndsAt: termFrom(to, course) }
  return begun(to, scheduleFrom(to, timeZone, at))
}

/** Whether the periods of two paid plans are as long as each other's and lie alike. */
export function haveSameRhythm(one: PlanRow, other: PlanRow): boolean {
  return (
    one.type === other.type &&
    one.interval === other.interval &&
    one.intervalCount === other.intervalCount &&
    one.anchor === other.anchor
  )
}

/** When a change of plan takes effect: what has no period has nothing to wait for. */
export function isAtPeriodEnd(when: 'NOW' | 'PERIOD_END', periodEnd: Date | null): periodEnd is Date {
  return when === 'PERIOD_END' && periodEnd !== null
}

function begun(plan: PlanRow, schedule: PeriodSchedule): Course {
  const { start, end }: Period = periodNumber(0, schedule)
  const { timeZone, anchorAt } = schedule
  return {
    timeZone,
    anchorAt,
    periodNumber: 0,
    periodStart: start,
    periodEnd: end,
    termEndsAt: termEndOf(plan, schedule),
  }
}

function withoutPeriods({ timeZone }: Course): Course {
  return { timeZone, anchorAt: null, periodNumber: null, periodStart: null, periodEnd: null, termEndsAt: null }
}

/** The present period is the first of the new plan's term. */
function termFrom(plan: PlanRow, course: Course): Date | null {
  const { periodNumber: number } = course
  if (!plan.termPeriods || number === null) return null
  return endOfPeriod(number + plan.termPeriods - 1, scheduleOfCourse(plan, course))
}

/**
 * In another zone the anchor may lie in another calendar unit, which shifts all numbers by one: the period is meant
 * that ends nearest to where it would have ended.
 */
function nearestNumber(expected: number, former: PeriodSchedule, schedule: PeriodSchedule): number {
  const end = endOfPeriod(expected, former).getTime()
  const distance = (number: number) => Math.abs(endOfPeriod(number, schedule).getTime() - end)
  return [expected, expected - 1, expected + 1].reduce((best, number) =>
    number >= 0 && distance(number) < distance(best) ? number : best,
  )
}

/** How many periods follow the given one until the term has passed. */
function periodsLeft(number: number, schedule: PeriodSchedule, termEndsAt: Date): number {
  let left = 0
  while (endOfPeriod(number + left, schedule) < termEndsAt) left += 1
  return left
}

function scheduleOfCourse(plan: PlanRow, { anchorAt, timeZone }: Course): PeriodSchedule {
  invariant(anchorAt, 'periods are counted from an anchor')
  return scheduleFrom(plan, timeZone, anchorAt)
}

function scheduleFrom(plan: PlanRow, timeZone: string, anchorAt: Date): PeriodSchedule {
  const schedule = scheduleOf(plan, timeZone, anchorAt)
  invariant(schedule, `Plan ${plan.id} has no billing periods.`)
  return schedule
}

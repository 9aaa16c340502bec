import type { PlanRow, PlanType } from '../catalog/plan.entity.js'
import { formValidator } from '../catalog/request-form.rules.js'
import { defineLifecycle, noOp, refusal } from '../kernel/lifecycle.js'
import { type ChangeTiming, type Period, type PeriodSchedule, periodNumber } from '../kernel/period.js'
import type { UserError } from '../kernel/result.js'
import { isStorableJson } from '../kernel/text.js'
import type { Audience } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import type { ConsumerRole } from '../persistence/tenant-scope.js'
import type { PaymentStanding, ProductSubscriptionState } from './product-subscription.entity.js'

export type SubscriptionStep =
  | 'approve'
  | 'reject'
  | 'suspend'
  | 'resume'
  | 'cancel now'
  | 'cancel at period end'
  | 'keep'
  | 'change plan'
  | 'expire'

const wrong = (message: string) => refusal('WRONG_STATE', message)
const waits = wrong('The subscription still waits for approval.')
const rejected = wrong('The subscription was rejected and stays so: subscribe again.')
const approved = wrong('The subscription was approved already: suspend or cancel it.')
const suspended = wrong('The subscription is suspended: the provider has to resume it first.')
const ended = wrong('The subscription has ended.')

/**
 * An end is an end: whoever wants more subscribes again. A cancellation that waits for the end of the period, taking
 * it back, and a change of plan change no state; what has not begun has no period to wait for.
 */
export const subscriptionLifecycle = defineLifecycle<ProductSubscriptionState, SubscriptionStep>({
  initial: ['PENDING_APPROVAL', 'ACTIVE'],
  final: ['REJECTED', 'CANCELED', 'EXPIRED'],
  table: {
    PENDING_APPROVAL: {
      approve: 'ACTIVE',
      reject: 'REJECTED',
      suspend: waits,
      resume: waits,
      'cancel now': 'CANCELED',
      'cancel at period end': 'CANCELED',
      keep: waits,
      'change plan': waits,
      expire: waits,
    },
    REJECTED: {
      approve: rejected,
      reject: noOp,
      suspend: rejected,
      resume: rejected,
      'cancel now': rejected,
      'cancel at period end': rejected,
      keep: rejected,
      'change plan': rejected,
      expire: rejected,
    },
    ACTIVE: {
      approve: noOp,
      reject: approved,
      suspend: 'SUSPENDED',
      resume: noOp,
      'cancel now': 'CANCELED',
      'cancel at period end': noOp,
      keep: noOp,
      'change plan': noOp,
      expire: 'EXPIRED',
    },
    SUSPENDED: {
      approve: noOp,
      reject: approved,
      suspend: noOp,
      resume: 'ACTIVE',
      'cancel now': 'CANCELED',
      'cancel at period end': noOp,
      keep: noOp,
      'change plan': suspended,
      expire: 'EXPIRED',
    },
    CANCELED: {
      approve: ended,
      reject: ended,
      suspend: ended,
      resume: ended,
      'cancel now': noOp,
      'cancel at period end': noOp,
      keep: ended,
      'change plan': ended,
      expire: noOp,
    },
    EXPIRED: {
      approve: ended,
      reject: ended,
      suspend: ended,
      resume: ended,
      'cancel now': noOp,
      'cancel at period end': noOp,
      keep: ended,
      'change plan': ended,
      expire: noOp,
    },
  },
})

/** Those that still take up the organization's one place at a plan. */
export const runningStates = ['PENDING_APPROVAL', 'ACTIVE', 'SUSPENDED'] as const satisfies ProductSubscriptionState[]

/** Those of somebody who was let in: only asked for, it opens nothing yet. */
export const admittedStates = ['ACTIVE', 'SUSPENDED'] as const satisfies ProductSubscriptionState[]

export function hasEnded(state: ProductSubscriptionState): boolean {
  return !runningStates.some((running) => running === state)
}

/**
 * The step that a wish to cancel is. Where nothing has been paid for there is nothing to wait for: no period, as with
 * free plans, or a first invoice that nobody has paid.
 */
export function cancelStep(
  when: ChangeTiming,
  { periodEnd, standing }: { periodEnd: Date | null; standing: PaymentStanding },
): Extract<SubscriptionStep, 'cancel now' | 'cancel at period end'> {
  const waits = when === 'PERIOD_END' && periodEnd !== null && standing !== 'AWAITING_FIRST_PAYMENT'
  return waits ? 'cancel at period end' : 'cancel now'
}

/** Free plans are for developers too; what costs money, or is agreed elsewhere, takes a subscriber. */
export function rolesToSubscribe(type: PlanType): ConsumerRole[] {
  return type === 'FREE' ? ['DEVELOPER', 'SUBSCRIBER'] : ['SUBSCRIBER']
}

/** The same, to declare it where the plan is not known yet. */
export const subscribes = {
  consumer: rolesToSubscribe('PAID'),
  consumerOfFreePlan: rolesToSubscribe('FREE'),
} satisfies Audience

/** Who may subscribe to a plan may also end it; so may the provider's people. */
export const endsSubscriptions = { ...managesMarketplaces, ...subscribes } satisfies Audience

const day = 24 * 60 * 60 * 1_000

/** How a subscription begins: its trial, the schedule of its periods, the first of them, and its standing. */
export interface Opening {
  /** Whose days and months are counted: its quotas have some, also where nothing is billed. */
  timeZone: string
  trialEndsAt: Date | null
  anchorAt: Date
  /** Null for plans that have no billing periods. */
  schedule: PeriodSchedule | null
  /** Null for plans that have no billing periods. */
  period: Period | null
  /** Null during a trial: the periods that are paid have not begun. */
  periodNumber: number | null
  /** When the plan's term has passed; null where it has none. */
  endsAt: Date | null
  standing: PaymentStanding
}

/**
 * @param at when it begins
 * @param trialUsed whether the organization has had a trial of this product
 */
export function openingOf(plan: PlanRow, timeZone: string, at: Date, trialUsed: boolean): Opening {
  const hasTrial = plan.type === 'PAID' && plan.trialDays > 0 && !trialUsed
  const trialEndsAt = hasTrial ? new Date(at.getTime() + plan.trialDays * day) : null
  const anchorAt = trialEndsAt ?? at
  const schedule = scheduleOf(plan, timeZone, anchorAt)
  const begins = { timeZone, trialEndsAt, anchorAt, schedule, endsAt: termEndOf(plan, schedule) }
  if (!schedule) return { ...begins, period: null, periodNumber: null, standing: 'NOT_REQUIRED' }
  if (trialEndsAt) {
    return { ...begins, period: { start: at, end: trialEndsAt }, periodNumber: null, standing: 'NOT_REQUIRED' }
  }
  return { ...begins, period: periodNumber(0, schedule), periodNumber: 0, standing: 'AWAITING_FIRST_PAYMENT' }
}

/** When the plan's term has passed, counted in whole billing periods; null where it has none. */
export function termEndOf({ termPeriods }: PlanRow, schedule: PeriodSchedule | null): Date | null {
  return schedule && termPeriods ? periodNumber(termPeriods - 1, schedule).end : null
}

/** By what a plan's billing periods are counted; null where it has none. */
export function scheduleOf(plan: PlanRow, timeZone: string, anchorAt: Date): PeriodSchedule | null {
  const { interval, intervalCount, anchor } = plan
  if (plan.type !== 'PAID' || !interval || !intervalCount || !anchor) return null
  return { anchorAt, interval, intervalCount, anchor, timeZone }
}

const longestAnswers = 20_000

/** What is wrong with a subscriber's answers to the plan's form. */
export function answersProblems(form: Record<string, unknown> | null | undefined, answers: unknown): UserError[] {
  const field = ['input', 'answers']
  if (answers === null || answers === undefined) {
    return form ? [{ code: 'REQUIRED', message: 'This plan asks for answers.', field }] : []
  }
  if (!isStorableJson(answers) || JSON.stringify(answers).length > longestAnswers) {
    return [{ code: 'INVALID', message: 'Answers are plain text, of up to 20,000 characters in all.', field }]
  }
  if (!form) return []
  const validate = formValidator(form)
  if (validate(answers)) return []
  return (validate.errors ?? []).slice(0, 20).map((error) => ({
    code: 'INVALID',
    message: `The answer ${error.instancePath || 'as a whole'} ${error.message ?? 'does not fit'}.`,
    field: [...field, ...error.instancePath.split('/').filter((part) => part !== '')],
  }))
}

export function nameProblem(name: string | null | undefined): UserError | null {
  if (name === null || name === undefined) return null
  const { length } = name.trim()
  if (length >= 1 && length <= 200) return null
  return { code: 'INVALID', message: 'A name has 1 to 200 characters.', field: ['input', 'name'] }
}

import type { PlanRow } from '../catalog/plan.entity.js'
import type { ChangeTiming } from '../kernel/period.js'
import type { UserError } from '../kernel/result.js'
import { isAtPeriodEnd } from './period-turn.rules.js'
import type { PaymentStanding, ProductSubscriptionState } from './product-subscription.entity.js'
import { answersProblems, subscriptionLifecycle } from './product-subscription.rules.js'

export interface PlanChangeFacts {
  state: ProductSubscriptionState
  standing: PaymentStanding
  cancelAtPeriodEnd: boolean
  scheduledPlanId: string | null
  periodEnd: Date | null
  /** Null during a trial, and without periods. */
  periodNumber: number | null
  /** Whether a person has approved the subscription. */
  approvedByPerson: boolean
  answers: unknown
  from: PlanRow
  to: PlanRow
  when: ChangeTiming
  at: Date
  /** Why the new plan is not on sale; null when it is. */
  notOnSale: string | null
  /** Whether the organization has a running subscription to the new plan. */
  runsTarget: boolean
  /** Whether an invoice of it is still to be paid. */
  owes: boolean
}

/** All that stands in the way of a change of plan at once, money aside. */
export function planChangeObstacles(facts: PlanChangeFacts): UserError[] {
  const { state, cancelAtPeriodEnd, from, to } = facts
  const step = subscriptionLifecycle.take(state, 'change plan')
  const errors: UserError[] = step.ok ? [] : [...step.errors]
  if (cancelAtPeriodEnd) {
    errors.push(wrong('The subscription ends with its period: keep it first.', 'productSubscriptionId'))
  }
  if (to.id === from.id) return [...errors, ...takingBackObstacles(facts)]
  if (to.productId !== from.productId) {
    errors.push({
      code: 'INVALID',
      message: 'This plan is of another product: subscribe to it.',
      field: ['input', 'planId'],
    })
  }
  return [...errors, ...targetObstacles(facts), ...timingObstacles(facts)]
}

/** The plan that it is to already is named to take back a change that waits for the end of the period. */
export function takesBack({ from, to, scheduledPlanId, when }: PlanChangeFacts): boolean {
  return to.id === from.id && scheduledPlanId !== null && when === 'PERIOD_END'
}

function takingBackObstacles(facts: PlanChangeFacts): UserError[] {
  if (!takesBack(facts)) {
    return [{ code: 'INVALID', message: 'The subscription is to this plan already.', field: ['input', 'planId'] }]
  }
  // Where the provider has taken the plan off sale, the provider has scheduled the change.
  return facts.from.state === 'ACTIVE' ? [] : [wrong('The present plan is no longer on sale.', 'planId')]
}

function targetObstacles(facts: PlanChangeFacts): UserError[] {
  const { to, notOnSale, runsTarget, approvedByPerson, answers } = facts
  const errors: UserError[] = []
  if (notOnSale !== null) errors.push(wrong(notOnSale, 'planId'))
  if (runsTarget) {
    const message = 'The organization has a running subscription to this plan.'
    errors.push({ code: 'ALREADY_SUBSCRIBED', message, field: ['input', 'planId'] })
  }
  if (to.approval === 'MANUAL' && !approvedByPerson) {
    errors.push(wrong('This plan takes an approval: subscribe to it instead.', 'planId'))
  }
  if (answersProblems(to.requestForm, answers).length > 0) {
    errors.push(wrong('This plan asks for other answers: subscribe to it instead.', 'planId'))
  }
  return errors
}

function timingObstacles(facts: PlanChangeFacts): UserError[] {
  const { standing, from, to, when, at, periodEnd, periodNumber, owes } = facts
  const errors: UserError[] = []
  if (periodEnd && periodEnd <= at) {
    errors.push(wrong('A period has ended just now: try again in a minute.', 'productSubscriptionId'))
  }
  if (standing === 'AWAITING_FIRST_PAYMENT') {
    errors.push(wrong('Pay the first invoice before you change the plan.', 'productSubscriptionId'))
  } else if (!isAtPeriodEnd(when, periodEnd)) {
    if (owes) errors.push(wrong('Pay what is open first, or change the plan at the end of the period.', 'when'))
    const charged = from.type === 'PAID' && to.type === 'PAID' && periodNumber !== null
    if (charged && from.currency !== to.currency) {
      errors.push(wrong('A plan in another currency can begin only at the end of the period.', 'when'))
    }
  }
  return errors
}

function wrong(message: string, field: string): UserError {
  return { code: 'WRONG_STATE', message, field: ['input', field] }
}

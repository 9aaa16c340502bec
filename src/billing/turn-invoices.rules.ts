import type { PlanRow } from '../catalog/plan.entity.js'
import type { Currency } from '../kernel/currency.js'
import { invariant } from '../kernel/invariant.js'
import {
  type Course,
  changedAtPeriodEnd,
  courseOf,
  renewed,
  type SubscriptionAtTurn,
  type Turn,
  turnOf,
} from '../subscriptions/period-turn.rules.js'
import { scheduleOf } from '../subscriptions/product-subscription.rules.js'
import { endInvoiceOf, invoiceAfterTrial, periodInvoiceOf } from './cycle-invoice.rules.js'
import { type DraftLine, firstInvoiceOf, type InvoiceDraft } from './first-invoice.rules.js'
import type { InvoiceReason } from './invoice.entity.js'
import { type QuotaPrice, type UsedUnits, usageLinesOf } from './usage-lines.rules.js'

/** All that decides what becomes of a subscription at the end of its period. */
export interface TurnScene {
  subscription: SubscriptionAtTurn
  plan: PlanRow
  /** The one that a change waits for; null where none does. */
  scheduled: PlanRow | null
  /** Whether the organization has another running subscription to that one. */
  runsScheduled: boolean
  /** The marketplace's. */
  timeZone: string
  /** What no invoice has charged yet. */
  usage: readonly UsedUnits[]
  prices: ReadonlyMap<string, QuotaPrice>
}

export interface TurnInvoice {
  reason: InvoiceReason
  plan: PlanRow
  draft: InvoiceDraft
}

export interface Decided {
  turn: Turn
  course: Course | null
  planId: string
  reason: string | null
  invoices: TurnInvoice[]
}

/** Whether what was used is charged where the period ends: nothing is in a trial, nor before the first payment. */
export function chargesUsage({ periodNumber, standing }: SubscriptionAtTurn): boolean {
  return periodNumber !== null && periodNumber !== undefined && standing !== 'AWAITING_FIRST_PAYMENT'
}

/** What becomes of a subscription where its period or its trial ends, and what is invoiced for it. */
export function decided(scene: TurnScene): Decided {
  const { turn, reason } = turnIn(scene)
  switch (turn) {
    case 'cancel':
    case 'expire':
      return { turn, reason, course: null, planId: scene.plan.id, invoices: atEnd(scene) }
    case 'change plan':
      return { ...changed(scene, scene.scheduled as PlanRow), reason }
    case 'renew': {
      const course = renewed(courseOf(scene.subscription), scene.plan, scene.timeZone)
      return { turn, reason, course, planId: scene.plan.id, invoices: atRenewal(scene, course) }
    }
  }
}

function turnIn({ subscription, scheduled, runsScheduled }: TurnScene): { turn: Turn; reason: string | null } {
  const { periodEnd, endsAt = null, cancelAtPeriodEnd, standing } = subscription
  invariant(periodEnd, `Subscription ${subscription.id} has no period that could end.`)
  // An archived plan takes nobody any more.
  const target = scheduled && scheduled.state !== 'ARCHIVED' ? scheduled.id : null
  const turn = turnOf({ periodEnd, endsAt, cancelAtPeriodEnd, scheduledPlanId: target, standing })
  if (turn === 'change plan' && runsScheduled) {
    return {
      turn: 'cancel',
      reason: 'The organization has another subscription to the plan that it was to go over to.',
    }
  }
  if (turn === 'cancel' && !cancelAtPeriodEnd)
    return { turn, reason: 'Nothing was paid before the plan was to change.' }
  return { turn, reason: null }
}

function atRenewal(scene: TurnScene, course: Course): TurnInvoice[] {
  const { plan, subscription } = scene
  if (subscription.standing === 'AWAITING_FIRST_PAYMENT') return lateFirst(scene)
  if (isTrial(subscription)) return starting(plan, invoiceAfterTrial(plan, course))
  return [{ reason: 'SUBSCRIPTION_CYCLE', plan, draft: periodInvoiceOf(plan, course, usageOf(scene)) }]
}

/**
 * Nothing is delivered before the first payment, so nothing more is invoiced. The first invoice itself may not have been
 * written yet, where nobody worked for a whole period; one that is there stays the only one.
 */
function lateFirst({ plan, subscription }: TurnScene): TurnInvoice[] {
  const { anchorAt, timeZone, periodStart, periodEnd, periodNumber = null } = subscription
  if (!anchorAt || !periodStart || !periodEnd) return []
  const period = { start: periodStart, end: periodEnd }
  return starting(plan, firstInvoiceOf(plan, { schedule: scheduleOf(plan, timeZone, anchorAt), period, periodNumber }))
}

function changed(scene: TurnScene, to: PlanRow): Omit<Decided, 'reason'> {
  const { subscription, plan: from, timeZone } = scene
  const course = changedAtPeriodEnd(courseOf(subscription), { from, to }, timeZone)
  const decision = { turn: 'change plan' as const, course, planId: to.id }
  if (isTrial(subscription)) {
    return { ...decision, invoices: to.type === 'PAID' ? starting(to, invoiceAfterTrial(to, course)) : [] }
  }
  if (to.type !== 'PAID') return { ...decision, invoices: atEnd(scene) }
  const reason = 'PLAN_CHANGE'
  if (from.currency === to.currency) {
    return { ...decision, invoices: [{ reason, plan: to, draft: periodInvoiceOf(to, course, usageOf(scene)) }] }
  }
  const begins: TurnInvoice = { reason, plan: to, draft: periodInvoiceOf(to, course, []) }
  return { ...decision, invoices: [...atEnd(scene), begins] }
}

function atEnd(scene: TurnScene): TurnInvoice[] {
  const { plan, subscription } = scene
  const { periodStart, periodEnd } = subscription
  if (!periodStart || !periodEnd || !plan.currency) return []
  const draft = endInvoiceOf({ start: periodStart, end: periodEnd }, usageOf(scene), plan.currency as Currency)
  return draft ? [{ reason: 'SUBSCRIPTION_END', plan, draft }] : []
}

function starting(plan: PlanRow, draft: InvoiceDraft | null): TurnInvoice[] {
  return draft ? [{ reason: 'SUBSCRIPTION_START', plan, draft }] : []
}

function usageOf({ subscription, plan, usage, prices }: TurnScene): DraftLine[] {
  const { periodStart, periodEnd, timeZone } = subscription
  if (!chargesUsage(subscription) || !periodStart || !periodEnd || !plan.currency) return []
  const period = { start: periodStart, end: periodEnd }
  return usageLinesOf(usage, prices, period, { currency: plan.currency as Currency, timeZone })
}

function isTrial({ periodNumber }: SubscriptionAtTurn): boolean {
  return periodNumber === null || periodNumber === undefined
}

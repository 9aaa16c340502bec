import { defineLifecycle, noOp, refusal } from '../kernel/lifecycle.js'
import type { ProductSubscriptionState } from '../subscriptions/product-subscription.entity.js'
import { hasEnded } from '../subscriptions/product-subscription.rules.js'
import type { InvoiceReason, InvoiceStatus, InvoiceSyncStatus } from './invoice.entity.js'

export type InvoiceStep = 'open' | 'pay' | 'void' | 'write off'

const isPaid = refusal('WRONG_STATE', 'The invoice is paid: that cannot be undone here.')
const isVoid = refusal('WRONG_STATE', 'The invoice is void: nothing is owed on it.')

/**
 * Stripe's five, and the only ways between them: forward, jumps included, because events may come in any order;
 * never back. What was paid stays paid, what is void stays void; what was written off can still be paid.
 */
export const invoiceLifecycle = defineLifecycle<InvoiceStatus, InvoiceStep>({
  initial: 'DRAFT',
  final: ['PAID', 'VOID'],
  table: {
    DRAFT: { open: 'OPEN', pay: 'PAID', void: 'VOID', 'write off': 'UNCOLLECTIBLE' },
    OPEN: { open: noOp, pay: 'PAID', void: 'VOID', 'write off': 'UNCOLLECTIBLE' },
    UNCOLLECTIBLE: { open: noOp, pay: 'PAID', void: 'VOID', 'write off': noOp },
    PAID: { open: noOp, pay: noOp, void: isPaid, 'write off': isPaid },
    VOID: { open: noOp, pay: isVoid, void: noOp, 'write off': isVoid },
  },
})

/** The step that leads to a status that Stripe reports; none leads to a draft. */
export const stepToStatus: Record<InvoiceStatus, InvoiceStep | null> = {
  DRAFT: null,
  OPEN: 'open',
  PAID: 'pay',
  VOID: 'void',
  UNCOLLECTIBLE: 'write off',
}

const ranks: Record<InvoiceStatus, number> = { DRAFT: 0, OPEN: 1, UNCOLLECTIBLE: 2, VOID: 3, PAID: 3 }

/** A snapshot's place among all that were told of an invoice. */
export interface Told {
  status: InvoiceStatus
  /** When Stripe said it, to the second; null for an answer to our own call, which is as new as can be. */
  at: Date | null
}

/**
 * Whether a snapshot tells of the invoice as it is now or will be: from further along its life, or from the same place
 * and not before the newest that was taken. Time alone cannot order two events.
 * @param held the status before, with the instant of the newest snapshot that was taken
 */
export function tellsDetails(told: Told, held: Told): boolean {
  // A draft at Stripe has not all of its lines yet.
  if (told.status === 'DRAFT') return false
  if (ranks[told.status] !== ranks[held.status]) return ranks[told.status] > ranks[held.status]
  if (told.status !== held.status) return false
  return told.at === null || held.at === null || told.at >= held.at
}

const dayInMs = 24 * 60 * 60 * 1_000

/** By when it is to be paid, where Stripe sets no date because it charges a saved payment method. */
export function ownDueDate(issuedAt: Date, paymentTermDays: number): Date {
  return new Date(issuedAt.getTime() + paymentTermDays * dayInMs)
}

/** Whether a payment method that was saved is charged for it: for later cycles, when nobody is there to pay. */
export function mayCharge(reason: InvoiceReason): boolean {
  return reason === 'SUBSCRIPTION_CYCLE' || reason === 'SUBSCRIPTION_END'
}

/** Still to be paid; what was written off is owed all the same. */
export function isOwed(status: InvoiceStatus): boolean {
  return status !== 'PAID' && status !== 'VOID'
}

/** Owed, and due since. A debit under way is not past due. */
export function isPastDue(
  {
    status,
    dueAt,
    paymentProcessing,
  }: { status: InvoiceStatus; dueAt?: Date | null; paymentProcessing?: boolean | null },
  now: Date,
): boolean {
  return isOwed(status) && status !== 'DRAFT' && !paymentProcessing && !!dueAt && dueAt <= now
}

interface Delivery {
  status: InvoiceStatus
  syncStatus: InvoiceSyncStatus
  syncAttempts: number
}

/** Whether it may be at Stripe, or get there at any moment, without our having heard of it. */
export function isUnderWay({ status, syncStatus, syncAttempts }: Delivery): boolean {
  return status === 'DRAFT' && syncStatus === 'PENDING' && syncAttempts > 0
}

interface Beginning {
  reason: InvoiceReason
  periodStart: Date
}

/**
 * Whether nothing is delivered until it is paid: the invoice that a subscription begins with, or begins anew with after
 * a plan without a price. After a trial there is access already, so that one has its due date and grace.
 */
export function isFirstPayment({ reason, periodStart }: Beginning, trialEndsAt: Date | null | undefined): boolean {
  return reason === 'SUBSCRIPTION_START' && periodStart.getTime() !== trialEndsAt?.getTime()
}

/** Whether it is the invoice of a beginning that never came to be: nothing was delivered, so nothing is owed. */
export function isForNothing(
  invoice: Beginning & { status: InvoiceStatus },
  subscription: { state: ProductSubscriptionState; trialEndsAt?: Date | null },
): boolean {
  if (!isFirstPayment(invoice, subscription.trialEndsAt)) return false
  return hasEnded(subscription.state) && (invoice.status === 'DRAFT' || invoice.status === 'OPEN')
}

const second = 1_000

/** Whether a subscription ended before its beginning was paid, whether or not its invoice is void by now. */
export function endedUnpaid(
  invoice: Beginning & { status: InvoiceStatus; voidedAt?: Date | null },
  { endedAt, trialEndsAt }: { endedAt?: Date | null; trialEndsAt?: Date | null },
): boolean {
  if (!endedAt || !isFirstPayment(invoice, trialEndsAt)) return false
  // Stripe counts in whole seconds.
  const voidedSince = invoice.voidedAt && invoice.voidedAt.getTime() + second > endedAt.getTime()
  return isOwed(invoice.status) || (invoice.status === 'VOID' && voidedSince === true)
}

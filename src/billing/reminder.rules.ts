import type { PaymentStanding, ProductSubscriptionState } from '../subscriptions/product-subscription.entity.js'
import type { InvoiceStatus } from './invoice.entity.js'

const day = 24 * 60 * 60 * 1_000

/** What the payer is written of an invoice as time passes, in this order; each names the mail, too. */
export const reminders = [
  'invoice-issued',
  'invoice-due-soon',
  'invoice-due',
  'invoice-past-due',
  'invoice-still-unpaid',
] as const
export type Reminder = (typeof reminders)[number]

interface Dates {
  issuedAt: Date
  dueAt: Date
}

/**
 * When each reminder's time begins; it lasts until the next one's, so at any instant one is true at most, and after a
 * standstill nobody gets those that were missed. What would come with the invoice itself, or before it, is left out;
 * and nobody is behind on the day on which he was asked.
 */
function beginnings({ issuedAt, dueAt }: Dates): Array<[Reminder, number]> {
  const [issued, due] = [issuedAt.getTime(), dueAt.getTime()]
  const pastDue = Math.max(due, issued + day)
  const ahead: Array<[Reminder, number]> = [
    ['invoice-due-soon', due - 3 * day],
    ['invoice-due', due - day],
  ]
  return [
    ['invoice-issued', issued],
    ...ahead.filter(([, from]) => from > issued),
    ['invoice-past-due', pastDue],
    ['invoice-still-unpaid', pastDue + 7 * day],
  ]
}

/** The one that is true now; null before the invoice was issued. */
export function reminderAt(dates: Dates, now: Date): Reminder | null {
  return beginnings(dates).findLast(([, from]) => from <= now.getTime())?.[0] ?? null
}

/** When the next one begins to be true; null after the last. */
export function nextReminderAt(dates: Dates, now: Date): Date | null {
  const next = beginnings(dates).find(([, from]) => from > now.getTime())
  return next ? new Date(next[1]) : null
}

interface Owed {
  status: InvoiceStatus
  paymentProcessing?: boolean | null
  amountDueMinor: bigint
  amountPaidMinor: bigint
}

/** What is left to be paid of it. */
export function unpaidMinor({ amountDueMinor, amountPaidMinor }: Owed): bigint {
  return amountDueMinor > amountPaidMinor ? amountDueMinor - amountPaidMinor : 0n
}

/**
 * Whether anybody is to be asked to pay it: not as long as a debit is under way, not for what was written off, and never
 * for nothing.
 */
export function isToBeAskedFor(invoice: Owed): boolean {
  return invoice.status === 'OPEN' && !invoice.paymentProcessing && unpaidMinor(invoice) > 0n
}

export const accessNotices = ['access-closed', 'access-open-again'] as const
export type AccessNotice = (typeof accessNotices)[number]

/**
 * What an organization should know of its access to a plan's APIs, and has not been told: that it has closed, or after
 * that, that it is open. What nobody has been told of, because it was over before, stays untold.
 * @param told what it was told last
 */
export function accessNoticeOf(
  { state, standing }: { state: ProductSubscriptionState; standing: PaymentStanding },
  told: AccessNotice | null,
): AccessNotice | null {
  const closed = state === 'SUSPENDED' || (state === 'ACTIVE' && standing === 'PAST_DUE')
  if (closed) return told === 'access-closed' ? null : 'access-closed'
  const open = state === 'ACTIVE' && standing !== 'AWAITING_FIRST_PAYMENT'
  return open && told === 'access-closed' ? 'access-open-again' : null
}

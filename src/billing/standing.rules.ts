import type { PaymentStanding } from '../subscriptions/product-subscription.entity.js'
import type { InvoiceReason, InvoiceStatus } from './invoice.entity.js'
import { isFirstPayment, isOwed } from './invoice.rules.js'

const day = 24 * 60 * 60 * 1_000

export interface StandingInvoice {
  status: InvoiceStatus
  reason: InvoiceReason
  periodStart: Date
  /** Null until Stripe has it. */
  dueAt: Date | null
  /** A debit under way is neither paid nor past due. */
  paymentProcessing: boolean
}

export interface StandingFacts {
  /** Whether the plan is invoiced here at all. */
  paid: boolean
  trialEndsAt: Date | null
  /** Whole days of 24 hours past due during which access stays open. */
  gracePeriodDays: number
  invoices: readonly StandingInvoice[]
}

export interface Standing {
  standing: PaymentStanding
  /** When access closes, or closed, if nothing more is paid; null when nothing is due. */
  accessClosesAt: Date | null
}

/** Whether a subscription is paid, from its invoices alone. */
export function standingOf(facts: StandingFacts, now: Date): Standing {
  const { paid, trialEndsAt, invoices, gracePeriodDays } = facts
  if (!paid || (trialEndsAt && now < trialEndsAt)) return { standing: 'NOT_REQUIRED', accessClosesAt: null }
  if (waitsForFirstPayment(invoices, trialEndsAt)) {
    return { standing: 'AWAITING_FIRST_PAYMENT', accessClosesAt: null }
  }
  const due = invoices
    .filter(({ status, paymentProcessing }) => isOwed(status) && !paymentProcessing)
    .flatMap(({ dueAt }) => dueAt ?? [])
  if (due.length === 0) return { standing: 'GOOD', accessClosesAt: null }
  // Paying the newest opens nothing while an older one is past due.
  const oldest = new Date(Math.min(...due.map((dueAt) => dueAt.getTime())))
  const accessClosesAt = new Date(oldest.getTime() + gracePeriodDays * day)
  if (now < oldest) return { standing: 'GOOD', accessClosesAt }
  return { standing: now < accessClosesAt ? 'GRACE' : 'PAST_DUE', accessClosesAt }
}

/**
 * The invoice that a subscription begins with opens its access. Where it is void nothing is owed for the beginning. One
 * that comes back from a plan without a price begins once more.
 */
function waitsForFirstPayment(invoices: readonly StandingInvoice[], trialEndsAt: Date | null): boolean {
  const first = invoices.filter((invoice) => isFirstPayment(invoice, trialEndsAt))
  return (first.length === 0 && !trialEndsAt) || first.some(({ status }) => isOwed(status))
}

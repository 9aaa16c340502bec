import type { Span } from './calendar.js'
import { type InvoiceSeen, instant, type ModelPlan } from './deeds.js'
import type { Currency } from './rating.js'

export const day = 86_400_000

export interface Line {
  readonly kind: 'SETUP_FEE' | 'BASE_PRICE' | 'USAGE' | 'PRORATION' | 'CREDIT'
  readonly amount: bigint
  readonly span: Span
}

export interface Draft {
  readonly reason: 'SUBSCRIPTION_START' | 'SUBSCRIPTION_CYCLE' | 'PLAN_CHANGE' | 'SUBSCRIPTION_END'
  readonly period: Span
  readonly lines: Line[]
  readonly currency: Currency
  readonly termDays: number
}

export interface Invoice extends Draft {
  status: 'OPEN' | 'PAID' | 'VOID' | 'UNCOLLECTIBLE'
  readonly total: bigint
  /** Null of one that was paid without Stripe. */
  readonly dueAt: number | null
  /** Whether it is at Stripe, where it has a page. */
  readonly atStripe: boolean
  /** What was taken from the subscription's credit is below zero, what was added above. */
  readonly credit: bigint
  /** By how much it has changed what the customer's balance at Stripe was. */
  readonly balanceMoved: bigint
  debit: { settlesAt: number; bounces: boolean } | null
  voidedAt: number | null
}

export const isOwed = ({ status }: Invoice): boolean => status === 'OPEN' || status === 'UNCOLLECTIBLE'

/** What Stripe does not charge, and carries to the customer's balance. In minor units. */
const leastCharge: Record<Currency, bigint> = { USD: 50n, EUR: 50n, JPY: 50n, KWD: 10n }

/** The customer's balance at Stripe, one for each currency; above zero it is owed. */
export type Balances = Partial<Record<Currency, bigint>>

/**
 * Writes an invoice: with credit, never below zero; a total of zero is paid at once; what Stripe takes for too little
 * too.
 */
export function issued(draft: Draft, creditLeft: bigint, balances: Balances, now: number): Invoice {
  const sum = draft.lines.reduce((all, { amount }) => all + amount, 0n)
  const credit = sum < 0n ? -sum : creditLeft < sum ? -creditLeft : -sum
  const lines =
    credit === 0n ? draft.lines : [...draft.lines, { kind: 'CREDIT' as const, amount: credit, span: draft.period }]
  const total = sum + credit
  const common = { ...draft, lines, total, credit, debit: null, voidedAt: null }
  if (total === 0n) return { ...common, status: 'PAID', dueAt: null, atStripe: false, balanceMoved: 0n }
  const before = balances[draft.currency] ?? 0n
  const asked = before + total
  const tooLittle = asked < leastCharge[draft.currency]
  balances[draft.currency] = tooLittle ? asked : 0n
  const dueAt = now + draft.termDays * day
  const balanceMoved = (tooLittle ? asked : 0n) - before
  return { ...common, status: tooLittle ? 'PAID' : 'OPEN', dueAt, atStripe: true, balanceMoved }
}

/** Nothing is owed any more; what it had taken from the customer's balance is there again. */
export function voided(invoice: Invoice, balances: Balances, now: number): void {
  Object.assign(invoice, { status: 'VOID', voidedAt: now })
  balances[invoice.currency] = (balances[invoice.currency] ?? 0n) - invoice.balanceMoved
}

/** What may be taken off the next invoices: what was voided has neither given nor used any. */
export function creditOf(invoices: readonly Invoice[], currency: Currency): bigint {
  return invoices
    .filter((invoice) => invoice.currency === currency && invoice.status !== 'VOID')
    .reduce((all, { credit }) => all + credit, 0n)
}

export type PaymentStanding = 'NOT_REQUIRED' | 'AWAITING_FIRST_PAYMENT' | 'GOOD' | 'GRACE' | 'PAST_DUE'

/** Whether it is paid, from its invoices alone, and when access closes if nothing more is. */
export function standingOf(
  plan: ModelPlan,
  { trialEndsAt, hadTrial }: { trialEndsAt: number | null; hadTrial: boolean },
  invoices: readonly Invoice[],
  now: number,
): { standing: PaymentStanding; closesAt: number | null } {
  if (!plan.price || (trialEndsAt !== null && now < trialEndsAt)) return { standing: 'NOT_REQUIRED', closesAt: null }
  const starts = invoices.filter(({ reason }) => reason === 'SUBSCRIPTION_START')
  if (!hadTrial && (starts.length === 0 || starts.some(isOwed))) {
    return { standing: 'AWAITING_FIRST_PAYMENT', closesAt: null }
  }
  const due = invoices.filter((invoice) => isOwed(invoice) && !invoice.debit).flatMap(({ dueAt }) => dueAt ?? [])
  if (due.length === 0) return { standing: 'GOOD', closesAt: null }
  const oldest = Math.min(...due)
  const closesAt = oldest + plan.graceDays * day
  if (now < oldest) return { standing: 'GOOD', closesAt }
  return { standing: now < closesAt ? 'GRACE' : 'PAST_DUE', closesAt }
}

export function seen({ reason, status, period, dueAt, debit, lines, total, currency }: Invoice): InvoiceSeen {
  return {
    reason,
    status,
    period: `${instant(period.start)} ${instant(period.end)}`,
    dueAt: instant(dueAt),
    processing: debit !== null,
    lines: lines.map(({ kind, amount }) => `${kind} ${amount}`),
    total: `${total} ${currency}`,
  }
}

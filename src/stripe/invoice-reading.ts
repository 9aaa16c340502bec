import type { InvoiceSnapshot } from '../billing/billing.port.js'
import type { InvoiceStatus } from '../billing/invoice.entity.js'
import { type Currency, fromStripeAmount, currency as knownCurrency } from '../kernel/currency.js'
import { type IdPrefix, idPrefix } from '../kernel/id.js'

const statuses: ReadonlyMap<unknown, InvoiceStatus> = new Map([
  ['draft', 'DRAFT'],
  ['open', 'OPEN'],
  ['paid', 'PAID'],
  ['void', 'VOID'],
  ['uncollectible', 'UNCOLLECTIBLE'],
])

/** Furthest instant that JavaScript can hold, in seconds. */
const furthestSecond = 8_640_000_000_000

/**
 * Reads an invoice of any of Stripe's API versions since 2022-11-15 into our words. It looks only at fields
 * that all of them have, and takes nothing for granted: an invoice without id, currency, total or a status
 * that we know is null, and anything else that is missing is null or zero.
 */
export function readInvoice(raw: unknown): InvoiceSnapshot | null {
  if (!isRecord(raw) || raw.object !== 'invoice' || raw.deleted === true) return null
  const stripeInvoiceId = text(raw.id)
  const status = statuses.get(raw.status)
  const currency = typeof raw.currency === 'string' ? knownCurrency(raw.currency.toUpperCase()) : null
  const totalMinor = currency && minorUnits(raw.total, currency)
  if (stripeInvoiceId === null || !status || !currency || totalMinor === null) return null
  const transitions = isRecord(raw.status_transitions) ? raw.status_transitions : {}
  const amountDueMinor = minorUnits(raw.amount_due, currency) ?? 0n
  const amountPaidMinor = minorUnits(raw.amount_paid, currency) ?? 0n
  return {
    stripeInvoiceId,
    stripeCustomerId: idOf(raw.customer),
    invoiceId: ownId(raw.metadata, 'invoice_id', 'inv'),
    connectionId: ownId(raw.metadata, 'billing_integration_id', 'bint'),
    livemode: raw.livemode === true,
    status,
    number: text(raw.number),
    currency,
    totalMinor,
    amountDueMinor,
    // Versions before 2025-03-31 do not count what was paid outside of Stripe.
    amountPaidMinor: status === 'PAID' && amountPaidMinor < amountDueMinor ? amountDueMinor : amountPaidMinor,
    hostedUrl: address(raw.hosted_invoice_url),
    pdfUrl: address(raw.invoice_pdf),
    dueAt: instant(raw.due_date),
    finalizedAt: instant(transitions.finalized_at),
    paidAt: instant(transitions.paid_at),
    voidedAt: instant(transitions.voided_at),
    uncollectibleAt: instant(transitions.marked_uncollectible_at),
  }
}

/** The id in a field that holds either an id or, expanded, the object (which may say that it was deleted). */
export function idOf(value: unknown): string | null {
  return isRecord(value) ? text(value.id) : text(value)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Seconds since 1970 as an instant. */
export function instant(seconds: unknown): Date | null {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || Math.abs(seconds) > furthestSecond) return null
  return new Date(seconds * 1_000)
}

function ownId(metadata: unknown, name: string, prefix: IdPrefix): string | null {
  const id = isRecord(metadata) ? text(metadata[name]) : null
  return id !== null && idPrefix(id) === prefix ? id : null
}

/** An amount of Stripe's in the minor units that we count in. */
export function minorUnits(amount: unknown, currency: Currency): bigint | null {
  return typeof amount === 'number' && Number.isSafeInteger(amount)
    ? fromStripeAmount(BigInt(amount), currency).minor
    : null
}

/** Null where there is none. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** People follow it, so it leads to a page and nowhere else; the sandbox's is by http. */
function address(value: unknown): string | null {
  const url = URL.parse(text(value) ?? '')
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.href : null
}

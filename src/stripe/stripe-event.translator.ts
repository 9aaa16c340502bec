import type { InvoiceSnapshot, PaymentNews } from '../billing/billing.port.js'
import { readDispute } from './dispute-reading.js'
import { idOf, instant, isRecord, readInvoice } from './invoice-reading.js'

/** The envelope of an event, as far as we rely on it; what it tells of is read with care. */
export interface StripeEnvelope {
  id: string
  type: string
  apiVersion: string | null
  livemode: boolean
  created: Date | null
  object: unknown
}

/** What an event means for us. */
export type Meaning =
  | { kind: 'report'; news: PaymentNews; snapshot: InvoiceSnapshot }
  | { kind: 'customer deleted'; stripeCustomerId: string }
  /** It does not tell how its invoice stands: to be read first. */
  | { kind: 'read first'; news: PaymentNews; by: InvoiceSought }
  | { kind: 'nothing'; why: string }

/** By what an invoice is found: since 2025-03-31 a payment does not name the one that it is for. */
export type InvoiceSought = { stripeInvoiceId: string } | { stripePaymentId: string }

const invoiceEvents: ReadonlyMap<string, Exclude<PaymentNews['what'], 'payment disputed'>> = new Map([
  ['invoice.finalized', 'snapshot'],
  ['invoice.paid', 'snapshot'],
  ['invoice.voided', 'snapshot'],
  ['invoice.marked_uncollectible', 'snapshot'],
  ['invoice.updated', 'snapshot'],
  ['invoice.sent', 'snapshot'],
  ['invoice.overdue', 'snapshot'],
  ['invoice.finalization_failed', 'snapshot'],
  ['invoice.payment_failed', 'payment failed'],
  ['invoice.deleted', 'deleted'],
])

/** Those that begin and end one; what happens between is for whoever answers it in Stripe. */
const disputeEvents = new Set(['charge.dispute.created', 'charge.dispute.closed'])

/** Whether an event of this type may mean something. One truth for each fact: `payment_succeeded` does not. */
export function concernsUs(type: string): boolean {
  const others = ['customer.deleted', 'payment_intent.processing']
  return invoiceEvents.has(type) || disputeEvents.has(type) || others.includes(type)
}

/** The envelope of what Stripe has sent; null when it is no event. */
export function envelopeOf(raw: unknown): StripeEnvelope | null {
  if (!isRecord(raw) || raw.object !== 'event') return null
  const { id, type, api_version: apiVersion } = raw
  if (typeof id !== 'string' || !/^[\w-]{1,255}$/.test(id)) return null
  if (typeof type !== 'string' || !/^[\w.]{1,255}$/.test(type)) return null
  return {
    id,
    type,
    apiVersion: typeof apiVersion === 'string' && /^[\w.-]{1,64}$/.test(apiVersion) ? apiVersion : null,
    livemode: raw.livemode === true,
    created: instant(raw.created),
    object: isRecord(raw.data) ? raw.data.object : null,
  }
}

/** The object that an event tells of; for a payment the invoice that it is for. */
export function subjectOf({ type, object }: StripeEnvelope): string | null {
  const id = type.startsWith('payment_intent.') && isRecord(object) ? idOf(object.invoice) : idOf(object)
  return id !== null && /^[\w-]{1,255}$/.test(id) ? id : null
}

/** What Stripe has told, in our words. */
export function meaningOf(event: StripeEnvelope): Meaning {
  const { type, object } = event
  const what = invoiceEvents.get(type)
  if (what !== undefined) {
    const snapshot = readInvoice(withoutDeletion(object))
    return snapshot
      ? { kind: 'report', news: { what }, snapshot }
      : { kind: 'nothing', why: 'Its invoice cannot be read.' }
  }
  const id = subjectOf(event)
  if (type === 'customer.deleted') {
    return id ? { kind: 'customer deleted', stripeCustomerId: id } : { kind: 'nothing', why: 'It names no customer.' }
  }
  if (type === 'payment_intent.processing') {
    const news = { what: 'payment processing' } as const
    const stripePaymentId = isRecord(object) ? idOf(object.id) : null
    if (id) return { kind: 'read first', news, by: { stripeInvoiceId: id } }
    if (stripePaymentId) return { kind: 'read first', news, by: { stripePaymentId } }
    return { kind: 'nothing', why: 'It names neither invoice nor payment.' }
  }
  if (disputeEvents.has(type)) {
    const dispute = readDispute(object)
    const stripePaymentId = isRecord(object) ? idOf(object.payment_intent) : null
    if (!dispute || !stripePaymentId) return { kind: 'nothing', why: 'It tells of no dispute of a payment.' }
    return { kind: 'read first', news: { what: 'payment disputed', dispute }, by: { stripePaymentId } }
  }
  return { kind: 'nothing', why: 'Events of this type mean nothing to us.' }
}

/** An invoice that was deleted is told of as it last was. */
function withoutDeletion(object: unknown): unknown {
  return isRecord(object) && object.deleted === true ? { ...object, deleted: false } : object
}

import type { PayInvoice } from '../parameters/invoice.parameters.js'
import type { Draft } from './draft.js'
import { finalizeInvoice } from './finalization.js'
import { invoiceOf } from './invoice-change.js'
import { allow } from './lifecycle.js'
import { day } from './new-invoice.js'
import { paymentMethodOf } from './payment-methods.js'
import type { Charge, Invoice, PaymentFailure, PaymentIntent, PaymentMethod } from './records.js'
import { invalid, StripeError } from './stripe-error.js'
import { bounceOf, declineOf } from './test-payment-methods.js'

const debitTakes = 4 * day
/** After a failed collection Stripe tries again so many days later each time, then no more. */
const retriesAfter = [3, 5, 7].map((days) => days * day)

/** An attempt changes things also where it fails: what came of it, and the refusal to answer with. */
export interface Attempt {
  readonly invoice: Invoice
  readonly refusal: StripeError | null
}

export function payInvoice(draft: Draft, id: string, params: PayInvoice): Attempt {
  const asked = invoiceOf(draft, id)
  allow(asked, 'pay')
  const invoice = asked.status === 'draft' ? finalizeInvoice(draft, id, false) : asked
  if (invoice.status === 'paid') return { invoice, refusal: null }
  refuseWhileProcessing(draft, invoice, 'pay')
  if (params.paid_out_of_band) return { invoice: payOutOfBand(draft, invoice), refusal: null }
  const method = params.payment_method ? paymentMethodOf(draft, params.payment_method) : defaultMethod(draft, invoice)
  if (!method) {
    throw invalid(
      'There is no `default_payment_method` set on this Customer or Invoice. Please set either the Customer’s ' +
        '`invoice_settings.default_payment_method`, or pass `payment_method`.',
      { code: 'invoice_no_payment_method_types' },
    )
  }
  return attempt(draft, invoice, method)
}

export function refuseWhileProcessing(draft: Draft, invoice: Invoice, step: string): void {
  if (paymentOf(draft, invoice)?.status !== 'processing') return
  throw invalid(`You cannot ${step} this invoice while its payment is processing.`, {
    code: 'payment_intent_unexpected_state',
  })
}

export function paymentOf(draft: Draft, invoice: Invoice): PaymentIntent | undefined {
  return invoice.payment_intent ? draft.get('payment_intents', invoice.payment_intent) : undefined
}

function defaultMethod(draft: Draft, invoice: Invoice): PaymentMethod | undefined {
  const kept = draft.get('customers', invoice.customer)?.invoice_settings.default_payment_method
  const id = invoice.default_payment_method ?? kept
  return id ? draft.get('payment_methods', id) : undefined
}

function payOutOfBand(draft: Draft, before: Invoice): Invoice {
  const invoice = draft.put('invoices', {
    ...before,
    status: 'paid',
    amount_paid: before.amount_due,
    amount_paid_off_stripe: before.amount_due,
    next_payment_attempt: null,
    paid_at: draft.now,
  })
  // No attempt was made, so nothing but this is said of the invoice.
  draft.emit('invoice.paid', 'invoice', invoice)
  cancelPayment(draft, invoice, null)
  return invoice
}

export function cancelPayment(draft: Draft, invoice: Invoice, cancellation_reason: string | null): void {
  const before = paymentOf(draft, invoice)
  if (!before) return
  const payment = draft.put('payment_intents', {
    ...before,
    status: 'canceled',
    settles_at: null,
    canceled_at: draft.now,
    cancellation_reason,
  })
  draft.emit('payment_intent.canceled', 'payment_intent', payment)
}

export function attempt(draft: Draft, invoice: Invoice, method: PaymentMethod): Attempt {
  const payment = paymentOf(draft, invoice)
  if (!payment) throw new Error(`Invoice ${invoice.id} is to be paid and has no payment.`)
  const tried = { ...invoice, attempted: true, attempt_count: invoice.attempt_count + 1 }
  const tries: PaymentIntent = { ...payment, payment_method: method.id }
  if (method.outcome === 'succeeds') return { invoice: succeed(draft, invoice, tried, tries), refusal: null }
  if (method.outcome === 'declines') return fail(draft, invoice, tried, tries, declineOf(method))
  if (method.outcome === 'requires_action') return askForAction(draft, invoice, tried, tries)
  return { invoice: startDebit(draft, tried, tries), refusal: null }
}

function charge(
  draft: Draft,
  payment: PaymentIntent,
  status: Charge['status'],
  failure: PaymentFailure | null,
): Charge {
  const known = payment.latest_charge ? draft.get('charges', payment.latest_charge) : undefined
  if (known?.status === 'pending') return draft.put('charges', { ...known, status, failure })
  const { account, customer, invoice, amount, currency, payment_method } = payment
  return draft.put('charges', {
    id: draft.id('ch_'),
    account,
    created: draft.now,
    customer,
    invoice,
    payment_intent: payment.id,
    payment_method: payment_method as string,
    amount,
    amount_refunded: 0,
    currency,
    status,
    failure,
  })
}

export function succeed(draft: Draft, before: Invoice, tried: Invoice, tries: PaymentIntent): Invoice {
  const charged = charge(draft, tries, 'succeeded', null)
  const payment = draft.put('payment_intents', {
    ...tries,
    status: 'succeeded',
    latest_charge: charged.id,
    failure: null,
    settles_at: null,
    paid_at: draft.now,
  })
  const invoice = draft.put('invoices', {
    ...tried,
    status: 'paid',
    amount_paid: tried.amount_due,
    latest_charge: charged.id,
    next_payment_attempt: null,
    paid_at: draft.now,
  })
  draft.emit('invoice.paid', 'invoice', invoice)
  draft.emit('invoice.payment_succeeded', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  draft.emit('payment_intent.succeeded', 'payment_intent', payment)
  draft.emit('charge.succeeded', 'charge', charged)
  draft.emit('invoice_payment.paid', 'invoice_payment', payment)
  return invoice
}

export function fail(
  draft: Draft,
  before: Invoice,
  tried: Invoice,
  tries: PaymentIntent,
  decline: { code: string; decline_code: string; message: string },
): Attempt {
  const failure: PaymentFailure = { ...decline, payment_method: tries.payment_method }
  const charged = charge(draft, tries, 'failed', failure)
  const payment = draft.put('payment_intents', {
    ...tries,
    status: 'requires_payment_method',
    payment_method: null,
    latest_charge: charged.id,
    failure,
    settles_at: null,
  })
  const invoice = draft.put('invoices', {
    ...tried,
    latest_charge: charged.id,
    next_payment_attempt: nextAttempt(tried, draft.now),
  })
  draft.emit('invoice.payment_failed', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  draft.emit('payment_intent.payment_failed', 'payment_intent', payment)
  draft.emit('charge.failed', 'charge', charged)
  const { code, decline_code, message } = decline
  const shown = { charge: charged.id }
  return { invoice, refusal: new StripeError(402, message, { type: 'card_error', code, decline_code, shown }) }
}

export function nextAttempt(invoice: Invoice, now: number): number | null {
  if (!invoice.auto_advance || invoice.collection_method !== 'charge_automatically') return null
  const wait = retriesAfter[invoice.attempt_count - 1]
  return wait === undefined ? null : now + wait
}

function askForAction(draft: Draft, before: Invoice, tried: Invoice, tries: PaymentIntent): Attempt {
  const payment = draft.put('payment_intents', { ...tries, status: 'requires_action' })
  const invoice = draft.put('invoices', { ...tried, next_payment_attempt: nextAttempt(tried, draft.now) })
  draft.emit('invoice.payment_action_required', 'invoice', invoice)
  draft.emit('invoice.payment_failed', 'invoice', invoice)
  draft.emit('invoice.updated', 'invoice', invoice, before)
  draft.emit('payment_intent.requires_action', 'payment_intent', payment)
  const message =
    'This payment requires additional user action before it can be completed successfully. ' +
    'The customer can do so on the page of the invoice.'
  const code = 'invoice_payment_intent_requires_action'
  return { invoice, refusal: new StripeError(402, message, { type: 'card_error', code }) }
}

/** The bank was not satisfied, so the card was never charged. */
export function failAuthentication(draft: Draft, before: Invoice, tries: PaymentIntent): Attempt {
  const code = 'payment_intent_authentication_failure'
  const message =
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod ' +
    'to attempt to fulfill this PaymentIntent again.'
  const failure: PaymentFailure = { code, decline_code: null, message, payment_method: tries.payment_method }
  const payment = draft.put('payment_intents', {
    ...tries,
    status: 'requires_payment_method',
    payment_method: null,
    failure,
  })
  draft.emit('invoice.payment_failed', 'invoice', before)
  draft.emit('payment_intent.payment_failed', 'payment_intent', payment)
  return { invoice: before, refusal: new StripeError(402, message, { type: 'card_error', code }) }
}

function startDebit(draft: Draft, tried: Invoice, tries: PaymentIntent): Invoice {
  const pending = charge(draft, tries, 'pending', null)
  const payment = draft.put('payment_intents', {
    ...tries,
    status: 'processing',
    latest_charge: pending.id,
    failure: null,
    settles_at: draft.now + debitTakes,
  })
  const invoice = draft.put('invoices', { ...tried, latest_charge: pending.id, next_payment_attempt: null })
  draft.emit('payment_intent.processing', 'payment_intent', payment)
  draft.emit('charge.pending', 'charge', pending)
  return invoice
}

/** The bank has answered. */
export function settle(draft: Draft, id: string): Attempt {
  const payment = draft.require('payment_intents', id)
  const invoice = invoiceOf(draft, payment.invoice)
  const method = draft.require('payment_methods', payment.payment_method ?? '')
  if (method.outcome === 'bounces') return fail(draft, invoice, invoice, payment, bounceOf(method))
  return { invoice: succeed(draft, invoice, invoice, payment), refusal: null }
}

/** Tries the method that is kept for the invoice; having none is a failed attempt too. */
export function collect(draft: Draft, invoice: Invoice): Invoice {
  const method = defaultMethod(draft, invoice)
  if (method) return attempt(draft, invoice, method).invoice
  const tried = { ...invoice, attempted: true, attempt_count: invoice.attempt_count + 1 }
  const failed = draft.put('invoices', { ...tried, next_payment_attempt: nextAttempt(tried, draft.now) })
  draft.emit('invoice.payment_failed', 'invoice', failed)
  draft.emit('invoice.updated', 'invoice', failed, invoice)
  return failed
}

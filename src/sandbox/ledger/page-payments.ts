import { customerOf } from './customers.js'
import type { Draft } from './draft.js'
import { invoiceOf } from './invoice-change.js'
import { allow } from './lifecycle.js'
import { newPaymentMethod } from './payment-methods.js'
import { type Attempt, attempt, failAuthentication, paymentOf, refuseWhileProcessing, succeed } from './payments.js'
import { invalid } from './stripe-error.js'
import { type Behaviour, testPaymentMethods } from './test-payment-methods.js'

/** Pressing the button twice is as pressing it once: what is paid or under way stays so. */
export function payOnPage(draft: Draft, id: string, testMethod: string, keep: boolean): Attempt {
  const invoice = invoiceOf(draft, id)
  allow(invoice, 'pay')
  refuseWhileProcessing(draft, invoice, 'pay')
  const method = newPaymentMethod(draft, testPaymentMethods[testMethod] as Behaviour)
  const attempted = attempt(draft, invoice, method)
  if (keep && attempted.refusal === null) keepMethod(draft, invoice.customer, method.id)
  return attempted
}

function keepMethod(draft: Draft, customerId: string, methodId: string): void {
  const before = customerOf(draft, customerId)
  const method = draft.put('payment_methods', {
    ...draft.require('payment_methods', methodId),
    customer: customerId,
  })
  const invoice_settings = { ...before.invoice_settings, default_payment_method: methodId }
  const customer = draft.put('customers', { ...before, invoice_settings })
  draft.emit('payment_method.attached', 'payment_method', method)
  draft.emit('customer.updated', 'customer', customer, before)
}

/** What the bank of a card wanted to know before it pays. */
export function authenticate(draft: Draft, id: string, confirms: boolean): Attempt {
  const invoice = invoiceOf(draft, id)
  allow(invoice, 'pay')
  const payment = paymentOf(draft, invoice)
  if (payment?.status !== 'requires_action') throw invalid('There is nothing to confirm for this invoice.')
  if (!confirms) return failAuthentication(draft, invoice, payment)
  return { invoice: succeed(draft, invoice, invoice, payment), refusal: null }
}

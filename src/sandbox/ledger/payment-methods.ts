import type { Draft } from './draft.js'
import { isLive } from './mode.js'
import type { Customer, PaymentMethod } from './records.js'
import { StripeError } from './stripe-error.js'
import { type Behaviour, canBeAttached, declineOf, testPaymentMethods } from './test-payment-methods.js'

/** An own payment method, or a new one that behaves as a test id says. */
export function paymentMethodOf(draft: Draft, id: string, param = 'payment_method'): PaymentMethod {
  // Stripe knows them in test mode only.
  const behaviour = isLive(draft.asking.account) ? undefined : testPaymentMethods[id]
  return behaviour ? newPaymentMethod(draft, behaviour) : draft.require('payment_methods', id, param, 400)
}

export function newPaymentMethod(draft: Draft, behaviour: Behaviour): PaymentMethod {
  return draft.put('payment_methods', {
    id: draft.id('pm_'),
    account: draft.asking.account,
    created: draft.now,
    customer: null,
    metadata: {},
    ...behaviour,
  })
}

export function createPaymentMethod(draft: Draft, token: string, metadata: Record<string, string>): PaymentMethod {
  const method = paymentMethodOf(draft, token.replace(/^tok_/, 'pm_card_'), 'card[token]')
  return draft.put('payment_methods', { ...method, metadata })
}

export function attach(draft: Draft, id: string, customer: Customer): PaymentMethod {
  const method = paymentMethodOf(draft, id)
  if (!canBeAttached(id)) {
    const { code, decline_code, message } = declineOf(method)
    throw new StripeError(402, message, { type: 'card_error', code, decline_code })
  }
  if (method.customer && method.customer !== customer.id) {
    throw new StripeError(400, 'The payment method you provided has already been attached to a customer.')
  }
  return draft.put('payment_methods', { ...method, customer: customer.id })
}

export function detach(draft: Draft, id: string): PaymentMethod {
  const before = draft.require('payment_methods', id, 'payment_method')
  if (!before.customer) {
    throw new StripeError(
      400,
      'The payment method you provided is not attached to a customer so detachment is impossible.',
    )
  }
  const method = draft.put('payment_methods', { ...before, customer: null })
  draft.emit('payment_method.detached', 'payment_method', method, before)
  const customer = draft.get('customers', before.customer)
  if (customer?.invoice_settings.default_payment_method === id) {
    draft.put('customers', {
      ...customer,
      invoice_settings: { ...customer.invoice_settings, default_payment_method: null },
    })
  }
  return method
}

import { isLive } from '../ledger/mode.js'
import type { Charge, PaymentIntent, PaymentMethod } from '../ledger/records.js'
import { hostedUrl } from './hosted-url.js'
import { olderCharge, olderPaymentIntent, olderPaymentMethod } from './older.js'
import type { Rendered, Rendering } from './rendering.js'

const noDetails = {
  address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
}

export function renderPaymentMethod(method: PaymentMethod, rendering: Rendering): Rendered {
  const newest: Rendered = {
    id: method.id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: noDetails,
    created: method.created,
    customer: method.customer,
    customer_account: null,
    livemode: isLive(method.account),
    metadata: method.metadata,
    type: method.type,
    [method.type]: detailsOf(method),
  }
  return olderPaymentMethod(newest, method, rendering)
}

function detailsOf(method: PaymentMethod) {
  return method.type === 'card' ? renderCard(method) : renderBankAccount(method)
}

function renderCard({ brand, last4, created }: PaymentMethod) {
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    display_brand: brand,
    exp_month: 12,
    exp_year: new Date(created * 1000).getUTCFullYear() + 3,
    fingerprint: `sandbox${brand}${last4}`,
    funding: 'credit',
    generated_from: null,
    last4,
    networks: { available: [brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  }
}

function renderBankAccount({ brand, last4 }: PaymentMethod) {
  return {
    account_holder_type: 'company',
    account_type: 'checking',
    bank_name: brand,
    financial_connections_account: null,
    fingerprint: `sandboxbank${last4}`,
    last4,
    networks: { preferred: 'ach', supported: ['ach'] },
    routing_number: '110000000',
    status_details: {},
  }
}

export function renderPaymentIntent(payment: PaymentIntent, rendering: Rendering): Rendered {
  const newest: Rendered = {
    id: payment.id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: payment.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: payment.status === 'succeeded' ? payment.amount : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: payment.canceled_at,
    cancellation_reason: payment.cancellation_reason,
    capture_method: 'automatic',
    client_secret: `${payment.id}_secret_${payment.client_secret}`,
    confirmation_method: 'automatic',
    created: payment.created,
    currency: payment.currency,
    customer: payment.customer,
    customer_account: null,
    description: 'Payment for Invoice',
    excluded_payment_method_types: null,
    last_payment_error: payment.failure && {
      code: payment.failure.code,
      decline_code: payment.failure.decline_code,
      message: payment.failure.message,
      type: 'card_error',
    },
    latest_charge: payment.latest_charge,
    livemode: isLive(payment.account),
    managed_payments: null,
    metadata: {},
    next_action: nextActionOf(payment, rendering),
    on_behalf_of: null,
    payment_method: payment.payment_method,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'us_bank_account'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: payment.status,
    transfer_group: null,
  }
  return olderPaymentIntent(newest, payment, rendering)
}

/** Whoever is to confirm finds the way on the page of the invoice. */
function nextActionOf(payment: PaymentIntent, { state, baseUrl, now }: Rendering) {
  const token = state.tables.invoices.get(payment.invoice)?.token
  if (payment.status !== 'requires_action' || !token) return null
  const url = hostedUrl(payment.account, token, baseUrl, now)
  return { type: 'redirect_to_url', redirect_to_url: { return_url: null, url } }
}

/** Of a charge Stripe tells what happened, rather than what the method is. */
function chargedDetailsOf(method: PaymentMethod, { amount, status }: Charge) {
  const { brand, last4 } = method
  if (method.type === 'us_bank_account') {
    const { account_holder_type, account_type, bank_name, fingerprint, routing_number } = renderBankAccount(method)
    return { account_holder_type, account_type, bank_name, fingerprint, last4, payment_reference: null, routing_number }
  }
  const { checks, country, exp_month, exp_year, fingerprint, funding, regulated_status } = renderCard(method)
  return {
    amount_authorized: status === 'failed' ? null : amount,
    authorization_code: null,
    brand,
    checks,
    country,
    electronic_commerce_indicator: null,
    exp_month,
    exp_year,
    fingerprint,
    funding,
    installments: null,
    last4,
    mandate: null,
    network: brand,
    network_transaction_id: null,
    regulated_status,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  }
}

export function renderCharge(charge: Charge, rendering: Rendering): Rendered {
  const paid = charge.status === 'succeeded'
  const method = rendering.state.tables.payment_methods.get(charge.payment_method)
  const newest: Rendered = {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: paid ? charge.amount : 0,
    amount_refunded: charge.amount_refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: noDetails,
    calculated_statement_descriptor: null,
    captured: paid,
    created: charge.created,
    currency: charge.currency,
    customer: charge.customer,
    description: 'Payment for Invoice',
    disputed: false,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    fraud_details: {},
    livemode: isLive(charge.account),
    metadata: {},
    on_behalf_of: null,
    outcome: outcomeOf(charge),
    paid: charge.status !== 'failed',
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    payment_method_details: method ? { [method.type]: chargedDetailsOf(method, charge), type: method.type } : null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: charge.amount_refunded === charge.amount,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  }
  return olderCharge(newest, charge, rendering)
}

function outcomeOf({ status, failure }: Charge) {
  if (status === 'pending') return null
  const failed = status === 'failed'
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: failed ? 'declined_by_network' : 'approved_by_network',
    reason: failure?.decline_code ?? null,
    risk_level: 'normal',
    seller_message: failed ? 'The bank did not return any further details with this decline.' : 'Payment complete.',
    type: failed ? 'issuer_declined' : 'authorized',
  }
}

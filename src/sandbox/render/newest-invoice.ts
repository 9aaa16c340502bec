import { isLive } from '../ledger/mode.js'
import type { Invoice, InvoiceItem, Line, PaymentIntent, Tax } from '../ledger/records.js'
import { totalsOf } from '../ledger/totals.js'
import { hostedUrl } from './hosted-url.js'
import { olderInvoice, olderItem, olderLine } from './older.js'
import type { Rendered, Rendering } from './rendering.js'

const linesShown = 10

function renderTax(tax: Tax) {
  return {
    amount: tax.amount,
    tax_behavior: tax.inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: tax.tax_rate },
    taxability_reason: tax.taxability_reason,
    taxable_amount: tax.taxable_amount,
    type: 'tax_rate_details',
  }
}

function pricingOf(line: Line) {
  const { price, product, unit_amount_decimal } = line
  return { price_details: { price, product }, type: 'price_details', unit_amount_decimal }
}

export function renderLine(line: Line, invoice: Invoice, rendering: Rendering): Rendered {
  const newest: Rendered = {
    id: line.id,
    object: 'line_item',
    amount: line.amount,
    currency: line.currency,
    description: line.description,
    discount_amounts: [],
    discountable: line.discountable,
    discounts: [],
    invoice: invoice.id,
    livemode: isLive(invoice.account),
    metadata: line.metadata,
    parent: {
      invoice_item_details: {
        invoice_item: line.invoice_item,
        proration: false,
        proration_details: { credited_items: null },
        subscription: null,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    },
    period: { end: line.period.end, start: line.period.start },
    pretax_credit_amounts: [],
    pricing: pricingOf(line),
    quantity: line.quantity,
    quantity_decimal: String(line.quantity),
    subscription: null,
    subtotal: line.amount,
    taxes: line.taxes.map(renderTax),
  }
  return olderLine(newest, line, rendering)
}

export function renderItem(item: InvoiceItem, rendering: Rendering): Rendered {
  const { line } = item
  const newest: Rendered = {
    id: item.id,
    object: 'invoiceitem',
    amount: line.amount,
    currency: line.currency,
    customer: item.customer,
    customer_account: null,
    date: line.date,
    description: line.description,
    discountable: line.discountable,
    discounts: [],
    invoice: item.invoice,
    livemode: isLive(item.account),
    metadata: line.metadata,
    net_amount: line.amount,
    parent: null,
    period: { end: line.period.end, start: line.period.start },
    pricing: pricingOf(line),
    proration: false,
    quantity: line.quantity,
    quantity_decimal: String(line.quantity),
    tax_rates: [],
    test_clock: rendering.state.tables.customers.get(item.customer)?.test_clock ?? null,
  }
  return olderItem(newest, line, rendering)
}

export function renderInvoice(invoice: Invoice, rendering: Rendering): Rendered {
  const account = rendering.state.tables.accounts.get(invoice.account)
  const totals = totalsOf(invoice)
  const { addressee } = invoice
  const url = invoice.token && hostedUrl(invoice.account, invoice.token, rendering.baseUrl, rendering.now)
  const newest: Rendered = {
    id: invoice.id,
    object: 'invoice',
    account_country: account?.country ?? null,
    account_name: account?.name ?? null,
    account_tax_ids: null,
    amount_due: invoice.amount_due,
    amount_overpaid: totals.amount_overpaid,
    amount_paid: invoice.amount_paid,
    ...(rendering.inEvent ? {} : { amount_paid_off_stripe: invoice.amount_paid_off_stripe }),
    amount_remaining: totals.amount_remaining,
    amount_shipping: 0,
    application: null,
    attempt_count: invoice.attempt_count,
    attempted: invoice.attempted,
    auto_advance: invoice.auto_advance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: invoice.automatically_finalizes_at,
    billing_reason: 'manual',
    collection_method: invoice.collection_method,
    created: invoice.created,
    currency: invoice.currency,
    custom_fields: invoice.custom_fields,
    customer: invoice.customer,
    customer_account: null,
    customer_address: addressee.address,
    customer_email: addressee.email,
    customer_name: addressee.name,
    customer_phone: addressee.phone,
    customer_shipping: addressee.shipping,
    customer_tax_exempt: addressee.tax_exempt,
    customer_tax_ids: [],
    default_payment_method: invoice.default_payment_method,
    default_source: null,
    default_tax_rates: [],
    description: invoice.description,
    discounts: [],
    due_date: invoice.due_date,
    effective_at: invoice.effective_at,
    ending_balance: invoice.ending_balance,
    footer: invoice.footer,
    from_invoice: null,
    hosted_invoice_url: url,
    invoice_pdf: url && `${url}/pdf`,
    issuer: { type: 'self' },
    last_finalization_error: invoice.last_finalization_error && {
      ...invoice.last_finalization_error,
      type: 'invalid_request_error',
    },
    latest_revision: null,
    lines: renderLines(invoice, rendering),
    livemode: isLive(invoice.account),
    metadata: invoice.metadata,
    next_payment_attempt: invoice.next_payment_attempt,
    number: invoice.number,
    on_behalf_of: null,
    parent: null,
    payment_settings: {
      default_mandate: null,
      payment_method_options: null,
      payment_method_types: invoice.payment_method_types,
    },
    period_end: invoice.created,
    period_start: invoice.created,
    post_payment_credit_notes_amount: invoice.post_payment_credit_notes_amount,
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: invoice.starting_balance,
    statement_descriptor: invoice.statement_descriptor,
    status: invoice.status,
    ...(invoice.uncollectible_reason && {
      status_details: { uncollectible: { reason: invoice.uncollectible_reason } },
    }),
    status_transitions: {
      finalized_at: invoice.finalized_at,
      marked_uncollectible_at: invoice.marked_uncollectible_at,
      paid_at: invoice.paid_at,
      voided_at: invoice.voided_at,
    },
    subtotal: totals.subtotal,
    subtotal_excluding_tax: totals.total_excluding_tax,
    test_clock: invoice.test_clock,
    total: totals.total,
    total_discount_amounts: [],
    total_excluding_tax: totals.total_excluding_tax,
    total_pretax_credit_amounts: [],
    total_taxes: invoice.lines.flatMap((line) => line.taxes.map(renderTax)),
    webhooks_delivered_at: invoice.webhooks_delivered_at,
  }
  return olderInvoice(newest, invoice, rendering)
}

function renderLines(invoice: Invoice, rendering: Rendering) {
  return {
    object: 'list',
    data: invoice.lines.slice(0, linesShown).map((line) => renderLine(line, invoice, rendering)),
    has_more: invoice.lines.length > linesShown,
    total_count: invoice.lines.length,
    url: `/v1/invoices/${invoice.id}/lines`,
  }
}

export function renderInvoicePayment(payment: PaymentIntent): Rendered {
  const paid = payment.status === 'succeeded'
  return {
    id: payment.invoice_payment,
    object: 'invoice_payment',
    amount_paid: paid ? payment.amount : null,
    amount_requested: payment.amount,
    created: payment.created,
    currency: payment.currency,
    invoice: payment.invoice,
    is_default: true,
    livemode: isLive(payment.account),
    payment: { payment_intent: payment.id, type: 'payment_intent' },
    status: paid ? 'paid' : payment.status === 'canceled' ? 'canceled' : 'open',
    status_transitions: { canceled_at: payment.canceled_at, paid_at: payment.paid_at },
  }
}

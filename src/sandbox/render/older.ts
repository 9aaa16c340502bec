import type {
  Charge,
  CreditNote,
  CreditNoteLine,
  Invoice,
  Line,
  PaymentIntent,
  PaymentMethod,
  Tax,
} from '../ledger/records.js'
import { totalsOf } from '../ledger/totals.js'
import { predates, type Rendered, type Rendering } from './rendering.js'

/** The great break: the invoice no longer has its payment, its subscription and its taxes at the top. */
const basil = '2025-03-31.basil'
const renderingOptionsWent = '2024-04-10'
const discountsNeverNull = '2023-08-16'

type Step<R> = (object: Rendered, row: R) => Rendered

/** Steps from the newest version down, each undone for versions from before its break. */
function lowering<R>(...steps: [version: string, step: Step<R>][]) {
  return (object: Rendered, row: R, rendering: Rendering): Rendered => {
    let lowered = object
    for (const [version, step] of steps) {
      if (!predates(rendering, version)) break
      lowered = step(lowered, row)
    }
    return lowered
  }
}

function without(object: Rendered, ...keys: string[]): Rendered {
  const rest = { ...object }
  for (const key of keys) delete rest[key]
  return rest
}

function taxAmounts(taxes: readonly Tax[]) {
  return taxes.map(({ amount, inclusive, tax_rate, taxability_reason, taxable_amount }) => ({
    amount,
    inclusive,
    tax_rate,
    taxability_reason: taxability_reason === 'not_available' ? null : taxability_reason,
    taxable_amount,
  }))
}

function invoiceBeforeBasil(object: Rendered, invoice: Invoice): Rendered {
  const { total, tax } = totalsOf(invoice)
  // What was paid elsewhere did not count as paid.
  const amount_paid = invoice.amount_paid - invoice.amount_paid_off_stripe
  return {
    ...without(
      object,
      'parent',
      'total_taxes',
      'amount_overpaid',
      'amount_paid_off_stripe',
      'status_details',
      'customer_account',
    ),
    amount_paid,
    amount_remaining: Math.max(0, invoice.amount_due - amount_paid),
    application_fee_amount: null,
    charge: invoice.latest_charge,
    discount: null,
    paid: invoice.status === 'paid',
    paid_out_of_band: invoice.amount_paid_off_stripe > 0,
    payment_intent: invoice.payment_intent,
    quote: null,
    subscription: null,
    subscription_details: { metadata: null },
    tax: tax === 0 && total === object.subtotal ? null : tax,
    total_tax_amounts: taxAmounts(invoice.lines.flatMap((line) => line.taxes)),
    transfer_data: null,
  }
}

export const olderInvoice = lowering<Invoice>(
  [basil, invoiceBeforeBasil],
  [renderingOptionsWent, (object) => ({ ...without(object, 'rendering'), rendering_options: null })],
  [discountsNeverNull, (object) => ({ ...object, discounts: null })],
)

/** A price as lines had it inside. */
function priceOf(line: Line, livemode: unknown) {
  return {
    id: line.price,
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: line.date,
    currency: line.currency,
    custom_unit_amount: null,
    livemode,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: line.product,
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: wholeOf(line.unit_amount_decimal),
    unit_amount_decimal: line.unit_amount_decimal,
  }
}

/** Null where the price has fractions of the smallest unit. */
function wholeOf(decimal: string): number | null {
  return Number.isInteger(Number(decimal)) ? Number(decimal) : null
}

function lineBeforeBasil(object: Rendered, line: Line): Rendered {
  const inclusive = line.taxes.reduce((sum, tax) => (tax.inclusive ? sum + tax.amount : sum), 0)
  const amount_excluding_tax = line.amount - inclusive
  return {
    ...without(object, 'parent', 'pricing', 'taxes', 'subtotal', 'quantity_decimal'),
    amount_excluding_tax,
    invoice_item: line.invoice_item,
    plan: null,
    price: priceOf(line, object.livemode),
    proration: false,
    proration_details: { credited_items: null },
    tax_amounts: taxAmounts(line.taxes),
    tax_rates: [],
    type: 'invoiceitem',
    unit_amount_excluding_tax: String(line.quantity > 0 ? amount_excluding_tax / line.quantity : amount_excluding_tax),
  }
}

export const olderLine = lowering<Line>(
  [basil, lineBeforeBasil],
  [discountsNeverNull, (object) => ({ ...without(object, 'invoice'), discounts: null })],
)

function itemBeforeBasil(object: Rendered, line: Line): Rendered {
  return {
    ...without(object, 'parent', 'pricing', 'quantity_decimal', 'net_amount', 'customer_account'),
    plan: null,
    price: priceOf(line, object.livemode),
    subscription: null,
    unit_amount: wholeOf(line.unit_amount_decimal),
    unit_amount_decimal: line.unit_amount_decimal,
  }
}

export const olderItem = lowering<Line>([basil, itemBeforeBasil])

/** Payments named their invoice themselves. */
export const olderPaymentIntent = lowering<PaymentIntent>([
  basil,
  (object, payment) => ({
    ...without(
      object,
      'allowed_payment_method_types',
      'customer_account',
      'excluded_payment_method_types',
      'managed_payments',
      'payment_record',
    ),
    invoice: payment.invoice,
    transfer_data: null,
  }),
])

export const olderCharge = lowering<Charge>(
  [basil, (object, charge) => ({ ...object, invoice: charge.invoice })],
  [discountsNeverNull, (object) => ({ ...object, destination: null, dispute: null, refunds: null })],
)

export const olderPaymentMethod = lowering<PaymentMethod>(
  [basil, (object) => without(object, 'customer_account')],
  [renderingOptionsWent, paymentMethodBefore2024],
)

function paymentMethodBefore2024(object: Rendered): Rendered {
  const { card } = object as { card?: Rendered }
  const known = without(object, 'allow_redisplay')
  return card ? { ...known, card: without(card, 'display_brand', 'generated_from') } : known
}

export const olderCreditNote = lowering<CreditNote>([
  basil,
  (object) => ({
    ...without(
      object,
      'customer_account',
      'post_payment_amount',
      'pre_payment_amount',
      'pretax_credit_amounts',
      'refunds',
      'total_taxes',
    ),
    refund: null,
    tax_amounts: [],
  }),
])

export const olderCreditNoteLine = lowering<CreditNoteLine>([
  basil,
  (object, line) => ({
    ...without(object, 'metadata', 'pretax_credit_amounts', 'taxes'),
    amount_excluding_tax: line.amount,
    tax_amounts: [],
    unit_amount_excluding_tax: null,
  }),
])

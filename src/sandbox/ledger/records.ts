/**
 * What the sandbox stores. Rows are immutable, a change makes a new version; so an event keeps the version that it
 * tells of by pointing to it. Names are those of Stripe's newest API; what can be worked out is left to the rendering.
 */
export interface Row {
  readonly id: string
  readonly account: string
  /** Seconds since 1970, as everywhere at Stripe. */
  readonly created: number
}

export type Metadata = Readonly<Record<string, string>>

export interface Address {
  city: string | null
  country: string | null
  line1: string | null
  line2: string | null
  postal_code: string | null
  state: string | null
}

export interface Shipping {
  address: Address
  name: string
  phone: string | null
}

export interface CustomField {
  name: string
  value: string
}

export interface Account extends Row {
  readonly country: string
  readonly name: string
  readonly email: string
  readonly default_currency: string
}

export interface ApiKey extends Row {
  /** `resource:read` or `resource:write`; null is everything. */
  readonly permissions: readonly string[] | null
}

export interface Customer extends Row {
  readonly address: Address | null
  /** What the next invoice starts from: below zero is credit. */
  readonly balance: number
  readonly business_name: string | null
  readonly individual_name: string | null
  readonly currency: string | null
  readonly deleted: boolean
  readonly description: string | null
  readonly email: string | null
  readonly invoice_prefix: string
  readonly invoice_settings: {
    readonly custom_fields: readonly CustomField[] | null
    readonly default_payment_method: string | null
    readonly footer: string | null
  }
  readonly metadata: Metadata
  readonly name: string | null
  readonly next_invoice_sequence: number
  readonly phone: string | null
  readonly preferred_locales: readonly string[]
  readonly shipping: Shipping | null
  readonly tax_exempt: 'none' | 'exempt' | 'reverse'
  readonly test_clock: string | null
}

export interface Tax {
  readonly amount: number
  readonly inclusive: boolean
  readonly tax_rate: string
  readonly taxability_reason: string
  readonly taxable_amount: number
}

/** A line of an invoice, and the invoice item behind it: one thing with two names at Stripe. */
export interface Line {
  readonly id: string
  readonly invoice_item: string
  readonly amount: number
  readonly currency: string
  readonly date: number
  readonly description: string | null
  readonly discountable: boolean
  readonly metadata: Metadata
  readonly period: { readonly start: number; readonly end: number }
  readonly price: string
  readonly product: string
  readonly quantity: number
  readonly taxes: readonly Tax[]
  readonly unit_amount_decimal: string
}

/** Stored only while it waits for an invoice; afterwards the invoice has its line. */
export interface InvoiceItem extends Row {
  readonly customer: string
  readonly invoice: string | null
  readonly line: Line
}

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'uncollectible' | 'void'
export type CollectionMethod = 'charge_automatically' | 'send_invoice'

export interface Invoice extends Row {
  readonly customer: string
  /** Follows the customer until finalization, then stays. */
  readonly addressee: Pick<Customer, 'address' | 'email' | 'name' | 'phone' | 'shipping' | 'tax_exempt'>
  readonly status: InvoiceStatus
  readonly collection_method: CollectionMethod
  readonly currency: string
  readonly auto_advance: boolean
  readonly automatically_finalizes_at: number | null
  /** Named by the caller, so failing webhooks do not put it off. */
  readonly finalization_is_scheduled: boolean
  readonly days_until_due: number | null
  readonly due_date: number | null
  readonly effective_at: number | null
  readonly description: string | null
  readonly footer: string | null
  readonly statement_descriptor: string | null
  readonly custom_fields: readonly CustomField[] | null
  readonly metadata: Metadata
  readonly default_payment_method: string | null
  readonly payment_method_types: readonly string[] | null
  readonly number: string | null
  readonly lines: readonly Line[]
  readonly starting_balance: number
  readonly ending_balance: number | null
  readonly amount_due: number
  readonly amount_paid: number
  readonly amount_paid_off_stripe: number
  readonly pre_payment_credit_notes_amount: number
  readonly post_payment_credit_notes_amount: number
  readonly attempt_count: number
  readonly attempted: boolean
  readonly next_payment_attempt: number | null
  readonly payment_intent: string | null
  readonly latest_charge: string | null
  readonly uncollectible_reason: string | null
  readonly last_finalization_error: { readonly code: string; readonly message: string } | null
  readonly finalized_at: number | null
  readonly paid_at: number | null
  readonly voided_at: number | null
  readonly marked_uncollectible_at: number | null
  readonly webhooks_delivered_at: number | null
  readonly told_will_be_due: boolean
  readonly told_overdue: boolean
  /** 128 random bits: who has them may see and pay the invoice. */
  readonly token: string | null
  readonly test_clock: string | null
}

export type Outcome = 'succeeds' | 'declines' | 'requires_action' | 'settles' | 'bounces'

export interface PaymentMethod extends Row {
  readonly customer: string | null
  readonly type: 'card' | 'us_bank_account'
  readonly brand: string
  readonly last4: string
  readonly outcome: Outcome
  readonly decline_code: string | null
  readonly metadata: Metadata
}

export interface PaymentFailure {
  readonly code: string
  readonly decline_code: string | null
  readonly message: string
  readonly payment_method: string | null
}

/** The payment of one invoice: Stripe shows it as payment intent, as invoice payment, and each attempt as charge. */
export interface PaymentIntent extends Row {
  readonly invoice: string
  readonly invoice_payment: string
  readonly customer: string
  readonly amount: number
  readonly currency: string
  readonly status: 'requires_payment_method' | 'requires_action' | 'processing' | 'succeeded' | 'canceled'
  readonly client_secret: string
  readonly payment_method: string | null
  readonly latest_charge: string | null
  readonly failure: PaymentFailure | null
  readonly settles_at: number | null
  readonly test_clock: string | null
  readonly paid_at: number | null
  readonly canceled_at: number | null
  readonly cancellation_reason: string | null
}

export interface Charge extends Row {
  readonly customer: string
  readonly invoice: string
  readonly payment_intent: string
  readonly payment_method: string
  readonly amount: number
  readonly amount_refunded: number
  readonly currency: string
  readonly status: 'succeeded' | 'pending' | 'failed'
  readonly failure: PaymentFailure | null
}

export interface WebhookEndpoint extends Row {
  readonly api_version: string | null
  readonly description: string | null
  readonly enabled_events: readonly string[]
  readonly metadata: Metadata
  readonly secret: string
  /** The secret before this one signs too until then. */
  readonly rolled: { readonly secret: string; readonly until: number } | null
  readonly status: 'enabled' | 'disabled'
  readonly url: string
  readonly failing_since: number | null
}

export interface TestClock extends Row {
  readonly frozen_time: number
  readonly name: string | null
  readonly status: 'ready' | 'advancing'
}

export interface CreditNote extends Row {
  readonly invoice: string
  readonly customer: string
  readonly currency: string
  readonly amount: number
  readonly number: string
  readonly memo: string | null
  readonly metadata: Metadata
  readonly reason: string | null
  readonly status: 'issued' | 'void'
  readonly voided_at: number | null
  readonly pre_payment_amount: number
  readonly post_payment_amount: number
  readonly credit_amount: number
  readonly refund_amount: number
  readonly out_of_band_amount: number
  readonly lines: readonly CreditNoteLine[]
}

export interface CreditNoteLine {
  readonly id: string
  readonly amount: number
  readonly description: string | null
  readonly invoice_line_item: string | null
  readonly quantity: number | null
}

export interface PortalSession extends Row {
  readonly customer: string
  readonly return_url: string | null
  readonly locale: string | null
  readonly token: string
}

/** What an event tells of: the kind of object as Stripe names it, in the version of that moment. */
export interface StripeEvent extends Row {
  readonly type: string
  readonly kind: ObjectKind
  readonly object: Row
  /** The version before, where the event says what changed. */
  readonly previous: Row | null
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
  readonly pending_webhooks: number
}

export type ObjectKind =
  | 'account'
  | 'billing_portal.session'
  | 'charge'
  | 'credit_note'
  | 'customer'
  | 'invoice'
  | 'invoice_payment'
  | 'invoiceitem'
  | 'payment_intent'
  | 'payment_method'
  | 'test_helpers.test_clock'
  | 'webhook_endpoint'

export interface DeliveryAttempt {
  /** When it was made, by the real clock, in milliseconds: it is transport. */
  readonly at: number
  readonly status: number | null
  readonly latency_ms: number
  readonly answer: string | null
  readonly error: string | null
}

/** One event on its way to one endpoint. */
export interface Delivery extends Row {
  readonly endpoint: string
  readonly event: string
  readonly event_type: string
  readonly object: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: readonly DeliveryAttempt[]
  /** On the sandbox's clock, in milliseconds. */
  readonly next_attempt_at: number | null
}

/** The first result of a request with an idempotency key. */
export interface StoredAnswer extends Row {
  readonly fingerprint: string
  readonly request: string
  readonly status: number
  /** A body as it was sent; null where the object's version is kept instead, from which it is rendered again. */
  readonly body: string | null
  readonly kind: ObjectKind | null
  readonly object: Row | null
  readonly version: string
}

export interface Tables {
  accounts: Account
  keys: ApiKey
  customers: Customer
  items: InvoiceItem
  invoices: Invoice
  payment_methods: PaymentMethod
  payment_intents: PaymentIntent
  charges: Charge
  webhook_endpoints: WebhookEndpoint
  test_clocks: TestClock
  credit_notes: CreditNote
  portal_sessions: PortalSession
  events: StripeEvent
  deliveries: Delivery
  answers: StoredAnswer
}

export type TableName = keyof Tables

import type { Secret } from '../kernel/secret.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { BillingMode, StoredBillingCheck } from './billing-integration.entity.js'
import type { InvoiceLineKind, InvoiceStatus } from './invoice.entity.js'

/** One connection to a Stripe account, with what opens it. */
export interface BillingConnection {
  readonly id: string
  readonly providerId: string
  readonly mode: BillingMode
  readonly restrictedKey: Secret
}

/**
 * How a call to the payment provider ended. A time-out is not a failure: `unknown` means that it may have
 * been done, and that the next try looks before it asks again.
 */
export type Outcome<Value> =
  | { kind: 'done'; value: Value }
  /** Final: the same again would be refused again. The message may be shown to the provider's people. */
  | { kind: 'refused'; message: string; missingPermission?: string }
  | { kind: 'unknown'; message: string; retryAfterMs?: number }

/** What an invoice needs to stand at the payment provider. Amounts are ours, to be compared with theirs. */
export interface InvoiceOrder {
  readonly invoiceId: string
  readonly providerId: string
  readonly connection: BillingConnection
  readonly customer: CustomerOrder
  readonly currency: string
  readonly totalMinor: bigint
  readonly daysUntilDue: number
  readonly description: string
  readonly lines: readonly InvoiceOrderLine[]
  /** Where an earlier try got to, if it did. */
  readonly stripeInvoiceId: string | null
  /** Whether it is charged to a payment method that the customer has saved, where there is one, instead of being sent. */
  readonly mayCharge?: boolean
  /** Nobody waits for it: it goes after the invoices that people wait for. */
  readonly background?: boolean
}

export interface InvoiceOrderLine {
  readonly kind: InvoiceLineKind
  readonly description: string
  readonly amountMinor: bigint
  readonly periodStart: Date
  readonly periodEnd: Date
}

export interface CustomerOrder {
  readonly billingAccountId: string
  readonly organizationId: string
  readonly name: string
  readonly email: string
  readonly stripeCustomerId: string | null
}

/** An invoice as the payment provider has it, in our words, of whichever API version it was told in. */
export interface InvoiceSnapshot {
  readonly stripeInvoiceId: string
  readonly stripeCustomerId: string | null
  /** The id of ours that its metadata names; a hint, never a proof of whose it is. */
  readonly invoiceId: string | null
  /** The connection of ours that its metadata names; tells our own from another installation's on the same account. */
  readonly connectionId: string | null
  readonly livemode: boolean
  readonly status: InvoiceStatus
  readonly number: string | null
  readonly currency: string
  readonly totalMinor: bigint
  readonly amountDueMinor: bigint
  readonly amountPaidMinor: bigint
  readonly hostedUrl: string | null
  readonly pdfUrl: string | null
  readonly dueAt: Date | null
  readonly finalizedAt: Date | null
  readonly paidAt: Date | null
  readonly voidedAt: Date | null
  readonly uncollectibleAt: Date | null
}

export interface BroughtInvoice {
  readonly invoice: InvoiceSnapshot
  readonly stripeCustomerId: string
  /** Null where it was not looked at, because the invoice was to be sent in any case. */
  readonly paysAutomatically: boolean | null
}

/** What billing needs of a payment provider. No method may be called while a transaction is open. */
export interface PaymentPort {
  /** Brings an invoice there, from whichever step is missing: customer, draft, lines, totals compared, finalized. */
  bring(order: InvoiceOrder): Promise<Outcome<BroughtInvoice>>
  void(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot>>
  markUncollectible(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot>>
  markPaidOutside(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot>>
  /** Null when it is not there (any more). */
  read(invoice: InvoiceReference): Promise<Outcome<InvoiceSnapshot | null>>
  /** The invoice that a payment is for; null where it is for none. */
  readPaidBy(connection: BillingConnection, stripePaymentId: string): Promise<Outcome<InvoiceSnapshot | null>>
  /** All that were created since, oldest last. */
  list(connection: BillingConnection, createdFrom: Date): Promise<Outcome<InvoiceSnapshot[]>>
  /** Whether a customer has saved a payment method that can be charged. */
  paysAutomatically(connection: BillingConnection, stripeCustomerId: string): Promise<Outcome<boolean>>
  /** Tries what the key must be able to do, and leaves nothing behind. */
  probe(connection: BillingConnection): Promise<StoredBillingCheck[]>
}

export interface InvoiceReference {
  readonly connection: BillingConnection
  readonly invoiceId: string
  readonly stripeInvoiceId: string
}

/** A payment that was made, and that its payer or their bank wants back. */
export interface PaymentDispute {
  readonly stripeDisputeId: string
  /** LOST is also what a bank has taken back without asking. */
  readonly state: 'OPEN' | 'WON' | 'LOST'
  readonly amountMinor: bigint
  readonly currency: string
  /** In the payment provider's words, such as `fraudulent`. */
  readonly reason: string | null
}

export type PaymentNews =
  | { readonly what: 'snapshot' | 'payment failed' | 'payment processing' | 'deleted' }
  | { readonly what: 'payment disputed'; readonly dispute: PaymentDispute }

/** What the payment provider has told us about an invoice. */
export type PaymentReport = PaymentNews & {
  readonly connectionId: string
  readonly snapshot: InvoiceSnapshot
  /** When it happened there, to the second; it cannot order two events. */
  readonly reportedAt: Date
}

/** What billing does with it. In the transaction that marks the report as handled. */
export interface PaymentReports {
  /** `unknown` when no invoice of this connection is meant: foreign, or ours that has not been committed yet. */
  record(transaction: Transaction, report: PaymentReport): Promise<'applied' | 'without effect' | 'unknown'>
  customerDeleted(transaction: Transaction, connectionId: string, stripeCustomerId: string): Promise<void>
}

/** The connections that can be asked, for what settles an unknown outcome by itself. */
export interface BillingConnections {
  /** Null where there is none (any more). */
  connection(id: string): Promise<BillingConnection | null>
}

/** The connections that webhooks come from. */
export interface WebhookConnections {
  /** Null where there is none, or where it has no signing secret yet. */
  find(id: string): Promise<WebhookConnection | null>
  /** Every one with a signing secret, for the shared address. */
  all(): Promise<WebhookConnection[]>
  received(id: string, at: Date): Promise<void>
  signatureFailed(id: string, at: Date): Promise<void>
}

export interface WebhookConnection {
  readonly id: string
  readonly providerId: string
  readonly mode: BillingMode
  /** The present one first; the former while it still counts. Never empty. */
  readonly secrets: readonly Secret[]
}

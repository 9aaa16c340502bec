import { eventType } from '../events/event.js'
import type { InvoiceReason, InvoiceStatus } from './invoice.entity.js'

export const invoiceChanges = [
  'CREATED',
  'OPENED',
  'PAYMENT_PROCESSING',
  'PAYMENT_FAILED',
  'PAID',
  'PAST_DUE',
  'VOIDED',
  'MARKED_UNCOLLECTIBLE',
  'SYNC_FAILED',
  'UPDATED',
] as const
export type InvoiceChange = (typeof invoiceChanges)[number]

/** What every event of an invoice tells. */
export interface InvoiceFact {
  change: InvoiceChange
  status: InvoiceStatus
  previousStatus: InvoiceStatus | null
  reason: InvoiceReason
  productSubscriptionId: string
  /** The connection that it is to be brought through, or was; null where there is none. */
  billingIntegrationId: string | null
}

export const invoiceEvents = {
  CREATED: eventType<InvoiceFact>('invoice.created'),
  OPENED: eventType<InvoiceFact>('invoice.opened'),
  PAYMENT_PROCESSING: eventType<InvoiceFact>('invoice.payment-processing'),
  PAYMENT_FAILED: eventType<InvoiceFact>('invoice.payment-failed'),
  PAID: eventType<InvoiceFact>('invoice.paid'),
  PAST_DUE: eventType<InvoiceFact>('invoice.past-due'),
  VOIDED: eventType<InvoiceFact>('invoice.voided'),
  MARKED_UNCOLLECTIBLE: eventType<InvoiceFact>('invoice.marked-uncollectible'),
  SYNC_FAILED: eventType<InvoiceFact>('invoice.sync-failed'),
  UPDATED: eventType<InvoiceFact>('invoice.updated'),
} as const satisfies Record<InvoiceChange, ReturnType<typeof eventType<InvoiceFact>>>

export const invoiceEventNames = Object.values(invoiceEvents).map(({ name }) => name)

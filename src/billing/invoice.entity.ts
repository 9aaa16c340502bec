import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByPayers, fencedLike } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const invoiceStatuses = ['DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'] as const
export type InvoiceStatus = (typeof invoiceStatuses)[number]
export const invoiceReasons = ['SUBSCRIPTION_START', 'SUBSCRIPTION_CYCLE', 'PLAN_CHANGE', 'SUBSCRIPTION_END'] as const
export type InvoiceReason = (typeof invoiceReasons)[number]
export const invoiceSyncStatuses = ['NOT_NEEDED', 'PENDING', 'SYNCED', 'FAILED'] as const
export type InvoiceSyncStatus = (typeof invoiceSyncStatuses)[number]
export const invoiceCauses = ['SUBSCRIPTION', 'SCHEDULE', 'WEBHOOK', 'RECONCILIATION', 'MUTATION'] as const
export type InvoiceCause = (typeof invoiceCauses)[number]
export const invoiceLineKinds = ['SETUP_FEE', 'BASE_PRICE', 'USAGE', 'PRORATION', 'CREDIT'] as const
export type InvoiceLineKind = (typeof invoiceLineKinds)[number]

/** What is to be paid for a period. Stripe is the record of whether it is paid. */
export const Invoice = defineEntity({
  name: 'Invoice',
  tableName: 'invoice',
  ...fencedByPayers(),
  properties: {
    ...tenantKey,
    marketplaceId: p.string(),
    organizationId: p.string(),
    productSubscriptionId: p.string(),
    planId: p.string(),
    /** Null where the total is zero: it never needs Stripe. */
    billingIntegrationId: p.string().nullable(),
    number: p.string().nullable(),
    status: p.string().$type<InvoiceStatus>(),
    reason: p.string().$type<InvoiceReason>(),
    periodStart: instant(),
    periodEnd: instant(),
    currency: p.string().columnType('char(3)'),
    totalMinor: p.bigint('bigint'),
    amountDueMinor: p.bigint('bigint'),
    amountPaidMinor: p.bigint('bigint'),
    paymentTermDays: p.integer(),
    hostedUrl: p.text().nullable(),
    /** When that address was read from Stripe: it expires. */
    hostedUrlReadAt: instant().nullable(),
    pdfUrl: p.text().nullable(),
    issuedAt: instant().nullable(),
    dueAt: instant().nullable(),
    paidAt: instant().nullable(),
    voidedAt: instant().nullable(),
    /** When it became past due, if it ever did; told once. */
    pastDueAt: instant().nullable(),
    /** When its payer is to be reminded next, if it is still open then. */
    reminderAt: instant().nullable(),
    paymentProcessing: p.boolean().nullable(),
    /** `created` of the newest event about a payment: one that is told late must not take it back. */
    paymentReportedAt: instant().nullable(),
    syncStatus: p.string().$type<InvoiceSyncStatus>(),
    syncMessage: p.text().nullable(),
    syncAttempts: p.integer(),
    lastSyncAttemptAt: instant().nullable(),
    stripeInvoiceId: p.string().nullable(),
    /** `created` of the newest event from Stripe that was applied; detail never goes back behind it. */
    stripeSeenAt: instant().nullable(),
    /** When Stripe was last asked about it, or told of it: whoever has waited longest is asked about next. */
    stripeAskedAt: instant().nullable(),
    createdAt: instant(),
    version: p.integer().version(),
  },
  uniques: [
    {
      name: 'invoice_once_for_each_period_and_reason',
      properties: ['providerId', 'productSubscriptionId', 'reason', 'periodStart'],
    },
  ],
  indexes: [
    { properties: ['organizationId'] },
    { properties: ['marketplaceId', 'status'] },
    { properties: ['productSubscriptionId'] },
    { properties: ['stripeInvoiceId'], where: 'stripe_invoice_id is not null' },
    { properties: ['stripeAskedAt'], where: "status in ('OPEN', 'UNCOLLECTIBLE')" },
    { properties: ['dueAt'], where: "status in ('OPEN', 'UNCOLLECTIBLE') and past_due_at is null" },
    { properties: ['billingIntegrationId', 'id'], where: "status = 'DRAFT'" },
    { properties: ['reminderAt'], where: "status = 'OPEN' and reminder_at is not null" },
  ],
  checks: [{ name: 'invoice_total_is_not_negative', expression: 'total_minor >= 0' }],
})
export type InvoiceRow = InferEntity<typeof Invoice>

export const InvoiceLine = defineEntity({
  name: 'InvoiceLine',
  tableName: 'invoice_line',
  ...fencedLike('exists (select from invoice i where i.id = invoice_id and i.provider_id = invoice_line.provider_id)'),
  properties: {
    ...tenantKey,
    invoiceId: p.string(),
    position: p.integer(),
    kind: p.string().$type<InvoiceLineKind>(),
    description: p.text(),
    quantity: p.decimal('string').columnType('numeric'),
    unitAmount: p.decimal('string').columnType('numeric'),
    amountMinor: p.bigint('bigint'),
    currency: p.string().columnType('char(3)'),
    periodStart: instant(),
    periodEnd: instant(),
    quotaId: p.string().nullable(),
  },
  indexes: [{ properties: ['invoiceId'] }],
})
export type InvoiceLineRow = InferEntity<typeof InvoiceLine>

export const InvoiceTransition = defineEntity({
  name: 'InvoiceTransition',
  tableName: 'invoice_transition',
  ...fencedLike(
    'exists (select from invoice i where i.id = invoice_id and i.provider_id = invoice_transition.provider_id)',
  ),
  properties: {
    invoiceId: p.string().primary(),
    position: p.integer().primary(),
    providerId: p.string().primary(),
    from: p.string().$type<InvoiceStatus>().nullable().fieldName('from_status'),
    to: p.string().$type<InvoiceStatus>().fieldName('to_status'),
    at: instant(),
    cause: p.string().$type<InvoiceCause>(),
  },
})
export type InvoiceTransitionRow = InferEntity<typeof InvoiceTransition>

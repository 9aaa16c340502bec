import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { systemOnly } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

/** What an invoice has added to a subscription's credit, or has used of it. One that was voided counts for nothing. */
export const BillingCredit = defineEntity({
  name: 'BillingCredit',
  tableName: 'billing_credit',
  ...systemOnly(),
  properties: {
    invoiceId: p.string().primary(),
    providerId: p.string().primary(),
    productSubscriptionId: p.string(),
    currency: p.string().columnType('char(3)'),
    /** Above zero: added. Below: used. */
    amountMinor: p.bigint('bigint'),
    createdAt: instant(),
  },
  indexes: [{ properties: ['productSubscriptionId'] }],
})
export type BillingCreditRow = InferEntity<typeof BillingCredit>

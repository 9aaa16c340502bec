import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { countedByGateways, fencedByOrganization } from '../persistence/policies.js'
import { instant } from '../persistence/tenant-table.js'

/** One counted fact, by the reporter's own id: reported twice, it counts once. */
export const UsageRecord = defineEntity({
  name: 'UsageRecord',
  tableName: 'usage_record',
  ...fencedByOrganization(),
  properties: {
    providerId: p.string().primary(),
    marketplaceId: p.string().primary(),
    reporterId: p.string().primary(),
    organizationId: p.string(),
    productSubscriptionId: p.string(),
    resourceId: p.string(),
    quotaId: p.string(),
    quantity: p.decimal('string').columnType('numeric'),
    /** When it counts: as it was reported, but neither before the subscription started nor after the report. */
    occurredAt: instant(),
    reportedAt: instant(),
  },
  indexes: [{ properties: ['productSubscriptionId', 'occurredAt'] }],
})
export type UsageRecordRow = InferEntity<typeof UsageRecord>

/** What a quota has used in one of its own intervals. */
export const QuotaCounter = defineEntity({
  name: 'QuotaCounter',
  tableName: 'quota_counter',
  ...countedByGateways(`exists (
    select from product_subscription s
    where s.id = product_subscription_id and s.provider_id = quota_counter.provider_id)`),
  properties: {
    productSubscriptionId: p.string().primary(),
    quotaId: p.string().primary(),
    periodStart: instant().primary(),
    providerId: p.string().primary(),
    periodEnd: instant(),
    used: p.decimal('string').columnType('numeric'),
    /** How many of these units stand on an invoice: what is used beyond them is still to be charged. */
    invoiced: p.decimal('string').columnType('numeric'),
    /** Whether invoices charge it at all: not in a trial, nor for a plan without a price. */
    chargeable: p.boolean(),
    /** 0, or the highest of 50, 80 and 100 per cent that was told of: each is told once in a period. */
    thresholdReached: p.integer(),
  },
})
export type QuotaCounterRow = InferEntity<typeof QuotaCounter>

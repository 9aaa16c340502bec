import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import type { BillingAnchor, BillingInterval } from '../kernel/period.js'
import { fencedOnSale } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'
import type { ApprovalMode } from './product.entity.js'

export const planTypes = ['FREE', 'PAID', 'CUSTOM'] as const
export type PlanType = (typeof planTypes)[number]
export const planStates = ['DRAFT', 'ACTIVE', 'DEPRECATED', 'ARCHIVED'] as const
export type PlanState = (typeof planStates)[number]

/** What becomes of the subscriptions to a plan that takes no new ones. */
export const deprecationStrategies = ['KEEP', 'CANCEL', 'MIGRATE'] as const
export type DeprecationStrategy = (typeof deprecationStrategies)[number]

/** Price, quotas and conditions of a product. Of an active plan, what it costs and covers never changes. */
export const Plan = defineEntity({
  name: 'Plan',
  tableName: 'plan',
  ...fencedOnSale('fence_shows_plan(id, product_id, provider_id, state)'),
  properties: {
    ...tenantKey,
    productId: p.string(),
    name: p.string(),
    description: p.text().nullable(),
    type: p.string().$type<PlanType>(),
    state: p.string().$type<PlanState>(),
    approval: p.string().$type<ApprovalMode>(),
    /** These six are null unless the plan is PAID. */
    currency: p.string().columnType('char(3)').nullable(),
    baseMinor: p.bigint('bigint').nullable(),
    setupFeeMinor: p.bigint('bigint').nullable(),
    interval: p.string().$type<BillingInterval>().nullable(),
    intervalCount: p.integer().nullable(),
    anchor: p.string().$type<BillingAnchor>().nullable(),
    features: p.array(),
    termPeriods: p.integer().nullable(),
    trialDays: p.integer(),
    paymentTermDays: p.integer(),
    gracePeriodDays: p.integer(),
    cancelWhenPastDue: p.boolean(),
    requestForm: p.json<Record<string, unknown> | null>().nullable(),
    version: p.integer().version(),
    createdAt: instant(),
  },
  indexes: [{ properties: ['productId'] }],
  checks: [
    { name: 'plan_price_is_whole', expression: "(type = 'PAID') = (currency is not null and base_minor is not null)" },
    { name: 'plan_price_is_not_negative', expression: 'base_minor >= 0 and setup_fee_minor >= 0' },
  ],
})
export type PlanRow = InferEntity<typeof Plan>

export const quotaLimits = ['STRICT', 'LOOSE', 'UNLIMITED'] as const
export type QuotaLimit = (typeof quotaLimits)[number]
export const quotaPricings = ['INCLUDED', 'PER_UNIT', 'GRADUATED', 'VOLUME', 'PACKAGE'] as const
export type QuotaPricing = (typeof quotaPricings)[number]

/** As stored: whole numbers and amounts as decimal text, so that nothing is lost in JSON. */
export interface StoredPriceTier {
  from: string
  to: string | null
  unitAmount: string
  flatFee: string
}

/** What belongs to a plan is seen with it, and by those who have subscribed to it. */
const ofPlan = 'fence_shows_parts_of_plan(plan_id, provider_id)'

/** How much of some resources a plan covers, and what each unit costs. */
export const Quota = defineEntity({
  name: 'Quota',
  tableName: 'quota',
  ...fencedOnSale(ofPlan),
  properties: {
    ...tenantKey,
    planId: p.string(),
    unitId: p.string(),
    limit: p.string().$type<QuotaLimit>().fieldName('limit_kind'),
    limitUnits: p.bigint('bigint').nullable(),
    interval: p.string().$type<BillingInterval>(),
    pricing: p.string().$type<QuotaPricing>(),
    unitAmount: p.decimal('string').columnType('numeric').nullable(),
    packageSize: p.bigint('bigint').nullable(),
    tiers: p.json<StoredPriceTier[]>(),
    position: p.integer(),
  },
  indexes: [{ properties: ['planId'] }],
})
export type QuotaRow = InferEntity<typeof Quota>

/** Which resources a quota covers; a resource belongs to at most one quota of a plan. */
export const QuotaResource = defineEntity({
  name: 'QuotaResource',
  tableName: 'quota_resource',
  ...fencedOnSale(ofPlan),
  properties: {
    planId: p.string().primary(),
    resourceId: p.string().primary(),
    providerId: p.string().primary(),
    quotaId: p.string(),
  },
  indexes: [{ properties: ['quotaId'] }, { properties: ['resourceId'] }],
})
export type QuotaResourceRow = InferEntity<typeof QuotaResource>

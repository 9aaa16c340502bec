import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByOrganization } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const productSubscriptionStates = [
  'PENDING_APPROVAL',
  'REJECTED',
  'ACTIVE',
  'SUSPENDED',
  'CANCELED',
  'EXPIRED',
] as const
export type ProductSubscriptionState = (typeof productSubscriptionStates)[number]

export const paymentStandings = ['NOT_REQUIRED', 'AWAITING_FIRST_PAYMENT', 'GOOD', 'GRACE', 'PAST_DUE'] as const
export type PaymentStanding = (typeof paymentStandings)[number]

export const decisions = ['APPROVED', 'REJECTED'] as const
export type ApprovalDecision = (typeof decisions)[number]

/** An organization's agreement to a plan of a product. Whether it is paid is its standing, which billing tells. */
export const ProductSubscription = defineEntity({
  name: 'ProductSubscription',
  tableName: 'product_subscription',
  ...fencedByOrganization(),
  properties: {
    ...tenantKey,
    marketplaceId: p.string(),
    organizationId: p.string(),
    productId: p.string(),
    planId: p.string(),
    name: p.string(),
    state: p.string().$type<ProductSubscriptionState>(),
    standing: p.string().$type<PaymentStanding>(),
    /** When access closes if nothing more is paid; null when nothing is due. Told by billing, like the standing. */
    accessClosesAt: instant().nullable(),
    /** A person's decision; automatic approval has none. */
    decision: p.string().$type<ApprovalDecision>().nullable(),
    decisionReason: p.text().nullable(),
    decidedAt: instant().nullable(),
    decidedByUserId: p.string().nullable(),
    /** Periods are counted from here, never from the period before. */
    anchorAt: instant().nullable(),
    /** The zone in which they are counted; a marketplace that changes its zone changes it for later periods only. */
    timeZone: p.string(),
    periodNumber: p.integer().nullable(),
    periodStart: instant().nullable(),
    periodEnd: instant().nullable(),
    trialEndsAt: instant().nullable(),
    /** When the plan's term has passed, in whole periods; null where it has none. A cancellation may end it before. */
    termEndsAt: instant().nullable(),
    endsAt: instant().nullable(),
    cancelAtPeriodEnd: p.boolean(),
    scheduledPlanId: p.string().nullable(),
    acceptedTermsVersion: p.integer().nullable(),
    answers: p.json<unknown>().nullable(),
    stateReason: p.text().nullable(),
    subscribedByUserId: p.string(),
    createdAt: instant(),
    startedAt: instant().nullable(),
    endedAt: instant().nullable(),
    version: p.integer().version(),
  },
  uniques: [
    {
      name: 'product_subscription_runs_once',
      properties: ['providerId', 'organizationId', 'planId'],
      where: "state in ('PENDING_APPROVAL', 'ACTIVE', 'SUSPENDED')",
    },
  ],
  indexes: [
    { properties: ['organizationId'] },
    { properties: ['marketplaceId', 'state'] },
    { properties: ['planId'] },
    { properties: ['periodEnd'] },
    { properties: ['accessClosesAt'], where: 'access_closes_at is not null' },
    { properties: ['endsAt'], where: "state in ('ACTIVE', 'SUSPENDED') and ends_at is not null" },
  ],
})
export type ProductSubscriptionRow = InferEntity<typeof ProductSubscription>

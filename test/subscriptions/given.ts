import type { PlanRow } from '../../src/catalog/plan.entity.js'
import { periodNumber } from '../../src/kernel/period.js'
import type { ProductSubscriptionRow } from '../../src/subscriptions/product-subscription.entity.js'
import { scheduleOf } from '../../src/subscriptions/product-subscription.rules.js'

/** A plan of 25.00 USD a month, and whatever is told of it. */
export function planOf(about: Partial<PlanRow> = {}): PlanRow {
  return {
    id: 'plan_gold',
    providerId: 'prov_1',
    productId: 'prod_1',
    name: 'Gold',
    description: null,
    type: 'PAID',
    state: 'ACTIVE',
    approval: 'AUTOMATIC',
    currency: 'USD',
    baseMinor: 2_500n,
    setupFeeMinor: 0n,
    interval: 'MONTH',
    intervalCount: 1,
    anchor: 'ANNIVERSARY',
    features: [],
    termPeriods: null,
    trialDays: 0,
    paymentTermDays: 7,
    gracePeriodDays: 3,
    cancelWhenPastDue: false,
    requestForm: null,
    version: 1,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    ...about,
  }
}

export function freePlan(about: Partial<PlanRow> = {}): PlanRow {
  const priceless = {
    currency: null,
    baseMinor: null,
    setupFeeMinor: null,
    interval: null,
    intervalCount: null,
    anchor: null,
  }
  return planOf({ id: 'plan_free', name: 'Free', type: 'FREE', ...priceless, ...about })
}

/** A subscription in its n-th period of a paid plan, all paid. */
export function subscriptionOf(
  plan: PlanRow,
  about: Partial<ProductSubscriptionRow> & { anchorAt?: Date | null } = {},
): ProductSubscriptionRow {
  const { anchorAt = new Date('2026-01-31T10:00:00Z'), timeZone = 'UTC', periodNumber: number = 0 } = about
  const schedule = anchorAt && scheduleOf(plan, timeZone, anchorAt)
  const period = schedule && number !== null ? periodNumber(number, schedule) : null
  return {
    id: 'psub_1',
    providerId: plan.providerId,
    marketplaceId: 'mkt_1',
    organizationId: 'org_1',
    productId: plan.productId,
    planId: plan.id,
    name: 'Weather – Gold',
    state: 'ACTIVE',
    standing: plan.type === 'PAID' ? 'GOOD' : 'NOT_REQUIRED',
    accessClosesAt: null,
    decision: null,
    decisionReason: null,
    decidedAt: null,
    decidedByUserId: null,
    anchorAt,
    timeZone,
    periodNumber: schedule ? number : null,
    periodStart: period?.start ?? null,
    periodEnd: period?.end ?? null,
    trialEndsAt: null,
    termEndsAt: null,
    endsAt: null,
    cancelAtPeriodEnd: false,
    scheduledPlanId: null,
    acceptedTermsVersion: null,
    answers: null,
    stateReason: null,
    subscribedByUserId: 'usr_1',
    createdAt: new Date('2026-01-31T10:00:00Z'),
    startedAt: new Date('2026-01-31T10:00:00Z'),
    endedAt: null,
    version: 1,
    ...about,
  }
}

import { sql } from 'kysely'
import { Plan, Quota, type QuotaRow } from '../catalog/plan.entity.js'
import { pricingTermsOf } from '../catalog/pricing-terms.js'
import type { Clock } from '../kernel/clock.js'
import type { Currency } from '../kernel/currency.js'
import { decimal } from '../kernel/decimal.js'
import { type Money, sum } from '../kernel/money.js'
import type { BillingAnchor, Period } from '../kernel/period.js'
import { rate } from '../kernel/pricing.js'
import { ofOrganization } from '../persistence/fence.js'
import { type Query, rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { Unit } from '../providers/unit.entity.js'
import { ProductSubscription } from '../subscriptions/product-subscription.entity.js'
import { QuotaCounter } from './usage.entity.js'
import { countingPeriod, isChargeable, remainingUnits } from './usage.rules.js'

/** How a quota of a subscription stands in its present interval. */
export interface QuotaUsage {
  readonly quotaId: string
  readonly period: Period
  /** Exact decimals, like `remaining`. */
  readonly used: string
  readonly limitUnits: bigint | null
  readonly remaining: string | null
  /** On top of the base price; null for a plan without a price. */
  readonly cost: Money | null
}

export interface SubscriptionAndQuota {
  readonly productSubscriptionId: string
  readonly quotaId: string
}

/** Reads how quotas stand now; of a subscription that has ended, how they stood at its end. */
export class QuotaUsageRepository {
  /** @param clock billing's */
  constructor(private readonly clock: Clock) {}

  /** Each quota of the subscriptions' plans, in the plan's order; none before a subscription starts. For loaders. */
  readonly ofSubscriptions = async (reading: Reading, ids: readonly string[]): Promise<QuotaUsage[][]> => {
    const found = await this.#find(reading, (query) =>
      query
        .whereRef('Quota.planId', '=', 'ProductSubscription.planId')
        .where('ProductSubscription.id', 'in', [...new Set(ids)]),
    )
    const groups = Map.groupBy(found, ({ productSubscriptionId }) => productSubscriptionId)
    return ids.map((id) => groups.get(id) ?? [])
  }

  /** One quota each, be it of a plan that the subscription has left; null for what the viewer does not see. For loaders. */
  readonly ofQuotas = async (
    reading: Reading,
    keys: readonly SubscriptionAndQuota[],
  ): Promise<Array<QuotaUsage | null>> => {
    const own = await ofOrganization(
      rows(reading, ProductSubscription).selectFrom('ProductSubscription') as unknown as Query,
      reading.scope,
      'ProductSubscription',
    )
      .select('ProductSubscription.id')
      .where('ProductSubscription.id', 'in', [...new Set(keys.map((key) => key.productSubscriptionId))])
      .execute()
    if (own.length === 0) return keys.map(() => null)
    // A plan that was left may be out of sight by now, and what was used of it is not.
    const found = await this.#find(reading.as(system), (query) =>
      query
        .where(
          'ProductSubscription.id',
          'in',
          own.map(({ id }) => id),
        )
        .where('Quota.id', 'in', [...new Set(keys.map((key) => key.quotaId))]),
    )
    const byKey = new Map(found.map((usage) => [keyOf(usage), usage]))
    return keys.map((key) => byKey.get(keyOf(key)) ?? null)
  }

  async #find(reading: Reading, narrow: (query: Query) => Query): Promise<Array<QuotaUsage & SubscriptionAndQuota>> {
    const now = this.clock.now()
    // An end is excluded from the interval that it cuts.
    const shown = sql<Date>`greatest(${sql.ref('ProductSubscription.startedAt')},
      least(${now.toISOString()}::timestamptz, ${sql.ref('ProductSubscription.endedAt')} - interval '1 millisecond'))`
    const query = rows(reading, ProductSubscription, Plan, Quota, Unit, QuotaCounter)
      .selectFrom('ProductSubscription')
      .innerJoin('Quota', 'Quota.providerId', 'ProductSubscription.providerId')
      .innerJoin('Plan', (join) =>
        join.onRef('Plan.id', '=', 'Quota.planId').onRef('Plan.providerId', '=', 'Quota.providerId'),
      )
      .innerJoin('Unit', (join) =>
        join.onRef('Unit.id', '=', 'Quota.unitId').onRef('Unit.providerId', '=', 'Quota.providerId'),
      )
      .leftJoin('QuotaCounter', (join) =>
        join
          .onRef('QuotaCounter.productSubscriptionId', '=', 'ProductSubscription.id')
          .onRef('QuotaCounter.quotaId', '=', 'Quota.id')
          .onRef('QuotaCounter.providerId', '=', 'Quota.providerId')
          .on('QuotaCounter.periodStart', '<=', shown)
          .on('QuotaCounter.periodEnd', '>', shown),
      )
      .select([
        'ProductSubscription.id as productSubscriptionId',
        'ProductSubscription.startedAt',
        'ProductSubscription.endedAt',
        'ProductSubscription.trialEndsAt',
        'ProductSubscription.anchorAt',
        'ProductSubscription.timeZone',
        'Plan.currency',
        'Plan.anchor',
        // Named, because of a join the mapping takes any quota_id or plan_id for the id of that table.
        'Quota.id as quotaId',
        'Quota.limit',
        'Quota.limitUnits',
        'Quota.interval',
        'Quota.pricing',
        'Quota.unitAmount',
        'Quota.packageSize',
        'Quota.tiers',
        'Unit.title as unit',
        'QuotaCounter.used',
      ])
      .where('ProductSubscription.startedAt', 'is not', null)
      .orderBy('Quota.position')
    const visible = ofOrganization(narrow(query), reading.scope, 'ProductSubscription')
    const found = (await visible.execute()) as StandingRow[]
    return found.map((row) => usageOf(row, now))
  }
}

interface StandingRow
  extends Pick<QuotaRow, 'limit' | 'limitUnits' | 'interval' | 'pricing' | 'unitAmount' | 'packageSize' | 'tiers'> {
  productSubscriptionId: string
  quotaId: string
  startedAt: Date
  endedAt: Date | null
  trialEndsAt: Date | null
  anchorAt: Date | null
  timeZone: string
  currency: string | null
  anchor: BillingAnchor | null
  unit: string
  used: string | null
}

function usageOf(row: StandingRow, now: Date): QuotaUsage & SubscriptionAndQuota {
  const { productSubscriptionId, quotaId, interval, startedAt, endedAt, trialEndsAt, timeZone, currency } = row
  const used = row.used ?? '0'
  const limitUnits = row.limitUnits ?? null
  const last = Math.min(now.getTime(), endedAt ? endedAt.getTime() - 1 : Number.POSITIVE_INFINITY)
  const at = new Date(Math.max(startedAt.getTime(), last))
  const anchorAt = row.anchorAt ?? startedAt
  const anchor = row.anchor ?? 'ANNIVERSARY'
  const period = countingPeriod(at, { interval, anchor, timeZone, startedAt, trialEndsAt, anchorAt })
  const owed = isChargeable(currency !== null, at, trialEndsAt) ? used : '0'
  const cost = currency === null ? null : costOf(row, owed, currency as Currency)
  return { productSubscriptionId, quotaId, period, used, limitUnits, remaining: remainingUnits(limitUnits, used), cost }
}

function keyOf({ productSubscriptionId, quotaId }: SubscriptionAndQuota): string {
  return `${productSubscriptionId} ${quotaId}`
}

function costOf(quota: StandingRow, used: string, currency: Currency): Money {
  const lines = rate(pricingTermsOf(quota, quota.unit), decimal(used), currency)
  return sum(
    lines.map(({ amount }) => amount),
    currency,
  )
}

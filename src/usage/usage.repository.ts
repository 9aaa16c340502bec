import { sql } from 'kysely'
import type { BillingAnchor, BillingInterval } from '../kernel/period.js'
import type { GatewayScope } from '../persistence/tenant-scope.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { UsageRecordRow } from './usage.entity.js'

/** A subscription that usage counts on, and the quota of its plan that covers what was called. */
export interface CountingTerms {
  readonly productSubscriptionId: string
  readonly organizationId: string
  readonly startedAt: Date | null
  readonly anchorAt: Date | null
  readonly trialEndsAt: Date | null
  readonly timeZone: string
  readonly planIsPaid: boolean
  readonly anchor: BillingAnchor
  /** Null when no quota of the plan covers the resource. */
  readonly quota: { readonly id: string; readonly interval: BillingInterval; readonly limitUnits: bigint | null } | null
}

/** What is to be added to a counter. */
export interface Counted {
  readonly productSubscriptionId: string
  readonly quotaId: string
  readonly periodStart: Date
  readonly periodEnd: Date
  readonly chargeable: boolean
  /** An exact decimal. */
  readonly quantity: string
}

/** A counter after something was added to it. */
export interface CounterStanding {
  readonly productSubscriptionId: string
  readonly quotaId: string
  readonly periodStart: Date
  readonly used: string
  readonly thresholdReached: number
}

export interface SubscriptionAndResource {
  readonly productSubscriptionId: string
  readonly resourceId: string
}

/** Writes down what gateways report: one statement each for any number of records. */
export class UsageRepository {
  /** Those of the reporter's ids that were reported before. */
  async known(reading: Reading, scope: GatewayScope, ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set()
    const { rows } = await sql<{ reporter_id: string }>`
      select reporter_id from usage_record
      where provider_id = ${scope.providerId} and marketplace_id = ${scope.marketplaceId}
        and reporter_id = any(${[...ids]}::text[])`.execute(reading.kysely)
    return new Set(rows.map((row) => row.reporter_id))
  }

  /** By `subscription resource`; without those that are no subscriptions of the gateway's marketplace. */
  async termsOf(
    reading: Reading,
    scope: GatewayScope,
    pairs: readonly SubscriptionAndResource[],
  ): Promise<Map<string, CountingTerms>> {
    if (pairs.length === 0) return new Map()
    const { rows } = await sql<TermsRow>`
      select distinct pair.resource_id, s.id, s.organization_id, s.started_at, s.anchor_at, s.trial_ends_at, s.time_zone,
        p.type = 'PAID' as is_paid, p.anchor, q.id as quota_id, q.interval, q.limit_units::text as limit_units
      from unnest(
        ${pairs.map(({ productSubscriptionId }) => productSubscriptionId)}::text[],
        ${pairs.map(({ resourceId }) => resourceId)}::text[]
      ) as pair (product_subscription_id, resource_id)
      join product_subscription s on s.id = pair.product_subscription_id
      join plan p on p.id = s.plan_id and p.provider_id = s.provider_id
      left join quota_resource qr
        on qr.provider_id = s.provider_id and qr.plan_id = s.plan_id and qr.resource_id = pair.resource_id
      left join quota q on q.id = qr.quota_id and q.provider_id = qr.provider_id
      where s.provider_id = ${scope.providerId} and s.marketplace_id = ${scope.marketplaceId}`.execute(reading.kysely)
    return new Map(rows.map((row) => [`${row.id} ${row.resource_id}`, countingTermsOf(row)]))
  }

  /**
   * Writes the records down, and answers with the ids of those that had not been. In the order of their ids, so that
   * two reports of the same records wait for each other instead of each for the other.
   */
  async record(
    transaction: Transaction<never> | Transaction,
    records: readonly UsageRecordRow[],
  ): Promise<Set<string>> {
    if (records.length === 0) return new Set()
    const column = (name: keyof UsageRecordRow) => records.map((record) => record[name] as string)
    const instants = (name: 'occurredAt' | 'reportedAt') => records.map((record) => record[name].toISOString())
    const { rows } = await sql<{ reporter_id: string }>`
      insert into usage_record (provider_id, marketplace_id, reporter_id, organization_id, product_subscription_id,
        resource_id, quota_id, quantity, occurred_at, reported_at)
      select * from unnest(
        ${column('providerId')}::text[], ${column('marketplaceId')}::text[], ${column('reporterId')}::text[],
        ${column('organizationId')}::text[], ${column('productSubscriptionId')}::text[],
        ${column('resourceId')}::text[], ${column('quotaId')}::text[], ${column('quantity')}::numeric[],
        ${instants('occurredAt')}::timestamptz[], ${instants('reportedAt')}::timestamptz[]
      ) as reported (provider_id, marketplace_id, reporter_id)
      order by reported.reporter_id
      on conflict (provider_id, marketplace_id, reporter_id) do nothing
      returning reporter_id`.execute(transaction.kysely)
    return new Set(rows.map((row) => row.reporter_id))
  }

  /** Adds to the counters, each in one step, so that of calls reported at once none is lost. */
  async count(
    transaction: Transaction<never> | Transaction,
    scope: GatewayScope,
    counted: readonly Counted[],
  ): Promise<CounterStanding[]> {
    if (counted.length === 0) return []
    const { rows } = await sql<CounterRow>`
      insert into quota_counter (provider_id, product_subscription_id, quota_id, period_start, period_end, chargeable,
        used, invoiced, threshold_reached)
      select ${scope.providerId}::text, c.product_subscription_id, c.quota_id, c.period_start, c.period_end,
        c.chargeable, c.quantity, 0, 0
      from unnest(
        ${counted.map(({ productSubscriptionId }) => productSubscriptionId)}::text[],
        ${counted.map(({ quotaId }) => quotaId)}::text[],
        ${counted.map(({ periodStart }) => periodStart.toISOString())}::timestamptz[],
        ${counted.map(({ periodEnd }) => periodEnd.toISOString())}::timestamptz[],
        ${counted.map(({ chargeable }) => chargeable)}::boolean[],
        ${counted.map(({ quantity }) => quantity)}::numeric[]
      ) as c (product_subscription_id, quota_id, period_start, period_end, chargeable, quantity)
      order by c.product_subscription_id, c.quota_id, c.period_start
      on conflict (product_subscription_id, quota_id, period_start, provider_id)
        do update set used = quota_counter.used + excluded.used
      returning product_subscription_id, quota_id, period_start, used::text as used, threshold_reached`.execute(
      transaction.kysely,
    )
    return rows.map((row) => ({
      productSubscriptionId: row.product_subscription_id,
      quotaId: row.quota_id,
      periodStart: new Date(row.period_start),
      used: row.used,
      thresholdReached: row.threshold_reached,
    }))
  }

  /** Remembers what was told of counters that this transaction has just added to, and so holds. */
  async recordThresholds(
    transaction: Transaction<never> | Transaction,
    scope: GatewayScope,
    told: ReadonlyArray<CounterStanding & { threshold: number }>,
  ): Promise<void> {
    if (told.length === 0) return
    await sql`
      update quota_counter k set threshold_reached = t.threshold
      from unnest(
        ${told.map(({ productSubscriptionId }) => productSubscriptionId)}::text[],
        ${told.map(({ quotaId }) => quotaId)}::text[],
        ${told.map(({ periodStart }) => periodStart.toISOString())}::timestamptz[],
        ${told.map(({ threshold }) => threshold)}::int[]
      ) as t (product_subscription_id, quota_id, period_start, threshold)
      where k.product_subscription_id = t.product_subscription_id and k.quota_id = t.quota_id
        and k.period_start = t.period_start and k.provider_id = ${scope.providerId}`.execute(transaction.kysely)
  }
}

type Instant = string | Date

interface TermsRow {
  resource_id: string
  id: string
  organization_id: string
  started_at: Instant | null
  anchor_at: Instant | null
  trial_ends_at: Instant | null
  time_zone: string
  is_paid: boolean
  anchor: BillingAnchor | null
  quota_id: string | null
  interval: BillingInterval | null
  limit_units: string | null
}

interface CounterRow {
  product_subscription_id: string
  quota_id: string
  period_start: Instant
  used: string
  threshold_reached: number
}

function countingTermsOf(row: TermsRow): CountingTerms {
  const limitUnits = row.limit_units === null ? null : BigInt(row.limit_units)
  return {
    productSubscriptionId: row.id,
    organizationId: row.organization_id,
    startedAt: instantOf(row.started_at),
    anchorAt: instantOf(row.anchor_at),
    trialEndsAt: instantOf(row.trial_ends_at),
    timeZone: row.time_zone,
    planIsPaid: row.is_paid,
    anchor: row.anchor ?? 'ANNIVERSARY',
    quota: row.quota_id && row.interval ? { id: row.quota_id, interval: row.interval, limitUnits } : null,
  }
}

function instantOf(value: Instant | null): Date | null {
  return value === null ? null : new Date(value)
}

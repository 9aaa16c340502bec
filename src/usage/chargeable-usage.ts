import { type Expression, sql } from 'kysely'
import { Quota } from '../catalog/plan.entity.js'
import { decimal, plain } from '../kernel/decimal.js'
import { invariant } from '../kernel/invariant.js'
import type { Period } from '../kernel/period.js'
import { bulkRows } from '../persistence/bulk-rows.js'
import { ofOrganization } from '../persistence/fence.js'
import { type Query, rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { ProductSubscription } from '../subscriptions/product-subscription.entity.js'
import { QuotaCounter, UsageRecord } from './usage.entity.js'
import { longestDelayInMs } from './usage.rules.js'

/** What was used of a quota in one of its counting intervals, where no invoice has charged all of it yet. */
export interface IntervalUsage {
  /** It may be of a former plan of the subscription. */
  readonly quotaId: string
  /** Tiers, packages and limits are counted within it. */
  readonly interval: Period
  /** All units of the interval that were used before the end that was asked for, as an exact decimal. */
  readonly used: string
  /** How many of them earlier invoices have charged; less than `used`. */
  readonly invoiced: string
  /** Whether the invoice of its own time was written before: this is what was reported after it. */
  readonly late: boolean
}

export interface UsageQuestion {
  readonly productSubscriptionId: string
  /** What the invoice is for: usage counts up to its end. */
  readonly period: Period
}

/**
 * What invoices have still to charge. Each counter knows how many of its units stand on an invoice, and is charged by
 * the difference: so usage that is reported late is on the next invoice without anybody looking for it, and an
 * interval that is longer than a billing period is priced as a whole.
 */
export class ChargeableUsage {
  /** By the quota's place in its plan, then by interval. Looks only. */
  async usageInPeriod(reading: Reading, productSubscriptionId: string, period: Period): Promise<IntervalUsage[]> {
    const [found] = await this.usageInPeriods(reading, [{ productSubscriptionId, period }])
    return found ?? []
  }

  /** In the order asked for, in one statement. For loaders. */
  readonly usageInPeriods = async (reading: Reading, asked: readonly UsageQuestion[]): Promise<IntervalUsage[][]> => {
    if (asked.length === 0) return []
    const found = Map.groupBy(await this.#due(reading, asked), ({ question }) => question)
    return asked.map(({ period }, question) => (found.get(question) ?? []).map((row) => intervalUsageOf(row, period)))
  }

  /**
   * The same, marked as invoiced in the transaction that writes the invoice. What is reported meanwhile stays to be
   * charged: a mark says how much was charged, not when.
   */
  async settleUsage(
    transaction: Transaction<never> | Transaction,
    productSubscriptionId: string,
    period: Period,
  ): Promise<IntervalUsage[]> {
    const [settled] = await this.settleUsages(transaction, [{ productSubscriptionId, period }])
    return settled ?? []
  }

  /** The same for many, in the order asked for. */
  async settleUsages(
    transaction: Transaction<never> | Transaction,
    asked: readonly UsageQuestion[],
  ): Promise<IntervalUsage[][]> {
    const found = await this.usageInPeriods(transaction, asked)
    const due = found.flatMap((usages, index) =>
      usages.map((usage) => ({ ...usage, productSubscriptionId: asked[index]?.productSubscriptionId as string })),
    )
    if (due.length === 0) return found
    const { numAffectedRows } = await sql`
      update quota_counter k set invoiced = due.used
      from unnest(
        ${due.map(({ productSubscriptionId }) => productSubscriptionId)}::text[], ${due.map(({ quotaId }) => quotaId)}::text[],
        ${due.map(({ interval }) => interval.start.toISOString())}::timestamptz[],
        ${due.map(({ used }) => used)}::numeric[], ${due.map(({ invoiced }) => invoiced)}::numeric[]
      ) as due (product_subscription_id, quota_id, period_start, used, invoiced)
      where k.product_subscription_id = due.product_subscription_id and k.quota_id = due.quota_id
        and k.period_start = due.period_start and k.invoiced = due.invoiced`.execute(transaction.kysely)
    invariant(
      numAffectedRows === BigInt(due.length),
      'Usage was invoiced by another meanwhile: the subscription was not locked.',
    )
    return found
  }

  /** The subscriptions that have ended with usage from before their end that no invoice has charged, also if late. */
  async endedWithUsageDue(reading: Reading, now: Date, limit: number): Promise<string[]> {
    const dayInMs = 86_400_000
    const since = new Date(now.getTime() - longestDelayInMs - dayInMs)
    const ended = sql.ref<Date>('ProductSubscription.endedAt')
    const found = (await this.#unsettled(reading, ended)
      .select('ProductSubscription.id')
      .distinct()
      .where('ProductSubscription.endedAt', '>', since)
      .limit(limit)
      .execute()) as Array<{ id: string }>
    return found.map(({ id }) => id)
  }

  async #due(reading: Reading, asked: readonly UsageQuestion[]): Promise<DueRow[]> {
    const questions = bulkRows(
      'asked',
      { question: 'int', subscription: 'text', until: 'timestamptz' },
      asked.map(({ productSubscriptionId: subscription, period }, question) => ({
        question,
        subscription,
        until: period.end,
      })),
    )
    const until = sql.ref<Date>('asked.until')
    return (await this.#unsettled(reading, until)
      .innerJoin(sql`(select * from ${questions})`.as('asked'), (join) =>
        join.onRef('asked.subscription' as never, '=', 'QuotaCounter.productSubscriptionId' as never),
      )
      .select([
        // Named, because of a join the mapping takes any quota_id for the id of that table.
        'QuotaCounter.quotaId as quotaId',
        'QuotaCounter.periodStart as periodStart',
        'QuotaCounter.periodEnd as periodEnd',
        'QuotaCounter.invoiced',
        usedBefore(until).as('used'),
        sql<number>`asked.question`.as('question'),
      ])
      .orderBy('Quota.position')
      .orderBy('QuotaCounter.quotaId')
      .orderBy('QuotaCounter.periodStart')
      .execute()) as DueRow[]
  }

  #unsettled(reading: Reading, until: Expression<Date>): Query {
    const query = rows(reading, QuotaCounter, ProductSubscription, Quota, UsageRecord)
      .selectFrom('QuotaCounter')
      .innerJoin('ProductSubscription', (join) =>
        join
          .onRef('ProductSubscription.id', '=', 'QuotaCounter.productSubscriptionId')
          .onRef('ProductSubscription.providerId', '=', 'QuotaCounter.providerId'),
      )
      .innerJoin('Quota', (join) =>
        join.onRef('Quota.id', '=', 'QuotaCounter.quotaId').onRef('Quota.providerId', '=', 'QuotaCounter.providerId'),
      )
      .where('QuotaCounter.chargeable', '=', true)
      .where('QuotaCounter.periodStart', '<', until)
      .whereRef('QuotaCounter.used', '>', 'QuotaCounter.invoiced')
      .where(sql<boolean>`${usedBefore(until)} > ${sql.ref('QuotaCounter.invoiced')}`)
    return ofOrganization(query, reading.scope, 'ProductSubscription')
  }
}

interface DueRow {
  /** Its place among those asked. */
  question: number
  quotaId: string
  periodStart: Date
  periodEnd: Date
  used: string
  invoiced: string
}

/** Of an interval that goes on beyond the end, the records after it are taken off: they are few, since it has just come. */
function usedBefore(until: Expression<Date>) {
  return sql<string>`(${sql.ref('QuotaCounter.used')} - case
    when ${sql.ref('QuotaCounter.periodEnd')} <= ${until} then 0
    else (
      select coalesce(sum(r.quantity), 0) from usage_record r
      where r.product_subscription_id = ${sql.ref('QuotaCounter.productSubscriptionId')}
        and r.provider_id = ${sql.ref('QuotaCounter.providerId')} and r.quota_id = ${sql.ref('QuotaCounter.quotaId')}
        and r.occurred_at >= ${until} and r.occurred_at < ${sql.ref('QuotaCounter.periodEnd')}
    ) end)`
}

function intervalUsageOf({ quotaId, periodStart, periodEnd, used, invoiced }: DueRow, period: Period): IntervalUsage {
  return {
    quotaId,
    interval: { start: periodStart, end: periodEnd },
    used: plain(decimal(used)),
    invoiced: plain(decimal(invoiced)),
    late: periodEnd <= period.start,
  }
}

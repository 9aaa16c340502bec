import { sql } from 'kysely'
import type { DomainEvent, EventType } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { invariant } from '../kernel/invariant.js'
import { unwrap } from '../kernel/result.js'
import { type BulkValue, bulkRows } from '../persistence/bulk-rows.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { Course, SubscriptionAtTurn, Turn } from './period-turn.rules.js'
import { ProductSubscription } from './product-subscription.entity.js'
import {
  type ProductSubscriptionChange,
  subscriptionCanceled,
  subscriptionExpired,
  subscriptionPlanChanged,
  subscriptionRenewed,
} from './product-subscription.events.js'
import { subscriptionLifecycle } from './product-subscription.rules.js'
import type { SubscriptionRecord } from './subscription-record.js'

/** A subscription, and what it comes to at a boundary. */
export interface TurnTaken {
  subscription: SubscriptionAtTurn
  turn: Turn
  /** Where it goes on; null where it ends. */
  course: Course | null
  /** Another than before, where the plan changes. */
  planId: string
  /** Shown to people, where it ends. */
  reason: string | null
}

const inPeriods = ['ACTIVE', 'SUSPENDED'] as const

/** Finds the subscriptions whose period has ended, and writes down what has become of all of them at once. */
export class SubscriptionTurns {
  constructor(
    private readonly record: SubscriptionRecord,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * Those whose period ended longest ago, locked. What somebody else has locked is left to him, or waited for.
   * @param except those that are to be left alone
   */
  async lockDue(
    transaction: Transaction,
    until: Date,
    { limit, wait, except }: { limit: number; wait: boolean; except: readonly string[] },
  ): Promise<SubscriptionAtTurn[]> {
    // By hand: for many rows the mapping takes longer than all that is decided about them.
    const { rows: found } = await sql<DueRow>`
      select id, provider_id as "providerId", marketplace_id as "marketplaceId", organization_id as "organizationId",
        plan_id as "planId", scheduled_plan_id as "scheduledPlanId", name, state, standing, time_zone as "timeZone",
        anchor_at as "anchorAt", period_number as "periodNumber", period_start as "periodStart",
        period_end as "periodEnd", term_ends_at as "termEndsAt", ends_at as "endsAt",
        cancel_at_period_end as "cancelAtPeriodEnd"
      from product_subscription
      where state in (${sql.join([...inPeriods])}) and period_end <= ${until.toISOString()}::timestamptz
        and id <> all(${[...except]}::text[])
      order by period_end, id limit ${limit} for update ${wait ? sql`` : sql`skip locked`}`.execute(transaction.kysely)
    const due = found.map(subscriptionOf)
    // What was waited for may have changed meanwhile, and the order with it.
    return due.toSorted((one, other) => (one.periodEnd as Date).getTime() - (other.periodEnd as Date).getTime())
  }

  async anyDue(reading: Reading, until: Date, except: readonly string[]): Promise<boolean> {
    return (await this.#due(reading, until, except).select('id').limit(1).executeTakeFirst()) !== undefined
  }

  /** When the next period ends after an instant; null when none does. */
  async nextDue(reading: Reading, after: Date): Promise<Date | null> {
    const { next } = await rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .select((eb) => eb.fn.min<Date | null>('periodEnd').as('next'))
      .where('state', 'in', [...inPeriods])
      .where('periodEnd', '>', after)
      .executeTakeFirstOrThrow()
    return next === null ? null : new Date(next)
  }

  /** Moves all of them, and tells of each. */
  async take(transaction: Transaction<DomainEvent>, turns: readonly TurnTaken[]): Promise<void> {
    if (turns.length === 0) return
    await sql`
      update product_subscription s set
        state = t.state, state_reason = coalesce(t.state_reason, s.state_reason), plan_id = t.plan_id,
        time_zone = t.time_zone, anchor_at = t.anchor_at, period_number = t.period_number,
        period_start = t.period_start, period_end = t.period_end, term_ends_at = t.term_ends_at,
        ends_at = t.ends_at, ended_at = t.ended_at, cancel_at_period_end = false,
        scheduled_plan_id = null, version = s.version + 1
      from ${bulkRows('t', turnColumns, turns.map(turnValues))}
      where s.id = t.id and s.provider_id = t.provider_id`.execute(transaction.kysely)
    for (const taken of turns) await this.#tell(transaction, taken)
  }

  async #tell(transaction: Transaction<DomainEvent>, taken: TurnTaken): Promise<void> {
    const { subscription, turn, reason } = taken
    const { id, providerId, marketplaceId, organizationId, state: previousState, standing } = subscription
    const change = { state: stateAfter(taken), previousState, standing, previousStanding: standing }
    const audience = { providerId, marketplaceId, organizationId }
    transaction.announce(events[turn].of(audience, id, change, this.clock.now()))
    // A renewal is the usual course of things, and no deed of anybody's.
    if (turn !== 'renew') await this.record.note(transaction, subscription, notes[turn], reason)
  }

  #due(reading: Reading, until: Date, except: readonly string[]) {
    return rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .where('state', 'in', [...inPeriods])
      .where('periodEnd', '<=', until)
      .where('id', 'not in', [...except, ''])
  }
}

type InstantColumn = 'anchorAt' | 'periodStart' | 'periodEnd' | 'termEndsAt' | 'endsAt'
type DueRow = Omit<SubscriptionAtTurn, InstantColumn> & Record<InstantColumn, string | Date | null>

function subscriptionOf(row: DueRow): SubscriptionAtTurn {
  return {
    ...row,
    anchorAt: instantOf(row.anchorAt),
    periodStart: instantOf(row.periodStart),
    periodEnd: instantOf(row.periodEnd),
    termEndsAt: instantOf(row.termEndsAt),
    endsAt: instantOf(row.endsAt),
  }
}

function instantOf(value: string | Date | null): Date | null {
  return value === null ? null : new Date(value)
}

const events: Record<Turn, EventType<ProductSubscriptionChange>> = {
  cancel: subscriptionCanceled,
  expire: subscriptionExpired,
  'change plan': subscriptionPlanChanged,
  renew: subscriptionRenewed,
}

const notes: Record<Exclude<Turn, 'renew'>, string> = {
  cancel: 'canceled',
  expire: 'expired',
  'change plan': 'plan-changed',
}

function stateAfter({ subscription, turn }: TurnTaken): SubscriptionAtTurn['state'] {
  if (turn !== 'cancel' && turn !== 'expire') return subscription.state
  return unwrap(subscriptionLifecycle.take(subscription.state, turn === 'cancel' ? 'cancel now' : 'expire')).state
}

const instant = 'timestamptz'
const turnColumns = {
  id: 'text',
  provider_id: 'text',
  state: 'text',
  state_reason: 'text',
  plan_id: 'text',
  time_zone: 'text',
  anchor_at: instant,
  period_number: 'int',
  period_start: instant,
  period_end: instant,
  term_ends_at: instant,
  ends_at: instant,
  ended_at: instant,
}

function turnValues(taken: TurnTaken): Record<keyof typeof turnColumns, BulkValue> {
  const { subscription, course, planId, reason } = taken
  const { id, providerId, periodEnd } = subscription
  invariant(periodEnd, 'a turn is taken where a period ends')
  // Where it ends, its last period stays to be read.
  const stands = course ?? subscription
  return {
    id,
    provider_id: providerId,
    state: stateAfter(taken),
    state_reason: reason,
    plan_id: planId,
    time_zone: stands.timeZone,
    anchor_at: stands.anchorAt ?? null,
    period_number: stands.periodNumber ?? null,
    period_start: stands.periodStart ?? null,
    period_end: stands.periodEnd ?? null,
    term_ends_at: stands.termEndsAt ?? null,
    ends_at: course ? course.termEndsAt : periodEnd,
    ended_at: course ? null : periodEnd,
  }
}

import { sql } from 'kysely'
import type { DomainEvent, EventType } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { invariant } from '../kernel/invariant.js'
import { unwrap } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { Course, Turn } from './period-turn.rules.js'
import { ProductSubscription, type ProductSubscriptionRow } from './product-subscription.entity.js'
import {
  type ProductSubscriptionChange,
  subscriptionCanceled,
  subscriptionExpired,
  subscriptionPlanChanged,
  subscriptionUpdated,
} from './product-subscription.events.js'
import { subscriptionLifecycle } from './product-subscription.rules.js'
import type { SubscriptionRecord } from './subscription-record.js'

/** A subscription, and what it comes to at a boundary. */
export interface TurnTaken {
  subscription: ProductSubscriptionRow
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
  ): Promise<ProductSubscriptionRow[]> {
    const due = this.#due(transaction, until, except)
      .selectAll()
      .orderBy('periodEnd')
      .orderBy('id')
      .limit(limit)
      .forUpdate()
    const found = (await (wait ? due : due.skipLocked()).execute()) as ProductSubscriptionRow[]
    // What was waited for may have changed meanwhile, and the order with it.
    return found.toSorted((one, other) => (one.periodEnd as Date).getTime() - (other.periodEnd as Date).getTime())
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
      from jsonb_to_recordset(${JSON.stringify(turns.map(columnsOf))}::jsonb) as t(
        id text, provider_id text, state text, state_reason text, plan_id text, time_zone text,
        anchor_at timestamptz, period_number int, period_start timestamptz, period_end timestamptz,
        term_ends_at timestamptz, ends_at timestamptz, ended_at timestamptz)
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

const events: Record<Turn, EventType<ProductSubscriptionChange>> = {
  cancel: subscriptionCanceled,
  expire: subscriptionExpired,
  'change plan': subscriptionPlanChanged,
  renew: subscriptionUpdated,
}

const notes: Record<Exclude<Turn, 'renew'>, string> = {
  cancel: 'canceled',
  expire: 'expired',
  'change plan': 'plan-changed',
}

function stateAfter({ subscription, turn }: TurnTaken): ProductSubscriptionRow['state'] {
  if (turn !== 'cancel' && turn !== 'expire') return subscription.state
  return unwrap(subscriptionLifecycle.take(subscription.state, turn === 'cancel' ? 'cancel now' : 'expire')).state
}

function columnsOf(taken: TurnTaken) {
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

import type { DomainEvent, EventType } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { Refused, unwrap } from '../kernel/result.js'
import { readText } from '../kernel/text.js'
import { person } from '../persistence/tenant-scope.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'
import type { ProductSubscriptionChange } from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { type SubscriptionStep, subscriptionLifecycle } from './product-subscription.rules.js'

/** Writes down what has become of a subscription: its state along its lifecycle, who did it, and who is told. */
export class SubscriptionRecord {
  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /** For a person who sees it. @throws Refused NOT_FOUND; RequestError UNAUTHENTICATED */
  async locked(transaction: Transaction, id: string): Promise<ProductSubscriptionRow> {
    person(transaction.scope)
    const subscription = await this.subscriptions.lock(transaction, id)
    if (subscription) return subscription
    const message = 'There is no such subscription.'
    throw new Refused([{ code: 'NOT_FOUND', message, field: ['input', 'productSubscriptionId'] }])
  }

  /**
   * Takes a step, with whatever changes along with the state.
   * @returns false where the step was taken before
   */
  async step(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    step: SubscriptionStep,
    type: EventType<ProductSubscriptionChange>,
    changes: Partial<ProductSubscriptionRow>,
  ): Promise<boolean> {
    const { state, changed } = unwrap(subscriptionLifecycle.take(subscription.state, step))
    if (changed) await this.change(transaction, subscription, type, { ...changes, state })
    return changed
  }

  async change(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    type: EventType<ProductSubscriptionChange>,
    changes: Partial<ProductSubscriptionRow>,
  ): Promise<void> {
    const { state: previousState, standing: previousStanding } = subscription
    Object.assign(subscription, changes)
    await transaction.em.flush()
    const { id, providerId, marketplaceId, organizationId, state, standing } = subscription
    const change = { state, previousState, standing, previousStanding }
    transaction.announce(type.of({ providerId, marketplaceId, organizationId }, id, change, this.clock.now()))
  }

  /** @param what after the dot: approved, canceled */
  note(
    transaction: Transaction,
    subscription: Pick<ProductSubscriptionRow, 'id' | 'providerId' | 'marketplaceId' | 'organizationId' | 'name'>,
    what: string,
    reason: string | null,
  ): Promise<void> {
    const { id, providerId, marketplaceId, organizationId, name } = subscription
    const summary = reason ? `${name}: ${reason}` : name
    const action = `product-subscription.${what}`
    return this.audit.record(transaction, { providerId, marketplaceId, organizationId, action, subjectId: id, summary })
  }

  now(): Date {
    return this.clock.now()
  }
}

const longestReason = 1_000

/** @throws Refused REQUIRED, INVALID */
export function demandReason(reason: string): void {
  if (reason.trim().length === 0) {
    throw new Refused([{ code: 'REQUIRED', message: 'Give a reason.', field: ['input', 'reason'] }])
  }
  demandBriefReason(reason)
}

/** For a reason that may be left out. @throws Refused INVALID */
export function demandBriefReason(reason: string | null): void {
  unwrap(readText(reason, ['input', 'reason'], longestReason))
}

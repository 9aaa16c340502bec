import type { PlanRepository } from '../catalog/plan.repository.js'
import type { DomainEvent } from '../events/event.js'
import { invariant } from '../kernel/invariant.js'
import type { ChangeTiming } from '../kernel/period.js'
import { Refused, unwrap } from '../kernel/result.js'
import { demand } from '../persistence/audience.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { type Scope, system, worksAt } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { PaymentStanding, ProductSubscriptionRow } from './product-subscription.entity.js'
import {
  subscriptionCanceled,
  subscriptionResumed,
  subscriptionStandingChanged,
  subscriptionSuspended,
  subscriptionUpdated,
} from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import {
  cancelStep,
  endsSubscriptions,
  hasEnded,
  rolesToSubscribe,
  subscriptionLifecycle,
} from './product-subscription.rules.js'
import { demandBriefReason, demandReason, type SubscriptionRecord } from './subscription-record.js'

/** What becomes of a subscription after it has begun. */
export class ProductSubscriptionService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly record: SubscriptionRecord,
  ) {}

  /** Its access closes; its periods go on. @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND */
  suspend(scope: Scope, id: string, reason: string): Promise<ProductSubscriptionRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const subscription = await this.#managed(transaction, id)
      demandReason(reason)
      const changes = { stateReason: reason }
      const changed = await this.record.step(transaction, subscription, 'suspend', subscriptionSuspended, changes)
      if (changed) await this.record.note(transaction, subscription, 'suspended', reason)
      return subscription
    })
  }

  /** @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND */
  resume(scope: Scope, id: string): Promise<ProductSubscriptionRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const subscription = await this.#managed(transaction, id)
      const changes = { stateReason: null }
      const changed = await this.record.step(transaction, subscription, 'resume', subscriptionResumed, changes)
      if (changed) await this.record.note(transaction, subscription, 'resumed', null)
      return subscription
    })
  }

  /**
   * By the organization, or by the provider's people; at once, or when what is paid for has passed. What nobody has
   * paid for ends at once.
   * @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND
   */
  cancel(scope: Scope, id: string, when: ChangeTiming, reason: string | null): Promise<ProductSubscriptionRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const subscription = await this.#endable(transaction, id)
      demandBriefReason(reason)
      const { state, standing, periodEnd = null } = subscription
      const step = cancelStep(when, { standing, periodEnd })
      unwrap(subscriptionLifecycle.take(state, step))
      if (step === 'cancel at period end' && !hasEnded(state)) {
        return this.#schedule(transaction, subscription, periodEnd, reason)
      }
      await this.#end(transaction, subscription, reason)
      return subscription
    })
  }

  /**
   * Takes back a cancellation that waits for the end of the period. Of a plan that is off sale the provider decides.
   * @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND
   */
  keep(scope: Scope, id: string): Promise<ProductSubscriptionRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const subscription = await this.#endable(transaction, id)
      unwrap(subscriptionLifecycle.take(subscription.state, 'keep'))
      if (subscription.cancelAtPeriodEnd && !worksAt(scope, subscription.providerId))
        await this.#demandOnSale(transaction, subscription)
      return this.#schedule(transaction, subscription, null, null)
    })
  }

  /**
   * Billing tells whether it is paid, and when access closes if nothing more is.
   * @param subscription locked
   */
  tellStanding(
    given: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    told: { standing: PaymentStanding; accessClosesAt: Date | null },
  ): Promise<void> {
    return given.within(system, async (transaction) => {
      if (subscription.standing !== told.standing) {
        await this.record.change(transaction, subscription, subscriptionStandingChanged, told)
      } else {
        subscription.accessClosesAt = told.accessClosesAt
        await transaction.em.flush()
      }
    })
  }

  /**
   * Billing ends what stays unpaid, where the plan says so. What is owed stays owed.
   * @param subscription locked
   */
  cancelUnpaid(given: Transaction<DomainEvent>, subscription: ProductSubscriptionRow): Promise<void> {
    const reason = 'Not paid by the end of the grace period.'
    return given.within(system, (transaction) => this.#end(transaction, subscription, reason))
  }

  /** The provider has taken its plan off sale, and wants nobody to stay with it. */
  cancelForPlan(given: Transaction<DomainEvent>, id: string, when: ChangeTiming): Promise<void> {
    return given.within(system, async (transaction) => {
      const subscription = await this.#known(transaction, id)
      const { state, standing, periodEnd = null } = subscription
      if (hasEnded(state)) return
      const reason = 'The provider no longer offers this plan.'
      const waits = state !== 'PENDING_APPROVAL' && cancelStep(when, { standing, periodEnd }) === 'cancel at period end'
      if (waits) await this.#schedule(transaction, subscription, periodEnd, reason)
      else await this.#end(transaction, subscription, reason)
    })
  }

  /** @param until when it ends; null to let it go on */
  async #schedule(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    until: Date | null,
    reason: string | null,
  ): Promise<ProductSubscriptionRow> {
    const cancel = until !== null
    if (subscription.cancelAtPeriodEnd === cancel) return subscription
    const endsAt = until ?? subscription.termEndsAt ?? null
    // Why it was suspended is still to be read.
    const stateReason = subscription.state === 'SUSPENDED' ? subscription.stateReason : reason
    const changes = { cancelAtPeriodEnd: cancel, endsAt, stateReason }
    await this.record.change(transaction, subscription, subscriptionUpdated, changes)
    await this.record.note(transaction, subscription, cancel ? 'cancellation-scheduled' : 'kept', reason)
    return subscription
  }

  async #end(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    reason: string | null,
  ): Promise<void> {
    const now = this.record.now()
    const changes = { endedAt: now, endsAt: now, stateReason: reason, cancelAtPeriodEnd: false, scheduledPlanId: null }
    const changed = await this.record.step(transaction, subscription, 'cancel now', subscriptionCanceled, changes)
    if (changed) await this.record.note(transaction, subscription, 'canceled', reason)
  }

  async #demandOnSale(transaction: Transaction, { planId }: ProductSubscriptionRow): Promise<void> {
    const plan = await this.plans.find(transaction.as(system), planId)
    if (plan?.state === 'ACTIVE') return
    const message = 'This plan is no longer offered, so the subscription ends with its period.'
    throw new Refused([{ code: 'WRONG_STATE', message, field: ['input', 'productSubscriptionId'] }])
  }

  async #managed(transaction: Transaction, id: string): Promise<ProductSubscriptionRow> {
    const subscription = await this.record.locked(transaction, id)
    demand(transaction.scope, managesMarketplaces, subscription)
    return subscription
  }

  async #endable(transaction: Transaction, id: string): Promise<ProductSubscriptionRow> {
    const subscription = await this.record.locked(transaction, id)
    const { scope } = transaction
    const plan = await this.plans.find(transaction.as(system), subscription.planId)
    const consumer = rolesToSubscribe(plan?.type ?? 'PAID')
    demand(scope, { ...endsSubscriptions, consumer }, subscription)
    return subscription
  }

  /** For the backend itself, which goes by the ids of our own rows. */
  async #known(transaction: Transaction, id: string): Promise<ProductSubscriptionRow> {
    const subscription = await this.subscriptions.lock(transaction, id)
    invariant(subscription, `There is no subscription ${id}.`)
    return subscription
  }
}

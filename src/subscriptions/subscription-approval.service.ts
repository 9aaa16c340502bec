import type { PlanRepository } from '../catalog/plan.repository.js'
import type { DomainEvent } from '../events/event.js'
import { invariant } from '../kernel/invariant.js'
import { Refused, type UserError, unwrap } from '../kernel/result.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { demand } from '../persistence/audience.js'
import { decidesSubscriptions } from '../persistence/permissions.js'
import { person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'
import { subscriptionRejected, subscriptionStarted } from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { type Opening, openingOf, subscriptionLifecycle } from './product-subscription.rules.js'
import { begun } from './subscribe.service.js'
import type { SubscriptionCharges } from './subscription-charge.port.js'
import { demandBriefReason, demandReason, type SubscriptionRecord } from './subscription-record.js'

/** The provider's yes or no to a subscription that waits for one. */
export class SubscriptionApproval {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly charges: SubscriptionCharges,
    private readonly record: SubscriptionRecord,
  ) {}

  /**
   * The periods begin now, however long ago it was asked for.
   * @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND; BILLING_NOT_CONFIGURED and the like where it cannot be sold now
   */
  approve(scope: Scope, id: string, reason: string | null): Promise<ProductSubscriptionRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const subscription = await this.#decidable(transaction, id)
      demandBriefReason(reason)
      if (!unwrap(subscriptionLifecycle.take(subscription.state, 'approve')).changed) return subscription
      const now = this.record.now()
      const opening = await this.#opening(transaction, subscription, now)
      const { standing } = opening
      const begins = { ...begun(opening, now), ...decided('APPROVED', reason, scope, now), standing }
      await this.record.step(transaction, subscription, 'approve', subscriptionStarted, begins)
      await this.record.note(transaction, subscription, 'approved', reason)
      return subscription
    })
  }

  /** For good: whoever was refused may subscribe again. @throws Refused WRONG_STATE, NOT_ALLOWED, NOT_FOUND */
  reject(scope: Scope, id: string, reason: string): Promise<ProductSubscriptionRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const subscription = await this.#decidable(transaction, id)
      demandReason(reason)
      const now = this.record.now()
      const ends = { ...decided('REJECTED', reason, scope, now), endedAt: now }
      const changed = await this.record.step(transaction, subscription, 'reject', subscriptionRejected, ends)
      if (changed) await this.record.note(transaction, subscription, 'rejected', reason)
      return subscription
    })
  }

  /** How an approved subscription begins, if it can still be sold. */
  async #opening(transaction: Transaction, subscription: ProductSubscriptionRow, at: Date): Promise<Opening> {
    const { planId, marketplaceId, organizationId, productId } = subscription
    const asSystem = transaction.as(system)
    const plan = await this.plans.find(asSystem, planId)
    const marketplace = await this.marketplaces.find(asSystem, marketplaceId)
    const organization = await this.organizations.lock(transaction, organizationId)
    invariant(plan && marketplace && organization, `Subscription ${subscription.id} lacks what it was made of.`)
    const trialUsed = await this.subscriptions.hasHadTrial(asSystem, organizationId, productId)
    const opening = openingOf(plan, marketplace.timeZone, at, trialUsed)
    const charge = this.charges.firstCharge(plan, opening)
    const billingEmail = organization.billingEmail ?? null
    const unsellable = await this.charges.obstacles(asSystem, { plan, marketplaceId, billingEmail, charge })
    // What the subscriber has to mend is no field of the approver's input.
    const obstacles: UserError[] = unsellable.map((obstacle) => ({ ...obstacle, field: null }))
    if (organization.state !== 'ACTIVE') {
      obstacles.push({ code: 'WRONG_STATE', message: 'The organization is not active.', field: null })
    }
    if (obstacles.length > 0) throw new Refused(obstacles)
    return opening
  }

  async #decidable(transaction: Transaction, id: string): Promise<ProductSubscriptionRow> {
    const subscription = await this.record.locked(transaction, id)
    demand(transaction.scope, decidesSubscriptions, subscription)
    return subscription
  }
}

function decided(decision: 'APPROVED' | 'REJECTED', reason: string | null, scope: Scope, now: Date) {
  return { decision, decisionReason: reason, decidedAt: now, decidedByUserId: person(scope).userId }
}

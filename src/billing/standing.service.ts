import type { PlanRepository } from '../catalog/plan.repository.js'
import type { DomainEvent } from '../events/event.js'
import { enqueue } from '../events/jobs.js'
import type { Clock } from '../kernel/clock.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import type { ProductSubscriptionService } from '../subscriptions/product-subscription.service.js'
import { Invoice } from './invoice.entity.js'
import { isForNothing, isOwed, isUnderWay } from './invoice.rules.js'
import { standingOf } from './standing.rules.js'

/** The worker's task that voids what was invoiced for nothing; its payload is `{ productSubscriptionId }`. */
export const voidUnpaidStartTask = 'void-unpaid-start'

/** Works out anew whether a subscription is paid, and tells it, after anything about its invoices has changed. */
export class StandingService {
  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly told: ProductSubscriptionService,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  settle(transaction: Transaction<DomainEvent>, productSubscriptionId: string): Promise<void> {
    return transaction.within(system, (asSystem) => this.#settle(asSystem, productSubscriptionId))
  }

  async #settle(transaction: Transaction<DomainEvent>, productSubscriptionId: string): Promise<void> {
    // Locked before its invoices are read: of two that are paid at once, the second sees both.
    const subscription = await this.subscriptions.lock(transaction, productSubscriptionId)
    // One that waits for a person, or was refused, has no standing to speak of.
    if (!subscription?.startedAt) return
    const plan = await this.plans.find(transaction, subscription.planId)
    if (!plan) return
    const invoices = await rows(transaction, Invoice)
      .selectFrom('Invoice')
      .select(['status', 'reason', 'periodStart', 'dueAt', 'paymentProcessing', 'syncStatus', 'syncAttempts'])
      .where('productSubscriptionId', '=', productSubscriptionId)
      .execute()
    if (invoices.some((invoice) => isForNothing(invoice, subscription) && !isUnderWay(invoice))) {
      const payload = { productSubscriptionId }
      await enqueue(transaction, [{ task: voidUnpaidStartTask, payload, key: `void start ${productSubscriptionId}` }])
    }
    const facts = {
      paid: plan.type === 'PAID',
      trialEndsAt: subscription.trialEndsAt ?? null,
      gracePeriodDays: plan.gracePeriodDays,
      invoices: invoices.map((invoice) => ({
        ...invoice,
        dueAt: invoice.dueAt ?? null,
        paymentProcessing: invoice.paymentProcessing === true,
      })),
    }
    const { standing, accessClosesAt } = standingOf(facts, this.clock.now())
    const same = standing === subscription.standing
    if (!same || accessClosesAt?.getTime() !== subscription.accessClosesAt?.getTime()) {
      await this.told.tellStanding(transaction, subscription, { standing, accessClosesAt })
    }
    const underWay = facts.invoices.some((invoice) => isOwed(invoice.status) && invoice.paymentProcessing)
    if (standing === 'PAST_DUE' && plan.cancelWhenPastDue && !underWay) {
      await this.told.cancelUnpaid(transaction, subscription)
    }
  }
}

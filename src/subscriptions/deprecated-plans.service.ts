import type { PlanDeprecation } from '../catalog/catalog.events.js'
import type { PlanRow } from '../catalog/plan.entity.js'
import type { PlanRepository } from '../catalog/plan.repository.js'
import type { DomainEvent } from '../events/event.js'
import { invariant } from '../kernel/invariant.js'
import type { ChangeTiming } from '../kernel/period.js'
import { rows } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { PlanChange } from './plan-change.port.js'
import type { PlanMove } from './plan-move.js'
import { ProductSubscription, type ProductSubscriptionRow } from './product-subscription.entity.js'
import { subscriptionUpdated } from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { runningStates } from './product-subscription.rules.js'
import type { ProductSubscriptionService } from './product-subscription.service.js'
import type { SubscriptionRecord } from './subscription-record.js'

const atOnce = 200

/** Follows the deprecation of a plan: what is done already is not done again, so it may be broken off and repeated. */
export class DeprecatedPlans {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly service: ProductSubscriptionService,
    private readonly move: PlanMove,
    private readonly record: SubscriptionRecord,
  ) {}

  async follow(planId: string, { strategy, targetPlanId, when }: PlanDeprecation): Promise<void> {
    if (strategy === 'KEEP') return
    const target = targetPlanId ? await this.plans.find(this.unitOfWork.reading(system), targetPlanId) : null
    if (strategy === 'MIGRATE') invariant(target, `Plan ${planId} is to be left for one that does not exist.`)
    let after = ''
    for (;;) {
      const ids = await this.#running(planId, after)
      // Each in a transaction of its own, so that one is locked only as long as it is looked at.
      for (const id of ids) await this.#each(id, planId, target, when)
      const last = ids.at(-1)
      if (!last) return
      after = last
    }
  }

  async #running(planId: string, after: string): Promise<string[]> {
    const found = await rows(this.unitOfWork.reading(system), ProductSubscription)
      .selectFrom('ProductSubscription')
      .select('id')
      .where('planId', '=', planId)
      .where('state', 'in', [...runningStates])
      .where('id', '>', after)
      .orderBy('id')
      .limit(atOnce)
      .execute()
    return found.map(({ id }) => id)
  }

  #each(id: string, planId: string, target: PlanRow | null, when: ChangeTiming): Promise<void> {
    return this.unitOfWork.run(system, async (transaction) => {
      const subscription = await this.subscriptions.lock(transaction, id)
      if (subscription?.planId !== planId || !runningStates.some((state) => state === subscription.state)) return
      if (target) await this.#migrate(transaction, subscription, target, when)
      else await this.service.cancelForPlan(transaction, id, when)
    })
  }

  async #migrate(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    target: PlanRow,
    when: ChangeTiming,
  ): Promise<void> {
    if (await this.subscriptions.hasRunning(transaction, subscription.organizationId, target.id)) {
      // One for an organization and plan: the other one stands.
      return this.service.cancelForPlan(transaction, subscription.id, when)
    }
    if (subscription.state === 'PENDING_APPROVAL') {
      await this.record.change(transaction, subscription, subscriptionUpdated, { planId: target.id })
      return this.record.note(transaction, subscription, 'plan-changed', `to ${target.name}, before it has begun`)
    }
    const before = (await this.subscriptions.find(transaction, subscription.id)) as ProductSubscriptionRow
    const change = await this.move.workOut(transaction, before, target, when, this.record.now())
    const possible = change.atPeriodEnd || !mustWait(change) ? change : await this.#waiting(transaction, change)
    await this.move.carryOut(transaction, subscription, possible)
  }

  #waiting(transaction: Transaction, { subscription, to, at }: PlanChange): Promise<PlanChange> {
    return this.move.workOut(transaction, subscription, to, 'PERIOD_END', at)
  }
}

/** What cannot go over at once goes over with its period: unpaid beginnings, another currency, a period just over. */
function mustWait({ subscription, from, to, at }: PlanChange): boolean {
  const { periodEnd = null, periodNumber = null, standing } = subscription
  const crosses = from.type === 'PAID' && to.type === 'PAID' && periodNumber !== null && from.currency !== to.currency
  return standing === 'AWAITING_FIRST_PAYMENT' || crosses || (periodEnd !== null && periodEnd <= at)
}

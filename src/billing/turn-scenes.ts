import type { PlanRow } from '../catalog/plan.entity.js'
import type { PlanRepository } from '../catalog/plan.repository.js'
import { invariant } from '../kernel/invariant.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { SubscriptionAtTurn } from '../subscriptions/period-turn.rules.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import type { QuotaPrices } from './quota-prices.js'
import type { TurnScene } from './turn-invoices.rules.js'
import type { UsedUnits } from './usage-lines.rules.js'

/** Gathers what decides about subscriptions at the end of their periods, for all of them in a few statements. */
export class TurnScenes {
  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly prices: QuotaPrices,
  ) {}

  /** @param usage of each, in the order of the subscriptions */
  async of(
    reading: Reading,
    subscriptions: readonly SubscriptionAtTurn[],
    usage: ReadonlyArray<readonly UsedUnits[]>,
  ): Promise<TurnScene[]> {
    const asSystem = reading.as(system)
    const plans = await this.#plans(asSystem, subscriptions)
    const timeZones = await this.#timeZones(asSystem, subscriptions)
    const quotaIds = usage.flatMap((units) => units.map(({ quotaId }) => quotaId))
    const prices = await this.prices.of(asSystem, quotaIds)
    const running = await this.#runningScheduled(asSystem, subscriptions)
    return subscriptions.map((subscription, index) => {
      const plan = plans.get(subscription.planId)
      invariant(plan, `Subscription ${subscription.id} has no plan.`)
      return {
        subscription,
        plan,
        scheduled: plans.get(subscription.scheduledPlanId ?? '') ?? null,
        runsScheduled: running.has(subscription.id),
        timeZone: timeZones.get(subscription.marketplaceId) ?? subscription.timeZone,
        usage: usage[index] ?? [],
        prices,
      }
    })
  }

  async #plans(reading: Reading, subscriptions: readonly SubscriptionAtTurn[]): Promise<Map<string, PlanRow>> {
    const ids = subscriptions.flatMap(({ planId, scheduledPlanId }) => [planId, scheduledPlanId ?? planId])
    const found = await this.plans.byIds(reading, [...new Set(ids)])
    return new Map(found.flatMap((plan) => (plan ? [[plan.id, plan] as const] : [])))
  }

  async #timeZones(reading: Reading, subscriptions: readonly SubscriptionAtTurn[]): Promise<Map<string, string>> {
    const ids = [...new Set(subscriptions.map(({ marketplaceId }) => marketplaceId))]
    const found = await this.marketplaces.byIds(reading, ids)
    return new Map(
      found.flatMap((marketplace) => (marketplace ? [[marketplace.id, marketplace.timeZone] as const] : [])),
    )
  }

  /** A change of plan is rare, so each is looked at by itself. */
  async #runningScheduled(reading: Reading, subscriptions: readonly SubscriptionAtTurn[]): Promise<Set<string>> {
    const running = new Set<string>()
    for (const { id, organizationId, scheduledPlanId } of subscriptions) {
      if (!scheduledPlanId) continue
      if (await this.subscriptions.hasRunning(reading, organizationId, scheduledPlanId)) running.add(id)
    }
    return running
  }
}

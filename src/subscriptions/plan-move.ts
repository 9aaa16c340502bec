import type { PlanRow } from '../catalog/plan.entity.js'
import type { PlanRepository } from '../catalog/plan.repository.js'
import type { DomainEvent } from '../events/event.js'
import { invariant } from '../kernel/invariant.js'
import type { ChangeTiming } from '../kernel/period.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { type Course, changedAtPeriodEnd, changedNow, courseOf, isAtPeriodEnd } from './period-turn.rules.js'
import type { PlanChange, PlanChangeCharges } from './plan-change.port.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'
import { subscriptionPlanChanged, subscriptionUpdated } from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { type Opening, openingOf } from './product-subscription.rules.js'
import type { SubscriptionRecord } from './subscription-record.js'

/** Works out a change of plan, and carries it out: for a consumer who wants it, and for a provider who ends a plan. */
export class PlanMove {
  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly plans: PlanRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly charges: PlanChangeCharges,
    private readonly record: SubscriptionRecord,
  ) {}

  /** @param at now; the end of the period is found where it is to wait for that */
  async workOut(
    reading: Reading,
    subscription: ProductSubscriptionRow,
    to: PlanRow,
    when: ChangeTiming,
    at: Date,
  ): Promise<PlanChange> {
    const asSystem = reading.as(system)
    const from = await this.plans.find(asSystem, subscription.planId)
    const marketplace = await this.marketplaces.find(asSystem, subscription.marketplaceId)
    invariant(from && marketplace, `Subscription ${subscription.id} lacks what it was made of.`)
    const course = courseOf(subscription)
    const { timeZone } = marketplace
    if (isAtPeriodEnd(when, course.periodEnd)) {
      const after = changedAtPeriodEnd(course, { from, to }, timeZone)
      return { subscription, from, to, at: course.periodEnd, atPeriodEnd: true, course: after, opening: null }
    }
    const change = { subscription, from, to, at, atPeriodEnd: false }
    if (from.type === 'PAID' || to.type !== 'PAID') {
      return { ...change, course: changedNow(course, { from, to }, timeZone, at), opening: null }
    }
    const { organizationId, productId } = subscription
    const trialUsed = await this.subscriptions.hasHadTrial(asSystem, organizationId, productId)
    const opening = openingOf(to, timeZone, at, trialUsed)
    return { ...change, course: courseOfOpening(opening), opening }
  }

  /** @param subscription locked */
  async carryOut(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    change: PlanChange,
    along: Partial<ProductSubscriptionRow> = {},
  ): Promise<void> {
    if (change.atPeriodEnd) return this.#schedule(transaction, subscription, change.to, along)
    const { to, course, opening } = change
    const changes = {
      ...along,
      ...course,
      planId: to.id,
      endsAt: course.termEndsAt,
      scheduledPlanId: null,
      ...paying(change),
    }
    const summary = `${change.from.name} → ${to.name}`
    await this.record.change(transaction, subscription, subscriptionPlanChanged, {
      ...changes,
      ...(opening ? { trialEndsAt: opening.trialEndsAt ?? subscription.trialEndsAt ?? null } : {}),
    })
    await this.record.note(transaction, subscription, 'plan-changed', summary)
    await this.charges.charge(transaction, change)
  }

  async #schedule(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    to: PlanRow,
    along: Partial<ProductSubscriptionRow>,
  ): Promise<void> {
    if (subscription.scheduledPlanId === to.id) return
    await this.record.change(transaction, subscription, subscriptionUpdated, { ...along, scheduledPlanId: to.id })
    await this.record.note(transaction, subscription, 'plan-change-scheduled', `to ${to.name} with the next period`)
  }

  /** Takes back a change that waits for the end of the period. */
  async takeBack(transaction: Transaction<DomainEvent>, subscription: ProductSubscriptionRow): Promise<void> {
    if (!subscription.scheduledPlanId) return
    await this.record.change(transaction, subscription, subscriptionUpdated, { scheduledPlanId: null })
    await this.record.note(transaction, subscription, 'plan-change-taken-back', null)
  }
}

function courseOfOpening({ timeZone, anchorAt, periodNumber, period, endsAt }: Opening): Course {
  const [periodStart, periodEnd] = [period?.start ?? null, period?.end ?? null]
  return { timeZone, anchorAt, periodNumber, periodStart, periodEnd, termEndsAt: endsAt }
}

/** What becomes of its standing at once; billing tells the rest. */
function paying({ to, opening }: PlanChange): Partial<ProductSubscriptionRow> {
  if (opening) return { standing: opening.standing, accessClosesAt: null }
  return to.type === 'PAID' ? {} : { standing: 'NOT_REQUIRED', accessClosesAt: null }
}

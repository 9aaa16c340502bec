import { UniqueConstraintViolationException } from '@mikro-orm/core'
import type { PlanRow } from '../catalog/plan.entity.js'
import type { PlanRepository } from '../catalog/plan.repository.js'
import type { PlanOffers } from '../catalog/plan-offer.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import type { ChangeTiming } from '../kernel/period.js'
import { Refused, type UserError } from '../kernel/result.js'
import { type TermsService, termsProblem } from '../marketplaces/terms.service.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { demand } from '../persistence/audience.js'
import { belongsTo, person, type Scope, system } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { PlanChange, PlanChangeCharges } from './plan-change.port.js'
import { type PlanChangeFacts, planChangeObstacles, takesBack } from './plan-change.rules.js'
import type { PlanMove } from './plan-move.js'
import { digestOf, type PreviewedChange, type PreviewTokens } from './preview-token.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { rolesToSubscribe } from './product-subscription.rules.js'
import type { FirstCharge } from './subscription-charge.port.js'
import type { SubscriptionRecord } from './subscription-record.js'

export interface PlanWish {
  productSubscriptionId: string
  planId: string
  when: ChangeTiming
}

/** What is shown of a change of plan. */
export interface PlanChangeShown {
  productSubscriptionId: string
  planId: string
  /** Null when there are obstacles. */
  token: string | null
  effectiveAt: Date
  charge: FirstCharge | null
  obstacles: UserError[]
}

export interface PlanChanged {
  productSubscription: ProductSubscriptionRow
  /** Null where it waits for the end of the period. */
  changedAt: Date | null
}

type Terms = NonNullable<Awaited<ReturnType<PlanOffers['offer']>>>['terms']

/** What a change would mean, worked out without doing it. */
interface Considered {
  change: PlanChange
  /** Whether it only takes back a change that waits. */
  takesBack: boolean
  charge: FirstCharge | null
  terms: Terms
  obstacles: UserError[]
  shown: PreviewedChange
}

/** Changes the plan of a subscription, and shows beforehand what that would cost: one computation for both. */
export class PlanChangeService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly plans: PlanRepository,
    private readonly offers: PlanOffers,
    private readonly terms: TermsService,
    private readonly charges: PlanChangeCharges,
    private readonly move: PlanMove,
    private readonly previews: PreviewTokens,
    private readonly record: SubscriptionRecord,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * What `changePlan` would do now. Terms are no obstacle: they come with the wish itself.
   * @throws Refused NOT_FOUND for what the person does not see, NOT_ALLOWED for those who are no members
   */
  async preview(reading: Reading, wish: PlanWish): Promise<PlanChangeShown> {
    person(reading.scope)
    const subscription = await this.subscriptions.find(reading, wish.productSubscriptionId)
    if (!subscription) throw missing('subscription', 'productSubscriptionId')
    const { change, charge, obstacles, shown } = await this.#consider(reading, subscription, wish, this.clock.now())
    const token = obstacles.length === 0 ? this.previews.issueChange(shown) : null
    const { productSubscriptionId, planId } = wish
    return { productSubscriptionId, planId, token, effectiveAt: change.at, charge, obstacles }
  }

  /** @throws Refused with all that stands in the way at once; PREVIEW_OUTDATED where something else was shown */
  async change(
    scope: Scope,
    { previewToken, acceptedTermsVersion }: { previewToken: string; acceptedTermsVersion?: number | null },
  ): Promise<PlanChanged> {
    try {
      return await this.unitOfWork.run(scope, async (transaction) => {
        person(scope)
        const previewed = this.previews.readChange(previewToken, this.clock.now())
        if (!previewed) throw outdated()
        const subscription = await this.record.locked(transaction, previewed.productSubscriptionId)
        // A trial is had once for all plans of a product.
        await this.organizations.lock(transaction, subscription.organizationId)
        const before = (await this.subscriptions.find(transaction, subscription.id)) as ProductSubscriptionRow
        const considered = await this.#consider(transaction, before, previewed, previewed.at)
        const { obstacles, terms, shown } = considered
        if (shown.digest !== previewed.digest) throw outdated()
        const accepted = acceptedTermsVersion ?? subscription.acceptedTermsVersion ?? null
        const problems = [...obstacles, termsProblem(terms, accepted)].filter((problem) => problem !== null)
        if (problems.length > 0) throw new Refused(problems)
        await this.#carryOut(transaction, subscription, considered)
        const { change, takesBack: back } = considered
        return { productSubscription: subscription, changedAt: back || change.atPeriodEnd ? null : change.at }
      })
    } catch (error) {
      // Somebody has subscribed to the new plan in the same moment.
      if (error instanceof UniqueConstraintViolationException) throw new Refused([runsAlready])
      throw error
    }
  }

  async #carryOut(
    transaction: Transaction<DomainEvent>,
    subscription: ProductSubscriptionRow,
    considered: Considered,
  ): Promise<void> {
    if (considered.takesBack) return this.move.takeBack(transaction, subscription)
    const { change, terms } = considered
    if (terms && terms.version !== subscription.acceptedTermsVersion) {
      const { userId } = person(transaction.scope)
      await this.terms.accept(transaction, { terms, userId, organizationId: subscription.organizationId })
    }
    const along = terms ? { acceptedTermsVersion: terms.version } : {}
    await this.move.carryOut(transaction, subscription, change, along)
  }

  async #consider(
    reading: Reading,
    subscription: ProductSubscriptionRow,
    wish: PlanWish,
    at: Date,
  ): Promise<Considered> {
    const { id, organizationId } = subscription
    if (!belongsTo(reading.scope, organizationId)) throw new Refused([noMember])
    const { to, terms, notOnSale } = await this.#target(reading, subscription, wish.planId)
    const change = await this.move.workOut(reading, subscription, to, wish.when, at)
    demand(reading.scope, { consumer: rolesOf(change) }, subscription)
    const facts = await this.#facts(reading, change, { when: wish.when, at, notOnSale })
    const back = takesBack(facts)
    const charge = back ? null : await this.charges.ofChange(reading, change)
    const obstacles = [
      ...planChangeObstacles(facts),
      ...(back ? [] : await this.charges.obstacles(reading, change, charge)),
    ]
    const { state, scheduledPlanId, cancelAtPeriodEnd, periodNumber, periodStart } = subscription
    const standsAt = [
      change.from.id,
      state,
      scheduledPlanId ?? null,
      cancelAtPeriodEnd,
      periodNumber ?? null,
      periodStart,
    ]
    const digest = digestOf([standsAt, to.version, charge?.total ?? null, charge?.lines ?? null])
    const shown = { productSubscriptionId: id, planId: to.id, when: wish.when, at, digest }
    return { change, takesBack: back, charge, terms, obstacles, shown }
  }

  /** The present plan is no offer to the viewer, but may be named to stay with it. */
  async #target(
    reading: Reading,
    { organizationId, planId: presentId }: ProductSubscriptionRow,
    planId: string,
  ): Promise<{ to: PlanRow; terms: Terms; notOnSale: string | null }> {
    if (planId === presentId) {
      const to = await this.plans.find(reading.as(system), planId)
      if (to) return { to, terms: null, notOnSale: null }
    }
    const offer = await this.offers.offer(reading, { organizationId, planId })
    if (!offer) throw missing('plan', 'planId')
    return {
      to: offer.plan,
      terms: offer.terms,
      notOnSale: offer.onSale ? null : (offer.why ?? 'This plan is not on sale.'),
    }
  }

  async #facts(
    reading: Reading,
    { subscription, from, to }: PlanChange,
    wish: Pick<PlanChangeFacts, 'when' | 'at' | 'notOnSale'>,
  ): Promise<PlanChangeFacts> {
    const { id, organizationId, state, standing, cancelAtPeriodEnd } = subscription
    return {
      ...wish,
      state,
      standing,
      cancelAtPeriodEnd,
      scheduledPlanId: subscription.scheduledPlanId ?? null,
      periodEnd: subscription.periodEnd ?? null,
      periodNumber: subscription.periodNumber ?? null,
      approvedByPerson: subscription.decision === 'APPROVED',
      answers: subscription.answers ?? null,
      from,
      to,
      runsTarget: to.id !== from.id && (await this.subscriptions.hasRunning(reading, organizationId, to.id)),
      owes: await this.charges.owes(reading, id),
    }
  }
}

/** Who may subscribe to the one and to the other. */
function rolesOf({ from, to }: PlanChange) {
  const common = new Set(rolesToSubscribe(from.type))
  return rolesToSubscribe(to.type).filter((role) => common.has(role))
}

const noMember: UserError = {
  code: 'NOT_ALLOWED',
  message: 'Only members of the organization change its plans.',
  field: ['input', 'productSubscriptionId'],
}
const runsAlready: UserError = {
  code: 'ALREADY_SUBSCRIBED',
  message: 'The organization has a running subscription to this plan.',
  field: ['input', 'planId'],
}

function missing(what: string, field: string): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: `There is no such ${what}.`, field: ['input', field] }])
}

function outdated(): Refused {
  const message = 'What was shown is no longer what would be charged: look at the preview again.'
  return new Refused([{ code: 'PREVIEW_OUTDATED', message, field: ['input', 'previewToken'] }])
}

import { UniqueConstraintViolationException } from '@mikro-orm/core'
import type { PlanOffers } from '../catalog/plan-offer.js'
import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { Refused, type UserError } from '../kernel/result.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { type TermsService, termsProblem } from '../marketplaces/terms.service.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { belongsTo, person, type Scope } from '../persistence/tenant-scope.js'
import type { Reading, Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import { digestOf, type Previewed, type PreviewTokens } from './preview-token.js'
import { ProductSubscription, type ProductSubscriptionRow } from './product-subscription.entity.js'
import { subscriptionRequested, subscriptionStarted } from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import {
  answersProblems,
  nameProblem,
  type Opening,
  openingOf,
  rolesToSubscribe,
} from './product-subscription.rules.js'
import type { FirstCharge, SubscriptionCharges } from './subscription-charge.port.js'

export interface Wish {
  organizationId: string
  planId: string
  previewToken?: string | null
  name?: string | null
  acceptedTermsVersion?: number | null
  answers?: unknown
}

type Offer = NonNullable<Awaited<ReturnType<PlanOffers['offer']>>>

/** What subscribing would mean, worked out without doing it. */
interface Considered {
  offer: Offer
  opening: Opening
  charge: FirstCharge | null
  obstacles: UserError[]
  shown: Previewed
}

/** What is shown of it. */
export interface SubscriptionPreview {
  /** Null when there are obstacles. */
  token: string | null
  charge: FirstCharge | null
  renewsAt: Date | null
  terms: Offer['terms']
  approval: Offer['plan']['approval']
  obstacles: UserError[]
}

/** Makes product subscriptions, and shows beforehand what that would cost: one computation for both. */
export class SubscribeService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly offers: PlanOffers,
    private readonly terms: TermsService,
    private readonly charges: SubscriptionCharges,
    private readonly previews: PreviewTokens,
    private readonly audit: AuditLog,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  /**
   * What `subscribe` would do now. Terms and answers are no obstacles: they come with the wish itself.
   * @throws Refused NOT_FOUND for what the person does not see, NOT_ALLOWED for those who are no members
   */
  async preview(reading: Reading, wish: { organizationId: string; planId: string }): Promise<SubscriptionPreview> {
    const { offer, opening, charge, obstacles, shown } = await this.#consider(reading, wish, this.clock.now())
    return {
      token: obstacles.length === 0 ? this.previews.issue(shown) : null,
      charge,
      renewsAt: opening.period?.end ?? null,
      terms: offer.terms,
      approval: offer.plan.approval,
      obstacles,
    }
  }

  /** @throws Refused with all that stands in the way at once; PREVIEW_OUTDATED where something else was shown */
  async subscribe(scope: Scope, wish: Wish): Promise<ProductSubscriptionRow> {
    try {
      return await this.unitOfWork.run(scope, async (transaction) => {
        person(scope)
        // One after another for an organization, because a trial is had once for all plans of a product.
        await this.organizations.lock(transaction, wish.organizationId)
        const now = this.clock.now()
        const previewed = this.#previewed(wish, now)
        const considered = await this.#consider(transaction, wish, previewed?.at ?? now)
        const { offer, obstacles, shown } = considered
        const problems = [
          ...obstacles,
          termsProblem(offer.terms, wish.acceptedTermsVersion),
          nameProblem(wish.name),
          ...answersProblems(offer.plan.requestForm, wish.answers),
        ].filter((problem) => problem !== null)
        if (problems.length > 0) throw new Refused(problems)
        if (previewed && previewed.digest !== shown.digest) throw outdated()
        return this.#record(transaction, wish, considered, now)
      })
    } catch (error) {
      // Two came at once: the unique index has let one in.
      if (error instanceof UniqueConstraintViolationException) throw new Refused([runsAlready])
      throw error
    }
  }

  #previewed(wish: Wish, now: Date): Previewed | null {
    if (wish.previewToken === null || wish.previewToken === undefined) return null
    const previewed = this.previews.read(wish.previewToken, now)
    if (!previewed || previewed.planId !== wish.planId || previewed.organizationId !== wish.organizationId)
      throw outdated()
    return previewed
  }

  async #consider(reading: Reading, wish: { organizationId: string; planId: string }, at: Date): Promise<Considered> {
    person(reading.scope)
    const organization = await this.organizations.find(reading, wish.organizationId)
    if (!organization) throw missing('organization', 'organizationId')
    if (!belongsTo(reading.scope, organization.id)) throw new Refused([noMember])
    const offer = await this.offers.offer(reading, wish)
    if (!offer) throw missing('plan', 'planId')
    const { plan, product } = offer
    const { marketplaceId, id: organizationId } = organization
    const marketplace = await this.marketplaces.find(reading, marketplaceId)
    const trialUsed = await this.subscriptions.hasHadTrial(reading, organizationId, product.id)
    const opening = openingOf(plan, marketplace?.timeZone ?? 'UTC', at, trialUsed)
    const charge = this.charges.firstCharge(plan, opening)
    const billingEmail = organization.billingEmail ?? null
    const obstacles = [
      belongsTo(reading.scope, organizationId, rolesToSubscribe(plan.type)) ? null : roleMissing,
      organization.state === 'ACTIVE' ? null : waitsForApproval,
      offer.onSale ? null : notOnSale(offer.why),
      (await this.subscriptions.hasRunning(reading, organizationId, plan.id)) ? runsAlready : null,
      ...(await this.charges.obstacles(reading, { plan, marketplaceId, billingEmail, charge })),
    ].filter((obstacle) => obstacle !== null)
    const digest = digestOf([plan.version, charge?.total ?? null, charge?.lines ?? null])
    return { offer, opening, charge, obstacles, shown: { planId: plan.id, organizationId, at, digest } }
  }

  async #record(
    transaction: Transaction<DomainEvent>,
    wish: Wish,
    considered: Considered,
    now: Date,
  ): Promise<ProductSubscriptionRow> {
    const { offer, opening } = considered
    const { plan, product, terms } = offer
    const automatic = plan.approval === 'AUTOMATIC'
    const { userId } = person(transaction.scope)
    const subscription = transaction.em.create(ProductSubscription, {
      id: newId('psub'),
      providerId: plan.providerId,
      marketplaceId: offer.marketplaceId,
      organizationId: wish.organizationId,
      productId: product.id,
      planId: plan.id,
      name: wish.name?.trim() || `${product.name} – ${plan.name}`.slice(0, 200),
      state: automatic ? 'ACTIVE' : 'PENDING_APPROVAL',
      standing: automatic ? opening.standing : 'NOT_REQUIRED',
      timeZone: opening.timeZone,
      ...(automatic ? begun(opening, now) : {}),
      cancelAtPeriodEnd: false,
      acceptedTermsVersion: terms?.version ?? null,
      answers: wish.answers ?? null,
      subscribedByUserId: userId,
      createdAt: now,
    })
    await transaction.em.flush()
    if (terms) await this.terms.accept(transaction, { terms, userId, organizationId: wish.organizationId })
    const { id, state, standing, providerId, marketplaceId, organizationId, name } = subscription
    const type = automatic ? subscriptionStarted : subscriptionRequested
    const change = { state, previousState: null, standing, previousStanding: null }
    transaction.announce(type.of(subscription, id, change, now))
    const action = automatic ? 'product-subscription.started' : 'product-subscription.requested'
    await this.audit.record(transaction, {
      providerId,
      marketplaceId,
      organizationId,
      action,
      subjectId: id,
      summary: name,
    })
    return subscription
  }
}

/** What is written down of a beginning. */
export function begun(opening: Opening, now: Date) {
  return {
    startedAt: now,
    timeZone: opening.timeZone,
    anchorAt: opening.anchorAt,
    trialEndsAt: opening.trialEndsAt,
    periodNumber: opening.periodNumber,
    periodStart: opening.period?.start ?? null,
    periodEnd: opening.period?.end ?? null,
    termEndsAt: opening.endsAt,
    endsAt: opening.endsAt,
  }
}

const runsAlready: UserError = {
  code: 'ALREADY_SUBSCRIBED',
  message: 'The organization has a running subscription to this plan.',
  field: ['input', 'planId'],
}
const noMember: UserError = {
  code: 'NOT_ALLOWED',
  message: 'Only members of an organization subscribe for it.',
  field: ['input', 'organizationId'],
}
const roleMissing: UserError = {
  code: 'NOT_ALLOWED',
  message: 'This takes the role ADMINISTRATOR or SUBSCRIBER.',
  field: ['input', 'planId'],
}
const waitsForApproval: UserError = {
  code: 'WRONG_STATE',
  message: 'The organization cannot subscribe as long as it is not approved.',
  field: ['input', 'organizationId'],
}

function notOnSale(why: string | null): UserError {
  return { code: 'WRONG_STATE', message: why ?? 'This plan is not on sale.', field: ['input', 'planId'] }
}

function missing(what: string, field: string): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: `There is no such ${what}.`, field: ['input', field] }])
}

function outdated(): Refused {
  const message = 'What was shown is no longer what would be charged: look at the preview again.'
  return new Refused([{ code: 'PREVIEW_OUTDATED', message, field: ['input', 'previewToken'] }])
}

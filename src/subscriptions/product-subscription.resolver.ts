import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { PlanRepository } from '../catalog/plan.repository.js'
import { PlanType as PlanObject } from '../catalog/plan.type.js'
import type { ProductRepository } from '../catalog/product.repository.js'
import { ProductType } from '../catalog/product.type.js'
import { connection, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import { PeriodType } from '../graphql/money.type.js'
import { anyone, byItsOwnRule, For, OnlyFor, signedIn, withItsObject } from '../graphql/policy.js'
import { UserType } from '../identity/identity.type.js'
import type { UserRepository } from '../identity/user.repository.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import type { ConsumerOrganizationRow } from '../organizations/consumer-organization.entity.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { ConsumerOrganizationType } from '../organizations/organization.type.js'
import type { Query as RowQuery } from '../persistence/tenant-repository.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'
import { type ProductSubscriptionFilter, ProductSubscriptionListArgs } from './product-subscription.input.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import { ApprovalType, ProductSubscriptionConnection, ProductSubscriptionType } from './product-subscription.type.js'

/** What somebody has subscribed to stays in sight, on offer or not. */
@Resolver(() => ProductSubscriptionType)
export class ProductSubscriptionResolver {
  readonly #products = (reading: Reading, ids: readonly string[]) => this.products.byIds(reading.as(system), ids)

  readonly #plans = (reading: Reading, ids: readonly string[]) => this.plans.byIds(reading.as(system), ids)

  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly products: ProductRepository,
    private readonly plans: PlanRepository,
  ) {}

  @For(anyone)
  @Query(() => ProductSubscriptionType, { nullable: true, description: 'A subscription that the viewer may see.' })
  productSubscription(
    @Arg('id', () => ID, { description: "The subscription's id." }) id: string,
    @Ctx() context: Context,
  ) {
    return this.subscriptions.find(context.reading, id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ConsumerOrganizationType, { description: 'Whose it is.' })
  organization(@Root() subscription: ProductSubscriptionRow, @Ctx() context: Context) {
    return context.load(this.organizations.byIds, subscription.organizationId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => MarketplaceType, { description: 'Where it was made.' })
  marketplace(@Root() subscription: ProductSubscriptionRow, @Ctx() context: Context) {
    return context.load(this.marketplaces.byIds, subscription.marketplaceId)
  }

  @For(withItsObject)
  @FieldResolver(() => ProductType, { description: 'The product that its plan is of.' })
  product(@Root() subscription: ProductSubscriptionRow, @Ctx() context: Context) {
    return context.load(this.#products, subscription.productId)
  }

  @For(withItsObject)
  @FieldResolver(() => PlanObject, { description: 'The plan that it is to.' })
  plan(@Root() subscription: ProductSubscriptionRow, @Ctx() context: Context) {
    return context.load(this.#plans, subscription.planId)
  }

  @For(withItsObject)
  @FieldResolver(() => PlanObject, {
    nullable: true,
    description: 'A change of plan that takes effect at the end of the period.',
  })
  scheduledPlan(@Root() { scheduledPlanId }: ProductSubscriptionRow, @Ctx() context: Context) {
    return scheduledPlanId ? context.load(this.#plans, scheduledPlanId) : null
  }

  @FieldResolver(() => ApprovalType, {
    nullable: true,
    description: 'Null while nobody has decided; automatic approval has no decider.',
  })
  approval(@Root() subscription: ProductSubscriptionRow): ApprovalType | null {
    const { decision, decisionReason, decidedAt, decidedByUserId, startedAt } = subscription
    if (decision && decidedAt) {
      return { decision, reason: decisionReason ?? null, decidedAt, decidedByUserId: decidedByUserId ?? null }
    }
    return startedAt ? { decision: 'APPROVED', reason: null, decidedAt: startedAt, decidedByUserId: null } : null
  }

  @FieldResolver(() => PeriodType, { nullable: true, description: 'The trial, or the billing period, that runs now.' })
  currentPeriod(@Root() { periodStart, periodEnd }: ProductSubscriptionRow): PeriodType | null {
    return periodStart && periodEnd ? { start: periodStart, end: periodEnd } : null
  }
}

@Resolver(() => ApprovalType)
export class ApprovalResolver {
  constructor(private readonly users: UserRepository) {}

  @OnlyFor(signedIn)
  @FieldResolver(() => UserType, { nullable: true, description: 'Null when the plan approves by itself.' })
  decidedBy(@Root() approval: ApprovalType, @Ctx() context: Context) {
    return approval.decidedByUserId ? context.load(this.users.byIds, approval.decidedByUserId) : null
  }
}

@Resolver(() => MarketplaceType)
export class MarketplaceSubscriptionsResolver {
  constructor(private readonly subscriptions: ProductSubscriptionRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ProductSubscriptionConnection, { description: 'The subscriptions made here, newest first.' })
  async productSubscriptions(
    @Root() marketplace: MarketplaceRow,
    @Args(() => ProductSubscriptionListArgs) { filter, ...page }: ProductSubscriptionListArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.subscriptions.page(reading, requestedPage(page), 'newest first', (query) =>
        filtered(query.where('ProductSubscription.marketplaceId', '=', marketplace.id), filter),
      ),
    )
  }
}

@Resolver(() => ConsumerOrganizationType)
export class OrganizationSubscriptionsResolver {
  constructor(private readonly subscriptions: ProductSubscriptionRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ProductSubscriptionConnection, { description: 'What it has subscribed to, newest first.' })
  async productSubscriptions(
    @Root() organization: ConsumerOrganizationRow,
    @Args(() => ProductSubscriptionListArgs) { filter, ...page }: ProductSubscriptionListArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.subscriptions.page(reading, requestedPage(page), 'newest first', (query) =>
        filtered(query.where('ProductSubscription.organizationId', '=', organization.id), filter),
      ),
    )
  }
}

/** A filter can only narrow what the viewer may see. */
function filtered(query: RowQuery, filter: ProductSubscriptionFilter | null | undefined): RowQuery {
  let narrowed = query
  if (filter?.states) narrowed = narrowed.where('ProductSubscription.state', 'in', [...filter.states, ''])
  if (filter?.standings) narrowed = narrowed.where('ProductSubscription.standing', 'in', [...filter.standings, ''])
  if (filter?.productId) narrowed = narrowed.where('ProductSubscription.productId', '=', filter.productId)
  if (filter?.planId) narrowed = narrowed.where('ProductSubscription.planId', '=', filter.planId)
  if (filter?.organizationId)
    narrowed = narrowed.where('ProductSubscription.organizationId', '=', filter.organizationId)
  return narrowed
}

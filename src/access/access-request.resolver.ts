import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { ApiResourceRepository } from '../catalog/asset.repository.js'
import { ApiResourceType } from '../catalog/asset.type.js'
import { connection, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For, withItsObject } from '../graphql/policy.js'
import type { Clock } from '../kernel/clock.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { decidesAccess, develops, endsAccess } from '../persistence/permissions.js'
import { system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { ApprovalType, ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import type { AccessRequestRow } from './access.entity.js'
import {
  AccessRequestListArgs,
  ApproveAccessRequestInput,
  DenyAccessRequestInput,
  RequestAccessInput,
  RevokeAccessInput,
} from './access.input.js'
import type { AccessRequestRepository, ApplicationRepository } from './access.repository.js'
import { requestBlocks, subscriptionBlocks } from './access-decision.rules.js'
import { AccessBlockType } from './access-decision.type.js'
import type { AccessBlock } from './access-facts.js'
import type { AccessFactsRepository } from './access-facts.repository.js'
import { approvalOf } from './access-request.rules.js'
import type { AccessRequestService } from './access-request.service.js'
import {
  AccessRequestConnection,
  AccessRequestType,
  ApproveAccessRequestPayload,
  DenyAccessRequestPayload,
  RequestAccessPayload,
  RevokeAccessPayload,
} from './access-request.type.js'
import { ApplicationType } from './application.type.js'

@Resolver(() => AccessRequestType)
export class AccessRequestResolver {
  readonly #blocks = async (reading: Reading, ids: readonly string[]): Promise<AccessBlock[][]> => {
    const found = await this.facts.ofRequests(reading, ids, this.clock.now())
    return found.map((facts) => (facts ? requestBlocks(facts) : []))
  }

  /** What was asked for stays in sight, on offer or not. */
  readonly #resources = (reading: Reading, ids: readonly string[]) => this.resources.byIds(reading.as(system), ids)

  constructor(
    private readonly applications: ApplicationRepository,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly resources: ApiResourceRepository,
    private readonly facts: AccessFactsRepository,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ApplicationType, { description: 'What would call.' })
  application(@Root() request: AccessRequestRow, @Ctx() context: Context) {
    return context.load(this.applications.byIds, request.applicationId)
  }

  @For(withItsObject)
  @FieldResolver(() => ApiResourceType, { description: 'What would be called.' })
  resource(@Root() request: AccessRequestRow, @Ctx() context: Context) {
    return context.load(this.#resources, request.resourceId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ProductSubscriptionType, { description: 'On which the calls count.' })
  productSubscription(@Root() request: AccessRequestRow, @Ctx() context: Context) {
    return context.load(this.subscriptions.byIds, request.productSubscriptionId)
  }

  @FieldResolver(() => [AccessBlockType], { description: 'Why access is not open; empty when it is.' })
  blocks(@Root() request: AccessRequestRow, @Ctx() context: Context) {
    return context.load(this.#blocks, request.id)
  }

  @FieldResolver(() => ApprovalType, {
    nullable: true,
    description: 'Null while nobody has decided; automatic approval has no decider.',
  })
  approval(@Root() request: AccessRequestRow): ApprovalType | null {
    return approvalOf(request)
  }
}

@Resolver()
export class AccessRequestStepsResolver {
  constructor(
    private readonly service: AccessRequestService,
    private readonly mutations: Mutations,
  ) {}

  @For(develops)
  @Mutation(() => RequestAccessPayload, {
    description:
      'Asks that an application may call an API. Taken before the first payment and before the approval of the ' +
      'subscription too: access then opens by itself. Asked again, it answers the request that there is.',
  })
  requestAccess(
    @Arg('input', () => RequestAccessInput, { description: 'Who, and what.' }) input: RequestAccessInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'requestAccess', input, async () => ({
      accessRequest: await this.service.request(context.scope, input),
    }))
  }

  @For(decidesAccess)
  @Mutation(() => ApproveAccessRequestPayload, {
    description: "Says yes. For the provider's administrators and access managers.",
  })
  approveAccessRequest(
    @Arg('input', () => ApproveAccessRequestInput, { description: 'Which.' }) input: ApproveAccessRequestInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'approveAccessRequest', input, async () => ({
      accessRequest: await this.service.approve(context.scope, input.accessRequestId),
    }))
  }

  @For(decidesAccess)
  @Mutation(() => DenyAccessRequestPayload, {
    description: "Says no. For the provider's administrators and access managers.",
  })
  denyAccessRequest(
    @Arg('input', () => DenyAccessRequestInput, { description: 'Which, and why.' }) input: DenyAccessRequestInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'denyAccessRequest', input, async () => ({
      accessRequest: await this.service.deny(context.scope, input.accessRequestId, input.reason),
    }))
  }

  @For(endsAccess)
  @Mutation(() => RevokeAccessPayload, {
    description:
      "Takes access back, for good; it may be asked for again. For the provider's access managers, and the " +
      "organization's administrators and developers.",
  })
  revokeAccess(
    @Arg('input', () => RevokeAccessInput, { description: 'Which.' }) input: RevokeAccessInput,
    @Ctx() context: Context,
  ) {
    const { accessRequestId, reason } = input
    return this.mutations.answer(context, 'revokeAccess', input, async () => ({
      accessRequest: await this.service.revoke(context.scope, accessRequestId, reason ?? null),
    }))
  }
}

@Resolver(() => MarketplaceType)
export class MarketplaceAccessRequestsResolver {
  constructor(private readonly requests: AccessRequestRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => AccessRequestConnection, { description: 'The access requests made here, newest first.' })
  async accessRequests(
    @Root() marketplace: MarketplaceRow,
    @Args(() => AccessRequestListArgs) { state, ...page }: AccessRequestListArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.requests.page(
        reading,
        requestedPage(page),
        'newest first',
        this.requests.ofMarketplace(marketplace.id, state ?? null),
      ),
    )
  }
}

/** What access adds to a subscription. */
@Resolver(() => ProductSubscriptionType)
export class SubscriptionAccessResolver {
  readonly #blocks = async (reading: Reading, ids: readonly string[]): Promise<AccessBlock[][]> => {
    const found = await this.facts.ofSubscriptions(reading, ids)
    return found.map((facts) => (facts ? subscriptionBlocks(facts) : []))
  }

  constructor(
    private readonly requests: AccessRequestRepository,
    private readonly facts: AccessFactsRepository,
  ) {}

  @FieldResolver(() => [AccessBlockType], { description: 'Why access is closed, if it is; empty when it is open.' })
  blocks(@Root() subscription: ProductSubscriptionRow, @Ctx() context: Context) {
    return context.load(this.#blocks, subscription.id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [AccessRequestType], { description: 'The access that was asked for under it, oldest first.' })
  accessRequests(@Root() subscription: ProductSubscriptionRow, @Ctx() context: Context) {
    return context.load(this.requests.ofSubscriptions, subscription.id)
  }
}

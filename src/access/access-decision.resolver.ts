import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import type { InvoiceRepository } from '../billing/invoice.repository.js'
import { InvoiceType } from '../billing/invoice.type.js'
import type { ApiResourceRepository } from '../catalog/asset.repository.js'
import { ApiResourceType } from '../catalog/asset.type.js'
import type { Context } from '../graphql/context.js'
import { byItsOwnRule, For } from '../graphql/policy.js'
import { RequestError } from '../kernel/request-error.js'
import { person } from '../persistence/tenant-scope.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import type { QuotaUsageRepository } from '../usage/quota-usage.repository.js'
import { QuotaUsageType } from '../usage/usage.type.js'
import { AccessDecisionArgs } from './access.input.js'
import type { ApplicationRepository } from './access.repository.js'
import type { AccessDecisions, Decision } from './access-decision.service.js'
import { AccessBlockType, AccessDecisionType } from './access-decision.type.js'
import type { AccessBlock } from './access-facts.js'
import { ApplicationType } from './application.type.js'

@Resolver(() => AccessDecisionType)
export class AccessDecisionResolver {
  constructor(
    private readonly decisions: AccessDecisions,
    private readonly applications: ApplicationRepository,
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly resources: ApiResourceRepository,
    private readonly quotaUsage: QuotaUsageRepository,
  ) {}

  @For({ gateway: true })
  @Query(() => AccessDecisionType, {
    description:
      'For gateways, with a gateway token; also at GET /gateway/authorize. `credential` is the key as the caller ' +
      'sent it: use POST. Asks, and counts nothing.',
  })
  accessDecision(
    @Args(() => AccessDecisionArgs) { credential, ...called }: AccessDecisionArgs,
    @Ctx() { scope, address }: Context,
  ): Promise<Decision> {
    if (scope.kind === 'gateway') return this.decisions.decide(scope, { key: credential, address, ...called })
    person(scope)
    throw new RequestError('FORBIDDEN', 'This is for gateways: ask with a gateway token.')
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ApiResourceType, { nullable: true, description: 'What is called; null where no API is found.' })
  resource(@Root() { resourceId }: Decision, @Ctx() context: Context) {
    return resourceId === null ? null : context.load(this.resources.byIds, resourceId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ApplicationType, { nullable: true, description: 'What calls; null for an unknown key.' })
  application(@Root() { applicationId }: Decision, @Ctx() context: Context) {
    return applicationId === null ? null : context.load(this.applications.byIds, applicationId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ProductSubscriptionType, {
    nullable: true,
    description: 'On which the call counts, or would; null where access was not asked for.',
  })
  productSubscription(@Root() { subscriptionId }: Decision, @Ctx() context: Context) {
    return subscriptionId === null ? null : context.load(this.subscriptions.byIds, subscriptionId)
  }

  @FieldResolver(() => QuotaUsageType, {
    nullable: true,
    description: 'How the quota stands on which the call counts; null where none covers it.',
  })
  quota(@Root() { subscriptionId: productSubscriptionId, quotaId }: Decision, @Ctx() context: Context) {
    if (productSubscriptionId === null || quotaId === null) return null
    return context.load(this.quotaUsage.ofQuotas, { productSubscriptionId, quotaId })
  }
}

@Resolver(() => AccessBlockType)
export class AccessBlockResolver {
  constructor(private readonly invoices: InvoiceRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => InvoiceType, {
    nullable: true,
    description: 'The unpaid invoice, when that is the reason; null for those who see no invoices.',
  })
  invoice(@Root() { invoiceId }: AccessBlock, @Ctx() context: Context) {
    return invoiceId === null ? null : context.load(this.invoices.byIds, invoiceId)
  }
}

import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For, OnlyFor } from '../graphql/policy.js'
import { UrlScalar } from '../graphql/scalars.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import type { ConsumerOrganizationRow } from '../organizations/consumer-organization.entity.js'
import { ConsumerOrganizationType } from '../organizations/organization.type.js'
import { managesMarketplaces, seesOrganization } from '../persistence/permissions.js'
import type { BillingIntegrationRow } from './billing-integration.entity.js'
import { ConfigureBillingInput, DisableBillingInput, TestBillingInput } from './billing-integration.input.js'
import type { BillingIntegrationRepository } from './billing-integration.repository.js'
import { webhookApiVersions, webhookEvents, webhookEventsOptional } from './billing-integration.rules.js'
import type { BillingIntegrationService } from './billing-integration.service.js'
import {
  BillingIntegrationType,
  type BillingVendor,
  BillingVendorEnum,
  ConfigureBillingPayload,
  DisableBillingPayload,
  TestBillingPayload,
} from './billing-integration.type.js'
import type { ConnectionExamination } from './connection-examination.service.js'

@Resolver(() => BillingIntegrationType)
export class BillingIntegrationResolver {
  constructor(
    private readonly service: BillingIntegrationService,
    private readonly examination: ConnectionExamination,
    private readonly integrations: BillingIntegrationRepository,
    private readonly marketplaceRows: MarketplaceRepository,
    private readonly mutations: Mutations,
    /** How the outside reaches us. */
    private readonly publicUrl: string,
  ) {}

  @FieldResolver(() => BillingVendorEnum, { description: 'Who collects the money.' })
  vendor(): BillingVendor {
    return 'STRIPE'
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [MarketplaceType], { description: 'Those that sell through it.' })
  async marketplaces(@Root() { id }: BillingIntegrationRow, @Ctx() context: Context) {
    const ids = await context.load(this.integrations.marketplacesOf, id)
    const found = await Promise.all(ids.map((marketplaceId) => context.load(this.marketplaceRows.byIds, marketplaceId)))
    return found.filter((marketplace) => marketplace !== null)
  }

  @FieldResolver(() => UrlScalar, {
    description: 'The address to register in Stripe as a webhook endpoint. Known before the signing secret is.',
  })
  webhookUrl(@Root() { id }: BillingIntegrationRow): string {
    return `${this.publicUrl}/integrations/stripe/${id}`
  }

  @FieldResolver(() => [String], { description: "The events that the endpoint must send, in Stripe's spelling." })
  webhookEvents(): readonly string[] {
    return webhookEvents
  }

  @FieldResolver(() => [String], {
    description: 'Those that tell more sooner, such as a declined payment or a bank debit under way.',
  })
  webhookEventsOptional(): readonly string[] {
    return webhookEventsOptional
  }

  @FieldResolver(() => [String], {
    description: 'The Stripe API versions a webhook endpoint may be pinned to; the recommended one first.',
  })
  webhookApiVersions(): readonly string[] {
    return webhookApiVersions
  }

  @For(managesMarketplaces)
  @Mutation(() => ConfigureBillingPayload, {
    description: "Makes, changes or shares a marketplace's connection to Stripe.",
  })
  configureBilling(
    @Arg('input', () => ConfigureBillingInput, { description: 'How.' }) input: ConfigureBillingInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'configureBilling', input, () => this.service.configure(context.scope, input))
  }

  @For(managesMarketplaces)
  @Mutation(() => DisableBillingPayload, {
    description: 'Refused (IN_USE) while paid subscriptions run or invoices are open.',
  })
  disableBilling(
    @Arg('input', () => DisableBillingInput, { description: 'Where.' }) input: DisableBillingInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'disableBilling', input, async () => ({
      marketplace: await this.service.disable(context.scope, input.marketplaceId),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => TestBillingPayload, {
    description: 'Tries each thing that the connection must be able to do, and leaves nothing behind.',
  })
  async testBilling(
    @Arg('input', () => TestBillingInput, { description: 'Which.' }) input: TestBillingInput,
    @Ctx() context: Context,
  ) {
    const answer = await this.mutations.act(context, 'testBilling', input, () =>
      this.examination.test(context.scope, input.billingIntegrationId),
    )
    return { checks: [], ...answer }
  }
}

@Resolver(() => MarketplaceType)
export class MarketplaceBillingResolver {
  constructor(private readonly integrations: BillingIntegrationRepository) {}

  @FieldResolver(() => Boolean, { description: 'Whether paid plans can be sold here now.' })
  billingEnabled(@Root() { id }: MarketplaceRow, @Ctx() context: Context) {
    return context.load(this.integrations.enabledIn, id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => BillingIntegrationType, {
    nullable: true,
    description: "For the provider's administrators and marketplace managers; null for everyone else.",
  })
  billing(@Root() { id }: MarketplaceRow, @Ctx() context: Context) {
    return context.load(this.integrations.ofMarketplaces, id)
  }
}

@Resolver(() => ConsumerOrganizationType)
export class OrganizationBillingResolver {
  constructor(private readonly integrations: BillingIntegrationRepository) {}

  @FieldResolver(() => UrlScalar, {
    nullable: true,
    description: 'Where to manage payment methods; null without billing.',
  })
  billingPortalUrl(@Root() { marketplaceId }: ConsumerOrganizationRow, @Ctx() context: Context) {
    return context.load(this.integrations.portalsOf, marketplaceId)
  }

  @OnlyFor(seesOrganization)
  @FieldResolver(() => Boolean, {
    nullable: true,
    description: 'Whether Stripe charges a saved payment method by itself; null while it is not a customer there.',
  })
  paysAutomatically(@Root() { id }: ConsumerOrganizationRow, @Ctx() context: Context) {
    return context.load(this.integrations.payingAutomatically, id)
  }
}

import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import { byItsOwnRule, For } from '../graphql/policy.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import type { ConsumerOrganizationRow } from '../organizations/consumer-organization.entity.js'
import { ConsumerOrganizationType } from '../organizations/organization.type.js'
import type { ProductSubscriptionRow } from '../subscriptions/product-subscription.entity.js'
import { ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import { InvoiceListArgs } from './invoice.input.js'
import { InvoiceConnection } from './invoice.type.js'
import type { InvoiceLists } from './invoice-lists.js'

@Resolver(() => ProductSubscriptionType)
export class SubscriptionInvoicesResolver {
  constructor(private readonly lists: InvoiceLists) {}

  @For(byItsOwnRule)
  @FieldResolver(() => InvoiceConnection, { description: 'Its invoices, newest first.' })
  invoices(
    @Root() { id }: ProductSubscriptionRow,
    @Args(() => InvoiceListArgs) args: InvoiceListArgs,
    @Ctx() { reading }: Context,
  ) {
    return this.lists.page(reading, 'productSubscriptionId', id, args)
  }
}

@Resolver(() => ConsumerOrganizationType)
export class OrganizationInvoicesResolver {
  constructor(private readonly lists: InvoiceLists) {}

  @For(byItsOwnRule)
  @FieldResolver(() => InvoiceConnection, { description: 'Its invoices, newest first.' })
  invoices(
    @Root() { id }: ConsumerOrganizationRow,
    @Args(() => InvoiceListArgs) args: InvoiceListArgs,
    @Ctx() { reading }: Context,
  ) {
    return this.lists.page(reading, 'organizationId', id, args)
  }
}

@Resolver(() => MarketplaceType)
export class MarketplaceInvoicesResolver {
  constructor(private readonly lists: InvoiceLists) {}

  @For(byItsOwnRule)
  @FieldResolver(() => InvoiceConnection, { description: 'The invoices for what was sold here, newest first.' })
  invoices(
    @Root() { id }: MarketplaceRow,
    @Args(() => InvoiceListArgs) args: InvoiceListArgs,
    @Ctx() { reading }: Context,
  ) {
    return this.lists.page(reading, 'marketplaceId', id, args)
  }
}

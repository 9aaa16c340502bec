import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import { connection, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For } from '../graphql/policy.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import { ConsumerOrganizationType } from '../organizations/organization.type.js'
import { managesCatalog } from '../persistence/permissions.js'
import type { PlanRepository } from './plan.repository.js'
import { PlanType } from './plan.type.js'
import type { ProductRow } from './product.entity.js'
import type { ProductRepository } from './product.repository.js'
import { ProductConnectionType, ProductType } from './product.type.js'
import type { PlanVisibilityRow, PublicationRow } from './publication.entity.js'
import {
  PublishedProductListArgs,
  PublishProductInput,
  UnpublishProductInput,
  UpdatePublicationInput,
} from './publication.input.js'
import type { PublicationRepository } from './publication.repository.js'
import type { Visibility } from './publication.rules.js'
import type { PublicationService } from './publication.service.js'
import {
  PlanVisibilityType,
  PublicationType,
  PublishProductPayload,
  UnpublishProductPayload,
  UpdatePublicationPayload,
  VisibilityType,
} from './publication.type.js'
import type { Storefront } from './storefront.repository.js'

@Resolver(() => PublicationType)
export class PublicationResolver {
  constructor(
    private readonly service: PublicationService,
    private readonly publications: PublicationRepository,
    private readonly products: ProductRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ProductType, { description: 'What is on sale.' })
  product(@Root() publication: PublicationRow, @Ctx() context: Context) {
    return context.load(this.products.byIds, publication.productId)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => MarketplaceType, { description: 'Where.' })
  marketplace(@Root() publication: PublicationRow, @Ctx() context: Context) {
    return context.load(this.marketplaces.byIds, publication.marketplaceId)
  }

  @FieldResolver(() => VisibilityType, { description: 'Who sees it.' })
  visibility(@Root() { audience, organizationIds }: PublicationRow): Visibility {
    return { audience, organizationIds }
  }

  @FieldResolver(() => [PlanVisibilityType], {
    description: 'Plans that not everybody who sees the product may see.',
  })
  planVisibility(@Root() publication: PublicationRow, @Ctx() context: Context) {
    return context.load(this.publications.planVisibilityOf, publication.id)
  }

  @For(managesCatalog)
  @Mutation(() => PublishProductPayload, {
    description: 'Puts an active product on sale in a marketplace, and activates the plans named, in one step.',
  })
  async publishProduct(
    @Arg('input', () => PublishProductInput, { description: 'What, where and for whom.' }) input: PublishProductInput,
    @Ctx() context: Context,
  ) {
    const answer = await this.mutations.answer(context, 'publishProduct', input, () =>
      this.service.publishProduct(context.scope, input),
    )
    return { warnings: [], ...answer }
  }

  @For(managesCatalog)
  @Mutation(() => UpdatePublicationPayload, { description: 'Changes who sees what is on sale.' })
  updatePublication(
    @Arg('input', () => UpdatePublicationInput, { description: 'What is to change.' }) input: UpdatePublicationInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'updatePublication', input, async () => ({
      publication: await this.service.updatePublication(context.scope, input),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => UnpublishProductPayload, { description: 'No longer on offer; existing subscriptions go on.' })
  unpublishProduct(
    @Arg('input', () => UnpublishProductInput, { description: 'What, and where.' }) input: UnpublishProductInput,
    @Ctx() context: Context,
  ) {
    const { productId, marketplaceId } = input
    return this.mutations.answer(context, 'unpublishProduct', input, async () => ({
      product: await this.service.unpublishProduct(context.scope, productId, marketplaceId),
    }))
  }
}

@Resolver(() => VisibilityType)
export class VisibilityResolver {
  constructor(private readonly organizationRows: ConsumerOrganizationRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [ConsumerOrganizationType], { description: 'With SELECTED_ORGANIZATIONS: which.' })
  async organizations(@Root() { organizationIds }: Visibility, @Ctx() context: Context) {
    const found = await Promise.all(organizationIds.map((id) => context.load(this.organizationRows.byIds, id)))
    return found.filter((organization) => organization !== null)
  }
}

@Resolver(() => PlanVisibilityType)
export class PlanVisibilityResolver {
  constructor(private readonly plans: PlanRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => PlanType, { description: 'The plan.' })
  plan(@Root() { planId }: PlanVisibilityRow, @Ctx() context: Context) {
    return context.load(this.plans.byIds, planId)
  }

  @FieldResolver(() => VisibilityType, { description: 'Who sees it.' })
  visibility(@Root() { audience, organizationIds }: PlanVisibilityRow): Visibility {
    return { audience, organizationIds }
  }
}

/** Where a product is on sale, on its page. */
@Resolver(() => ProductType)
export class ProductPublicationsResolver {
  constructor(private readonly publicationRows: PublicationRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [PublicationType], { description: 'For the provider: where it is on sale.' })
  publications(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.publicationRows.ofProducts, product.id)
  }
}

/** What is on sale in a marketplace, on its page. */
@Resolver(() => MarketplaceType)
export class StorefrontResolver {
  constructor(private readonly storefront: Storefront) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ProductType, {
    nullable: true,
    description: 'What is on sale here at this address; null when there is none that the viewer may see.',
  })
  product(
    @Root() marketplace: MarketplaceRow,
    @Arg('slug', () => String, { description: "The product's part of the address." }) slug: string,
    @Ctx() { reading }: Context,
  ) {
    return this.storefront.product(reading, marketplace.id, slug)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => ProductConnectionType, { description: 'What the viewer may see of what is published here.' })
  async products(
    @Root() marketplace: MarketplaceRow,
    @Args(() => PublishedProductListArgs) { search, category, planType, ...page }: PublishedProductListArgs,
    @Ctx() { reading }: Context,
  ) {
    const narrow = { search, category, planType }
    return connection(await this.storefront.products(reading, marketplace.id, requestedPage(page), narrow))
  }
}

import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { connection, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, byItsOwnRule, For, withItsObject } from '../graphql/policy.js'
import { TermsType } from '../marketplaces/marketplace.type.js'
import type { TermsService } from '../marketplaces/terms.service.js'
import { managesCatalog } from '../persistence/permissions.js'
import type { ProviderRow } from '../providers/provider.entity.js'
import type { ProviderRepository } from '../providers/provider.repository.js'
import { ProviderType } from '../providers/provider.type.js'
import type { AssetRepository } from './asset.repository.js'
import { ApiResourceType, AssetType } from './asset.type.js'
import type { ProductAssetRow, ProductRow } from './product.entity.js'
import {
  ActivateProductInput,
  ArchiveProductInput,
  CreateProductInput,
  DeprecateProductInput,
  ProductListArgs,
  UpdateProductInput,
} from './product.input.js'
import type { ProductAssetRepository, ProductReleaseRepository, ProductRepository } from './product.repository.js'
import type { ProductService } from './product.service.js'
import {
  ActivateProductPayload,
  ArchiveProductPayload,
  CreateProductPayload,
  DeprecateProductPayload,
  ProductAssetType,
  ProductConnectionType,
  ProductReleaseType,
  ProductType,
  UpdateProductPayload,
} from './product.type.js'
import type { ProductReleaseService } from './product-release.service.js'
import { searched } from './search.js'

@Resolver(() => ProductType)
export class ProductResolver {
  constructor(
    private readonly productRows: ProductRepository,
    private readonly productReleases: ProductReleaseRepository,
    private readonly parts: ProductAssetRepository,
    private readonly providers: ProviderRepository,
    private readonly termsService: TermsService,
  ) {}

  @For(anyone)
  @Query(() => ProductType, { nullable: true, description: 'A product that the viewer may see.' })
  product(@Arg('id', () => ID, { description: "The product's id." }) id: string, @Ctx() context: Context) {
    return this.productRows.find(context.reading, id)
  }

  @For(withItsObject)
  @FieldResolver(() => ProviderType, { description: 'Who offers it.' })
  provider(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.providers.byIds, product.providerId)
  }

  @FieldResolver(() => ProductReleaseType, { nullable: true, description: 'The newest release; null for a draft.' })
  async latestRelease(@Root() product: ProductRow, @Ctx() context: Context) {
    const [newest] = await context.load(this.productReleases.ofProducts, product.id)
    return newest ?? null
  }

  @FieldResolver(() => [ProductReleaseType], { description: 'Every release, newest first.' })
  releases(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.productReleases.ofProducts, product.id)
  }

  @FieldResolver(() => [ProductAssetType], { description: 'The assets that it is made of.' })
  assets(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.parts.ofProducts, product.id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [ApiResourceType], {
    description: 'Its APIs: those of the newest release that it takes of each asset.',
  })
  resources(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.parts.resourcesOf, product.id)
  }

  @FieldResolver(() => TermsType, {
    nullable: true,
    description: 'To be accepted by whoever subscribes; null when there are none.',
  })
  terms(@Root() product: ProductRow, @Ctx() context: Context) {
    return context.load(this.termsService.currentOf, product.id)
  }
}

@Resolver()
export class ProductMutations {
  constructor(
    private readonly service: ProductService,
    private readonly releaseService: ProductReleaseService,
    private readonly mutations: Mutations,
  ) {}

  @For(managesCatalog)
  @Mutation(() => CreateProductPayload, { description: 'Makes a product, as a draft.' })
  createProduct(
    @Arg('input', () => CreateProductInput, { description: 'What it is to be.' }) input: CreateProductInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'createProduct', input, async () => ({
      product: await this.service.createProduct(context.scope, input),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => UpdateProductPayload, {
    description: 'Changes a product, at once in every marketplace. What is left out stays.',
  })
  updateProduct(
    @Arg('input', () => UpdateProductInput, { description: 'What is to change.' }) input: UpdateProductInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'updateProduct', input, async () => ({
      product: await this.service.updateProduct(context.scope, input),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => ActivateProductPayload, { description: 'DRAFT to ACTIVE, and every release after.' })
  activateProduct(
    @Arg('input', () => ActivateProductInput, { description: 'Which product, and how.' }) input: ActivateProductInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'activateProduct', input, async () => ({
      product: await this.releaseService.activate(context.scope, input),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => DeprecateProductPayload, { description: 'ACTIVE to DEPRECATED: shown, without new subscriptions.' })
  deprecateProduct(
    @Arg('input', () => DeprecateProductInput, { description: 'Which product.' }) input: DeprecateProductInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'deprecateProduct', input, async () => ({
      product: await this.releaseService.deprecate(context.scope, input.productId),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => ArchiveProductPayload, {
    description: 'DEPRECATED to ARCHIVED, for good; refused as long as a subscription runs.',
  })
  archiveProduct(
    @Arg('input', () => ArchiveProductInput, { description: 'Which product.' }) input: ArchiveProductInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'archiveProduct', input, async () => ({
      product: await this.releaseService.archive(context.scope, input.productId),
    }))
  }
}

@Resolver(() => ProductAssetType)
export class ProductAssetResolver {
  constructor(private readonly assetRows: AssetRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => AssetType, { description: 'The asset.' })
  asset(@Root() part: ProductAssetRow, @Ctx() context: Context) {
    return context.load(this.assetRows.byIds, part.assetId)
  }
}

/** The products on a provider's page. */
@Resolver(() => ProviderType)
export class ProviderProductsResolver {
  constructor(private readonly productRows: ProductRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => ProductConnectionType, { description: 'Its products, as far as the viewer sees them.' })
  async products(
    @Root() provider: ProviderRow,
    @Args(() => ProductListArgs) { search, state, ...page }: ProductListArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.productRows.page(reading, requestedPage(page), 'oldest first', (query) => {
        const ofProvider = query.where('Product.providerId', '=', provider.id)
        const inState = state ? ofProvider.where('Product.state', '=', state) : ofProvider
        return searched(inState, search, ['Product.name', 'Product.description'])
      }),
    )
  }
}

import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import { connection, PageArgs, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For, withItsObject } from '../graphql/policy.js'
import { JsonScalar } from '../graphql/scalars.js'
import { managesCatalog, worksForProvider } from '../persistence/permissions.js'
import { worksAt } from '../persistence/tenant-scope.js'
import type { ProviderRow } from '../providers/provider.entity.js'
import { ProviderType } from '../providers/provider.type.js'
import type { AssetReleaseRow, AssetRow } from './asset.entity.js'
import { CreateAssetInput, ReleaseAssetInput, SetAssetStateInput } from './asset.input.js'
import type {
  ApiResourceRepository,
  AssetReleaseRepository,
  AssetRepository,
  ShownResource,
} from './asset.repository.js'
import type { AssetService } from './asset.service.js'
import {
  ApiResourceType,
  AssetConnectionType,
  AssetReleaseType,
  AssetType,
  CreateAssetPayload,
  ReleaseAssetPayload,
  SetAssetStatePayload,
} from './asset.type.js'
import type { ResourceReaders } from './resource-readers.port.js'
import { searched } from './search.js'

@ArgsType()
class AssetListArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: 'Only those with these words in name or description.' })
  search?: string | null
}

@Resolver(() => AssetType)
export class AssetResolver {
  constructor(
    private readonly service: AssetService,
    private readonly assetReleases: AssetReleaseRepository,
    private readonly apiResources: ApiResourceRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [AssetReleaseType], { description: 'Every release, newest first. Releases never change.' })
  releases(@Root() asset: AssetRow, @Ctx() context: Context) {
    return context.load(this.assetReleases.ofAssets, asset.id)
  }

  @For(byItsOwnRule)
  @FieldResolver(() => [ApiResourceType], { description: 'Of the newest release, or of the draft.' })
  resources(@Root() asset: AssetRow, @Ctx() context: Context) {
    return context.load(this.apiResources.ofAssets, asset.id)
  }

  // Reading OpenAPI documents takes its time, so no transaction is open meanwhile.
  @For(managesCatalog)
  @Mutation(() => CreateAssetPayload, { description: 'Makes an asset, as a draft.' })
  createAsset(
    @Arg('input', () => CreateAssetInput, { description: 'What it is to be.' }) input: CreateAssetInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.act(context, 'createAsset', input, async () => ({
      asset: await this.service.createAsset(context.scope, input),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => ReleaseAssetPayload, {
    description: 'Freezes the APIs of an asset as a release that products can take.',
  })
  releaseAsset(
    @Arg('input', () => ReleaseAssetInput, { description: 'Of which asset, and how.' }) input: ReleaseAssetInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.act(context, 'releaseAsset', input, async () => ({
      asset: await this.service.releaseAsset(context.scope, input),
    }))
  }

  @For(managesCatalog)
  @Mutation(() => SetAssetStatePayload, {
    description: 'ACTIVE to DEPRECATED and back, DEPRECATED to ARCHIVED; refused while a plan in use needs it.',
  })
  setAssetState(
    @Arg('input', () => SetAssetStateInput, { description: 'Which asset, and the state.' }) input: SetAssetStateInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'setAssetState', input, async () => ({
      asset: await this.service.setAssetState(context.scope, input.assetId, input.state),
    }))
  }
}

@Resolver(() => AssetReleaseType)
export class AssetReleaseResolver {
  constructor(private readonly assetReleases: AssetReleaseRepository) {}

  @For(withItsObject)
  @FieldResolver(() => [ApiResourceType], { description: 'The APIs as they were then.' })
  resources(@Root() release: AssetReleaseRow, @Ctx() context: Context) {
    return context.load(this.assetReleases.resourcesOf, release.id)
  }
}

@Resolver(() => ApiResourceType)
export class ApiResourceResolver {
  constructor(
    private readonly apiResources: ApiResourceRepository,
    private readonly readers: ResourceReaders,
  ) {}

  @For({ ...worksForProvider, ties: ['may use it'] })
  @FieldResolver(() => JsonScalar, {
    nullable: true,
    description:
      "Its OpenAPI document, when one was given. For those who may use it: the provider's people, and members of " +
      'organizations whose subscription covers it.',
  })
  async specification(@Root() resource: ShownResource, @Ctx() context: Context) {
    const { id, providerId, specificationId } = resource
    if (!specificationId) return null
    const mayHave = worksAt(context.scope, providerId) || (await context.load(this.readers.mayUse, id))
    return mayHave ? context.load(this.apiResources.specifications, specificationId) : null
  }
}

/** The assets on a provider's page. */
@Resolver(() => ProviderType)
export class ProviderAssetsResolver {
  constructor(private readonly assetRows: AssetRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => AssetConnectionType, { description: 'Its assets, as far as the viewer sees them.' })
  async assets(
    @Root() provider: ProviderRow,
    @Args(() => AssetListArgs) { search, ...page }: AssetListArgs,
    @Ctx() { reading }: Context,
  ) {
    return connection(
      await this.assetRows.page(reading, requestedPage(page), 'oldest first', (query) =>
        searched(query.where('Asset.providerId', '=', provider.id), search, ['Asset.name', 'Asset.description']),
      ),
    )
  }
}

import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql'
import { connection, PageArgs, requestedPage } from '../graphql/connection.js'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { anyone, byItsOwnRule, For, withItsObject } from '../graphql/policy.js'
import { managesMarketplaces, worksForProvider } from '../persistence/permissions.js'
import type { Query as RowQuery } from '../persistence/tenant-repository.js'
import type { ProviderRow } from '../providers/provider.entity.js'
import type { ProviderRepository } from '../providers/provider.repository.js'
import { ProviderType } from '../providers/provider.type.js'
import type { MarketplaceRow } from './marketplace.entity.js'
import { CreateMarketplaceInput, UpdateMarketplaceInput } from './marketplace.input.js'
import { type MarketplaceRepository, seesInside } from './marketplace.repository.js'
import type { MarketplaceService } from './marketplace.service.js'
import {
  CreateMarketplacePayload,
  MarketplaceConnectionType,
  MarketplaceType,
  TermsType,
  UpdateMarketplacePayload,
} from './marketplace.type.js'
import type { TermsService } from './terms.service.js'

@Resolver(() => MarketplaceType)
export class MarketplaceResolver {
  constructor(
    private readonly service: MarketplaceService,
    private readonly marketplaceRows: MarketplaceRepository,
    private readonly providers: ProviderRepository,
    private readonly termsService: TermsService,
    private readonly mutations: Mutations,
  ) {}

  @For(anyone)
  @Query(() => MarketplaceType, {
    nullable: true,
    description: 'By its address; of a PROTECTED one, a stranger sees its name, address, terms and how to sign up.',
  })
  marketplace(
    @Arg('slug', () => String, { description: 'Its part of the address.' }) slug: string,
    @Ctx() context: Context,
  ) {
    return this.marketplaceRows.bySlug(context.reading, slug)
  }

  @For(anyone)
  @Query(() => MarketplaceConnectionType, {
    description: 'Those the viewer may see: public ones, and those where the viewer has a part.',
  })
  async marketplaces(@Args(() => PageArgs) page: PageArgs, @Ctx() { reading }: Context) {
    const listed = (query: RowQuery) => this.marketplaceRows.listed(query, reading.scope)
    return connection(await this.marketplaceRows.page(reading, requestedPage(page), 'oldest first', listed))
  }

  @For({ ...worksForProvider, gateway: true, ties: ['may look inside'] })
  @FieldResolver(() => String, {
    nullable: true,
    description: 'What is sold here; of a PROTECTED one, for those who have a part in it.',
  })
  description(@Root() marketplace: MarketplaceRow, @Ctx() { scope }: Context): string | null {
    return seesInside(scope, marketplace) ? (marketplace.description ?? null) : null
  }

  @For(withItsObject)
  @FieldResolver(() => ProviderType, { description: 'Who runs it.' })
  provider(@Root() marketplace: MarketplaceRow, @Ctx() context: Context) {
    return context.load(this.providers.byIds, marketplace.providerId)
  }

  @FieldResolver(() => TermsType, {
    nullable: true,
    description: 'To be accepted at sign-up; null when there are none.',
  })
  terms(@Root() marketplace: MarketplaceRow, @Ctx() context: Context) {
    return context.load(this.termsService.currentOf, marketplace.id)
  }

  @For(managesMarketplaces)
  @Mutation(() => CreateMarketplacePayload, { description: 'Makes a marketplace.' })
  createMarketplace(
    @Arg('input', () => CreateMarketplaceInput, { description: 'What it is to be.' }) input: CreateMarketplaceInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'createMarketplace', input, async () => ({
      marketplace: await this.service.createMarketplace(context.scope, input),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => UpdateMarketplacePayload, { description: 'Changes settings or terms. What is left out stays.' })
  updateMarketplace(
    @Arg('input', () => UpdateMarketplaceInput, { description: 'What is to change.' }) input: UpdateMarketplaceInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'updateMarketplace', input, async () => ({
      marketplace: await this.service.updateMarketplace(context.scope, input),
    }))
  }
}

/** The marketplaces on a provider's page. */
@Resolver(() => ProviderType)
export class ProviderMarketplacesResolver {
  constructor(private readonly marketplaceRows: MarketplaceRepository) {}

  @For(byItsOwnRule)
  @FieldResolver(() => MarketplaceConnectionType, { description: 'Its marketplaces, as far as the viewer sees them.' })
  async marketplaces(@Root() provider: ProviderRow, @Args(() => PageArgs) page: PageArgs, @Ctx() { reading }: Context) {
    const listed = (query: RowQuery) =>
      this.marketplaceRows.listed(query.where('Marketplace.providerId', '=', provider.id), reading.scope)
    return connection(await this.marketplaceRows.page(reading, requestedPage(page), 'oldest first', listed))
  }
}

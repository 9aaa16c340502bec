import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { byItsOwnRule, For } from '../graphql/policy.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { CreateGatewayTokenInput, RevokeGatewayTokenInput } from './access.input.js'
import type { GatewayTokenRepository } from './access.repository.js'
import type { GatewayTokens } from './gateway-token.service.js'
import { CreateGatewayTokenPayload, GatewayTokenType, RevokeGatewayTokenPayload } from './gateway-token.type.js'

@Resolver(() => MarketplaceType)
export class GatewayTokenResolver {
  constructor(
    private readonly service: GatewayTokens,
    private readonly tokens: GatewayTokenRepository,
    private readonly mutations: Mutations,
  ) {}

  @For(byItsOwnRule)
  @FieldResolver(() => [GatewayTokenType], {
    description: "What gateways ask with, oldest first; for the provider's administrators and marketplace managers.",
  })
  gatewayTokens(@Root() marketplace: MarketplaceRow, @Ctx() context: Context) {
    return context.load(this.tokens.ofMarketplaces, marketplace.id)
  }

  @For(managesMarketplaces)
  @Mutation(() => CreateGatewayTokenPayload, {
    description: "Makes a token for a gateway. For the provider's administrators and marketplace managers.",
  })
  createGatewayToken(
    @Arg('input', () => CreateGatewayTokenInput, { description: 'The token.' }) input: CreateGatewayTokenInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'createGatewayToken', input, async () => {
      const { gatewayToken, token } = await this.service.create(context.scope, input.marketplaceId, input.name)
      return { gatewayToken, token: token.reveal() }
    })
  }

  @For(managesMarketplaces)
  @Mutation(() => RevokeGatewayTokenPayload, { description: 'Ends a gateway token for good. For the same.' })
  revokeGatewayToken(
    @Arg('input', () => RevokeGatewayTokenInput, { description: 'Which.' }) input: RevokeGatewayTokenInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'revokeGatewayToken', input, async () => ({
      marketplace: await this.service.revoke(context.scope, input.gatewayTokenId),
    }))
  }
}

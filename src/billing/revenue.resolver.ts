import { Args, ArgsType, Ctx, Field, FieldResolver, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import { OnlyFor } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import type { Clock } from '../kernel/clock.js'
import { RequestError } from '../kernel/request-error.js'
import type { MarketplaceRow } from '../marketplaces/marketplace.entity.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { worksForProvider } from '../persistence/permissions.js'
import type { Revenue, RevenueRepository } from './revenue.repository.js'
import { RevenuePointType } from './revenue.type.js'

const longestMs = 10 * 366 * 24 * 60 * 60 * 1_000

@ArgsType()
class RevenueArgs {
  @Field(() => DateTimeScalar, { description: 'The first instant that counts.' })
  from!: Date

  @Field(() => DateTimeScalar, { description: 'The first instant after that; at most ten years later.' })
  to!: Date
}

@Resolver(() => MarketplaceType)
export class MarketplaceRevenueResolver {
  constructor(
    private readonly revenues: RevenueRepository,
    /** Billing's. */
    private readonly clock: Clock,
  ) {}

  @OnlyFor(worksForProvider, [])
  @FieldResolver(() => [RevenuePointType], {
    description: 'Invoiced, collected and outstanding, by month and currency. Provider only.',
  })
  revenue(
    @Root() marketplace: MarketplaceRow,
    @Args(() => RevenueArgs) { from, to }: RevenueArgs,
    @Ctx() { reading }: Context,
  ): Promise<Revenue[]> {
    if (from >= to) throw new RequestError('BAD_USER_INPUT', '`from` must lie before `to`.')
    if (from.getTime() < 0 || to.getTime() - from.getTime() > longestMs) {
      throw new RequestError('BAD_USER_INPUT', 'Ask for ten years at most, since 1970.')
    }
    return this.revenues.ofMarketplace(reading, marketplace, { start: from, end: to }, this.clock.now())
  }
}

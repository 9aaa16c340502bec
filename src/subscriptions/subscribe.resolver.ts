import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import { MoneyType } from '../graphql/money.type.js'
import type { Mutations } from '../graphql/mutation.js'
import { For } from '../graphql/policy.js'
import { notFound, RequestError } from '../kernel/request-error.js'
import { Refused } from '../kernel/result.js'
import { SubscribeInput, SubscribePreviewInput } from './product-subscription.input.js'
import { subscribes } from './product-subscription.rules.js'
import { SubscribePayload } from './product-subscription.type.js'
import type { SubscribeService, SubscriptionPreview } from './subscribe.service.js'
import { SubscribePreviewType } from './subscribe-preview.type.js'

@Resolver(() => SubscribePreviewType)
export class SubscribeResolver {
  constructor(
    private readonly subscribing: SubscribeService,
    private readonly mutations: Mutations,
  ) {}

  @For({ consumer: 'every role' })
  @Query(() => SubscribePreviewType, { description: 'What subscribing would cost and need, without doing it.' })
  async subscribePreview(
    @Arg('input', () => SubscribePreviewInput, { description: 'Who, and to what.' }) input: SubscribePreviewInput,
    @Ctx() { reading }: Context,
  ): Promise<SubscriptionPreview> {
    try {
      return await this.subscribing.preview(reading, input)
    } catch (error) {
      throw error instanceof Refused ? unanswerable(error) : error
    }
  }

  @FieldResolver(() => MoneyType, { nullable: true, description: 'To be paid now; null when nothing is charged yet.' })
  dueNow(@Root() { charge }: SubscriptionPreview) {
    return charge?.total ?? null
  }

  @For(subscribes)
  @Mutation(() => SubscribePayload, { description: 'Subscribes an organization to a plan.' })
  subscribe(
    @Arg('input', () => SubscribeInput, { description: 'Who, and to what.' }) input: SubscribeInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'subscribe', input, async () => ({
      productSubscription: await this.subscribing.subscribe(context.scope, input),
    }))
  }
}

/** A query has no `userErrors`: without the plan or the membership there is nothing to show. */
function unanswerable({ errors }: Refused): RequestError {
  const refused = errors.find(({ code }) => code === 'NOT_ALLOWED')
  return refused ? new RequestError('FORBIDDEN', refused.message) : notFound()
}

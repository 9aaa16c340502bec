import { Args, ArgsType, Ctx, Field, FieldResolver, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { LoggedEvent } from '../events/event-log.js'
import type { Context } from '../graphql/context.js'
import { LiveArgs } from '../graphql/live-args.js'
import { type LiveEventFields, LiveEventType, liveFields } from '../graphql/live-event.type.js'
import { liveSource } from '../graphql/live-source.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { idPrefix } from '../kernel/id.js'
import { notFound } from '../kernel/request-error.js'
import { seesOrganization } from '../persistence/permissions.js'
import type { PaymentStanding, ProductSubscriptionState } from './product-subscription.entity.js'
import { type ProductSubscriptionChange, subscriptionEventNames } from './product-subscription.events.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'
import {
  PaymentStandingEnum,
  ProductSubscriptionStateEnum,
  ProductSubscriptionType,
} from './product-subscription.type.js'

@For(carriesOthers)
@ObjectType('ProductSubscriptionChangedEvent', {
  implements: LiveEventType,
  description: 'That a product subscription has moved in its life, or in its standing.',
})
export class ProductSubscriptionChangedEvent extends LiveEventType {
  productSubscriptionId!: string

  @Field(() => ProductSubscriptionStateEnum, { description: 'Its state after it.' })
  state!: ProductSubscriptionState

  @Field(() => ProductSubscriptionStateEnum, { nullable: true, description: 'Its state before; null when it is new.' })
  previousState!: ProductSubscriptionState | null

  @Field(() => PaymentStandingEnum, { description: 'Its standing after it.' })
  standing!: PaymentStanding

  @Field(() => PaymentStandingEnum, { nullable: true, description: 'Its standing before; null when it is new.' })
  previousStanding!: PaymentStanding | null
}

@ArgsType()
class ProductSubscriptionLiveArgs extends LiveArgs {
  @Field(() => ID, { nullable: true, description: 'Only what happens to this subscription.' })
  productSubscriptionId?: string | null
}

@Resolver(() => ProductSubscriptionChangedEvent)
export class ProductSubscriptionLive {
  constructor(private readonly subscriptions: ProductSubscriptionRepository) {}

  @For(seesOrganization)
  @Subscription(() => ProductSubscriptionChangedEvent, {
    description: 'Each time that a product subscription changes its state or standing.',
    subscribe: async ({ args, context }: { args: ProductSubscriptionLiveArgs; context: Context }) => {
      const { productSubscriptionId: id } = args
      if (id && !(idPrefix(id) === 'psub' && (await context.node(id)))) throw notFound()
      const topic = { names: subscriptionEventNames, audience: seesOrganization }
      return liveSource(topic, args, context, (event) => !id || event.subjectId === id) as never
    },
  })
  productSubscriptionChanged(
    @Root() event: LoggedEvent,
    @Args(() => ProductSubscriptionLiveArgs) _args: ProductSubscriptionLiveArgs,
  ): LiveEventFields & ProductSubscriptionChange & { productSubscriptionId: string } {
    return {
      ...liveFields(event),
      ...(event.data as ProductSubscriptionChange),
      productSubscriptionId: event.subjectId,
    }
  }

  @FieldResolver(() => ProductSubscriptionType, { description: 'The subscription as it is now.' })
  async productSubscription(@Root() event: ProductSubscriptionChangedEvent, @Ctx() context: Context) {
    const subscription = await context.load(this.subscriptions.byIds, event.productSubscriptionId)
    if (!subscription) throw notFound()
    return subscription
  }
}

import { Args, Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { LoggedEvent } from '../events/event-log.js'
import type { Context } from '../graphql/context.js'
import { LiveArgs } from '../graphql/live-args.js'
import { type LiveEventFields, LiveEventType, liveFields } from '../graphql/live-event.type.js'
import { liveSource } from '../graphql/live-source.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { notFound } from '../kernel/request-error.js'
import { seesOrganization } from '../persistence/permissions.js'
import type { ProductSubscriptionRepository } from '../subscriptions/product-subscription.repository.js'
import { ProductSubscriptionType } from '../subscriptions/product-subscription.type.js'
import type { QuotaUsageRepository, SubscriptionAndQuota } from './quota-usage.repository.js'
import { type QuotaThresholdFact, quotaThresholdReached } from './usage.events.js'
import { QuotaUsageType } from './usage.type.js'

@For(carriesOthers)
@ObjectType('QuotaThresholdEvent', {
  implements: LiveEventType,
  description: 'That a quota is used up to a threshold.',
})
export class QuotaThresholdEvent extends LiveEventType implements SubscriptionAndQuota {
  productSubscriptionId!: string
  quotaId!: string

  @Field(() => Int, { description: '50, 80 or 100 per cent; each once in a period.' })
  threshold!: number
}

@Resolver(() => QuotaThresholdEvent)
export class UsageLive {
  constructor(
    private readonly subscriptions: ProductSubscriptionRepository,
    private readonly usageRows: QuotaUsageRepository,
  ) {}

  @For(seesOrganization)
  @Subscription(() => QuotaThresholdEvent, {
    description: 'Each time that a quota is used up to 50, 80 or 100 per cent; each once in a period.',
    subscribe: ({ args, context }: { args: LiveArgs; context: Context }) =>
      liveSource({ names: [quotaThresholdReached.name], audience: seesOrganization }, args, context) as never,
  })
  quotaThresholdReached(
    @Root() event: LoggedEvent,
    @Args(() => LiveArgs) _args: LiveArgs,
  ): LiveEventFields & SubscriptionAndQuota & { threshold: number } {
    const { quotaId, threshold } = event.data as QuotaThresholdFact
    return { ...liveFields(event), productSubscriptionId: event.subjectId, quotaId, threshold }
  }

  @FieldResolver(() => ProductSubscriptionType, { description: 'Whose quota it is.' })
  async productSubscription(@Root() event: QuotaThresholdEvent, @Ctx() context: Context) {
    const subscription = await context.load(this.subscriptions.byIds, event.productSubscriptionId)
    if (!subscription) throw notFound()
    return subscription
  }

  @FieldResolver(() => QuotaUsageType, { description: 'How the quota stands now.' })
  async usage(@Root() { productSubscriptionId, quotaId }: QuotaThresholdEvent, @Ctx() context: Context) {
    const usage = await context.load(this.usageRows.ofQuotas, { productSubscriptionId, quotaId })
    if (!usage) throw notFound()
    return usage
  }
}

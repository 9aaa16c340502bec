import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { Context } from '../graphql/context.js'
import type { Mutations } from '../graphql/mutation.js'
import { For } from '../graphql/policy.js'
import { decidesSubscriptions, managesMarketplaces } from '../persistence/permissions.js'
import {
  ApproveProductSubscriptionInput,
  CancelProductSubscriptionInput,
  KeepProductSubscriptionInput,
  RejectProductSubscriptionInput,
  ResumeProductSubscriptionInput,
  SuspendProductSubscriptionInput,
} from './product-subscription.input.js'
import { endsSubscriptions } from './product-subscription.rules.js'
import type { ProductSubscriptionService } from './product-subscription.service.js'
import {
  ApproveProductSubscriptionPayload,
  CancelProductSubscriptionPayload,
  KeepProductSubscriptionPayload,
  RejectProductSubscriptionPayload,
  ResumeProductSubscriptionPayload,
  SuspendProductSubscriptionPayload,
} from './product-subscription.type.js'
import type { SubscriptionApproval } from './subscription-approval.service.js'

/** The steps that a subscription takes once it has been asked for. */
@Resolver()
export class SubscriptionStepsResolver {
  constructor(
    private readonly service: ProductSubscriptionService,
    private readonly approval: SubscriptionApproval,
    private readonly mutations: Mutations,
  ) {}

  @For(decidesSubscriptions)
  @Mutation(() => ApproveProductSubscriptionPayload, { description: 'Says yes: the subscription starts now.' })
  approveProductSubscription(
    @Arg('input', () => ApproveProductSubscriptionInput, { description: 'Which.' })
    input: ApproveProductSubscriptionInput,
    @Ctx() context: Context,
  ) {
    const { productSubscriptionId, reason } = input
    return this.mutations.answer(context, 'approveProductSubscription', input, async () => ({
      productSubscription: await this.approval.approve(context.scope, productSubscriptionId, reason ?? null),
    }))
  }

  @For(decidesSubscriptions)
  @Mutation(() => RejectProductSubscriptionPayload, { description: 'Says no, for good.' })
  rejectProductSubscription(
    @Arg('input', () => RejectProductSubscriptionInput, { description: 'Which, and why.' })
    input: RejectProductSubscriptionInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'rejectProductSubscription', input, async () => ({
      productSubscription: await this.approval.reject(context.scope, input.productSubscriptionId, input.reason),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => SuspendProductSubscriptionPayload, { description: 'Stops a subscription: its access closes.' })
  suspendProductSubscription(
    @Arg('input', () => SuspendProductSubscriptionInput, { description: 'Which, and why.' })
    input: SuspendProductSubscriptionInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'suspendProductSubscription', input, async () => ({
      productSubscription: await this.service.suspend(context.scope, input.productSubscriptionId, input.reason),
    }))
  }

  @For(managesMarketplaces)
  @Mutation(() => ResumeProductSubscriptionPayload, { description: 'Lets a suspended subscription go on.' })
  resumeProductSubscription(
    @Arg('input', () => ResumeProductSubscriptionInput, { description: 'Which.' })
    input: ResumeProductSubscriptionInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'resumeProductSubscription', input, async () => ({
      productSubscription: await this.service.resume(context.scope, input.productSubscriptionId),
    }))
  }

  @For(endsSubscriptions)
  @Mutation(() => CancelProductSubscriptionPayload, { description: 'Ends a subscription, at once or with its period.' })
  cancelProductSubscription(
    @Arg('input', () => CancelProductSubscriptionInput, { description: 'Which, and when.' })
    input: CancelProductSubscriptionInput,
    @Ctx() context: Context,
  ) {
    const { productSubscriptionId, when, reason } = input
    return this.mutations.answer(context, 'cancelProductSubscription', input, async () => ({
      productSubscription: await this.service.cancel(context.scope, productSubscriptionId, when, reason ?? null),
    }))
  }

  @For(endsSubscriptions)
  @Mutation(() => KeepProductSubscriptionPayload, {
    description: 'Takes back a cancellation that waits for the end of the period.',
  })
  keepProductSubscription(
    @Arg('input', () => KeepProductSubscriptionInput, { description: 'Which.' }) input: KeepProductSubscriptionInput,
    @Ctx() context: Context,
  ) {
    return this.mutations.answer(context, 'keepProductSubscription', input, async () => ({
      productSubscription: await this.service.keep(context.scope, input.productSubscriptionId),
    }))
  }
}

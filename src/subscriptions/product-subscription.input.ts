import { ArgsType, Field, ID, InputType, Int } from 'type-graphql'
import { ChangeTimingEnum } from '../catalog/plan.type.js'
import { PageArgs } from '../graphql/connection.js'
import { KeyedInput } from '../graphql/keyed-input.js'
import { JsonScalar } from '../graphql/scalars.js'
import type { ChangeTiming } from '../kernel/period.js'
import type { PaymentStanding, ProductSubscriptionState } from './product-subscription.entity.js'
import { PaymentStandingEnum, ProductSubscriptionStateEnum } from './product-subscription.type.js'

@InputType('ProductSubscriptionFilter', { description: 'Which subscriptions; what is left out does not narrow.' })
export class ProductSubscriptionFilter {
  @Field(() => [ProductSubscriptionStateEnum], { nullable: true, description: 'Only those in one of these states.' })
  states?: ProductSubscriptionState[] | null

  @Field(() => [PaymentStandingEnum], { nullable: true, description: 'Only those of one of these standings.' })
  standings?: PaymentStanding[] | null

  @Field(() => ID, { nullable: true, description: 'Only those to plans of this product.' })
  productId?: string | null

  @Field(() => ID, { nullable: true, description: 'Only those to this plan.' })
  planId?: string | null

  @Field(() => ID, { nullable: true, description: "Only this organization's." })
  organizationId?: string | null
}

@ArgsType()
export class ProductSubscriptionListArgs extends PageArgs {
  @Field(() => ProductSubscriptionFilter, { nullable: true, description: 'Which of them.' })
  filter?: ProductSubscriptionFilter | null
}

@InputType('SubscribePreviewInput', { description: 'Who would subscribe to what.' })
export class SubscribePreviewInput {
  @Field(() => ID, { description: 'The organization.' })
  organizationId!: string

  @Field(() => ID, { description: 'The plan.' })
  planId!: string
}

@InputType('SubscribeInput', { description: 'Who subscribes to what.' })
export class SubscribeInput extends KeyedInput {
  @Field(() => ID, { description: 'The organization.' })
  organizationId!: string

  @Field(() => ID, { description: 'The plan.' })
  planId!: string

  @Field(() => String, {
    nullable: true,
    description: 'From `subscribePreview`: what was shown is what is charged, or it is refused.',
  })
  previewToken?: string | null

  @Field(() => String, { nullable: true, description: "The product's and plan's names when left out." })
  name?: string | null

  @Field(() => Int, { nullable: true, description: "The version of the product's terms that was accepted." })
  acceptedTermsVersion?: number | null

  @Field(() => JsonScalar, { nullable: true, description: "The answers to the plan's form." })
  answers?: unknown
}

@InputType('ApproveProductSubscriptionInput', { description: 'Which subscription is approved.' })
export class ApproveProductSubscriptionInput extends KeyedInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string

  @Field(() => String, { nullable: true, description: 'A word to the subscriber.' })
  reason?: string | null
}

@InputType('RejectProductSubscriptionInput', { description: 'Which subscription is rejected, and why.' })
export class RejectProductSubscriptionInput extends KeyedInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string

  @Field(() => String, { description: 'Why; shown to the subscriber.' })
  reason!: string
}

@InputType('SuspendProductSubscriptionInput', { description: 'Which subscription is stopped, and why.' })
export class SuspendProductSubscriptionInput extends KeyedInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string

  @Field(() => String, { description: 'Why; shown to the subscriber.' })
  reason!: string
}

@InputType('ResumeProductSubscriptionInput', { description: 'Which subscription goes on.' })
export class ResumeProductSubscriptionInput extends KeyedInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string
}

@InputType('CancelProductSubscriptionInput', { description: 'Which subscription ends, and when.' })
export class CancelProductSubscriptionInput extends KeyedInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string

  @Field(() => ChangeTimingEnum, { defaultValue: 'PERIOD_END', description: 'At once, or with the period.' })
  when!: ChangeTiming

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason?: string | null
}

@InputType('KeepProductSubscriptionInput', { description: 'Which cancellation is taken back.' })
export class KeepProductSubscriptionInput extends KeyedInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string
}

import { Field, ObjectType } from 'type-graphql'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { ProductSubscriptionType } from './product-subscription.type.js'

@For(withItsObject)
@ObjectType('PlanChangePreview', { description: 'What a change of plan would cost and take away.' })
export class PlanChangePreviewType {
  @Field(() => String, {
    nullable: true,
    description: 'To be handed to `changePlan`: what was shown is what is charged. Null when there are obstacles.',
  })
  token!: string | null

  @Field(() => DateTimeScalar, { description: 'When the new plan would begin.' })
  effectiveAt!: Date

  @Field(() => [UserErrorType], { description: 'Empty when `changePlan` would be accepted.' })
  obstacles!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ChangePlanPayload', { description: 'The answer of `changePlan`.' })
export class ChangePlanPayload {
  /** A repeated answer has it as text. */
  changedAt?: Date | string | null

  @Field(() => ProductSubscriptionType, { nullable: true, description: 'As it is now; null on refusal.' })
  productSubscription?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

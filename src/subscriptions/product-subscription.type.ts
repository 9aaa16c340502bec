import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, JsonScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesOrganization } from '../persistence/permissions.js'
import {
  type ApprovalDecision,
  decisions,
  type PaymentStanding,
  type ProductSubscriptionState,
  paymentStandings,
  productSubscriptionStates,
} from './product-subscription.entity.js'

export const ProductSubscriptionStateEnum = enumObject(productSubscriptionStates)
registerEnumType(ProductSubscriptionStateEnum, {
  name: 'ProductSubscriptionState',
  description: 'Where a subscription stands in its life.',
  valuesConfig: {
    PENDING_APPROVAL: { description: 'Waits for a person of the provider.' },
    REJECTED: { description: 'Refused, for good; one may subscribe again.' },
    ACTIVE: { description: 'Approved and running. Whether it is paid is `standing`.' },
    SUSPENDED: { description: 'Stopped by the provider; can be resumed.' },
    CANCELED: { description: 'Ended by one side or the other.' },
    EXPIRED: { description: 'Its term has passed.' },
  },
})

export const PaymentStandingEnum = enumObject(paymentStandings)
registerEnumType(PaymentStandingEnum, {
  name: 'PaymentStanding',
  description: 'Whether a subscription is paid; it follows from its invoices alone.',
  valuesConfig: {
    NOT_REQUIRED: { description: 'Free, custom, or in trial.' },
    AWAITING_FIRST_PAYMENT: {
      description:
        'Nothing has been paid yet: no access. (After a trial the first invoice has its due date and grace instead.)',
    },
    GOOD: { description: 'All that is due is paid.' },
    GRACE: { description: 'Something is past due, within grace: access stays open.' },
    PAST_DUE: { description: 'Past due and past grace: access is closed until it is paid.' },
  },
})

export const DecisionEnum = enumObject(decisions)
registerEnumType(DecisionEnum, {
  name: 'Decision',
  description: "A person's yes or no.",
  valuesConfig: { APPROVED: { description: 'Yes.' }, REJECTED: { description: 'No.' } },
})

@For(withItsObject)
@ObjectType('Approval', { description: 'What was decided, by whom and why.' })
export class ApprovalType {
  decidedByUserId!: string | null

  @Field(() => DecisionEnum, { description: 'Yes or no.' })
  decision!: ApprovalDecision

  @Field(() => String, { nullable: true, description: 'Why; null when nothing was said.' })
  reason!: string | null

  @Field(() => DateTimeScalar, { description: 'When.' })
  decidedAt!: Date
}

@For({ ...seesOrganization, gateway: true })
@ObjectType('ProductSubscription', {
  implements: NodeType,
  description:
    "A consumer organization's agreement to a plan of a product. (Named so because `Subscription` is GraphQL's own " +
    'root type.)',
})
export class ProductSubscriptionType extends NodeType {
  @Field(() => String, { description: 'Its name, for the people of the organization.' })
  name!: string

  @Field(() => ProductSubscriptionStateEnum, { description: 'Where it stands in its life.' })
  state!: ProductSubscriptionState

  @Field(() => PaymentStandingEnum, { description: 'Whether it is paid.' })
  standing!: PaymentStanding

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the trial ends, if there is one.' })
  trialEndsAt!: Date | null

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When access will close if nothing more is paid; null when nothing is due.',
  })
  accessClosesAt!: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it will end, if that is settled.' })
  endsAt!: Date | null

  @Field(() => Boolean, {
    description: 'Whether it ends with the present period; `keepProductSubscription` undoes it.',
  })
  cancelAtPeriodEnd!: boolean

  @Field(() => Int, { nullable: true, description: "The version of the product's terms that was accepted." })
  acceptedTermsVersion!: number | null

  @Field(() => JsonScalar, { nullable: true, description: "The subscriber's answers to the plan's form." })
  answers!: unknown

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was approved; null until then.' })
  startedAt!: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended; null while it has not.' })
  endedAt!: Date | null
}
export const ProductSubscriptionConnection = connectionType('ProductSubscription', () => ProductSubscriptionType)

@For(carriesOthers)
@ObjectType('SubscribePayload', {
  description:
    'For a paid plan with automatic approval, `invoice` is the first invoice. It is brought to Stripe at once; when ' +
    'Stripe is slow or down the subscription stands all the same, the invoice says so in `sync`, and ' +
    '`invoiceChanged` tells when it can be paid.',
})
export class SubscribePayload {
  @Field(() => ProductSubscriptionType, { nullable: true, description: 'The new subscription; null on refusal.' })
  productSubscription?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ChangedProductSubscription', { description: 'What answers about one subscription have.' })
abstract class ChangedProductSubscription {
  @Field(() => ProductSubscriptionType, { nullable: true, description: 'As it is now; null on refusal.' })
  productSubscription?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ApproveProductSubscriptionPayload', { description: 'The answer of `approveProductSubscription`.' })
export class ApproveProductSubscriptionPayload extends ChangedProductSubscription {}

@For(carriesOthers)
@ObjectType('RejectProductSubscriptionPayload', { description: 'The answer of `rejectProductSubscription`.' })
export class RejectProductSubscriptionPayload extends ChangedProductSubscription {}

@For(carriesOthers)
@ObjectType('SuspendProductSubscriptionPayload', { description: 'The answer of `suspendProductSubscription`.' })
export class SuspendProductSubscriptionPayload extends ChangedProductSubscription {}

@For(carriesOthers)
@ObjectType('ResumeProductSubscriptionPayload', { description: 'The answer of `resumeProductSubscription`.' })
export class ResumeProductSubscriptionPayload extends ChangedProductSubscription {}

@For(carriesOthers)
@ObjectType('CancelProductSubscriptionPayload', { description: 'The answer of `cancelProductSubscription`.' })
export class CancelProductSubscriptionPayload extends ChangedProductSubscription {}

@For(carriesOthers)
@ObjectType('KeepProductSubscriptionPayload', { description: 'The answer of `keepProductSubscription`.' })
export class KeepProductSubscriptionPayload extends ChangedProductSubscription {}

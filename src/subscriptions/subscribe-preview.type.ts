import { Field, ObjectType } from 'type-graphql'
import type { ApprovalMode } from '../catalog/product.entity.js'
import { ApprovalModeEnum } from '../catalog/product.type.js'
import { For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { TermsType } from '../marketplaces/marketplace.type.js'

@For(withItsObject)
@ObjectType('SubscribePreview', { description: 'What subscribing would cost and need.' })
export class SubscribePreviewType {
  @Field(() => String, {
    nullable: true,
    description:
      'May be handed to `subscribe`: what was shown is then what is charged, or it is refused (PREVIEW_OUTDATED). ' +
      'Null when there are obstacles.',
  })
  token!: string | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the first period, or the trial, ends.' })
  renewsAt!: Date | null

  @Field(() => TermsType, { nullable: true, description: 'To be accepted; null when there are none.' })
  terms!: object | null

  @Field(() => ApprovalModeEnum, { description: 'Whether the subscription would wait for a person.' })
  approval!: ApprovalMode

  @Field(() => [UserErrorType], { description: 'Empty when `subscribe` would be accepted.' })
  obstacles!: UserErrorType[]
}

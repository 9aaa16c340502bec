import { Field, ID, InputType, Int } from 'type-graphql'
import { ChangeTimingEnum } from '../catalog/plan.type.js'
import { KeyedInput } from '../graphql/keyed-input.js'
import type { ChangeTiming } from '../kernel/period.js'

@InputType('PlanChangePreviewInput', { description: 'Which subscription would go over to which plan, and when.' })
export class PlanChangePreviewInput {
  @Field(() => ID, { description: 'The subscription.' })
  productSubscriptionId!: string

  @Field(() => ID, {
    description: 'The plan, of the same product. With PERIOD_END the present one takes back a change that waits.',
  })
  planId!: string

  @Field(() => ChangeTimingEnum, {
    description: 'At once, or with the next period; at once where there are no periods.',
  })
  when!: ChangeTiming
}

@InputType('ChangePlanInput', { description: 'Which change of plan is wanted.' })
export class ChangePlanInput extends KeyedInput {
  @Field(() => String, {
    description: 'From `planChangePreview`: what was shown is what is charged, or it is refused (PREVIEW_OUTDATED).',
  })
  previewToken!: string

  @Field(() => Int, {
    nullable: true,
    description: "The version of the product's terms that was accepted; the one accepted before when left out.",
  })
  acceptedTermsVersion?: number | null
}

import { Field, Int, ObjectType } from 'type-graphql'
import { carriesOthers, For } from '../graphql/policy.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { PlanType } from './plan.type.js'

@For(carriesOthers)
@ObjectType('ChangedPlan', { description: 'What answers about one plan have.' })
abstract class ChangedPlan {
  @Field(() => PlanType, { nullable: true, description: 'The plan as it is now; null on refusal.' })
  plan?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('PricedPlan', { description: 'What answers have by which a plan comes to cost what it costs.' })
abstract class PricedPlan extends ChangedPlan {
  @Field(() => [String], {
    description: 'What may surprise in it, such as a price by volume that falls where a tier begins.',
  })
  warnings!: string[]
}

@For(carriesOthers)
@ObjectType('CreatePlanPayload', { description: 'The answer of `createPlan`.' })
export class CreatePlanPayload extends PricedPlan {}

@For(carriesOthers)
@ObjectType('UpdatePlanPayload', { description: 'The answer of `updatePlan`.' })
export class UpdatePlanPayload extends PricedPlan {}

@For(carriesOthers)
@ObjectType('DuplicatePlanPayload', { description: 'The answer of `duplicatePlan`.' })
export class DuplicatePlanPayload extends PricedPlan {}

@For(carriesOthers)
@ObjectType('ActivatePlanPayload', { description: 'The answer of `activatePlan`.' })
export class ActivatePlanPayload extends PricedPlan {}

@For(carriesOthers)
@ObjectType('DeprecatePlanPayload', { description: 'The answer of `deprecatePlan`.' })
export class DeprecatePlanPayload extends ChangedPlan {
  @Field(() => Int, { nullable: true, description: 'How many subscriptions it concerns; null on refusal.' })
  affected?: number | null
}

@For(carriesOthers)
@ObjectType('ArchivePlanPayload', { description: 'The answer of `archivePlan`.' })
export class ArchivePlanPayload extends ChangedPlan {}

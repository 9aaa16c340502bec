import { ArgsType, Field, ID, InputType } from 'type-graphql'
import { PageArgs } from '../graphql/connection.js'
import { KeyedInput } from '../graphql/keyed-input.js'
import type { PlanType } from './plan.entity.js'
import { PlanTypeEnum } from './plan.type.js'
import type { VisibilityAudience } from './publication.entity.js'
import { VisibilityAudienceEnum } from './publication.type.js'

@InputType('VisibilityInput', { description: 'Who is to see it.' })
export class VisibilityInput {
  @Field(() => VisibilityAudienceEnum, { defaultValue: 'EVERYONE', description: 'Who, in a word.' })
  audience!: VisibilityAudience

  @Field(() => [ID], {
    defaultValue: [],
    description: 'With SELECTED_ORGANIZATIONS: organizations of the marketplace, one or more.',
  })
  organizationIds!: string[]
}

@InputType('PlanVisibilityInput', { description: 'Who is to see a plan, of those who see its product.' })
export class PlanVisibilityInput {
  @Field(() => ID, { description: 'A plan of the product.' })
  planId!: string

  @Field(() => VisibilityInput, { description: 'Who is to see it.' })
  visibility!: VisibilityInput
}

@InputType('PublishProductInput', { description: 'What is put on sale, where and for whom.' })
export class PublishProductInput extends KeyedInput {
  @Field(() => ID, { description: 'The product; it is ACTIVE.' })
  productId!: string

  @Field(() => ID, { description: 'The marketplace; it has its address.' })
  marketplaceId!: string

  @Field(() => VisibilityInput, {
    nullable: true,
    description: 'Who sees it: everyone when left out, or as before when it is on sale already.',
  })
  visibility?: VisibilityInput | null

  @Field(() => [PlanVisibilityInput], {
    defaultValue: [],
    description: 'Plans that not everybody who sees the product may see.',
  })
  planVisibility!: PlanVisibilityInput[]

  @Field(() => [ID], { defaultValue: [], description: 'Plans of the product that are activated with it.' })
  activatePlanIds!: string[]
}

@InputType('UpdatePublicationInput', { description: 'Who is to see what is on sale; what is left out stays.' })
export class UpdatePublicationInput extends KeyedInput {
  @Field(() => ID, { description: 'The publication.' })
  publicationId!: string

  @Field(() => VisibilityInput, { nullable: true, description: 'Who sees it; null for everyone.' })
  visibility?: VisibilityInput | null

  @Field(() => [PlanVisibilityInput], {
    nullable: true,
    description: 'Plans that not everybody who sees the product may see, instead of those named before.',
  })
  planVisibility?: PlanVisibilityInput[] | null
}

@InputType('UnpublishProductInput', { description: 'What is taken off sale, and where.' })
export class UnpublishProductInput extends KeyedInput {
  @Field(() => ID, { description: 'The product.' })
  productId!: string

  @Field(() => ID, { description: 'The marketplace.' })
  marketplaceId!: string
}

@ArgsType()
export class PublishedProductListArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: 'Only those with these words in name or description.' })
  search?: string | null

  @Field(() => String, { nullable: true, description: 'Only those of this category.' })
  category?: string | null

  @Field(() => PlanTypeEnum, { nullable: true, description: 'Only those that can be subscribed to by such a plan.' })
  planType?: PlanType | null
}

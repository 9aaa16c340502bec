import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { worksForProvider } from '../persistence/permissions.js'
import { ProductType } from './product.type.js'
import { type VisibilityAudience, visibilityAudiences } from './publication.entity.js'

export const VisibilityAudienceEnum = enumObject(visibilityAudiences)
registerEnumType(VisibilityAudienceEnum, {
  name: 'VisibilityAudience',
  description: 'Who sees something that is on sale, of those who may look around in the marketplace.',
  valuesConfig: {
    EVERYONE: { description: 'Whoever may look around; in a PUBLIC marketplace strangers too.' },
    SIGNED_IN: { description: "Members of the marketplace's organizations." },
    SELECTED_ORGANIZATIONS: { description: 'Members of the organizations named.' },
  },
})

@For(withItsObject)
@ObjectType('Visibility', { description: "Who sees something that is on sale; the provider's people always do." })
export class VisibilityType {
  organizationIds!: string[]

  @Field(() => VisibilityAudienceEnum, { description: 'Who, in a word.' })
  audience!: VisibilityAudience
}

@For(withItsObject)
@ObjectType('PlanVisibility', { description: 'Who sees a plan, of those who see its product.' })
export class PlanVisibilityType {
  planId!: string
}

@For(worksForProvider)
@ObjectType('Publication', { implements: NodeType, description: 'A product on sale in a marketplace.' })
export class PublicationType extends NodeType {
  @Field(() => DateTimeScalar, { description: 'Since when.' })
  publishedAt!: Date
}

@For(carriesOthers)
@ObjectType('PublishProductPayload', { description: 'The answer of `publishProduct`.' })
export class PublishProductPayload {
  @Field(() => PublicationType, { nullable: true, description: 'The publication; null on refusal.' })
  publication?: object | null

  @Field(() => ProductType, { nullable: true, description: 'What is on sale now; null on refusal.' })
  product?: object | null

  @Field(() => [String], {
    description: 'What will bite later, such as a paid plan where billing is not configured.',
  })
  warnings!: string[]

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('UpdatePublicationPayload', { description: 'The answer of `updatePublication`.' })
export class UpdatePublicationPayload {
  @Field(() => PublicationType, { nullable: true, description: 'The publication as it is now; null on refusal.' })
  publication?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('UnpublishProductPayload', { description: 'The answer of `unpublishProduct`.' })
export class UnpublishProductPayload {
  @Field(() => ProductType, { nullable: true, description: 'What is no longer on sale there; null on refusal.' })
  product?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { anyone, carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, TimeZoneScalar, UrlScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { type MarketplaceVisibility, marketplaceVisibilities } from './marketplace.entity.js'

export const MarketplaceVisibilityEnum = enumObject(marketplaceVisibilities)
registerEnumType(MarketplaceVisibilityEnum, {
  name: 'MarketplaceVisibility',
  description: 'Who may look around.',
  valuesConfig: {
    PUBLIC: { description: 'Anyone may browse public products.' },
    PROTECTED: { description: 'Only signed-in members of its consumer organizations and its provider.' },
  },
})

@For(withItsObject)
@ObjectType('Terms', {
  description: 'A text to accept. Changing it makes a new version; what was accepted, by whom and when, is kept.',
})
export class TermsType {
  @Field(() => Int, { description: 'Counted from 1.' })
  version!: number

  @Field(() => String, { description: 'What the text is called.' })
  title!: string

  @Field(() => String, { nullable: true, description: 'The text itself; null where it stands elsewhere.' })
  body!: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'Where the text stands; null where it is given here.' })
  url!: string | null

  @Field(() => DateTimeScalar, { description: 'Since when it is to be accepted.' })
  publishedAt!: Date
}

@For(anyone)
@ObjectType('Marketplace', {
  implements: NodeType,
  description:
    'A storefront. Of a PROTECTED one, a stranger sees its name, address, terms and how to sign up, and no product. ' +
    "Of the lists below, a consumer sees the own organizations' part, the provider's people all.",
})
export class MarketplaceType extends NodeType {
  @Field(() => String, {
    description: 'Part of the address: lower-case letters, digits and hyphens, 4 to 63 of them, unique.',
  })
  slug!: string

  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => UrlScalar, {
    nullable: true,
    description: 'Where its web client lives; needed before anything is published.',
  })
  url!: string | null

  @Field(() => MarketplaceVisibilityEnum, { description: 'Who may look around.' })
  visibility!: MarketplaceVisibility

  @Field(() => TimeZoneScalar, { description: 'Whose days and months its calendar periods are.' })
  timeZone!: string

  @Field(() => Int, { description: 'Goes up with every change.' })
  version!: number

  @Field(() => Boolean, { description: 'Whether consumer organizations are allowed here at all.' })
  consumerOrganizationsAllowed!: boolean

  @Field(() => Boolean, { description: 'Whether a stranger may sign up and bring a new organization.' })
  selfSignupAllowed!: boolean

  @Field(() => Boolean, { description: "Whether such an organization waits for a person's approval." })
  signupApprovalRequired!: boolean
}
export const MarketplaceConnectionType = connectionType('Marketplace', () => MarketplaceType)

@For(carriesOthers)
@ObjectType('CreateMarketplacePayload', { description: 'The answer of `createMarketplace`.' })
export class CreateMarketplacePayload {
  @Field(() => MarketplaceType, { nullable: true, description: 'The new marketplace; null on refusal.' })
  marketplace?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('UpdateMarketplacePayload', { description: 'The answer of `updateMarketplace`.' })
export class UpdateMarketplacePayload {
  @Field(() => MarketplaceType, { nullable: true, description: 'The marketplace as it is now; null on refusal.' })
  marketplace?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

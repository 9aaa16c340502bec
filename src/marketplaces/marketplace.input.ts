import { Field, ID, InputType, Int } from 'type-graphql'
import { KeyedInput } from '../graphql/keyed-input.js'
import { TimeZoneScalar, UrlScalar } from '../graphql/scalars.js'
import type { MarketplaceVisibility } from './marketplace.entity.js'
import { MarketplaceVisibilityEnum } from './marketplace.type.js'

@InputType('TermsInput', { description: 'A text to accept: given here, or by its address.' })
export class TermsInput {
  @Field(() => String, { description: 'What the text is called.' })
  title!: string

  @Field(() => String, { nullable: true, description: 'The text itself.' })
  body?: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'Where the text stands.' })
  url?: string | null
}

@InputType('CreateMarketplaceInput', { description: 'A new marketplace.' })
export class CreateMarketplaceInput extends KeyedInput {
  @Field(() => ID, { description: 'Whose it is.' })
  providerId!: string

  @Field(() => String, { description: 'Its name; 1 to 200 characters.' })
  name!: string

  @Field(() => String, { description: 'Its address: 4 to 63 lower-case letters, digits and hyphens; never changes.' })
  slug!: string

  @Field(() => String, { nullable: true, description: 'What is sold here; up to 5,000 characters.' })
  description?: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'Where its web client lives.' })
  url?: string | null

  @Field(() => MarketplaceVisibilityEnum, { defaultValue: 'PROTECTED', description: 'Who may look around.' })
  visibility!: MarketplaceVisibility

  @Field(() => TimeZoneScalar, { defaultValue: 'UTC', description: 'Whose days and months its calendar periods are.' })
  timeZone!: string

  @Field(() => Boolean, { defaultValue: true, description: 'Whether consumer organizations are allowed at all.' })
  consumerOrganizationsAllowed!: boolean

  @Field(() => Boolean, { defaultValue: false, description: 'Whether a stranger may bring a new organization.' })
  selfSignupAllowed!: boolean

  @Field(() => Boolean, { defaultValue: false, description: 'Whether such an organization waits for approval.' })
  signupApprovalRequired!: boolean
}

@InputType('UpdateMarketplaceInput', { description: 'What is left out stays.' })
export class UpdateMarketplaceInput extends KeyedInput {
  @Field(() => ID, { description: 'The marketplace.' })
  marketplaceId!: string

  @Field(() => Int, {
    nullable: true,
    description: 'The `version` that was read; left out, the last writer wins.',
  })
  version?: number | null

  @Field(() => String, { nullable: true, description: 'Its name; 1 to 200 characters.' })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'What is sold here; up to 5,000 characters.' })
  description?: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'Where its web client lives.' })
  url?: string | null

  @Field(() => MarketplaceVisibilityEnum, { nullable: true, description: 'Who may look around.' })
  visibility?: MarketplaceVisibility | null

  @Field(() => TimeZoneScalar, { nullable: true, description: 'From the next period on.' })
  timeZone?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether consumer organizations are allowed at all.' })
  consumerOrganizationsAllowed?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'Whether a stranger may bring a new organization.' })
  selfSignupAllowed?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'Whether such an organization waits for approval.' })
  signupApprovalRequired?: boolean | null

  @Field(() => TermsInput, {
    nullable: true,
    description: "A new version of the marketplace's terms; null takes the terms away.",
  })
  terms?: TermsInput | null
}

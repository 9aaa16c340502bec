import { Field, ObjectType } from 'type-graphql'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, EmailAddressScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { SessionTokensType, type ViewerRoot, ViewerType } from '../identity/identity.type.js'
import { MarketplaceType, TermsType } from '../marketplaces/marketplace.type.js'
import type { ConsumerRole } from '../persistence/tenant-scope.js'
import { ProviderMembershipType } from '../providers/provider.type.js'
import { ConsumerOrganizationType, ConsumerRoleEnum, InvitationType, MembershipType } from './organization.type.js'

@For(carriesOthers)
@ObjectType('Answer', { description: 'What the answers of all mutations have.' })
abstract class Answer {
  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('SignUpPayload', { description: 'The answer of `signUp`.' })
export class SignUpPayload extends Answer {
  @Field(() => ViewerType, { nullable: true, description: 'Who has signed up and in; null on refusal.' })
  viewer?: ViewerRoot | null

  @Field(() => SessionTokensType, { nullable: true, description: 'Shown this once; null on refusal.' })
  tokens?: SessionTokensType | null

  @Field(() => ConsumerOrganizationType, { nullable: true, description: 'The new organization; null on refusal.' })
  organization?: object | null
}

@For(carriesOthers)
@ObjectType('WarningAnswer', { description: 'What answers have that may be well, and surprise.' })
abstract class WarningAnswer extends Answer {
  @Field(() => [String], {
    description: 'What may surprise later, such as a billing email that is also that of another organization.',
  })
  warnings!: string[]
}

@For(carriesOthers)
@ObjectType('CreateConsumerOrganizationPayload', { description: 'The answer of `createConsumerOrganization`.' })
export class CreateConsumerOrganizationPayload extends WarningAnswer {
  @Field(() => ConsumerOrganizationType, { nullable: true, description: 'The new organization; null on refusal.' })
  organization?: object | null

  @Field(() => InvitationType, { nullable: true, description: 'To its first administrator, where one was named.' })
  invitation?: object | null
}

@For(carriesOthers)
@ObjectType('UpdateConsumerOrganizationPayload', { description: 'The answer of `updateConsumerOrganization`.' })
export class UpdateConsumerOrganizationPayload extends WarningAnswer {
  @Field(() => ConsumerOrganizationType, { nullable: true, description: 'As it is now; null on refusal.' })
  organization?: object | null
}

@For(carriesOthers)
@ObjectType('SetConsumerOrganizationStatePayload', { description: 'The answer of `setConsumerOrganizationState`.' })
export class SetConsumerOrganizationStatePayload extends Answer {
  @Field(() => ConsumerOrganizationType, { nullable: true, description: 'As it is now; null on refusal.' })
  organization?: object | null
}

@For(carriesOthers)
@ObjectType('InviteMemberPayload', { description: 'The answer of `inviteMember`.' })
export class InviteMemberPayload extends Answer {
  @Field(() => InvitationType, { nullable: true, description: 'The invitation; null on refusal.' })
  invitation?: object | null
}

@For(carriesOthers)
@ObjectType('ResendInvitationPayload', { description: 'The answer of `resendInvitation`.' })
export class ResendInvitationPayload extends Answer {
  @Field(() => InvitationType, {
    nullable: true,
    description: 'With its new end; null on refusal, and for an invitation to a provider.',
  })
  invitation?: object | null
}

@For(carriesOthers)
@ObjectType('RevokeInvitationPayload', { description: 'The answer of `revokeInvitation`.' })
export class RevokeInvitationPayload extends Answer {
  @Field(() => ConsumerOrganizationType, {
    nullable: true,
    description: 'Whose invitation it was; null on refusal, and for an invitation to a provider.',
  })
  organization?: object | null
}

@For(carriesOthers)
@ObjectType('AcceptInvitationPayload', { description: 'The answer of `acceptInvitation`.' })
export class AcceptInvitationPayload extends Answer {
  @Field(() => ViewerType, { nullable: true, description: 'Who has accepted; null on refusal.' })
  viewer?: ViewerRoot | null

  @Field(() => SessionTokensType, {
    nullable: true,
    description: 'For somebody new, shown this once; null for somebody who was signed in already.',
  })
  tokens?: SessionTokensType | null

  @Field(() => MembershipType, { nullable: true, description: 'The new membership of an organization.' })
  membership?: object | null

  @Field(() => ProviderMembershipType, { nullable: true, description: 'The new membership of a provider.' })
  providerMembership?: object | null
}

@For(carriesOthers)
@ObjectType('UpdateMemberRolesPayload', { description: 'The answer of `updateMemberRoles`.' })
export class UpdateMemberRolesPayload extends Answer {
  @Field(() => MembershipType, { nullable: true, description: 'The member as it is now; null on refusal.' })
  membership?: object | null
}

@For(carriesOthers)
@ObjectType('RemoveMemberPayload', { description: 'The answer of `removeMember`.' })
export class RemoveMemberPayload extends Answer {
  @Field(() => ConsumerOrganizationType, { nullable: true, description: 'Without that member; null on refusal.' })
  organization?: object | null
}

@For(withItsObject)
@ObjectType('InvitationPreview', {
  description: "Of a consumer organization, or of a provider (then without the two names of the marketplace's side).",
})
export class InvitationPreviewType {
  @Field(() => String, { nullable: true, description: 'The organization that invites.' })
  organizationName!: string | null

  @Field(() => String, { nullable: true, description: 'The marketplace that it belongs to.' })
  marketplaceName!: string | null

  @Field(() => String, { nullable: true, description: 'The provider that invites, or that runs the marketplace.' })
  providerName!: string | null

  @For(withItsObject)
  @Field(() => MarketplaceType, { nullable: true, description: 'The marketplace that the organization belongs to.' })
  marketplace!: object | null

  @Field(() => [ConsumerRoleEnum], { description: 'The roles that come with it; empty at a provider.' })
  roles!: ConsumerRole[]

  @Field(() => TermsType, { nullable: true, description: 'To be accepted with it; null when there are none.' })
  terms!: object | null

  @Field(() => EmailAddressScalar, { description: 'Who is invited.' })
  email!: string

  @Field(() => DateTimeScalar, { description: 'Until when it can be accepted.' })
  expiresAt!: Date
}

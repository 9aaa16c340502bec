import { Field, ID, InputType, Int } from 'type-graphql'
import { KeyedInput } from '../graphql/keyed-input.js'
import { EmailAddressScalar } from '../graphql/scalars.js'
import type { ConsumerRole } from '../persistence/tenant-scope.js'
import type { ConsumerOrganizationState } from './consumer-organization.entity.js'
import { ConsumerOrganizationStateEnum, ConsumerRoleEnum } from './organization.type.js'

@InputType('SignUpInput', { description: 'A stranger and the organization that comes along.' })
export class SignUpInput {
  @Field(() => ID, { description: 'Where to sign up.' })
  marketplaceId!: string

  @Field(() => String, { description: 'First name.' })
  givenName!: string

  @Field(() => String, { description: 'Last name.' })
  familyName!: string

  @Field(() => EmailAddressScalar, { description: 'A mail to confirm it is sent there.' })
  email!: string

  @Field(() => String, { description: '12 to 200 characters.' })
  password!: string

  @Field(() => String, { description: 'The name of the new organization.' })
  organizationName!: string

  @Field(() => Int, { nullable: true, description: "The version of the marketplace's terms that was accepted." })
  acceptedTermsVersion?: number | null
}

@InputType('CreateConsumerOrganizationInput', { description: 'A consumer organization that the provider makes.' })
export class CreateConsumerOrganizationInput extends KeyedInput {
  @Field(() => ID, { description: 'Where it consumes.' })
  marketplaceId!: string

  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => EmailAddressScalar, { nullable: true, description: 'Where its invoices are sent to.' })
  billingEmail?: string | null

  @Field(() => EmailAddressScalar, { nullable: true, description: 'Invited as its first administrator.' })
  administratorEmail?: string | null
}

@InputType('UpdateConsumerOrganizationInput', { description: 'What is left out stays; null clears.' })
export class UpdateConsumerOrganizationInput extends KeyedInput {
  @Field(() => ID, { description: 'The organization.' })
  organizationId!: string

  @Field(() => String, { nullable: true, description: 'Its name.' })
  name?: string | null

  @Field(() => EmailAddressScalar, { nullable: true, description: 'Where its invoices are sent to.' })
  billingEmail?: string | null
}

@InputType('SetConsumerOrganizationStateInput', { description: 'Where the organization is to stand.' })
export class SetConsumerOrganizationStateInput extends KeyedInput {
  @Field(() => ID, { description: 'The organization.' })
  organizationId!: string

  @Field(() => ConsumerOrganizationStateEnum, { description: 'ACTIVE, DENIED, DISABLED or CLOSED.' })
  state!: ConsumerOrganizationState

  @Field(() => String, { nullable: true, description: 'Why; kept in the audit log.' })
  reason?: string | null
}

@InputType('InviteMemberInput', { description: 'Who is to join an organization.' })
export class InviteMemberInput extends KeyedInput {
  @Field(() => ID, { description: 'The organization.' })
  organizationId!: string

  @Field(() => EmailAddressScalar, { description: 'Where the invitation is mailed to.' })
  email!: string

  @Field(() => [ConsumerRoleEnum], { description: 'At least one.' })
  roles!: ConsumerRole[]
}

@InputType('ResendInvitationInput', { description: 'Which invitation to mail again.' })
export class ResendInvitationInput extends KeyedInput {
  @Field(() => ID, { description: 'An open invitation, to an organization or a provider.' })
  invitationId!: string
}

@InputType('RevokeInvitationInput', { description: 'Which invitation to take back.' })
export class RevokeInvitationInput extends KeyedInput {
  @Field(() => ID, { description: 'An open invitation, to an organization or a provider.' })
  invitationId!: string
}

@InputType('AcceptInvitationInput', {
  description: 'By somebody new, with names and password, or by somebody signed in with the invited address.',
})
export class AcceptInvitationInput {
  @Field(() => String, { description: 'From the link in the mail.' })
  token!: string

  @Field(() => String, { nullable: true, description: 'First name, of somebody new.' })
  givenName?: string | null

  @Field(() => String, { nullable: true, description: 'Last name, of somebody new.' })
  familyName?: string | null

  @Field(() => String, { nullable: true, description: '12 to 200 characters, of somebody new.' })
  password?: string | null

  @Field(() => Int, { nullable: true, description: "The version of the marketplace's terms that was accepted." })
  acceptedTermsVersion?: number | null
}

@InputType('UpdateMemberRolesInput', { description: 'What a member may do from now on.' })
export class UpdateMemberRolesInput extends KeyedInput {
  @Field(() => ID, { description: 'The member.' })
  membershipId!: string

  @Field(() => [ConsumerRoleEnum], { description: 'At least one; they take the place of all before.' })
  roles!: ConsumerRole[]
}

@InputType('RemoveMemberInput', { description: 'Who is to leave.' })
export class RemoveMemberInput extends KeyedInput {
  @Field(() => ID, { description: 'The member.' })
  membershipId!: string
}

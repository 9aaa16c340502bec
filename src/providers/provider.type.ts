import { Field, ID, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar, EmailAddressScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesAdministration, worksForProvider } from '../persistence/permissions.js'
import { type ProviderRole, providerRoles } from '../persistence/tenant-scope.js'

export const ProviderRoleEnum = enumObject(providerRoles)
registerEnumType(ProviderRoleEnum, {
  name: 'ProviderRole',
  description: 'What a person may do for a provider.',
  valuesConfig: {
    ADMINISTRATOR: { description: 'Everything, members included.' },
    MARKETPLACE_MANAGER: { description: 'Marketplaces, their settings, billing and consumer organizations.' },
    CATALOG_MANAGER: { description: 'Assets, products, plans, publication.' },
    SUBSCRIPTION_APPROVER: { description: 'Approves subscriptions.' },
    ACCESS_MANAGER: { description: 'Approves access requests, suspends credentials.' },
    AUDITOR: { description: 'Reads everything but secrets, changes nothing.' },
  },
})

@For(worksForProvider)
@ObjectType('Provider', {
  implements: NodeType,
  description: 'Who runs marketplaces and publishes products.',
})
export class ProviderType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string
}

@For(worksForProvider)
@ObjectType('ProviderMembership', { implements: NodeType, description: 'A person at a provider, with roles.' })
export class ProviderMembershipType extends NodeType {
  @Field(() => [ProviderRoleEnum], { description: 'What the person may do there.' })
  roles!: ProviderRole[]
}
export const ProviderMembershipConnection = connectionType('ProviderMembership', () => ProviderMembershipType)

@For(worksForProvider)
@ObjectType('ProviderInvitation', {
  implements: NodeType,
  description: 'That somebody may come to work for a provider.',
})
export class ProviderInvitationType extends NodeType {
  @Field(() => EmailAddressScalar, { description: 'Who is invited.' })
  email!: string

  @Field(() => [ProviderRoleEnum], { description: 'The roles that come with it.' })
  roles!: ProviderRole[]

  @Field(() => DateTimeScalar, { description: 'Until when it can be accepted.' })
  expiresAt!: Date
}

@For({ ...worksForProvider, gateway: true, ties: ['buys from its provider'] })
@ObjectType('Unit', { implements: NodeType, description: 'What is counted, such as transactions.' })
export class UnitType extends NodeType {
  @Field(() => String, { description: "transactions, or the provider's own, which starts with x-." })
  name!: string

  @Field(() => String, { description: 'Its name for people.' })
  title!: string
}

@For(seesAdministration)
@ObjectType('AuditEntry', {
  implements: NodeType,
  description: 'Who did what. Never changes, never holds a secret.',
})
export class AuditEntryType extends NodeType {
  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date

  @Field(() => String, { description: 'Such as billing.configured or member.removed.' })
  action!: string

  @Field(() => ID, { description: 'The id of what it was done to.' })
  subjectId!: string

  @Field(() => String, { description: 'What was done, in a sentence.' })
  summary!: string
}
export const AuditEntryConnection = connectionType('AuditEntry', () => AuditEntryType)

@For(carriesOthers)
@ObjectType('InviteProviderMemberPayload', { description: 'The answer of `inviteProviderMember`.' })
export class InviteProviderMemberPayload {
  @Field(() => ProviderInvitationType, { nullable: true, description: 'The invitation; null on refusal.' })
  invitation?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('UpdateProviderMemberRolesPayload', { description: 'The answer of `updateProviderMemberRoles`.' })
export class UpdateProviderMemberRolesPayload {
  @Field(() => ProviderMembershipType, { nullable: true, description: 'The member as it is now; null on refusal.' })
  membership?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RemoveProviderMemberPayload', { description: 'The answer of `removeProviderMember`.' })
export class RemoveProviderMemberPayload {
  @Field(() => ProviderType, { nullable: true, description: 'The provider without that member; null on refusal.' })
  provider?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('CreateUnitPayload', { description: 'The answer of `createUnit`.' })
export class CreateUnitPayload {
  @Field(() => UnitType, { nullable: true, description: 'The new unit; null on refusal.' })
  unit?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

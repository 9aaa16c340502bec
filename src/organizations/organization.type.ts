import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { For } from '../graphql/policy.js'
import { DateTimeScalar, EmailAddressScalar } from '../graphql/scalars.js'
import { seesAdministration, seesOrganization } from '../persistence/permissions.js'
import { type ConsumerRole, consumerRoles } from '../persistence/tenant-scope.js'
import { type ConsumerOrganizationState, consumerOrganizationStates } from './consumer-organization.entity.js'

export const ConsumerOrganizationStateEnum = enumObject(consumerOrganizationStates)
registerEnumType(ConsumerOrganizationStateEnum, {
  name: 'ConsumerOrganizationState',
  description: 'Where a consumer organization stands.',
  valuesConfig: {
    PENDING_APPROVAL: { description: 'Signed up, and waits for a person of the provider.' },
    ACTIVE: { description: 'May subscribe.' },
    DISABLED: { description: 'Its members cannot sign in; its access is closed.' },
    DENIED: { description: 'Refused at sign-up.' },
    CLOSED: { description: 'Gone for good: nothing runs and nothing is owed.' },
  },
})

export const ConsumerRoleEnum = enumObject(consumerRoles)
registerEnumType(ConsumerRoleEnum, {
  name: 'ConsumerRole',
  description: 'What a person may do for a consumer organization.',
  valuesConfig: {
    ADMINISTRATOR: { description: 'Everything, members included. An organization always has one.' },
    SUBSCRIBER: { description: 'Subscribes to paid plans; sees invoices and is told of them.' },
    DEVELOPER: { description: 'Free plans, applications, access requests, credentials, usage. Sees no invoice.' },
  },
})

@For({ ...seesOrganization, gateway: true })
@ObjectType('ConsumerOrganization', {
  implements: NodeType,
  description: 'The company that subscribes, in one marketplace. What its members make belongs to it.',
})
export class ConsumerOrganizationType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => ConsumerOrganizationStateEnum, { description: 'Where it stands.' })
  state!: ConsumerOrganizationState

  @Field(() => EmailAddressScalar, {
    nullable: true,
    description: 'Where its invoices are sent to; needed before a paid plan is bought.',
  })
  billingEmail!: string | null

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date
}
export const ConsumerOrganizationConnection = connectionType('ConsumerOrganization', () => ConsumerOrganizationType)

@For(seesOrganization)
@ObjectType('Membership', { implements: NodeType, description: 'A person in a consumer organization, with roles.' })
export class MembershipType extends NodeType {
  @Field(() => [ConsumerRoleEnum], { description: 'What the person may do there.' })
  roles!: ConsumerRole[]

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  joinedAt!: Date
}
export const MembershipConnection = connectionType('Membership', () => MembershipType)

@For(seesAdministration)
@ObjectType('Invitation', { implements: NodeType, description: 'That somebody may join a consumer organization.' })
export class InvitationType extends NodeType {
  @Field(() => EmailAddressScalar, { description: 'Who is invited.' })
  email!: string

  @Field(() => [ConsumerRoleEnum], { description: 'The roles that come with it.' })
  roles!: ConsumerRole[]

  @Field(() => DateTimeScalar, { description: 'Until when it can be accepted.' })
  expiresAt!: Date
}

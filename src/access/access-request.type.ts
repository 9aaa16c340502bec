import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesOrganization } from '../persistence/permissions.js'
import { type AccessRequestState, accessRequestStates } from './access.entity.js'

export const AccessRequestStateEnum = enumObject(accessRequestStates)
registerEnumType(AccessRequestStateEnum, {
  name: 'AccessRequestState',
  description:
    'Where an access request stands. It opens and closes by itself, as the reasons against access go and come.',
  valuesConfig: {
    PENDING_APPROVAL: { description: 'Waits for a person of the provider.' },
    DENIED: { description: 'Refused; it may be asked for again.' },
    WAITING: { description: 'Approved, but something still blocks it, such as an unpaid invoice: see `blocks`.' },
    GRANTED: { description: 'Open: calls pass, as far as key and quota allow.' },
    SUSPENDED: {
      description: 'Was granted, and is blocked now: see `blocks`. Opens again by itself when they are gone.',
    },
    REVOKED: { description: 'Taken back for good; it may be asked for again.' },
  },
})

@For({ ...seesOrganization, gateway: true })
@ObjectType('AccessRequest', {
  implements: NodeType,
  description: 'That an application may call an API resource under a subscription.',
})
export class AccessRequestType extends NodeType {
  @Field(() => AccessRequestStateEnum, { description: 'Where it stands.' })
  state!: AccessRequestState

  @Field(() => DateTimeScalar, { nullable: true, description: 'When access last opened; null while it never has.' })
  grantedAt!: Date | null

  @Field(() => DateTimeScalar, { description: 'When it was asked for.' })
  createdAt!: Date
}
export const AccessRequestConnection = connectionType('AccessRequest', () => AccessRequestType)

@For(carriesOthers)
@ObjectType('ChangedAccessRequest', { description: 'What answers about one access request have.' })
abstract class ChangedAccessRequest {
  @Field(() => AccessRequestType, { nullable: true, description: 'As it is now; null on refusal.' })
  accessRequest?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RequestAccessPayload', {
  description: 'The answer of `requestAccess`: the new request, or the one that there is already.',
})
export class RequestAccessPayload extends ChangedAccessRequest {}

@For(carriesOthers)
@ObjectType('ApproveAccessRequestPayload', { description: 'The answer of `approveAccessRequest`.' })
export class ApproveAccessRequestPayload extends ChangedAccessRequest {}

@For(carriesOthers)
@ObjectType('DenyAccessRequestPayload', { description: 'The answer of `denyAccessRequest`.' })
export class DenyAccessRequestPayload extends ChangedAccessRequest {}

@For(carriesOthers)
@ObjectType('RevokeAccessPayload', { description: 'The answer of `revokeAccess`.' })
export class RevokeAccessPayload extends ChangedAccessRequest {}

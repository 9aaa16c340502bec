import { ArgsType, Field, ID, InputType, Int } from 'type-graphql'
import { PageArgs } from '../graphql/connection.js'
import { KeyedInput } from '../graphql/keyed-input.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import type { AccessRequestState, CredentialState, CredentialType } from './access.entity.js'
import { AccessRequestStateEnum } from './access-request.type.js'
import { CredentialStateEnum, CredentialTypeEnum } from './credential.type.js'

@ArgsType()
export class AccessRequestListArgs extends PageArgs {
  @Field(() => AccessRequestStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: AccessRequestState | null
}

@ArgsType()
export class CalledArgs {
  @Field(() => String, { nullable: true, description: 'The path of the call, such as /payments/v1/charges.' })
  path?: string | null

  @Field(() => ID, { nullable: true, description: 'The API itself; with a path, both must mean the same.' })
  resourceId?: string | null
}

@ArgsType()
export class AccessDecisionArgs extends CalledArgs {
  @Field(() => String, { description: 'The key as the caller sent it.' })
  credential!: string
}

@InputType('CreateApplicationInput', { description: 'An application to be made.' })
export class CreateApplicationInput extends KeyedInput {
  @Field(() => ID, { description: 'Whose it is to be.' })
  organizationId!: string

  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null
}

@InputType('RequestAccessInput', { description: 'Who wants to call what, under which subscription.' })
export class RequestAccessInput extends KeyedInput {
  @Field(() => ID, { description: 'The application that is to call.' })
  applicationId!: string

  @Field(() => ID, { description: 'The API that is to be called.' })
  resourceId!: string

  @Field(() => ID, { description: 'The subscription on which the calls count; its plan has to cover the API.' })
  productSubscriptionId!: string
}

@InputType('ApproveAccessRequestInput', { description: 'Which access request is approved.' })
export class ApproveAccessRequestInput extends KeyedInput {
  @Field(() => ID, { description: 'The access request.' })
  accessRequestId!: string
}

@InputType('DenyAccessRequestInput', { description: 'Which access request is denied, and why.' })
export class DenyAccessRequestInput extends KeyedInput {
  @Field(() => ID, { description: 'The access request.' })
  accessRequestId!: string

  @Field(() => String, { description: 'Why; shown to those who asked.' })
  reason!: string
}

@InputType('RevokeAccessInput', { description: 'Which access is taken back.' })
export class RevokeAccessInput extends KeyedInput {
  @Field(() => ID, { description: 'The access request.' })
  accessRequestId!: string

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason?: string | null
}

@InputType('CreateCredentialInput', { description: 'A credential to be made.' })
export class CreateCredentialInput extends KeyedInput {
  @Field(() => ID, { description: 'The application that is to call with it.' })
  applicationId!: string

  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => CredentialTypeEnum, { defaultValue: 'API_KEY', description: 'Of which kind.' })
  type!: CredentialType

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when on it does not work any more; never when left out.',
  })
  expiresAt?: Date | null
}

@InputType('RotateCredentialInput', { description: 'Which credential gets a new secret.' })
export class RotateCredentialInput extends KeyedInput {
  @Field(() => ID, { description: 'The credential.' })
  credentialId!: string

  @Field(() => Int, {
    defaultValue: 24,
    description: 'How long the former secret works on; 24 when left out, 0 to end it now. At most 720.',
  })
  overlapHours!: number
}

@InputType('SetCredentialStateInput', { description: 'Which credential is suspended, enabled again, or revoked.' })
export class SetCredentialStateInput extends KeyedInput {
  @Field(() => ID, { description: 'The credential.' })
  credentialId!: string

  @Field(() => CredentialStateEnum, { description: 'ACTIVE, SUSPENDED or REVOKED.' })
  state!: CredentialState

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason?: string | null
}

@InputType('CreateGatewayTokenInput', { description: 'A gateway token to be made.' })
export class CreateGatewayTokenInput extends KeyedInput {
  @Field(() => ID, { description: 'The marketplace whose keys the gateway asks about.' })
  marketplaceId!: string

  @Field(() => String, { description: 'Its name, such as where the gateway runs.' })
  name!: string
}

@InputType('RevokeGatewayTokenInput', { description: 'Which gateway token is revoked.' })
export class RevokeGatewayTokenInput extends KeyedInput {
  @Field(() => ID, { description: 'The gateway token.' })
  gatewayTokenId!: string
}

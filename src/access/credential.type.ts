import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesOrganization } from '../persistence/permissions.js'
import { type CredentialType as CredentialKind, credentialStates, credentialTypes } from './access.entity.js'

export const CredentialTypeEnum = enumObject(credentialTypes)
registerEnumType(CredentialTypeEnum, {
  name: 'CredentialType',
  description: 'What an application calls with.',
  valuesConfig: {
    API_KEY: { description: 'One secret text, sent with each call.' },
    OAUTH_CLIENT: {
      description:
        'A client id, which is `publicId`, and a client secret. No access tokens are issued here: a gateway asks ' +
        'with the secret as with a key, and an authorization server in front of it may check the pair the same way.',
    },
  },
})

export const CredentialStateEnum = enumObject(credentialStates)
registerEnumType(CredentialStateEnum, {
  name: 'CredentialState',
  description: 'Whether a credential works.',
  valuesConfig: {
    ACTIVE: { description: 'It works.' },
    SUSPENDED: { description: 'Stopped; can be enabled again, by the provider alone where the provider stopped it.' },
    EXPIRED: { description: 'Its time has passed.' },
    REVOKED: { description: 'Ended for good.' },
  },
})

@For(seesOrganization)
@ObjectType('Credential', {
  implements: NodeType,
  description: 'What an application calls with. Belongs to the organization, whoever made it.',
})
export class CredentialType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => CredentialTypeEnum, { description: 'Of which kind it is.' })
  type!: CredentialKind

  @Field(() => String, { description: 'The readable start of the key, or the OAuth client id.' })
  publicId!: string

  @Field(() => String, { description: 'The last four characters of the secret, by which people recognize it.' })
  last4!: string

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'From when on it does not work any more; null for never.',
  })
  expiresAt!: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'When a call last came with it; up to a minute old.' })
  lastUsedAt!: Date | null

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date
}

@For(carriesOthers)
@ObjectType('CreateCredentialPayload', { description: 'The answer of `createCredential`.' })
export class CreateCredentialPayload {
  @Field(() => CredentialType, { nullable: true, description: 'The new credential; null on refusal.' })
  credential?: object | null

  @Field(() => String, {
    nullable: true,
    description: 'Shown this once; a repeat with the same idempotency key does not show it again.',
  })
  secret?: string | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RotateCredentialPayload', { description: 'The answer of `rotateCredential`.' })
export class RotateCredentialPayload {
  @Field(() => CredentialType, {
    nullable: true,
    description: 'With its new end of the former secret; null on refusal.',
  })
  credential?: object | null

  @Field(() => String, {
    nullable: true,
    description: 'The new secret. Shown this once; a repeat with the same idempotency key does not show it again.',
  })
  secret?: string | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('SetCredentialStatePayload', { description: 'The answer of `setCredentialState`.' })
export class SetCredentialStatePayload {
  @Field(() => CredentialType, { nullable: true, description: 'As it is now; null on refusal.' })
  credential?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

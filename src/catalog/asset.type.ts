import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar, SemVerScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesOffered } from '../persistence/permissions.js'
import { type AssetState, assetStates } from './asset.entity.js'
import { releaseTypes } from './asset.rules.js'

export const AssetStateEnum = enumObject(assetStates)
registerEnumType(AssetStateEnum, {
  name: 'AssetState',
  description: 'Where an asset stands in its life.',
  valuesConfig: {
    DRAFT: { description: 'Not released yet: no product can be activated with it.' },
    ACTIVE: { description: 'Released; products can take it.' },
    DEPRECATED: { description: 'No further product takes it; those that have it keep it.' },
    ARCHIVED: { description: 'Gone: no plan in use needs it.' },
  },
})

export const ReleaseTypeEnum = enumObject(releaseTypes)
registerEnumType(ReleaseTypeEnum, {
  name: 'ReleaseType',
  description: 'Which number of the version goes up.',
  valuesConfig: {
    MAJOR: { description: 'Something changed that its users must follow: 1.4.2 to 2.0.0.' },
    MINOR: { description: 'Something came along: 1.4.2 to 1.5.0.' },
    PATCH: { description: 'Something was mended: 1.4.2 to 1.4.3.' },
  },
})

@For(seesOffered)
@ObjectType('Asset', { implements: NodeType, description: 'A bundle of APIs that products are made of.' })
export class AssetType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it holds.' })
  description!: string | null

  @Field(() => AssetStateEnum, { description: 'Where it stands in its life.' })
  state!: AssetState
}
export const AssetConnectionType = connectionType('Asset', () => AssetType)

@For(seesOffered)
@ObjectType('AssetRelease', { description: 'An asset as it was released. It never changes.' })
export class AssetReleaseType {
  @Field(() => SemVerScalar, { description: 'Its number.' })
  version!: string

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  releasedAt!: Date
}

@For(seesOffered)
@ObjectType('ApiResource', {
  implements: NodeType,
  description: 'One API that a consumer can get access to. Access is decided for it, never for a whole product.',
})
export class ApiResourceType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it does.' })
  description!: string | null

  @Field(() => String, { nullable: true, description: "The version that the API's own description states." })
  apiVersion!: string | null

  @Field(() => String, {
    description: 'Where it is served: what a gateway matches a request against, such as /payments/v1.',
  })
  basePath!: string
}

@For(carriesOthers)
@ObjectType('CreateAssetPayload', { description: 'The answer of `createAsset`.' })
export class CreateAssetPayload {
  @Field(() => AssetType, { nullable: true, description: 'The new asset; null on refusal.' })
  asset?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ReleaseAssetPayload', { description: 'The answer of `releaseAsset`.' })
export class ReleaseAssetPayload {
  @Field(() => AssetType, { nullable: true, description: 'The asset with its new release; null on refusal.' })
  asset?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('SetAssetStatePayload', { description: 'The answer of `setAssetState`.' })
export class SetAssetStatePayload {
  @Field(() => AssetType, { nullable: true, description: 'The asset as it is now; null on refusal.' })
  asset?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

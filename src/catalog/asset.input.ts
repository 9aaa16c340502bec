import { Field, ID, InputType } from 'type-graphql'
import { KeyedInput } from '../graphql/keyed-input.js'
import type { AssetState } from './asset.entity.js'
import type { ReleaseType } from './asset.rules.js'
import { AssetStateEnum, ReleaseTypeEnum } from './asset.type.js'

@InputType('ApiResourceInput', { description: 'One API. With an OpenAPI document the rest may be left out.' })
export class ApiResourceInput {
  @Field(() => String, {
    nullable: true,
    description: 'May be left out when a specification is given, like the two below.',
  })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'What it does; up to 5,000 characters.' })
  description?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Where it is served, such as /payments/v1: whole segments, unique within the provider.',
  })
  basePath?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'An OpenAPI 3.x document, as JSON or YAML text of up to 1,000,000 characters, whole in itself.',
  })
  specification?: string | null
}

@InputType('CreateAssetInput', { description: 'A new asset.' })
export class CreateAssetInput extends KeyedInput {
  @Field(() => ID, { description: 'Whose it is.' })
  providerId!: string

  @Field(() => String, { description: 'Its name; 1 to 200 characters.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it holds; up to 5,000 characters.' })
  description?: string | null

  @Field(() => [ApiResourceInput], { description: 'Its APIs: 1 to 100.' })
  resources!: ApiResourceInput[]
}

@InputType('ReleaseAssetInput', { description: 'A release of an asset.' })
export class ReleaseAssetInput extends KeyedInput {
  @Field(() => ID, { description: 'The asset.' })
  assetId!: string

  @Field(() => ReleaseTypeEnum, { description: 'Which number goes up. The first release is 1.0.0.' })
  releaseType!: ReleaseType

  @Field(() => [ApiResourceInput], {
    nullable: true,
    description: "Replaces the draft's resources; those with a base path that it had before keep their id.",
  })
  resources?: ApiResourceInput[] | null
}

@InputType('SetAssetStateInput', { description: 'A new state of an asset.' })
export class SetAssetStateInput extends KeyedInput {
  @Field(() => ID, { description: 'The asset.' })
  assetId!: string

  @Field(() => AssetStateEnum, { description: 'The state that it is to have.' })
  state!: AssetState
}

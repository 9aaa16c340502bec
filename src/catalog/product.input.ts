import { ArgsType, Field, ID, InputType, Int } from 'type-graphql'
import { PageArgs } from '../graphql/connection.js'
import { KeyedInput } from '../graphql/keyed-input.js'
import { UrlScalar } from '../graphql/scalars.js'
import { TermsInput } from '../marketplaces/marketplace.input.js'
import type { ReleaseType } from './asset.rules.js'
import { ReleaseTypeEnum } from './asset.type.js'
import type { ApprovalMode, ProductState } from './product.entity.js'
import { ApprovalModeEnum, ProductStateEnum } from './product.type.js'

@InputType('ProductAssetInput', { description: 'An asset that a product is made of.' })
export class ProductAssetInput {
  @Field(() => ID, { description: 'The asset.' })
  assetId!: string

  @Field(() => String, {
    defaultValue: '*',
    description: 'Which releases of it: 1.0.1, 1.2.*, 1.* or *. The newest of them is taken.',
  })
  versions!: string
}

@InputType('CreateProductInput', { description: 'A new product.' })
export class CreateProductInput extends KeyedInput {
  @Field(() => ID, { description: 'Whose it is.' })
  providerId!: string

  @Field(() => String, { description: 'Its name; 1 to 200 characters.' })
  name!: string

  @Field(() => String, {
    nullable: true,
    description:
      'Its part of an address: 1 to 63 lower-case letters, digits and hyphens; made from the name when left out.',
  })
  slug?: string | null

  @Field(() => String, { nullable: true, description: 'What it is good for; up to 5,000 characters.' })
  description?: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'A picture.' })
  icon?: string | null

  @Field(() => [String], { defaultValue: [], description: 'Where it stands in a storefront; at most 20.' })
  categories!: string[]

  @Field(() => [String], { defaultValue: [], description: 'Words that it is found by; at most 50.' })
  tags!: string[]

  @Field(() => [ProductAssetInput], { defaultValue: [], description: 'What it is made of; at most 100.' })
  assets!: ProductAssetInput[]

  @Field(() => ApprovalModeEnum, {
    defaultValue: 'AUTOMATIC',
    description: 'Whether an access request to its resources waits for a person.',
  })
  accessApproval!: ApprovalMode

  @Field(() => TermsInput, { nullable: true, description: 'To be accepted by whoever subscribes.' })
  terms?: TermsInput | null
}

@InputType('UpdateProductInput', { description: 'What is left out stays, null clears.' })
export class UpdateProductInput extends KeyedInput {
  @Field(() => ID, { description: 'The product.' })
  productId!: string

  @Field(() => Int, {
    nullable: true,
    description: 'The `version` that was read; left out, the last writer wins.',
  })
  version?: number | null

  @Field(() => String, { nullable: true, description: 'Its name; 1 to 200 characters.' })
  name?: string | null

  @Field(() => String, { nullable: true, description: 'What it is good for; up to 5,000 characters.' })
  description?: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'A picture.' })
  icon?: string | null

  @Field(() => [String], { nullable: true, description: 'Where it stands in a storefront; at most 20.' })
  categories?: string[] | null

  @Field(() => [String], { nullable: true, description: 'Words that it is found by; at most 50.' })
  tags?: string[] | null

  @Field(() => [ProductAssetInput], {
    nullable: true,
    description: 'What it is made of from now on; an asset that a plan of the product covers cannot be left out.',
  })
  assets?: ProductAssetInput[] | null

  @Field(() => ApprovalModeEnum, {
    nullable: true,
    description: 'Whether an access request to its resources waits for a person.',
  })
  accessApproval?: ApprovalMode | null

  @Field(() => TermsInput, { nullable: true, description: 'A new version of its terms; null takes the terms away.' })
  terms?: TermsInput | null
}

@InputType('ActivateProductInput', { description: 'A release of a product.' })
export class ActivateProductInput extends KeyedInput {
  @Field(() => ID, { description: 'The product.' })
  productId!: string

  @Field(() => ReleaseTypeEnum, { description: 'Which number goes up. The first release is 1.0.0.' })
  releaseType!: ReleaseType

  @Field(() => String, { nullable: true, description: 'Its name for people; up to 50 characters.' })
  label?: string | null

  @Field(() => String, { nullable: true, description: 'What is new; up to 5,000 characters.' })
  description?: string | null
}

@InputType('DeprecateProductInput', { description: 'Which product takes no new subscription any more.' })
export class DeprecateProductInput extends KeyedInput {
  @Field(() => ID, { description: 'The product.' })
  productId!: string
}

@InputType('ArchiveProductInput', { description: 'Which product goes for good.' })
export class ArchiveProductInput extends KeyedInput {
  @Field(() => ID, { description: 'The product.' })
  productId!: string
}

@ArgsType()
export class ProductListArgs extends PageArgs {
  @Field(() => String, { nullable: true, description: 'Only those with these words in name or description.' })
  search?: string | null

  @Field(() => ProductStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: ProductState | null
}

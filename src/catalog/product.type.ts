import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { enumObject } from '../graphql/enum.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { DateTimeScalar, SemVerScalar, UrlScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesOffered } from '../persistence/permissions.js'
import { type ApprovalMode, approvalModes, type ProductState, productStates } from './product.entity.js'

export const ProductStateEnum = enumObject(productStates)
registerEnumType(ProductStateEnum, {
  name: 'ProductState',
  description: 'Where a product stands in its life.',
  valuesConfig: {
    DRAFT: { description: 'Cannot be published.' },
    ACTIVE: { description: 'Released; can be published.' },
    DEPRECATED: { description: 'Shown, but takes no new subscription.' },
    ARCHIVED: { description: 'Gone: its subscriptions have ended.' },
  },
})

export const ApprovalModeEnum = enumObject(approvalModes)
registerEnumType(ApprovalModeEnum, {
  name: 'ApprovalMode',
  description: 'Who says yes.',
  valuesConfig: {
    AUTOMATIC: { description: 'Nobody has to: it goes on at once.' },
    MANUAL: { description: "One of the provider's people." },
  },
})

@For(seesOffered)
@ObjectType('Product', {
  implements: NodeType,
  description: 'What is offered: a set of APIs, with plans to subscribe to.',
})
export class ProductType extends NodeType {
  @Field(() => String, { description: 'Made from the name when none is given; unique within a provider.' })
  slug!: string

  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is good for.' })
  description!: string | null

  @Field(() => UrlScalar, { nullable: true, description: 'A picture.' })
  icon!: string | null

  @Field(() => [String], { description: 'Where it stands in a storefront.' })
  categories!: string[]

  @Field(() => [String], { description: 'Words that it is found by.' })
  tags!: string[]

  @Field(() => ProductStateEnum, { description: 'Where it stands in its life.' })
  state!: ProductState

  @Field(() => Int, { description: 'Goes up with every change.' })
  version!: number

  @Field(() => ApprovalModeEnum, { description: 'Whether an access request to its resources waits for a person.' })
  accessApproval!: ApprovalMode

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date
}
export const ProductConnectionType = connectionType('Product', () => ProductType)

@For(withItsObject)
@ObjectType('ProductRelease', { description: 'That a product was released, and as what.' })
export class ProductReleaseType {
  @Field(() => SemVerScalar, { description: 'Its number.' })
  version!: string

  @Field(() => String, { nullable: true, description: 'Its name for people.' })
  label!: string | null

  @Field(() => String, { nullable: true, description: 'What is new.' })
  description!: string | null

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  releasedAt!: Date
}

@For(withItsObject)
@ObjectType('ProductAsset', { description: 'An asset that a product is made of.' })
export class ProductAssetType {
  @Field(() => String, { description: 'Which releases of the asset it takes: 1.0.1, 1.2.*, 1.* or *.' })
  versions!: string
}

@For(carriesOthers)
@ObjectType('CreateProductPayload', { description: 'The answer of `createProduct`.' })
export class CreateProductPayload {
  @Field(() => ProductType, { nullable: true, description: 'The new product; null on refusal.' })
  product?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('UpdateProductPayload', { description: 'The answer of `updateProduct`.' })
export class UpdateProductPayload {
  @Field(() => ProductType, { nullable: true, description: 'The product as it is now; null on refusal.' })
  product?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ActivateProductPayload', { description: 'The answer of `activateProduct`.' })
export class ActivateProductPayload {
  @Field(() => ProductType, { nullable: true, description: 'The product with its new release; null on refusal.' })
  product?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('DeprecateProductPayload', { description: 'The answer of `deprecateProduct`.' })
export class DeprecateProductPayload {
  @Field(() => ProductType, { nullable: true, description: 'The product as it is now; null on refusal.' })
  product?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('ArchiveProductPayload', { description: 'The answer of `archiveProduct`.' })
export class ArchiveProductPayload {
  @Field(() => ProductType, { nullable: true, description: 'The product as it is now; null on refusal.' })
  product?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

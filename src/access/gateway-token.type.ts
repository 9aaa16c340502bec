import { Field, ObjectType } from 'type-graphql'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { MarketplaceType } from '../marketplaces/marketplace.type.js'
import { managesMarketplaces } from '../persistence/permissions.js'

@For(managesMarketplaces)
@ObjectType('GatewayToken', {
  implements: NodeType,
  description: 'What a gateway asks with. The token itself is shown once, when it is made.',
})
export class GatewayTokenType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { description: 'The last four characters of the token, by which people recognize it.' })
  last4!: string

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When a gateway last asked with it; up to a minute old.',
  })
  lastUsedAt!: Date | null
}

@For(carriesOthers)
@ObjectType('CreateGatewayTokenPayload', { description: 'The answer of `createGatewayToken`.' })
export class CreateGatewayTokenPayload {
  @Field(() => GatewayTokenType, { nullable: true, description: 'The new token without its secret; null on refusal.' })
  gatewayToken?: object | null

  @Field(() => String, { nullable: true, description: 'Shown this once.' })
  token?: string | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

@For(carriesOthers)
@ObjectType('RevokeGatewayTokenPayload', { description: 'The answer of `revokeGatewayToken`.' })
export class RevokeGatewayTokenPayload {
  @Field(() => MarketplaceType, { nullable: true, description: 'Without that token; null on refusal.' })
  marketplace?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

import { Field, ObjectType } from 'type-graphql'
import { connectionType } from '../graphql/connection.js'
import { NodeType } from '../graphql/node.js'
import { carriesOthers, For } from '../graphql/policy.js'
import { DateTimeScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import { seesOrganization } from '../persistence/permissions.js'

@For({ ...seesOrganization, gateway: true })
@ObjectType('Application', {
  implements: NodeType,
  description: 'What a consumer organization builds: it asks for access, and calls with its credentials.',
})
export class ApplicationType extends NodeType {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date
}
export const ApplicationConnection = connectionType('Application', () => ApplicationType)

@For(carriesOthers)
@ObjectType('CreateApplicationPayload', { description: 'The answer of `createApplication`.' })
export class CreateApplicationPayload {
  @Field(() => ApplicationType, { nullable: true, description: 'The new application; null on refusal.' })
  application?: object | null

  @Field(() => [UserErrorType], { description: 'What was refused, and why.' })
  userErrors!: UserErrorType[]
}

import { Field, ID, InputType } from 'type-graphql'
import { DateTimeScalar, DecimalScalar } from '../graphql/scalars.js'
import type { ReportedUsage } from './usage.rules.js'

@InputType('UsageRecordInput', {
  description: 'One fact: whose call, of which API, how much, when. Whose and which are each said in one way or both.',
})
export class UsageRecordInput implements ReportedUsage {
  @Field(() => ID, { description: "The reporter's own id, of up to 255 characters: reported twice, it counts once." })
  id!: string

  @Field(() => String, { nullable: true, description: "Whose call: the credential's `publicId`." })
  credential?: string | null

  @Field(() => ID, { nullable: true, description: 'Whose call: the subscription.' })
  productSubscriptionId?: string | null

  @Field(() => ID, { nullable: true, description: 'Which API: its id.' })
  resourceId?: string | null

  @Field(() => String, { nullable: true, description: 'Which API: a path below its base path.' })
  path?: string | null

  @Field(() => DecimalScalar, { nullable: true, description: 'How many units, more than zero; 1 when left out.' })
  quantity?: string | null

  @Field(() => DateTimeScalar, { description: 'When the call was served: it counts in the interval of that instant.' })
  occurredAt!: Date
}

@InputType('ReportUsageInput', { description: 'What a gateway has served.' })
export class ReportUsageInput {
  @Field(() => [UsageRecordInput], { description: 'At most 1,000.' })
  records!: UsageRecordInput[]
}

import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { enumObject } from '../graphql/enum.js'
import { MoneyType, PeriodType } from '../graphql/money.type.js'
import { carriesOthers, For, withItsObject } from '../graphql/policy.js'
import { BigIntScalar, DecimalScalar } from '../graphql/scalars.js'
import { UserErrorType } from '../graphql/user-error.type.js'
import type { Money } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'
import type { QuotaUsage } from './quota-usage.repository.js'
import { type UsageRejectionCode, usageRejectionCodes } from './usage.rules.js'

@For(withItsObject)
@ObjectType('QuotaUsage', { description: 'What a quota has used in its present interval.' })
export class QuotaUsageType implements QuotaUsage {
  quotaId!: string

  @Field(() => PeriodType, { description: 'The interval: at its end the count starts again.' })
  period!: Period

  @Field(() => DecimalScalar, { description: 'Units used so far.' })
  used!: string

  @Field(() => BigIntScalar, { nullable: true, description: 'Null when unlimited.' })
  limitUnits!: bigint | null

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Units left, not below zero; of a LOOSE quota those that cost nothing more. Null when unlimited.',
  })
  remaining!: string | null

  @Field(() => MoneyType, {
    nullable: true,
    description: 'What the usage so far costs, on top of the base price; null for a plan without a price.',
  })
  cost!: Money | null
}

export const UsageRejectionCodeEnum = enumObject(usageRejectionCodes)
registerEnumType(UsageRejectionCodeEnum, {
  name: 'UsageRejectionCode',
  description: 'Why a record does not count.',
  valuesConfig: {
    CREDENTIAL_UNKNOWN: { description: 'There is no such credential or subscription in this marketplace.' },
    RESOURCE_UNKNOWN: { description: 'No resource fits the id or the path, or the two mean different ones.' },
    NOT_COVERED: { description: "No quota of the subscription's plan covers the resource." },
    TOO_OLD: { description: 'Before the subscription started, or too long ago to be charged.' },
    IN_FUTURE: { description: 'It has not happened yet.' },
    INVALID: { description: 'The record itself is not one that can be taken; the message says why.' },
  },
})

@For(withItsObject)
@ObjectType('UsageRejection', { description: 'A record that does not count. Mended, it may be reported again.' })
export class UsageRejectionType {
  @Field(() => ID, { description: "The reporter's own id of it." })
  id!: string

  @Field(() => UsageRejectionCodeEnum, { description: 'Why.' })
  code!: UsageRejectionCode

  @Field(() => String, { description: 'A whole sentence for whoever runs the gateway.' })
  message!: string
}

@For(carriesOthers)
@ObjectType('ReportUsagePayload', { description: 'What has become of each record: the three add up to all of them.' })
export class ReportUsagePayload {
  @Field(() => Int, { description: 'How many count from now on.' })
  accepted!: number

  @Field(() => Int, { description: 'How many had been reported before, or came twice in this call.' })
  duplicates!: number

  @Field(() => [UsageRejectionType], { description: 'Those that do not count, in no particular order.' })
  rejected!: UsageRejectionType[]

  @Field(() => [UserErrorType], { description: 'Why nothing was taken at all.' })
  userErrors!: UserErrorType[]
}

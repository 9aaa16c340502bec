import { Field, ObjectType } from 'type-graphql'
import { MoneyType, PeriodType } from '../graphql/money.type.js'
import { For, withItsObject } from '../graphql/policy.js'
import { CurrencyScalar } from '../graphql/scalars.js'
import type { Money } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'

@For(withItsObject)
@ObjectType('RevenuePoint', {
  description: "By the month of issue and of payment, in the marketplace's time zone.",
})
export class RevenuePointType {
  @Field(() => PeriodType, { description: 'The month, or the part of it that was asked for.' })
  period!: Period

  @Field(() => CurrencyScalar, { description: 'The sums of one currency never add to those of another.' })
  currency!: string

  @Field(() => MoneyType, { description: 'What was invoiced in that time, void invoices aside.' })
  invoiced!: Money

  @Field(() => MoneyType, { description: 'What was paid in that time, whenever it was invoiced.' })
  collected!: Money

  @Field(() => MoneyType, { description: 'What is still owed, now, of what was invoiced in that time.' })
  outstanding!: Money

  @Field(() => MoneyType, { description: 'The recurring part of what active subscriptions pay, per month.' })
  monthlyRecurring!: Money
}

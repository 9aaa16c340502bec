import { Arg, Field, ObjectType } from 'type-graphql'
import type { Currency } from '../kernel/currency.js'
import { amountText, formatted, type Money, money } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'
import { For, withItsObject } from './policy.js'
import { BigIntScalar, CurrencyScalar, DateTimeScalar, DecimalScalar } from './scalars.js'

@For(withItsObject)
@ObjectType('Money', {
  description: 'An exact sum. `minor` is what Stripe counts in: cents for USD, yen for JPY, mils for KWD.',
})
export class MoneyType implements Money {
  @Field(() => BigIntScalar, { description: 'The sum in minor units.' })
  minor!: bigint

  @Field(() => CurrencyScalar, { description: 'Whose units they are.' })
  currency!: Currency

  @Field(() => DecimalScalar, {
    description:
      'In major units, with exactly the currency\'s number of decimals: "25.00" USD, "25" JPY, "25.000" KWD.',
  })
  amount(): string {
    return amountText(this)
  }

  @Field(() => String, { description: 'Written for people, in the manner of a BCP 47 locale.' })
  formatted(
    @Arg('locale', () => String, {
      defaultValue: 'en',
      description: 'A BCP 47 locale such as de-AT; an unknown one counts as en.',
    })
    locale: string,
  ): string {
    return formatted(this, locale)
  }
}

/** The sum of a column in minor units and its currency; null where the column is. */
export function moneyOf(minor: bigint, currency: string): Money
export function moneyOf(minor: bigint | null, currency: string | null): Money | null
export function moneyOf(minor: bigint | null, currency: string | null): Money | null {
  return minor === null || currency === null ? null : money(minor, currency as Currency)
}

@For(withItsObject)
@ObjectType('Period', { description: 'From `start`, included, to `end`, excluded.' })
export class PeriodType implements Period {
  @Field(() => DateTimeScalar, { description: 'Its first instant.' })
  start!: Date

  @Field(() => DateTimeScalar, { description: 'The first instant after it.' })
  end!: Date
}

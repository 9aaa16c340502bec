import { type Currency, chargeStep, decimalsOf } from './currency.js'
import { type Decimal, decimal, isDecimalText, nearest } from './decimal.js'
import { invariant } from './invariant.js'
import { ok, type Result, refuse } from './result.js'

/** An exact sum: whole minor units (cents of USD, yen, fils of KWD) of a currency. May be below zero. */
export interface Money {
  readonly minor: bigint
  readonly currency: Currency
}

const largestMinor = 2n ** 63n - 1n

export function money(minor: bigint, currency: Currency): Money {
  return { minor, currency }
}

export function zero(currency: Currency): Money {
  return money(0n, currency)
}

/** @throws InvariantViolated when the currencies differ */
export function add(one: Money, other: Money): Money {
  return sum([one, other], one.currency)
}

/** @throws InvariantViolated when the currencies differ */
export function subtract(one: Money, other: Money): Money {
  return sum([one, money(-other.minor, other.currency)], one.currency)
}

/** @throws InvariantViolated when one of them is in another currency */
export function sum(list: readonly Money[], currency: Currency): Money {
  const minor = list.reduce((total, item) => {
    invariant(item.currency === currency, `${item.currency} cannot be added to ${currency}`)
    return total + item.minor
  }, 0n)
  return money(minor, currency)
}

/**
 * What a quantity costs at a rate, rounded once and half up to what can be charged: a whole minor unit, or
 * ten where the currency has three decimals.
 *
 * @param rate for one unit, in major units, and as fine as one likes: "0.0001"
 */
export function multiply(rate: Decimal, quantity: Decimal, currency: Currency): Money {
  const step = chargeStep(currency)
  const stepsInMajor = decimal(10n ** BigInt(decimalsOf(currency)) / step)
  return money(nearest(rate.times(quantity).times(stepsInMajor)) * step, currency)
}

/** A part of a sum, such as the days that are left of a month's; rounded as in `multiply`. */
export function prorate(whole: Money, part: bigint, of: bigint): Money {
  invariant(of > 0n, 'a share is a part of something')
  const step = chargeStep(whole.currency)
  return money(divideHalfUp(whole.minor * part, of * step) * step, whole.currency)
}

/**
 * Splits a sum by weights so that nothing is lost: what the rounded-down shares leave goes to the largest
 * remainders, the first of equals first. A sum that can be charged is split into such.
 *
 * @param weights none below zero, at least one above
 */
export function allocate(whole: Money, weights: readonly bigint[]): Money[] {
  const total = weights.reduce((all, weight) => all + weight, 0n)
  invariant(total > 0n && weights.every((weight) => weight >= 0n), 'weights are not below zero, and one is above')

  const step = whole.minor % chargeStep(whole.currency) === 0n ? chargeStep(whole.currency) : 1n
  const sign = whole.minor < 0n ? -1n : 1n
  const steps = (whole.minor * sign) / step
  const shares = weights.map((weight) => ({
    steps: (steps * weight) / total,
    rest: (steps * weight) % total,
  }))

  let left = shares.reduce((remaining, share) => remaining - share.steps, steps)
  const largestRestFirst = shares.toSorted((one, other) => (other.rest > one.rest ? 1 : other.rest < one.rest ? -1 : 0))
  for (const share of largestRestFirst) {
    if (left-- > 0n) share.steps += 1n
  }
  return shares.map((share) => money(share.steps * step * sign, whole.currency))
}

/**
 * The sum that a person wrote in major units: "25", "25.5", "-0.01". Refused when it is no plain decimal
 * number, finer than the currency, or past 64 bits.
 */
export function parseAmount(text: string, currency: Currency, field: string[] | null = null): Result<Money> {
  if (!isDecimalText(text)) {
    return refuse('INVALID', 'An amount is a plain decimal number such as 25.00.', field)
  }
  const decimals = decimalsOf(currency)
  const amount = decimal(text)
  if (amount.decimalPlaces() > decimals) {
    const allowed = decimals === 0 ? 'no decimals' : `at most ${decimals} decimals`
    return refuse('INVALID', `An amount in ${currency} has ${allowed}.`, field)
  }
  const minor = nearest(amount.times(decimal(10n ** BigInt(decimals))))
  if (minor > largestMinor || minor < -largestMinor - 1n) {
    return refuse('INVALID', 'This amount is larger than can be counted here.', field)
  }
  return ok(money(minor, currency))
}

/** In major units, with exactly the currency's number of decimals: "25.00" USD, "25" JPY, "25.000" KWD. */
export function amountText({ minor, currency }: Money): string {
  const decimals = decimalsOf(currency)
  if (decimals === 0) return String(minor)
  const digits = String(minor < 0n ? -minor : minor).padStart(decimals + 1, '0')
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Written for people, in the manner of a BCP 47 locale; one that is unknown or malformed counts as `en`. */
export function formatted(sum: Money, locale: string): string {
  // As text, since a number would lose the last digits of a large sum.
  return formatOf(locale, sum.currency).format(amountText(sum) as Intl.StringNumericLiteral)
}

// Making a format takes a hundred times as long as using it, and lists ask for the same one again and again.
const formats = new Map<string, Intl.NumberFormat>()
const mostFormats = 200
const longestLocale = 35

function formatOf(locale: string, currency: Currency): Intl.NumberFormat {
  const key = `${currency} ${locale.length > longestLocale ? 'en' : locale}`
  const known = formats.get(key)
  if (known) return known

  const digits = decimalsOf(currency)
  const options = {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as const
  const format = new Intl.NumberFormat(isLocale(locale) ? [locale, 'en'] : 'en', options)
  // The locale comes from clients: what they make up must not fill the memory.
  if (formats.size >= mostFormats) formats.clear()
  formats.set(key, format)
  return format
}

function isLocale(text: string): boolean {
  try {
    return text.length <= longestLocale && Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor : divisor
  return (2n * dividend + half) / (2n * divisor)
}

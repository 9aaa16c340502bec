import { Decimal as DecimalJs } from 'decimal.js'
import { invariant } from './invariant.js'

/** An exact decimal number. Sums and products of what people may enter keep all their digits. */
export type Decimal = DecimalJs

// 64 bits before the point and 18 decimals after it.
const longestText = 40
const grammar = /^-?(0|[1-9]\d*)(\.\d+)?$/

// Own settings, so that nobody else's change of the library's global ones reaches money. The precision holds
// the product of two of the longest texts, and no exponent is ever written.
const Exact = DecimalJs.clone({
  defaults: true,
  precision: 100,
  rounding: DecimalJs.ROUND_HALF_UP,
  toExpNeg: -9e15,
  toExpPos: 9e15,
})

/**
 * Whether it is a plain decimal number such as "-0.0001": no exponent, no plus, no leading zeros, no bare
 * point, up to 40 characters.
 */
export function isDecimalText(text: string): boolean {
  return typeof text === 'string' && text.length <= longestText && grammar.test(text)
}

/**
 * @param value as text a plain decimal number, of any length: sums of ours outgrow what people may enter
 * @throws InvariantViolated when the text is none: of what people enter, ask `isDecimalText` before
 */
export function decimal(value: string | bigint | Decimal): Decimal {
  invariant(typeof value !== 'string' || grammar.test(value), 'a decimal is made of a plain decimal number')
  return new Exact(typeof value === 'bigint' ? value.toString() : value)
}

/** As plain text without an exponent and without zeros at the end: "0.0001", "25", "-1.5". */
export function plain(value: Decimal): string {
  return value.isZero() ? '0' : value.toFixed()
}

/** The nearest whole number, halves away from zero, so that a credit mirrors its charge. */
export function nearest(value: Decimal): bigint {
  return BigInt(value.toFixed(0, DecimalJs.ROUND_HALF_UP))
}

import {
  type Exact,
  exact,
  isMore,
  isNothing,
  minus,
  plus,
  rounded,
  roundedUp,
  smaller,
  times,
  whole,
} from './exact.js'

/** How many decimals an amount has, and the last of them that can be charged, in minor units. */
export const currencies = {
  USD: { decimals: 2, step: 1n },
  EUR: { decimals: 2, step: 1n },
  JPY: { decimals: 0, step: 1n },
  KWD: { decimals: 3, step: 10n },
} as const
export type Currency = keyof typeof currencies

export interface Tier {
  readonly to: bigint | null
  readonly unitAmount: string
  readonly flatFee: string
}

/** What the units of a quota cost. */
export type Pricing =
  | { readonly kind: 'INCLUDED'; readonly limit: 'STRICT'; readonly limitUnits: bigint }
  | { readonly kind: 'INCLUDED'; readonly limit: 'LOOSE'; readonly limitUnits: bigint; readonly unitAmount: string }
  | { readonly kind: 'PER_UNIT'; readonly unitAmount: string }
  | { readonly kind: 'PACKAGE'; readonly unitAmount: string; readonly size: bigint }
  | { readonly kind: 'GRADUATED' | 'VOLUME'; readonly tiers: readonly Tier[] }

/** A part of a price: so many at so much. What has one name stands on one line. */
export interface Part {
  readonly name: string
  readonly quantity: Exact
  readonly unitAmount: string
}

/** What so many units of one interval cost. A tier is reached with its first unit, so no units cost nothing. */
export function partsOf(pricing: Pricing, units: Exact): Part[] {
  const nothing = whole(0n)
  if (isNothing(units)) return []
  switch (pricing.kind) {
    case 'INCLUDED': {
      const beyond = minus(units, whole(pricing.limitUnits))
      return pricing.limit === 'LOOSE' && isMore(beyond, nothing)
        ? [{ name: 'beyond', quantity: beyond, unitAmount: pricing.unitAmount }]
        : []
    }
    case 'PER_UNIT':
      return [{ name: 'unit', quantity: units, unitAmount: pricing.unitAmount }]
    case 'PACKAGE': {
      const started = roundedUp({ over: units.over, under: units.under * pricing.size })
      return [{ name: 'package', quantity: whole(started), unitAmount: pricing.unitAmount }]
    }
    case 'GRADUATED':
      return reached(pricing.tiers, units).flatMap(({ tier, below, index }) => {
        const top = tier.to === null ? units : smaller(units, whole(tier.to))
        return [...tierParts(tier, index, minus(top, whole(below)))]
      })
    case 'VOLUME': {
      const last = reached(pricing.tiers, units).at(-1)
      return last ? tierParts(last.tier, last.index, units) : []
    }
  }
}

function reached(tiers: readonly Tier[], units: Exact) {
  return tiers
    .map((tier, index) => ({ tier, index, below: index === 0 ? 0n : (tiers[index - 1]?.to as bigint) }))
    .filter(({ below }) => isMore(units, whole(below)))
}

function tierParts({ unitAmount, flatFee }: Tier, index: number, quantity: Exact): Part[] {
  return [
    { name: `tier ${index}`, quantity, unitAmount },
    { name: `tier ${index}, flat fee`, quantity: whole(1n), unitAmount: flatFee },
  ]
}

/** In minor units, rounded once, half up, to what can be charged. */
export function amountOf(quantity: Exact, unitAmount: string, currency: Currency): bigint {
  const { decimals, step } = currencies[currency]
  const steps = times(times(quantity, exact(unitAmount)), { over: 10n ** BigInt(decimals), under: step })
  return rounded(steps) * step
}

/** A part of an amount by time; rounded half up where it is charged, down where it is given back. */
export function shareOf(
  amount: bigint,
  left: number,
  length: number,
  currency: Currency,
  round: (value: Exact) => bigint,
) {
  const { step } = currencies[currency]
  return round({ over: amount * BigInt(left), under: BigInt(length) * step }) * step
}

export const sumOf = (parts: readonly Exact[]): Exact => parts.reduce(plus, whole(0n))

import type { Currency } from './currency.js'
import { type Decimal, decimal } from './decimal.js'
import { invariant } from './invariant.js'
import { type Money, multiply } from './money.js'

/** A price for some of the units: those from `from` to `to`, both included, the first unit being 1. */
export interface PriceTier {
  readonly from: bigint
  /** Null when it has no end. */
  readonly to: bigint | null
  /** For each unit, in major units. */
  readonly unitAmount: Decimal
  /** Once, when the tier is reached, in major units. */
  readonly flatFee: Decimal
}

/** What a quota costs. */
export interface QuotaPricingTerms {
  readonly pricing: 'INCLUDED' | 'PER_UNIT' | 'GRADUATED' | 'VOLUME' | 'PACKAGE'
  readonly limit: 'STRICT' | 'LOOSE' | 'UNLIMITED'
  /** Null when UNLIMITED. */
  readonly limitUnits: bigint | null
  /** In major units: for one unit, past the limit for INCLUDED, or for one package for PACKAGE. */
  readonly unitAmount: Decimal | null
  readonly packageSize: bigint | null
  readonly tiers: readonly PriceTier[]
  /** What is counted, as it reads in a description: "transactions". */
  readonly unit: string
}

/** A line of a bill. Its amount is quantity × unit amount, rounded once. */
export interface RatedLine {
  readonly description: string
  readonly quantity: Decimal
  /** In major units. */
  readonly unitAmount: Decimal
  readonly amount: Money
}

/**
 * What so many units of a quota cost in one period, tier by tier, with a line of its own for each flat fee.
 * What is covered by the base price has no line, and no usage has none at all: a tier is reached with its
 * first unit, so its flat fee is not owed before.
 *
 * @param units zero or more; a fraction counts as a fraction, but for a package that it starts
 */
export function rate(pricing: QuotaPricingTerms, units: Decimal, currency: Currency): RatedLine[] {
  invariant(units.greaterThanOrEqualTo(0), 'usage is not below zero')
  return charges(pricing, units)
    .filter(({ quantity, unitAmount }) => !quantity.isZero() && !unitAmount.isZero())
    .map((charge) => ({ ...charge, amount: multiply(charge.unitAmount, charge.quantity, currency) }))
}

/**
 * Why these are no tiers, each as a sentence; empty when they run from the first unit on without gap or end.
 */
export function tierProblems(tiers: readonly PriceTier[]): string[] {
  if (tiers.length === 0) return ['Tiered pricing needs at least one tier.']
  return tiers.flatMap((tier, index) => {
    const problems: string[] = []
    const problem = (sentence: string) => problems.push(`Tier ${index + 1} ${sentence}`)
    const isLast = index === tiers.length - 1
    const endBefore = index === 0 ? 0n : (tiers[index - 1]?.to ?? null)

    if (endBefore === null) problem('follows one without an end: only the last has none.')
    else if (tier.from > endBefore + 1n) problem(`leaves a gap: it must start at ${endBefore + 1n}.`)
    else if (tier.from <= endBefore) problem(`overlaps: it must start at ${endBefore + 1n}.`)
    if (tier.to !== null && tier.to < tier.from) problem('ends before it starts.')
    if (tier.to !== null && isLast) problem('is the last and must have no end.')
    if (tier.unitAmount.lessThan(0) || tier.flatFee.lessThan(0)) problem('has a price below zero.')
    return problems
  })
}

type Charge = Omit<RatedLine, 'amount'>

function charges(pricing: QuotaPricingTerms, units: Decimal): Charge[] {
  switch (pricing.pricing) {
    case 'INCLUDED':
      return overage(pricing, units)
    case 'PER_UNIT':
      return [{ description: pricing.unit, quantity: units, unitAmount: priced(pricing) }]
    case 'PACKAGE':
      return packages(pricing, units)
    case 'GRADUATED':
      return reached(pricing, units).flatMap((tier) => {
        const top = tier.to === null || units.lessThan(decimal(tier.to)) ? units : decimal(tier.to)
        return tierCharges(pricing, tier, top.minus(decimal(tier.from - 1n)))
      })
    case 'VOLUME': {
      const last = reached(pricing, units).at(-1)
      return last ? tierCharges(pricing, last, units) : []
    }
  }
}

function overage(pricing: QuotaPricingTerms, units: Decimal): Charge[] {
  // Past a STRICT limit nothing is let through, so nothing is charged.
  if (pricing.limit !== 'LOOSE' || pricing.unitAmount === null) return []
  invariant(pricing.limitUnits !== null, 'a LOOSE limit has a number')
  const beyond = units.minus(decimal(pricing.limitUnits))
  if (!beyond.greaterThan(0)) return []
  const description = `${pricing.unit} beyond the ${grouped(pricing.limitUnits)} included`
  return [{ description, quantity: beyond, unitAmount: pricing.unitAmount }]
}

function packages(pricing: QuotaPricingTerms, units: Decimal): Charge[] {
  const { packageSize, unit } = pricing
  invariant(packageSize !== null && packageSize > 0n, 'a package has a size')
  const size = decimal(packageSize)
  const full = units.divToInt(size)
  const started = units.greaterThan(full.times(size)) ? full.plus(1) : full
  return [
    {
      description: `packages of ${grouped(packageSize)} ${unit}`,
      quantity: started,
      unitAmount: priced(pricing),
    },
  ]
}

function tierCharges(pricing: QuotaPricingTerms, tier: PriceTier, quantity: Decimal): Charge[] {
  const span = tier.to === null ? `from ${grouped(tier.from)}` : `${grouped(tier.from)}–${grouped(tier.to)}`
  const description = `${pricing.unit}, tier ${span}`
  return [
    { description, quantity, unitAmount: tier.unitAmount },
    { description: `${description}, flat fee`, quantity: decimal(1n), unitAmount: tier.flatFee },
  ]
}

// The tiers in which there is any of the units, be it a fraction of one.
function reached(pricing: QuotaPricingTerms, units: Decimal): PriceTier[] {
  invariant(tierProblems(pricing.tiers).length === 0, 'tiers have neither gaps nor an end')
  return pricing.tiers.filter((tier) => units.greaterThan(decimal(tier.from - 1n)))
}

function priced(pricing: QuotaPricingTerms): Decimal {
  invariant(pricing.unitAmount !== null, `${pricing.pricing} has a price`)
  return pricing.unitAmount
}

function grouped(count: bigint): string {
  return count.toLocaleString('en')
}

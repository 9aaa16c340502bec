import type { Currency } from '../kernel/currency.js'
import { type Decimal, decimal } from '../kernel/decimal.js'
import { amountText, type Money, money, sum } from '../kernel/money.js'
import { type RatedLine, rate } from '../kernel/pricing.js'
import type { PlanRow, QuotaRow } from './plan.entity.js'
import { pricingTermsOf } from './pricing-terms.js'

export interface CostEstimate {
  lines: RatedLine[]
  /** Null for a plan without a price. */
  total: Money | null
}

/** A quota with the title of what it counts. */
export interface CountedQuota {
  quota: QuotaRow
  unit: string
}

/**
 * What one period costs: the base price, and of each quota so many units, all in one interval of it.
 * @param units by quota; what is not named was not used
 */
export function estimateOf(
  plan: PlanRow,
  quotas: readonly CountedQuota[],
  units: ReadonlyMap<string, Decimal>,
): CostEstimate {
  const { currency, baseMinor } = plan
  if (!currency || baseMinor === null || baseMinor === undefined) return { lines: [], total: null }
  const base = money(baseMinor, currency as Currency)
  const usage = quotas.flatMap(({ quota, unit }) =>
    rate(pricingTermsOf(quota, unit), units.get(quota.id) ?? decimal(0n), base.currency),
  )
  const lines = base.minor === 0n ? usage : [basePriceLine(plan.name, base), ...usage]
  const amounts = lines.map(({ amount }) => amount)
  return { lines, total: sum(amounts, base.currency) }
}

function basePriceLine(planName: string, base: Money): RatedLine {
  return {
    description: `${planName}, base price`,
    quantity: decimal(1n),
    unitAmount: decimal(amountText(base)),
    amount: base,
  }
}

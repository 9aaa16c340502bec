import { decimal, plain } from '../kernel/decimal.js'
import type { QuotaPricingTerms } from '../kernel/pricing.js'

/** What a plan may well be, and yet may surprise whoever has made it, each as a sentence. */
export function planWarnings(quotas: readonly QuotaPricingTerms[]): string[] {
  return quotas.flatMap(cheaperByMore)
}

/**
 * By volume all units have the price of the tier that the last one reaches. Within a tier more never costs less, so the
 * price can fall only where the next one begins, which the smallest part of a unit beyond the end does.
 */
function cheaperByMore({ pricing, tiers, unit }: QuotaPricingTerms): string[] {
  if (pricing !== 'VOLUME') return []
  return tiers.flatMap(({ to, unitAmount, flatFee }, index) => {
    const next = tiers[index + 1]
    if (to === null || !next) return []
    const end = decimal(to)
    const before = end.times(unitAmount).plus(flatFee)
    const after = end.times(next.unitAmount).plus(next.flatFee)
    if (!after.lessThan(before)) return []
    const many = to.toLocaleString('en')
    return [
      `More can cost less: ${many} ${unit} cost ${plain(before)}, and the price of more begins at ${plain(after)}.`,
    ]
  })
}

import { decimal } from '../kernel/decimal.js'
import type { QuotaPricingTerms } from '../kernel/pricing.js'
import type { QuotaRow } from './plan.entity.js'

/** What a stored quota costs, in the words of the kernel. @param unit the title of what is counted */
export function pricingTermsOf(
  quota: Pick<QuotaRow, 'pricing' | 'limit' | 'limitUnits' | 'unitAmount' | 'packageSize' | 'tiers'>,
  unit: string,
): QuotaPricingTerms {
  const { pricing, limit, limitUnits, unitAmount, packageSize, tiers } = quota
  return {
    pricing,
    limit,
    limitUnits: limitUnits ?? null,
    unitAmount: unitAmount === null || unitAmount === undefined ? null : decimal(unitAmount),
    packageSize: packageSize ?? null,
    tiers: tiers.map((tier) => ({
      from: BigInt(tier.from),
      to: tier.to === null ? null : BigInt(tier.to),
      unitAmount: decimal(tier.unitAmount),
      flatFee: decimal(tier.flatFee),
    })),
    unit,
  }
}

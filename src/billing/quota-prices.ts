import { Plan, Quota } from '../catalog/plan.entity.js'
import { pricingTermsOf } from '../catalog/pricing-terms.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { Unit } from '../providers/unit.entity.js'
import type { QuotaPrice } from './usage-lines.rules.js'

/** What quotas cost, those of former plans included. */
export class QuotaPrices {
  async of(reading: Reading, quotaIds: readonly string[]): Promise<Map<string, QuotaPrice>> {
    if (quotaIds.length === 0) return new Map()
    const found = await rows(reading, Quota, Plan, Unit)
      .selectFrom('Quota')
      .innerJoin('Plan', (join) =>
        join.onRef('Plan.id', '=', 'Quota.planId').onRef('Plan.providerId', '=', 'Quota.providerId'),
      )
      .leftJoin('Unit', (join) =>
        join.onRef('Unit.id', '=', 'Quota.unitId').onRef('Unit.providerId', '=', 'Quota.providerId'),
      )
      // Not all columns: the mapper would take plan_id and unit_id, beside these tables, for the id of the row.
      .select([
        'Quota.id',
        'Quota.pricing',
        'Quota.limit',
        'Quota.limitUnits',
        'Quota.unitAmount',
        'Quota.packageSize',
        'Quota.tiers',
      ])
      .select(['Plan.name as planName', 'Plan.currency', 'Unit.title as unit'])
      .where('Quota.id', 'in', [...new Set(quotaIds)])
      .execute()
    return new Map(
      found.map(({ planName, currency, unit, ...quota }) => {
        const terms = pricingTermsOf(quota, unit ?? 'units')
        return [quota.id, { quotaId: quota.id, planName, currency, terms }] as const
      }),
    )
  }
}

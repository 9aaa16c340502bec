import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { type Scope, system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { plansInSight, plansOnOffer, quotasInSight } from './offer.fence.js'
import { Plan, type PlanRow, Quota, QuotaResource } from './plan.entity.js'

/** A provider's people see their plans; others those offered to them, and those they have subscribed to. */
export class PlanRepository extends TenantRepository<typeof Plan> {
  constructor() {
    super(Plan, 'Plan')
  }

  protected visible(query: Query, scope: Scope): Query {
    return plansInSight(query, scope)
  }

  /** Of each product all plans to the provider's people, to others those that they could subscribe to. For loaders. */
  readonly ofProducts = (reading: Reading, productIds: readonly string[]): Promise<PlanRow[][]> =>
    this.grouped(reading, 'productId', productIds, 'oldest first', (query) => plansOnOffer(query, reading.scope))

  /** In a unit of work held as it is until the commit, so that a plan is not taken off sale in the moment in which it is sold. */
  async findHeld(reading: Reading, id: string): Promise<PlanRow | null> {
    const found = await this.find(reading, id)
    if (!found || !('em' in reading)) return found
    const held = await this.query(reading).selectAll('Plan').where('Plan.id', '=', id).forShare().executeTakeFirst()
    return (held as PlanRow | undefined) ?? null
  }
}

/** A quota is seen with its plan. */
export class QuotaRepository extends TenantRepository<typeof Quota> {
  constructor() {
    super(Quota, 'Quota')
  }

  protected visible(query: Query, scope: Scope): Query {
    return quotasInSight(query, scope)
  }

  /** In the plan's order. Whoever was shown a plan is shown its quotas, so nothing is asked for beyond that. For loaders. */
  readonly ofPlans = (reading: Reading, planIds: readonly string[]) =>
    this.grouped(reading.as(system), 'planId', planIds)

  /** The ids of the APIs that each quota covers, for those who were shown the quotas. For loaders. */
  readonly resourceIdsOf = async (reading: Reading, quotaIds: readonly string[]): Promise<string[][]> => {
    const found = await rows(reading.as(system), QuotaResource)
      .selectFrom('QuotaResource')
      .select(['quotaId', 'resourceId'])
      .where('quotaId', 'in', [...new Set(quotaIds)])
      .orderBy('resourceId')
      .execute()
    return quotaIds.map((id) => found.flatMap(({ quotaId, resourceId }) => (quotaId === id ? [resourceId] : [])))
  }
}

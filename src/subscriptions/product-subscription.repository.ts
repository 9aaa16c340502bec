import { ofOrganization } from '../persistence/fence.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { ProductSubscription } from './product-subscription.entity.js'
import { runningStates } from './product-subscription.rules.js'

/** Every member of the organization sees its subscriptions, and so do the provider's people. */
export class ProductSubscriptionRepository extends TenantRepository<typeof ProductSubscription> {
  constructor() {
    super(ProductSubscription, 'ProductSubscription')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofOrganization(query, scope, 'ProductSubscription')
  }

  /** How many still run: to a plan, to any plan of a product, or of an organization. */
  async countRunning(
    reading: Reading,
    of: { planId: string } | { productId: string } | { organizationId: string },
  ): Promise<number> {
    const [[column, id]] = Object.entries(of) as [['planId' | 'productId' | 'organizationId', string]]
    const { count } = await rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where(column, '=', id)
      .where('state', 'in', [...runningStates])
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  /** How many that still run will go over to a plan at the end of their period. */
  async countComing(reading: Reading, planId: string): Promise<number> {
    const { count } = await rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('scheduledPlanId', '=', planId)
      .where('state', 'in', [...runningStates])
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  async hasRunning(reading: Reading, organizationId: string, planId: string): Promise<boolean> {
    const found = await rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .select('id')
      .where('organizationId', '=', organizationId)
      .where('planId', '=', planId)
      .where('state', 'in', [...runningStates])
      .executeTakeFirst()
    return found !== undefined
  }

  /** Whether the organization has had a trial of the product, whichever plan it was of. */
  async hasHadTrial(reading: Reading, organizationId: string, productId: string): Promise<boolean> {
    const found = await rows(reading, ProductSubscription)
      .selectFrom('ProductSubscription')
      .select('id')
      .where('organizationId', '=', organizationId)
      .where('productId', '=', productId)
      .where('trialEndsAt', 'is not', null)
      .executeTakeFirst()
    return found !== undefined
  }
}

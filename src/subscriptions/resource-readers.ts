import { QuotaResource } from '../catalog/plan.entity.js'
import type { ResourceReaders } from '../catalog/resource-readers.port.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { ProductSubscription } from './product-subscription.entity.js'
import { admittedStates } from './product-subscription.rules.js'

/** Whoever has been let in reads how a resource is called, paid or not; who only asked for it does not. */
export class SubscribedResources implements ResourceReaders {
  readonly mayUse = async (reading: Reading, resourceIds: readonly string[]): Promise<boolean[]> => {
    const { scope } = reading
    if (scope.kind !== 'consumer' || scope.organizations.size === 0) return resourceIds.map(() => false)
    const covered = await rows(reading, ProductSubscription, QuotaResource)
      .selectFrom('ProductSubscription')
      .innerJoin('QuotaResource', (join) =>
        join
          .onRef('QuotaResource.planId', '=', 'ProductSubscription.planId')
          .onRef('QuotaResource.providerId', '=', 'ProductSubscription.providerId'),
      )
      .select('QuotaResource.resourceId')
      .distinct()
      .where('ProductSubscription.organizationId', 'in', [...scope.organizations.keys()])
      .where('ProductSubscription.marketplaceId', '=', scope.marketplaceId)
      .where('ProductSubscription.state', 'in', [...admittedStates])
      .where('QuotaResource.resourceId', 'in', [...new Set(resourceIds)])
      .execute()
    const ids = new Set(covered.map(({ resourceId }) => resourceId))
    return resourceIds.map((id) => ids.has(id))
  }
}

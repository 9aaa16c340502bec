import { sql } from 'kysely'
import type { Reading } from '../persistence/unit-of-work.js'
import type { ResourcesInUse } from '../subscriptions/plan-change.port.js'
import { visibleTo } from './access-facts.fence.js'

/** In use is what access was asked for and not refused: an application counts on it. */
export class RequestedResources implements ResourcesInUse {
  async notCoveredBy(reading: Reading, productSubscriptionId: string, planId: string): Promise<string[]> {
    const { rows } = await sql<{ resource_id: string }>`
      select distinct a.resource_id from access_request a
      where a.product_subscription_id = ${productSubscriptionId}
        and a.state in ('PENDING_APPROVAL', 'WAITING', 'GRANTED', 'SUSPENDED') and ${visibleTo(reading.scope, 'a')}
        and not exists (
          select 1 from quota_resource q
          where q.provider_id = a.provider_id and q.plan_id = ${planId} and q.resource_id = a.resource_id
        )
      order by a.resource_id`.execute(reading.kysely)
    return rows.map((row) => row.resource_id)
  }
}

import type { ClosingObstacles } from '../organizations/closing.port.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import type { ProductSubscriptionRepository } from './product-subscription.repository.js'

/** An organization is not closed while it has subscriptions that run, or wait for approval. */
export class RunningSubscriptions implements ClosingObstacles {
  constructor(private readonly subscriptions: ProductSubscriptionRepository) {}

  async of(transaction: Transaction, organizationId: string): Promise<string[]> {
    const count = await this.subscriptions.countRunning(transaction, { organizationId })
    if (count === 0) return []
    return [`${count === 1 ? 'A subscription still runs' : `${count} subscriptions still run`}: cancel first.`]
  }
}

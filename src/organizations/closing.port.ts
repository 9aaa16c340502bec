import type { Transaction } from '../persistence/unit-of-work.js'

/** What keeps an organization from being closed: what still runs, what is still owed. Those who know are further right. */
export interface ClosingObstacles {
  /** Each as a sentence; none when it may be closed. The organization is locked meanwhile. */
  of(transaction: Transaction, organizationId: string): Promise<string[]>
}

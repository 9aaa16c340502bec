import type { Reading } from '../persistence/unit-of-work.js'
import type { PlanRow } from './plan.entity.js'

/** Whether what is published can be paid; whoever bills provides it. */
export interface BillingReadiness {
  /** What will bite later, as sentences, when these plans are sold in the marketplace. */
  warnings(reading: Reading, marketplaceId: string, plans: readonly PlanRow[]): Promise<string[]>
}

import type { PlanRow } from '../catalog/plan.entity.js'
import type { Money } from '../kernel/money.js'
import type { Period } from '../kernel/period.js'
import type { UserError } from '../kernel/result.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { Opening } from './product-subscription.rules.js'

/** What the first invoice of a subscription would be. Its lines are billing's own. */
export interface FirstCharge {
  period: Period
  lines: readonly object[]
  total: Money
}

/** A plan that is about to be sold to an organization. */
export interface Sale {
  plan: PlanRow
  marketplaceId: string
  billingEmail: string | null
  charge: FirstCharge | null
}

/** What subscribing needs to know of money; whoever bills provides it. */
export interface SubscriptionCharges {
  /** Null where nothing is charged now: free and custom plans, trials. */
  firstCharge(plan: PlanRow, opening: Opening): FirstCharge | null
  /** Why this plan cannot be sold to this organization now. */
  obstacles(reading: Reading, sale: Sale): Promise<UserError[]>
}

import type { PlanRow } from '../catalog/plan.entity.js'
import type { UserError } from '../kernel/result.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { Course } from './period-turn.rules.js'
import type { ProductSubscriptionRow } from './product-subscription.entity.js'
import type { Opening } from './product-subscription.rules.js'
import type { FirstCharge } from './subscription-charge.port.js'

/** A change from one plan to another, worked out. */
export interface PlanChange {
  /** As it is before. */
  subscription: ProductSubscriptionRow
  from: PlanRow
  to: PlanRow
  /** When it takes effect. */
  at: Date
  /** Whether that is where the period ends. */
  atPeriodEnd: boolean
  /** Where the subscription stands after it. */
  course: Course
  /** How it begins to be paid, where it was not before. */
  opening: Opening | null
}

/** What a change of plan needs to know of money, and to have charged; whoever bills provides it. */
export interface PlanChangeCharges {
  /** What the change itself costs, usage aside: the same that is charged. Null where nothing is. */
  ofChange(reading: Reading, change: PlanChange): Promise<FirstCharge | null>
  /** Why the plan cannot be sold to the organization now. */
  obstacles(reading: Reading, change: PlanChange, charge: FirstCharge | null): Promise<UserError[]>
  /** Whether any invoice of the subscription is still to be paid. */
  owes(reading: Reading, productSubscriptionId: string): Promise<boolean>
  /** Writes the invoices of a change that has just taken effect, in its transaction. */
  charge(transaction: Transaction, change: PlanChange): Promise<void>
}

/** What of a subscription's resources is in use; whoever grants access provides it. */
export interface ResourcesInUse {
  /** The ids of those that are in use under the subscription and that the plan does not cover. */
  notCoveredBy(reading: Reading, productSubscriptionId: string, planId: string): Promise<string[]>
}

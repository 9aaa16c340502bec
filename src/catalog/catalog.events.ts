import { eventType } from '../events/event.js'
import type { ChangeTiming } from '../kernel/period.js'
import type { DeprecationStrategy } from './plan.entity.js'
import type { ProductState } from './product.entity.js'

/** From which state to which; the subject is the product. */
export interface ProductStateChange {
  state: ProductState
  previousState: ProductState
}

/** It concerns every marketplace where the product is on sale, so its audience names none. */
export const productStateChanged = eventType<ProductStateChange>('product.state-changed')

/** What is to become of those who have the plan; the subject is the plan. */
export interface PlanDeprecation {
  strategy: DeprecationStrategy
  /** With MIGRATE. */
  targetPlanId: string | null
  when: ChangeTiming
}

/** It concerns whoever has the plan, in every marketplace, so its audience names none. */
export const planDeprecated = eventType<PlanDeprecation>('plan.deprecated')

import type { Reading } from '../persistence/unit-of-work.js'

/** Who still uses what is offered; whoever knows of subscriptions provides it. */
export interface ProductUsage {
  /** How many subscriptions still run, whoever has them. */
  countRunning(reading: Reading, of: { productId: string } | { planId: string }): Promise<number>
  /** How many subscriptions that still run will go over to the plan. */
  countComing(reading: Reading, planId: string): Promise<number>
}

import { eventType } from '../events/event.js'
import type { PaymentStanding, ProductSubscriptionState } from './product-subscription.entity.js'

/** What every event of a product subscription tells: where it stood, and where it stands. */
export interface ProductSubscriptionChange {
  state: ProductSubscriptionState
  previousState: ProductSubscriptionState | null
  standing: PaymentStanding
  previousStanding: PaymentStanding | null
}

const event = (name: string) => eventType<ProductSubscriptionChange>(`product-subscription.${name}`)

export const subscriptionRequested = event('requested')
export const subscriptionStarted = event('started')
export const subscriptionRejected = event('rejected')
export const subscriptionSuspended = event('suspended')
export const subscriptionResumed = event('resumed')
export const subscriptionCanceled = event('canceled')
export const subscriptionExpired = event('expired')
export const subscriptionStandingChanged = event('standing-changed')
/** It is to another plan now: what is covered, and what it costs, may be different. */
export const subscriptionPlanChanged = event('plan-changed')
/** A new period has begun, at the same terms. It comes in great numbers, and opens or closes nothing. */
export const subscriptionRenewed = event('renewed')
/** Something that is neither state nor standing, such as a cancellation at the end of the period. */
export const subscriptionUpdated = event('updated')

export const subscriptionEventNames = [
  subscriptionRequested,
  subscriptionStarted,
  subscriptionRejected,
  subscriptionSuspended,
  subscriptionResumed,
  subscriptionCanceled,
  subscriptionExpired,
  subscriptionStandingChanged,
  subscriptionPlanChanged,
  subscriptionRenewed,
  subscriptionUpdated,
].map(({ name }) => name)

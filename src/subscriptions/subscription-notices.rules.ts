import type { ProductSubscriptionState } from './product-subscription.entity.js'

export const endToldAheadInMs = 3 * 24 * 60 * 60 * 1_000

export interface EndFacts {
  state: ProductSubscriptionState
  startedAt: Date | null
  endsAt: Date | null
  cancelAtPeriodEnd: boolean
}

/**
 * Whether its people should know that it will end. Of a cancellation they hear at once: it can be taken back until then.
 * Of the end of a term, which was known from the beginning, they are reminded; not if it is so short that the reminder
 * would come with the beginning.
 */
export function isEndToBeTold({ state, startedAt, endsAt, cancelAtPeriodEnd }: EndFacts, now: Date): boolean {
  if ((state !== 'ACTIVE' && state !== 'SUSPENDED') || !startedAt || !endsAt || now >= endsAt) return false
  if (cancelAtPeriodEnd) return true
  const reminderAt = new Date(endsAt.getTime() - endToldAheadInMs)
  return startedAt < reminderAt && reminderAt <= now
}

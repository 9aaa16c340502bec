import { eventType } from '../events/event.js'

/** The subject is the product subscription. */
export interface QuotaThresholdFact {
  quotaId: string
  /** 50, 80 or 100 per cent. */
  threshold: number
}

/** Each threshold once in a period of the quota. */
export const quotaThresholdReached = eventType<QuotaThresholdFact>('quota.threshold-reached')

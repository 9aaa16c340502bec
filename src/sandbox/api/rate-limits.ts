import { isLive } from '../ledger/mode.js'
import { StripeError } from '../ledger/stripe-error.js'

/** Stripe's test mode; live mode allows four times as much. */
const perSecond = { test: 25, live: 100 }

interface Bucket {
  tokens: number
  filledAt: number
}

/** A bucket of tokens for each account. */
export class RateLimits {
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(now: () => number) {
    this.#now = now
  }

  admit(account: string): void {
    const now = this.#now()
    const most = isLive(account) ? perSecond.live : perSecond.test
    const bucket = this.#buckets.get(account) ?? { tokens: most, filledAt: now }
    this.#buckets.set(account, bucket)
    bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.filledAt) / 1000) * most)
    bucket.filledAt = now
    if (bucket.tokens < 1) {
      throw new StripeError(
        429,
        'Request rate limit exceeded. Learn more about rate limits at https://stripe.com/docs/rate-limits.',
        {
          code: 'rate_limit',
        },
      )
    }
    bucket.tokens -= 1
  }
}

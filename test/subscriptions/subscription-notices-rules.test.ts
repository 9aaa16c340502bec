import { describe, expect, it } from '@jest/globals'
import { productSubscriptionStates } from '../../src/subscriptions/product-subscription.entity.js'
import { isEndToBeTold } from '../../src/subscriptions/subscription-notices.rules.js'

const day = 24 * 60 * 60 * 1_000
const endsAt = new Date('2026-03-31T10:00:00Z')
const daysBefore = (days: number) => new Date(endsAt.getTime() - days * day)
const running = { state: 'ACTIVE', startedAt: daysBefore(30), endsAt, cancelAtPeriodEnd: false } as const

describe('the end of a subscription that is ahead', () => {
  it('is told of three days before, and until it is there', () => {
    expect(isEndToBeTold(running, new Date(daysBefore(3).getTime() - 1))).toBe(false)
    expect(isEndToBeTold(running, daysBefore(3))).toBe(true)
    expect(isEndToBeTold(running, new Date(endsAt.getTime() - 1))).toBe(true)
    expect(isEndToBeTold(running, endsAt)).toBe(false)
  })

  it('is told of at once where it was cancelled', () => {
    const canceled = { ...running, cancelAtPeriodEnd: true }
    expect(isEndToBeTold(canceled, daysBefore(29))).toBe(true)
    expect(isEndToBeTold(canceled, endsAt)).toBe(false)
    expect(isEndToBeTold({ ...canceled, startedAt: daysBefore(1) }, daysBefore(0.5))).toBe(true)
  })

  it('is not told of with the beginning of a term that is hardly longer', () => {
    expect(isEndToBeTold({ ...running, startedAt: daysBefore(3) }, daysBefore(2))).toBe(false)
    expect(isEndToBeTold({ ...running, startedAt: new Date(daysBefore(3).getTime() - 1) }, daysBefore(2))).toBe(true)
  })

  it.each(productSubscriptionStates)('of one that is %s is told only if it runs', (state) => {
    const runs = state === 'ACTIVE' || state === 'SUSPENDED'
    for (const cancelAtPeriodEnd of [true, false]) {
      expect(isEndToBeTold({ ...running, state, cancelAtPeriodEnd }, daysBefore(1))).toBe(runs)
      expect(isEndToBeTold({ ...running, state, cancelAtPeriodEnd, endsAt: null }, daysBefore(1))).toBe(false)
      expect(isEndToBeTold({ ...running, state, cancelAtPeriodEnd, startedAt: null }, daysBefore(1))).toBe(false)
    }
  })
})

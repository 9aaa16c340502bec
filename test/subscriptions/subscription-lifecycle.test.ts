import { describe, expect, it } from '@jest/globals'
import {
  type ProductSubscriptionState,
  productSubscriptionStates,
} from '../../src/subscriptions/product-subscription.entity.js'
import {
  cancelStep,
  hasEnded,
  type SubscriptionStep,
  subscriptionLifecycle,
} from '../../src/subscriptions/product-subscription.rules.js'

const same = 'nothing'
const refused = 'refused'
type Outcome = ProductSubscriptionState | typeof same | typeof refused

const steps = [
  'approve',
  'reject',
  'suspend',
  'resume',
  'cancel now',
  'cancel at period end',
  'keep',
  'change plan',
  'expire',
] as const satisfies SubscriptionStep[]

/** State by state, in the order of the steps. */
const expected: Record<ProductSubscriptionState, Outcome[]> = {
  PENDING_APPROVAL: ['ACTIVE', 'REJECTED', refused, refused, 'CANCELED', 'CANCELED', refused, refused, refused],
  REJECTED: [refused, same, refused, refused, refused, refused, refused, refused, refused],
  ACTIVE: [same, refused, 'SUSPENDED', same, 'CANCELED', same, same, same, 'EXPIRED'],
  SUSPENDED: [same, refused, same, 'ACTIVE', 'CANCELED', same, same, refused, 'EXPIRED'],
  CANCELED: [refused, refused, refused, refused, same, same, refused, refused, same],
  EXPIRED: [refused, refused, refused, refused, same, same, refused, refused, same],
}

describe('The life of a subscription', () => {
  const cases = productSubscriptionStates.flatMap((state) =>
    steps.map((step, index) => ({ state, step, outcome: expected[state][index] as Outcome })),
  )

  it.each(cases)('$state, $step: $outcome', ({ state, step, outcome }) => {
    const taken = subscriptionLifecycle.take(state, step)
    if (outcome === refused) {
      expect(taken).toMatchObject({ ok: false, errors: [{ code: 'WRONG_STATE', field: null }] })
    } else {
      const after = outcome === same ? state : outcome
      expect(taken).toEqual({ ok: true, value: { state: after, changed: after !== state } })
    }
  })

  it('has no state and no step beside these', () => {
    expect([...subscriptionLifecycle.states].sort()).toEqual([...productSubscriptionStates].sort())
    expect([...subscriptionLifecycle.steps].sort()).toEqual([...steps].sort())
  })

  it('is over where no step leads away', () => {
    expect(productSubscriptionStates.filter(hasEnded)).toEqual(['REJECTED', 'CANCELED', 'EXPIRED'])
  })
})

describe('A wish to cancel', () => {
  const periodEnd = new Date('2026-02-28T10:00:00Z')

  it('waits for the end of what is paid for', () => {
    expect(cancelStep('PERIOD_END', { periodEnd, standing: 'GOOD' })).toBe('cancel at period end')
    expect(cancelStep('PERIOD_END', { periodEnd, standing: 'NOT_REQUIRED' })).toBe('cancel at period end')
    expect(cancelStep('PERIOD_END', { periodEnd, standing: 'PAST_DUE' })).toBe('cancel at period end')
  })

  it('does not wait where nothing is paid for', () => {
    expect(cancelStep('NOW', { periodEnd, standing: 'GOOD' })).toBe('cancel now')
    expect(cancelStep('PERIOD_END', { periodEnd: null, standing: 'NOT_REQUIRED' })).toBe('cancel now')
    expect(cancelStep('PERIOD_END', { periodEnd, standing: 'AWAITING_FIRST_PAYMENT' })).toBe('cancel now')
  })
})

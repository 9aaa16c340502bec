import { describe, expect, it } from '@jest/globals'
import { type PlanChangeFacts, planChangeObstacles, takesBack } from '../../src/subscriptions/plan-change.rules.js'
import { productSubscriptionStates } from '../../src/subscriptions/product-subscription.entity.js'
import { subscriptionLifecycle } from '../../src/subscriptions/product-subscription.rules.js'
import { freePlan, planOf } from './given.js'

const now = new Date('2026-02-10T12:00:00Z')

/** A paid subscription in the middle of its period, and a dearer plan that nothing stands in the way of. */
function facts(about: Partial<PlanChangeFacts> = {}): PlanChangeFacts {
  return {
    state: 'ACTIVE',
    standing: 'GOOD',
    cancelAtPeriodEnd: false,
    scheduledPlanId: null,
    periodEnd: new Date('2026-02-28T10:00:00Z'),
    periodNumber: 0,
    approvedByPerson: false,
    answers: null,
    from: planOf(),
    to: planOf({ id: 'plan_platinum', baseMinor: 5_000n }),
    when: 'NOW',
    at: now,
    notOnSale: null,
    runsTarget: false,
    owes: false,
    ...about,
  }
}
const codes = (about: Partial<PlanChangeFacts>) => planChangeObstacles(facts(about)).map(({ code }) => code)
const fields = (about: Partial<PlanChangeFacts>) => planChangeObstacles(facts(about)).map(({ field }) => field?.[1])

describe('What stands in the way of a change of plan', () => {
  it('is nothing where all is well, at once or at the end of the period', () => {
    expect(codes({})).toEqual([])
    expect(codes({ when: 'PERIOD_END' })).toEqual([])
  })

  it.each(productSubscriptionStates)('is what the lifecycle says of %s', (state) => {
    const taken = subscriptionLifecycle.take(state, 'change plan')
    expect(codes({ state })).toEqual(taken.ok ? [] : ['WRONG_STATE'])
  })

  it('is an end that is settled', () => {
    expect(codes({ cancelAtPeriodEnd: true })).toEqual(['WRONG_STATE'])
  })

  it('is a plan of another product', () => {
    expect(codes({ to: planOf({ id: 'plan_2', productId: 'prod_2' }) })).toEqual(['INVALID'])
  })

  it('is a plan that is not on sale, told as the offer tells it', () => {
    const [error] = planChangeObstacles(facts({ notOnSale: 'The plan is deprecated.' }))
    expect(error).toEqual({ code: 'WRONG_STATE', message: 'The plan is deprecated.', field: ['input', 'planId'] })
  })

  it('is another running subscription to the plan', () => {
    expect(codes({ runsTarget: true })).toEqual(['ALREADY_SUBSCRIBED'])
  })

  it('is an approval that nobody has given, but not one that was', () => {
    const to = planOf({ id: 'plan_2', approval: 'MANUAL' })
    expect(codes({ to })).toEqual(['WRONG_STATE'])
    expect(codes({ to, approvedByPerson: true })).toEqual([])
  })

  it('is a form that the answers do not satisfy', () => {
    const requestForm = { type: 'object', required: ['purpose'], properties: { purpose: { type: 'string' } } }
    const to = planOf({ id: 'plan_2', requestForm })
    expect(codes({ to })).toEqual(['WRONG_STATE'])
    expect(codes({ to, answers: { purpose: 7 } })).toEqual(['WRONG_STATE'])
    expect(codes({ to, answers: { purpose: 'maps' } })).toEqual([])
  })

  it('is a first invoice that is not paid, whenever it is to be', () => {
    expect(codes({ standing: 'AWAITING_FIRST_PAYMENT', owes: true })).toEqual(['WRONG_STATE'])
    expect(codes({ standing: 'AWAITING_FIRST_PAYMENT', owes: true, when: 'PERIOD_END' })).toEqual(['WRONG_STATE'])
  })

  it('is anything that is owed, but only at once', () => {
    expect(fields({ owes: true, standing: 'PAST_DUE' })).toEqual(['when'])
    expect(codes({ owes: true, standing: 'PAST_DUE', when: 'PERIOD_END' })).toEqual([])
  })

  it('is another currency, but neither at the end of the period, nor in a trial, nor where nothing is charged', () => {
    const to = planOf({ id: 'plan_2', currency: 'EUR' })
    expect(fields({ to })).toEqual(['when'])
    expect(codes({ to, when: 'PERIOD_END' })).toEqual([])
    expect(codes({ to, periodNumber: null })).toEqual([])
    expect(codes({ to: freePlan() })).toEqual([])
    expect(codes({ from: freePlan(), to, periodEnd: null, periodNumber: null, standing: 'NOT_REQUIRED' })).toEqual([])
  })

  it('is a period that is just over', () => {
    expect(codes({ periodEnd: now })).toEqual(['WRONG_STATE'])
    expect(codes({ periodEnd: new Date(now.getTime() + 1) })).toEqual([])
  })

  it('is told all at once', () => {
    const to = planOf({ id: 'plan_2', approval: 'MANUAL', productId: 'prod_2' })
    const about = { to, cancelAtPeriodEnd: true, runsTarget: true, owes: true, notOnSale: 'No.' }
    expect(codes(about)).toEqual([
      'WRONG_STATE',
      'INVALID',
      'WRONG_STATE',
      'ALREADY_SUBSCRIBED',
      'WRONG_STATE',
      'WRONG_STATE',
    ])
  })
})

describe('Naming the present plan', () => {
  const same = { to: planOf(), when: 'PERIOD_END' as const }

  it('takes back a change that waits', () => {
    expect(takesBack(facts({ ...same, scheduledPlanId: 'plan_2' }))).toBe(true)
    expect(codes({ ...same, scheduledPlanId: 'plan_2', owes: true, standing: 'PAST_DUE' })).toEqual([])
  })

  it('is no change where none waits, or where it is to be at once', () => {
    expect(codes(same)).toEqual(['INVALID'])
    expect(codes({ ...same, when: 'NOW', scheduledPlanId: 'plan_2' })).toEqual(['INVALID'])
  })

  it('does not keep a plan that the provider has taken off sale', () => {
    const from = planOf({ state: 'DEPRECATED' })
    expect(codes({ ...same, from, to: from, scheduledPlanId: 'plan_2' })).toEqual(['WRONG_STATE'])
  })
})

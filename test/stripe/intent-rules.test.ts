import { describe, expect, it } from '@jest/globals'
import { type StripeIntentState, stripeIntentStates } from '../../src/stripe/stripe-intent.entity.js'
import { type EarlierIntent, keyBase, planned } from '../../src/stripe/stripe-intent.rules.js'

const now = new Date('2026-11-24T12:00:00Z')
const base = keyBase('inv_1', 'draft', { total: 1 })
const otherBase = keyBase('inv_1', 'draft', { total: 2 })
const minutes = (count: number) => new Date(now.getTime() - count * 60_000)

function intent(state: StripeIntentState, about: Partial<EarlierIntent> = {}): EarlierIntent {
  const sentAt = state === 'NEW' ? null : minutes(5)
  const stripeId = state === 'DONE' ? 'in_1' : null
  return {
    id: 'i',
    state,
    idempotencyKey: base,
    keySpent: false,
    firstSentAt: sentAt,
    lastSentAt: sentAt,
    stripeId,
    ...about,
  }
}

describe('An idempotency key', () => {
  it('is the same for the same want, and another for anything else', () => {
    expect(keyBase('inv_1', 'draft', { total: 1 })).toBe(base)
    expect(base).toMatch(/^inv_1-draft-[0-9a-f]{16}$/)
    expect(
      new Set([base, otherBase, keyBase('inv_2', 'draft', { total: 1 }), keyBase('inv_1', 'x', { total: 1 })]).size,
    ).toBe(4)
  })
})

describe('What to do about a step', () => {
  it('that was never tried is to send it with a key of its own', () => {
    expect(planned([], base, now)).toEqual({ do: 'send', intent: null, key: base, neverSent: [] })
  })

  it('follows from each state of the same want', () => {
    const plans = Object.fromEntries(
      stripeIntentStates.map((state) => {
        const plan = planned([intent(state)], base, now)
        return [state, plan.do === 'send' ? `send ${plan.key.slice(base.length)}` : plan.do]
      }),
    )
    expect(plans).toEqual({ NEW: 'send ', SENT: 'send ', UNKNOWN: 'send ', DONE: 'use', REFUSED: 'send -2' })
  })

  it('follows from each state of another want for the same', () => {
    const plans = Object.fromEntries(
      stripeIntentStates.map((state) => {
        const plan = planned([intent(state, { idempotencyKey: otherBase })], base, now)
        return [state, plan.do]
      }),
    )
    expect(plans).toEqual({
      NEW: 'send',
      SENT: 'look first',
      UNKNOWN: 'look first',
      DONE: 'use',
      REFUSED: 'send',
    })
  })

  it('keeps to one key for 20 hours, then looks first', () => {
    const sent = (hours: number) => intent('UNKNOWN', { firstSentAt: minutes(hours * 60), lastSentAt: minutes(1) })
    expect(planned([sent(19.99)], base, now)).toMatchObject({ do: 'send', key: base })
    expect(planned([sent(20)], base, now)).toEqual({
      do: 'look first',
      open: [sent(20)],
      window: { from: minutes(20 * 60 + 10), until: minutes(-9) },
    })
  })

  it('looks first where Stripe has stored a failure under the key', () => {
    expect(planned([intent('UNKNOWN', { keySpent: true })], base, now)).toMatchObject({ do: 'look first' })
  })

  it('waits for somebody who is asking for it in other words at this moment', () => {
    const underWay = intent('SENT', {
      idempotencyKey: otherBase,
      lastSentAt: new Date(now.getTime() - 10_000),
    })
    expect(planned([underWay], base, now)).toEqual({ do: 'wait', milliseconds: 20_000 })
  })

  it('counts keys that were used up', () => {
    const refused = [intent('REFUSED'), intent('REFUSED', { idempotencyKey: `${base}-2` })]
    expect(planned(refused, base, now)).toMatchObject({ do: 'send', key: `${base}-3`, intent: null })
  })

  it('gives up what was never sent when something else is wanted', () => {
    const other = intent('NEW', { idempotencyKey: otherBase })
    expect(planned([other], base, now)).toEqual({ do: 'send', intent: null, key: base, neverSent: [other] })
  })

  it('looks for the unknown one even where the present one could be sent', () => {
    const unknown = intent('UNKNOWN', { idempotencyKey: otherBase })
    expect(planned([unknown, intent('NEW')], base, now)).toMatchObject({ do: 'look first', open: [unknown] })
  })
})

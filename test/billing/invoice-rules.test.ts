import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type InvoiceReason,
  type InvoiceStatus,
  invoiceReasons,
  invoiceStatuses,
  invoiceSyncStatuses,
} from '../../src/billing/invoice.entity.js'
import {
  endedUnpaid,
  type InvoiceStep,
  invoiceLifecycle,
  isForNothing,
  isOwed,
  isPastDue,
  isUnderWay,
  mayCharge,
  ownDueDate,
  stepToStatus,
  tellsDetails,
} from '../../src/billing/invoice.rules.js'
import { productSubscriptionStates } from '../../src/subscriptions/product-subscription.entity.js'

const steps: readonly InvoiceStep[] = ['open', 'pay', 'void', 'write off']
const now = new Date('2026-11-24T12:00:00Z')
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds)

/** Where a step leads, `=` for nowhere, `!` for a refusal. */
function outcome(status: InvoiceStatus, step: InvoiceStep): string {
  const taken = invoiceLifecycle.take(status, step)
  if (!taken.ok) return `!${taken.errors.map(({ code }) => code).join()}`
  return taken.value.changed ? taken.value.state : '='
}

describe('The life of an invoice', () => {
  it('has one answer for each step in each status', () => {
    const all = Object.fromEntries(
      invoiceStatuses.map((status) => [status, Object.fromEntries(steps.map((step) => [step, outcome(status, step)]))]),
    )
    expect(all).toEqual({
      DRAFT: { open: 'OPEN', pay: 'PAID', void: 'VOID', 'write off': 'UNCOLLECTIBLE' },
      OPEN: { open: '=', pay: 'PAID', void: 'VOID', 'write off': 'UNCOLLECTIBLE' },
      UNCOLLECTIBLE: { open: '=', pay: 'PAID', void: 'VOID', 'write off': '=' },
      PAID: { open: '=', pay: '=', void: '!WRONG_STATE', 'write off': '!WRONG_STATE' },
      VOID: { open: '=', pay: '!WRONG_STATE', void: '=', 'write off': '!WRONG_STATE' },
    })
    expect([...invoiceLifecycle.steps].sort()).toEqual([...steps].sort())
    expect([...invoiceLifecycle.states].sort()).toEqual([...invoiceStatuses].sort())
  })

  it('ends alike in whatever order the same news of Stripe comes, and however often', () => {
    const news = fc.uniqueArray(fc.constantFrom<InvoiceStep>('open', 'write off', 'pay'), { minLength: 1 })
    const told = news.chain((set) =>
      fc.tuple(fc.constant(set), fc.shuffledSubarray([...set, ...set], { minLength: set.length })),
    )
    fc.assert(
      fc.property(told, ([set, order]) => {
        const whole = [...order, ...set.filter((step) => !order.includes(step))]
        const end = whole.reduce<InvoiceStatus>(follow, 'DRAFT')
        const expected = set.includes('pay') ? 'PAID' : set.includes('write off') ? 'UNCOLLECTIBLE' : 'OPEN'
        expect(end).toBe(expected)
      }),
    )
  })

  it('never leaves paid or void, whatever is told', () => {
    for (const final of ['PAID', 'VOID'] as const) {
      expect(steps.map((step) => follow(final, step))).toEqual(steps.map(() => final))
    }
  })

  it('follows each status that Stripe may report, but no draft', () => {
    expect(stepToStatus).toEqual({ DRAFT: null, OPEN: 'open', PAID: 'pay', VOID: 'void', UNCOLLECTIBLE: 'write off' })
  })
})

function follow(status: InvoiceStatus, step: InvoiceStep): InvoiceStatus {
  const taken = invoiceLifecycle.take(status, step)
  return taken.ok ? taken.value.state : status
}

describe('What is told of an invoice', () => {
  const second = 1_000

  it('counts from further along its life, whenever it was said, and never from behind', () => {
    const further = Object.fromEntries(
      invoiceStatuses.map((held) => [
        held,
        invoiceStatuses.filter((status) => tellsDetails({ status, at: later(-second) }, { status: held, at: now })),
      ]),
    )
    expect(further).toEqual({
      DRAFT: ['OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'],
      OPEN: ['PAID', 'VOID', 'UNCOLLECTIBLE'],
      UNCOLLECTIBLE: ['PAID', 'VOID'],
      PAID: [],
      VOID: [],
    })
  })

  it.each([
    ['an answer to our own call', null, now, true],
    ['the first that is heard', now, null, true],
    ['something newer', later(second), now, true],
    ['the same second', now, now, true],
    ['something older', later(-second), now, false],
  ])('in the same status is taken from %s: %s', (_, at, held, taken) => {
    expect(tellsDetails({ status: 'OPEN', at }, { status: 'OPEN', at: held })).toBe(taken)
  })
})

describe('An invoice', () => {
  it('is owed until it is paid or void', () => {
    expect(invoiceStatuses.filter(isOwed)).toEqual(['DRAFT', 'OPEN', 'UNCOLLECTIBLE'])
  })

  it('is past due from the due instant on, when Stripe has it and no payment is under way', () => {
    const due = (status: InvoiceStatus) => isPastDue({ status, dueAt: now, paymentProcessing: null }, now)
    expect(invoiceStatuses.filter(due)).toEqual(['OPEN', 'UNCOLLECTIBLE'])
    const open = { status: 'OPEN' as const, dueAt: now, paymentProcessing: false }
    expect(isPastDue(open, later(-1))).toBe(false)
    expect(isPastDue(open, now)).toBe(true)
    expect(isPastDue({ ...open, paymentProcessing: true }, later(1))).toBe(false)
    expect(isPastDue({ ...open, dueAt: null }, later(1))).toBe(false)
  })

  it('is charged to a saved payment method only where nobody is there to pay, and is due all the same', () => {
    expect(invoiceReasons.filter(mayCharge)).toEqual(['SUBSCRIPTION_CYCLE', 'SUBSCRIPTION_END'])
    expect(ownDueDate(now, 14)).toEqual(new Date('2026-12-08T12:00:00Z'))
    expect(ownDueDate(now, 0)).toEqual(now)
  })

  it('may be at Stripe unheard of only as a draft that was sent and is not settled', () => {
    const underWay = invoiceStatuses.flatMap((status) =>
      invoiceSyncStatuses.flatMap((syncStatus) =>
        [0, 1]
          .filter((syncAttempts) => isUnderWay({ status, syncStatus, syncAttempts }))
          .map(() => [status, syncStatus]),
      ),
    )
    expect(underWay).toEqual([['DRAFT', 'PENDING']])
    expect(isUnderWay({ status: 'DRAFT', syncStatus: 'PENDING', syncAttempts: 0 })).toBe(false)
  })

  it('is for nothing when its subscription ended before the first payment, and at no other time', () => {
    const forNothing = (trialEndsAt: Date | null) =>
      productSubscriptionStates.flatMap((state) =>
        invoiceReasons.flatMap((reason: InvoiceReason) =>
          invoiceStatuses
            .filter((status) => isForNothing({ status, reason, periodStart: now }, { state, trialEndsAt }))
            .map((status) => `${state} ${reason} ${status}`),
        ),
      )
    expect(forNothing(null)).toEqual(
      ['REJECTED', 'CANCELED', 'EXPIRED'].flatMap((state) =>
        ['DRAFT', 'OPEN'].map((status) => `${state} SUBSCRIPTION_START ${status}`),
      ),
    )
    // After a trial something was delivered.
    expect(forNothing(now)).toEqual([])
  })

  it('was never paid for when its subscription ended while it was owed, or it was voided for that end', () => {
    const endedAt = new Date('2026-11-24T12:00:00.700Z')
    const about = { reason: 'SUBSCRIPTION_START' as const, periodStart: later(-1_000_000) }
    const unpaid = (status: InvoiceStatus, more: { voidedAt?: Date; endedAt?: Date | null } = {}) =>
      endedUnpaid({ ...about, status, ...more }, { endedAt, trialEndsAt: null, ...more })
    expect(invoiceStatuses.filter((status) => unpaid(status))).toEqual(['DRAFT', 'OPEN', 'UNCOLLECTIBLE'])
    // Stripe says in which second.
    expect(unpaid('VOID', { voidedAt: now })).toBe(true)
    expect(unpaid('VOID', { voidedAt: later(-1_000) })).toBe(false)
    expect(unpaid('OPEN', { endedAt: null })).toBe(false)
    const afterTrial = { endedAt, trialEndsAt: about.periodStart }
    expect(endedUnpaid({ ...about, status: 'OPEN' }, afterTrial)).toBe(false)
    expect(endedUnpaid({ ...about, reason: 'SUBSCRIPTION_CYCLE', status: 'OPEN' }, { endedAt })).toBe(false)
  })
})

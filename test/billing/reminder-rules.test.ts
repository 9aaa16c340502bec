import { describe, expect, it } from '@jest/globals'
import { type InvoiceStatus, invoiceStatuses } from '../../src/billing/invoice.entity.js'
import {
  type AccessNotice,
  accessNoticeOf,
  isToBeAskedFor,
  nextReminderAt,
  type Reminder,
  reminderAt,
  unpaidMinor,
} from '../../src/billing/reminder.rules.js'
import {
  type PaymentStanding,
  type ProductSubscriptionState,
  paymentStandings,
  productSubscriptionStates,
} from '../../src/subscriptions/product-subscription.entity.js'

const hour = 60 * 60 * 1_000
const day = 24 * hour
const issuedAt = new Date('2026-03-01T10:00:00Z')
const issuedFor = (milliseconds: number) => new Date(issuedAt.getTime() + milliseconds)

/** Every reminder of an invoice that is never paid, with how long after its issue it comes, in days. */
function lifeOf(termDays: number): Array<[Reminder, number]> {
  const dates = { issuedAt, dueAt: issuedFor(termDays * day) }
  const life: Array<[Reminder, number]> = []
  for (let at: Date | null = issuedAt; at; at = nextReminderAt(dates, at)) {
    life.push([reminderAt(dates, at) as Reminder, (at.getTime() - issuedAt.getTime()) / day])
  }
  return life
}

describe('the reminders of an invoice', () => {
  it('come three days ahead, on the last day, when it is past due, and a week after', () => {
    expect(lifeOf(30)).toEqual([
      ['invoice-issued', 0],
      ['invoice-due-soon', 27],
      ['invoice-due', 29],
      ['invoice-past-due', 30],
      ['invoice-still-unpaid', 37],
    ])
  })

  it.each([
    [4, ['invoice-issued', 'invoice-due-soon', 'invoice-due', 'invoice-past-due', 'invoice-still-unpaid']],
    [3, ['invoice-issued', 'invoice-due', 'invoice-past-due', 'invoice-still-unpaid']],
    [2, ['invoice-issued', 'invoice-due', 'invoice-past-due', 'invoice-still-unpaid']],
    [1, ['invoice-issued', 'invoice-past-due', 'invoice-still-unpaid']],
    [0, ['invoice-issued', 'invoice-past-due', 'invoice-still-unpaid']],
  ])('leave out what would come with the invoice, where it is due in %i days', (days, kinds) => {
    expect(lifeOf(days).map(([kind]) => kind)).toEqual(kinds)
  })

  it('give a day to what is due at once, or was due before it came', () => {
    expect(lifeOf(0)[1]).toEqual(['invoice-past-due', 1])
    expect(lifeOf(-5)[1]).toEqual(['invoice-past-due', 1])
  })

  it('are one at any hour: each lasts until the next begins, and the last for ever', () => {
    const wrong: string[] = []
    for (let days = 0; days <= 40; days += 1) {
      const dates = { issuedAt, dueAt: issuedFor(days * day) }
      const life = lifeOf(days)
      for (let hours = 0; hours <= 60 * 24; hours += 1) {
        const now = issuedFor(hours * hour)
        const begun = life.filter(([, from]) => from * 24 <= hours)
        const following = life[begun.length]
        const next = following ? issuedFor(following[1] * day).getTime() : undefined
        const right = reminderAt(dates, now) === begun.at(-1)?.[0] && nextReminderAt(dates, now)?.getTime() === next
        if (!right) wrong.push(`due in ${days} days, after ${hours} hours`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('do not begin before the invoice, and begin to the millisecond', () => {
    const dates = { issuedAt, dueAt: issuedFor(7 * day) }
    expect(reminderAt(dates, issuedFor(-1))).toBeNull()
    expect(nextReminderAt(dates, issuedFor(-1))).toEqual(issuedAt)
    expect(reminderAt(dates, issuedFor(4 * day - 1))).toBe('invoice-issued')
    expect(reminderAt(dates, issuedFor(4 * day))).toBe('invoice-due-soon')
    expect(reminderAt(dates, issuedFor(7 * day - 1))).toBe('invoice-due')
    expect(reminderAt(dates, issuedFor(7 * day))).toBe('invoice-past-due')
    expect(nextReminderAt(dates, issuedFor(14 * day - 1))).toEqual(issuedFor(14 * day))
    expect(nextReminderAt(dates, issuedFor(14 * day))).toBeNull()
  })
})

describe('an invoice', () => {
  const owed = { amountDueMinor: 2_500n, amountPaidMinor: 0n }

  it.each(invoiceStatuses.flatMap((status) => [true, false, null].map((processing) => [status, processing] as const)))(
    'that is %s, with a debit under way: %s, is asked for only where it can be paid',
    (status: InvoiceStatus, paymentProcessing) => {
      const asked = status === 'OPEN' && paymentProcessing !== true
      expect(isToBeAskedFor({ ...owed, status, paymentProcessing })).toBe(asked)
    },
  )

  it('of nothing, or with nothing left, is not asked for', () => {
    const open = { status: 'OPEN', paymentProcessing: false } as const
    expect(isToBeAskedFor({ ...open, amountDueMinor: 0n, amountPaidMinor: 0n })).toBe(false)
    expect(isToBeAskedFor({ ...open, amountDueMinor: 2_500n, amountPaidMinor: 2_500n })).toBe(false)
    expect(isToBeAskedFor({ ...open, amountDueMinor: 2_500n, amountPaidMinor: 2_600n })).toBe(false)
    expect(unpaidMinor({ ...open, amountDueMinor: 2_500n, amountPaidMinor: 2_600n })).toBe(0n)
    expect(unpaidMinor({ ...open, amountDueMinor: 2_500n, amountPaidMinor: 1n })).toBe(2_499n)
  })
})

describe('what people should know of their access', () => {
  const all = productSubscriptionStates.flatMap((state) =>
    paymentStandings.map((standing) => [state, standing] as const),
  )
  const isClosed = (state: ProductSubscriptionState, standing: PaymentStanding) =>
    state === 'SUSPENDED' || (state === 'ACTIVE' && standing === 'PAST_DUE')
  const isOpen = (state: ProductSubscriptionState, standing: PaymentStanding) =>
    state === 'ACTIVE' && ['NOT_REQUIRED', 'GOOD', 'GRACE'].includes(standing)

  it.each(all)('of a subscription that is %s and %s is told on every change, and once', (state, standing) => {
    const notice = (told: AccessNotice | null) => accessNoticeOf({ state, standing }, told)
    expect(notice(null)).toBe(isClosed(state, standing) ? 'access-closed' : null)
    expect(notice('access-open-again')).toBe(isClosed(state, standing) ? 'access-closed' : null)
    expect(notice('access-closed')).toBe(isOpen(state, standing) ? 'access-open-again' : null)
    const first = notice(null)
    if (first) expect(notice(first)).toBeNull()
  })
})

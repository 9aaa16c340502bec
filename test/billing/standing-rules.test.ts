import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type InvoiceStatus, invoiceReasons, invoiceStatuses } from '../../src/billing/invoice.entity.js'
import { type StandingFacts, type StandingInvoice, standingOf } from '../../src/billing/standing.rules.js'

const day = 24 * 60 * 60 * 1_000
const now = new Date('2026-11-24T12:00:00Z')
const daysFromNow = (days: number) => new Date(now.getTime() + days * day)

function invoice(status: InvoiceStatus, about: Partial<StandingInvoice> = {}): StandingInvoice {
  const dueAt = status === 'DRAFT' ? null : daysFromNow(10)
  return {
    status,
    reason: 'SUBSCRIPTION_CYCLE',
    periodStart: daysFromNow(-5),
    dueAt,
    paymentProcessing: false,
    ...about,
  }
}

const start = (status: InvoiceStatus, about: Partial<StandingInvoice> = {}) =>
  invoice(status, { reason: 'SUBSCRIPTION_START', ...about })

function standing(invoices: StandingInvoice[], about: Partial<StandingFacts> = {}, at = now) {
  return standingOf({ paid: true, trialEndsAt: null, gracePeriodDays: 7, invoices, ...about }, at)
}

describe('A subscription that needs no payment', () => {
  it.each([
    ['to a free or custom plan', { paid: false }],
    ['in its trial', { trialEndsAt: daysFromNow(1) }],
  ])('%s is not required to pay, whatever invoices there are', (_, about) => {
    const all = [[], [start('OPEN')], [invoice('OPEN', { dueAt: daysFromNow(-100) })]]
    for (const invoices of all) {
      expect(standing(invoices, about)).toEqual({ standing: 'NOT_REQUIRED', accessClosesAt: null })
    }
  })
})

describe('A subscription whose first invoice', () => {
  it('has each status stands so', () => {
    const found = Object.fromEntries(invoiceStatuses.map((status) => [status, standing([start(status)]).standing]))
    expect(found).toEqual({
      DRAFT: 'AWAITING_FIRST_PAYMENT',
      OPEN: 'AWAITING_FIRST_PAYMENT',
      UNCOLLECTIBLE: 'AWAITING_FIRST_PAYMENT',
      PAID: 'GOOD',
      VOID: 'GOOD',
    })
  })

  it('does not exist yet waits for it', () => {
    expect(standing([])).toEqual({ standing: 'AWAITING_FIRST_PAYMENT', accessClosesAt: null })
  })

  it('is being paid by a debit still waits, past due or not', () => {
    for (const dueAt of [daysFromNow(10), daysFromNow(-10)]) {
      expect(standing([start('OPEN', { paymentProcessing: true, dueAt })]).standing).toBe('AWAITING_FIRST_PAYMENT')
    }
  })

  it('comes after a trial has its due date and grace like a later one', () => {
    const trialEndsAt = daysFromNow(-30)
    const at = (dueAt: Date) => standing([start('OPEN', { dueAt, periodStart: trialEndsAt })], { trialEndsAt })
    expect(standing([], { trialEndsAt }).standing).toBe('GOOD')
    expect(at(daysFromNow(1))).toEqual({ standing: 'GOOD', accessClosesAt: daysFromNow(8) })
    expect(at(daysFromNow(-1))).toEqual({ standing: 'GRACE', accessClosesAt: daysFromNow(6) })
    expect(at(daysFromNow(-8)).standing).toBe('PAST_DUE')
  })

  it('follows a trial is asked for from the very end of it', () => {
    const dueAt = daysFromNow(-20)
    expect(standing([start('OPEN', { dueAt })], { trialEndsAt: new Date(now.getTime() + 1) }).standing).toBe(
      'NOT_REQUIRED',
    )
    const after = start('OPEN', { dueAt, periodStart: now })
    expect(standing([after], { trialEndsAt: now }).standing).toBe('PAST_DUE')
  })

  it('begins it anew, after a plan without a price, opens access also where there was a trial before', () => {
    const trialEndsAt = daysFromNow(-90)
    const before = start('PAID', { periodStart: trialEndsAt })
    const anew = (status: InvoiceStatus) => standing([before, start(status)], { trialEndsAt }).standing
    expect(['DRAFT', 'OPEN', 'UNCOLLECTIBLE', 'PAID', 'VOID'].map((status) => anew(status as InvoiceStatus))).toEqual([
      'AWAITING_FIRST_PAYMENT',
      'AWAITING_FIRST_PAYMENT',
      'AWAITING_FIRST_PAYMENT',
      'GOOD',
      'GOOD',
    ])
  })
})

describe('A subscription whose first invoice is paid', () => {
  const first = start('PAID')

  it('stands by the status of a later one that is far past due', () => {
    const found = Object.fromEntries(
      invoiceStatuses.map((status) => [
        status,
        standing([first, invoice(status, { dueAt: daysFromNow(-100) })]).standing,
      ]),
    )
    expect(found).toEqual({
      DRAFT: 'PAST_DUE',
      OPEN: 'PAST_DUE',
      UNCOLLECTIBLE: 'PAST_DUE',
      PAID: 'GOOD',
      VOID: 'GOOD',
    })
  })

  it('passes from good to grace to past due at the very instants', () => {
    const due = invoice('OPEN', { dueAt: now })
    const at = (milliseconds: number) => standing([first, due], {}, new Date(now.getTime() + milliseconds)).standing
    expect(at(-1)).toBe('GOOD')
    expect(at(0)).toBe('GRACE')
    expect(at(7 * day - 1)).toBe('GRACE')
    expect(at(7 * day)).toBe('PAST_DUE')
  })

  it('has no grace where the plan gives none', () => {
    const due = invoice('OPEN', { dueAt: now })
    expect(standing([first, due], { gracePeriodDays: 0 })).toEqual({ standing: 'PAST_DUE', accessClosesAt: now })
  })

  it('has nothing due while an invoice has not reached Stripe', () => {
    expect(standing([first, invoice('DRAFT')])).toEqual({ standing: 'GOOD', accessClosesAt: null })
  })

  it('is neither past due nor closing while a debit is under way', () => {
    const debit = invoice('OPEN', { dueAt: daysFromNow(-100), paymentProcessing: true })
    expect(standing([first, debit])).toEqual({ standing: 'GOOD', accessClosesAt: null })
  })

  it('is not opened by paying the newest while an older one is past due', () => {
    const older = invoice('OPEN', { dueAt: daysFromNow(-40) })
    expect(standing([first, older, invoice('PAID', { dueAt: daysFromNow(-10) })]).standing).toBe('PAST_DUE')
    expect(standing([first, { ...older, status: 'PAID' }, invoice('OPEN')]).standing).toBe('GOOD')
  })

  it('is measured by the oldest that is owed, in whatever order they are read', () => {
    const owed = fc.record({
      status: fc.constantFrom<InvoiceStatus>('OPEN', 'UNCOLLECTIBLE', 'PAID', 'VOID'),
      reason: fc.constantFrom(...invoiceReasons.filter((reason) => reason !== 'SUBSCRIPTION_START')),
      periodStart: fc.constant(daysFromNow(-5)),
      dueAt: fc.integer({ min: -60, max: 60 }).map(daysFromNow),
      paymentProcessing: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(owed, { maxLength: 6 }), fc.nat(30), (invoices, gracePeriodDays) => {
        const due = invoices
          .filter(
            ({ status, paymentProcessing }) => (status === 'OPEN' || status === 'UNCOLLECTIBLE') && !paymentProcessing,
          )
          .map(({ dueAt }) => dueAt.getTime())
        const closes = due.length === 0 ? null : new Date(Math.min(...due) + gracePeriodDays * day)
        const found = standing([first, ...invoices], { gracePeriodDays })
        expect(found).toEqual(standing([...invoices.toReversed(), first], { gracePeriodDays }))
        expect(found.accessClosesAt).toEqual(closes)
        expect(found.standing === 'PAST_DUE').toBe(closes !== null && closes <= now)
      }),
    )
  })
})

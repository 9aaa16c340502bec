import { describe, expect, it } from '@jest/globals'
import type { InvoiceSnapshot } from '../../src/billing/billing.port.js'
import { type InvoiceStatus, invoiceStatuses, invoiceSyncStatuses } from '../../src/billing/invoice.entity.js'
import {
  type ComparedInvoice,
  canFollow,
  driftsOf,
  paired,
  strayDrift,
} from '../../src/billing/reconciliation.rules.js'

function ours(status: InvoiceStatus, about: Partial<ComparedInvoice> = {}): ComparedInvoice {
  const delivery = { stripeInvoiceId: 'in_1', syncStatus: 'SYNCED' as const, syncMessage: null }
  return { id: 'inv_1', status, currency: 'USD', totalMinor: 2_500n, ...delivery, ...about }
}

function theirs(status: InvoiceStatus, about: Partial<InvoiceSnapshot> = {}): InvoiceSnapshot {
  const whose = { stripeInvoiceId: 'in_1', stripeCustomerId: 'cus_1', invoiceId: 'inv_1', connectionId: 'bint_1' }
  const sums = { currency: 'USD', totalMinor: 2_500n, amountDueMinor: 2_500n, amountPaidMinor: 0n }
  const pages = { number: null, hostedUrl: null, pdfUrl: null }
  const instants = { dueAt: null, finalizedAt: null, paidAt: null, voidedAt: null, uncollectibleAt: null }
  return { ...whose, ...sums, ...pages, ...instants, livemode: false, status, ...about }
}

describe('An invoice here and in Stripe', () => {
  it('differs in its status unless that is the same, for all of them', () => {
    for (const here of invoiceStatuses) {
      for (const there of invoiceStatuses) {
        const told = driftsOf(ours(here), theirs(there)).map(({ difference }) => difference)
        expect([here, there, told]).toEqual([here, there, here === there ? [] : ['STATUS']])
      }
    }
  })

  it('can follow Stripe forward, and never back', () => {
    const ways = Object.fromEntries(
      invoiceStatuses.map((here) => [
        here,
        invoiceStatuses.filter((there) => there !== here && canFollow(here, there)),
      ]),
    )
    expect(ways).toEqual({
      DRAFT: ['OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'],
      OPEN: ['PAID', 'VOID', 'UNCOLLECTIBLE'],
      UNCOLLECTIBLE: ['PAID', 'VOID'],
      PAID: [],
      VOID: [],
    })
  })

  it('tells a person where each stands, and when it cannot be mended here', () => {
    expect(driftsOf(ours('OPEN'), theirs('PAID'))).toEqual([
      {
        invoiceId: 'inv_1',
        stripeInvoiceId: 'in_1',
        difference: 'STATUS',
        detail: 'Here it is OPEN, in Stripe it is PAID.',
      },
    ])
    expect(driftsOf(ours('PAID'), theirs('VOID'))[0]?.detail).toContain('It cannot go that way here')
  })

  it.each([
    ['another sum', { totalMinor: 3_000n }, 'Here it comes to 25.00 USD, in Stripe to 30.00 USD.'],
    ['another currency', { currency: 'JPY' }, 'Here it comes to 25.00 USD, in Stripe to 2500 JPY.'],
  ])('differs in its total by %s', (_, about, told) => {
    const drifts = driftsOf(ours('OPEN'), theirs('OPEN', about))
    expect(drifts).toMatchObject([{ difference: 'TOTAL', detail: expect.stringContaining(told) }])
  })

  it('may differ in both', () => {
    const drifts = driftsOf(ours('OPEN'), theirs('PAID', { totalMinor: 1n }))
    expect(drifts.map(({ difference }) => difference)).toEqual(['STATUS', 'TOTAL'])
  })

  it('has no total to compare while it is a draft there, whose lines may be on their way', () => {
    expect(driftsOf(ours('DRAFT'), theirs('DRAFT', { totalMinor: 0n }))).toEqual([])
  })
})

describe('An invoice that Stripe does not have', () => {
  it('is missing there, unless it never was to be there, is void, or is on its way', () => {
    const missing = invoiceStatuses.flatMap((status) =>
      invoiceSyncStatuses.flatMap((syncStatus) =>
        ['in_1', null]
          .filter((stripeInvoiceId) => driftsOf(ours(status, { syncStatus, stripeInvoiceId }), null).length > 0)
          .map((stripeInvoiceId) => `${status} ${syncStatus} ${stripeInvoiceId}`),
      ),
    )
    expect(missing).toEqual(
      ['DRAFT', 'OPEN', 'PAID', 'UNCOLLECTIBLE'].flatMap((status) => [
        `${status} PENDING in_1`,
        `${status} SYNCED in_1`,
        `${status} SYNCED null`,
        `${status} FAILED in_1`,
        `${status} FAILED null`,
      ]),
    )
  })

  it('says why it has not reached it', () => {
    const failed = ours('DRAFT', { stripeInvoiceId: null, syncStatus: 'FAILED', syncMessage: 'The key was revoked.' })
    expect(driftsOf(failed, null)).toEqual([
      {
        invoiceId: 'inv_1',
        stripeInvoiceId: null,
        difference: 'MISSING_IN_STRIPE',
        detail: 'It has not reached Stripe: The key was revoked. `retryInvoice` tries again.',
      },
    ])
  })
})

describe('Two lists of invoices', () => {
  it("are paired by Stripe's id, or by ours where Stripe's never came back", () => {
    const known = ours('OPEN')
    const unheardOf = ours('DRAFT', { id: 'inv_2', stripeInvoiceId: null, syncStatus: 'PENDING' })
    const gone = ours('OPEN', { id: 'inv_3', stripeInvoiceId: 'in_3' })
    const one = theirs('OPEN', { invoiceId: null })
    const two = theirs('OPEN', { stripeInvoiceId: 'in_2', invoiceId: 'inv_2' })
    const foreign = theirs('OPEN', { stripeInvoiceId: 'in_9', invoiceId: null, connectionId: null })
    expect(paired([known, unheardOf, gone], [one, two, foreign])).toEqual({
      pairs: [
        { invoice: known, snapshot: one },
        { invoice: unheardOf, snapshot: two },
        { invoice: gone, snapshot: null },
      ],
      strays: [foreign],
    })
  })

  it('leave over what was made twice for one of ours', () => {
    const again = theirs('OPEN', { stripeInvoiceId: 'in_2' })
    expect(paired([ours('OPEN')], [theirs('OPEN'), again]).strays).toEqual([again])
    expect(strayDrift(again, 'inv_1')).toMatchObject({ invoiceId: 'inv_1', difference: 'MISSING_HERE' })
    expect(strayDrift(again, null).detail).toBe(
      'Stripe has invoice in_2 over 25.00 USD, OPEN. It was made for inv_1, which is not here (any more). ' +
        'Void it in Stripe unless it is to be paid.',
    )
  })
})

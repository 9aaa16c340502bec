import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Currency, chargeable, currencies, toStripeAmount } from '../../src/kernel/currency.js'
import { newId } from '../../src/kernel/id.js'
import { money } from '../../src/kernel/money.js'
import { readInvoice } from '../../src/stripe/invoice-reading.js'
import { stripeInvoice } from './house.js'

const invoiceId = newId('inv')
const invoice = stripeInvoice({ id: 'in_1', metadata: { invoice_id: invoiceId }, amount_paid: 500 })

describe('An invoice of Stripe', () => {
  it('is read into our words', () => {
    expect(readInvoice(invoice)).toEqual({
      stripeInvoiceId: 'in_1',
      stripeCustomerId: 'cus_1',
      invoiceId,
      connectionId: null,
      livemode: false,
      status: 'OPEN',
      number: 'ACME-0001',
      currency: 'USD',
      totalMinor: 2_500n,
      amountDueMinor: 2_500n,
      amountPaidMinor: 500n,
      hostedUrl: 'https://invoice.stripe.com/i/acct_1/test_1',
      pdfUrl: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
      dueAt: new Date(1_800_000_000_000),
      finalizedAt: new Date(1_795_000_000_000),
      paidAt: null,
      voidedAt: null,
      uncollectibleAt: null,
    })
  })

  it('that was paid outside of Stripe is paid in full in every version', () => {
    const outside = { ...invoice, status: 'paid', amount_paid: 0, paid_out_of_band: true }
    expect(readInvoice(outside)).toMatchObject({ amountPaidMinor: 2_500n })
    expect(readInvoice({ ...outside, amount_paid: 2_500 })).toMatchObject({ amountPaidMinor: 2_500n })
  })

  it.each([
    ['draft', 'DRAFT'],
    ['open', 'OPEN'],
    ['paid', 'PAID'],
    ['void', 'VOID'],
    ['uncollectible', 'UNCOLLECTIBLE'],
    ['written_off_by_a_new_version', undefined],
    [null, undefined],
  ])('with status %s is %s', (status, ours) => {
    expect(readInvoice({ ...invoice, status })?.status).toBe(ours)
  })

  it.each([
    ['cus_1', 'cus_1'],
    [{ id: 'cus_1', object: 'customer', email: 'a@b.example' }, 'cus_1'],
    [{ id: 'cus_1', object: 'customer', deleted: true }, 'cus_1'],
    [null, null],
    [undefined, null],
  ])('of customer %j is of %j', (customer, id) => {
    expect(readInvoice({ ...invoice, customer })?.stripeCustomerId).toBe(id)
  })

  it('is ours only by an id of ours in its metadata', () => {
    for (const metadata of [
      {},
      null,
      undefined,
      { invoice_id: 'another system 7' },
      { invoice_id: newId('plan') },
      { invoice_id: 7 },
    ]) {
      expect(readInvoice({ ...invoice, metadata })?.invoiceId).toBeNull()
    }
  })

  it('keeps every amount in every currency, there and back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...([...currencies.keys()] as Currency[]).filter(chargeable)),
        fc.bigInt(0n, 9_999_999_999n),
        (currency, minor) => {
          const total = Number(toStripeAmount(money(minor, currency)))
          expect(readInvoice({ ...invoice, currency: currency.toLowerCase(), total })).toMatchObject({
            currency,
            totalMinor: minor,
          })
        },
      ),
    )
    expect(readInvoice({ ...invoice, currency: 'jpy', total: 25 })?.totalMinor).toBe(25n)
    expect(readInvoice({ ...invoice, currency: 'isk', total: 2_500 })?.totalMinor).toBe(25n)
    expect(readInvoice({ ...invoice, currency: 'kwd', total: 25_000 })?.totalMinor).toBe(25_000n)
  })

  it('can miss anything but its id, status, currency and total', () => {
    const needed = ['object', 'id', 'status', 'currency', 'total']
    fc.assert(
      fc.property(
        fc.subarray(Object.keys(invoice)),
        fc.constantFrom(undefined, null, 0, '', [], {}),
        (dropped, instead) => {
          const rest = Object.fromEntries(
            Object.entries(invoice).map(([key, value]) => [key, dropped.includes(key) ? instead : value]),
          )
          const read = readInvoice(rest)
          const missing = dropped.some((key) => needed.includes(key) && !(key === 'total' && instead === 0))
          if (missing) expect(read).toBeNull()
          else expect(read).toMatchObject({ stripeInvoiceId: 'in_1', status: 'OPEN', currency: 'USD' })
        },
      ),
    )
  })

  it('is not anything else that may come', () => {
    fc.assert(fc.property(fc.anything(), (raw) => expect(readInvoice(raw)).toBeNull()))
    expect(readInvoice({ ...invoice, deleted: true })).toBeNull()
    expect(readInvoice({ ...invoice, total: 2_500.5 })).toBeNull()
    expect(readInvoice({ ...invoice, total: 2 ** 60 })).toBeNull()
    expect(readInvoice({ ...invoice, currency: 'usdc' })).toBeNull()
    expect(readInvoice({ ...invoice, hosted_invoice_url: 'javascript:alert(1)' })?.hostedUrl).toBeNull()
    expect(readInvoice({ ...invoice, due_date: 1e300 })?.dueAt).toBeNull()
  })
})

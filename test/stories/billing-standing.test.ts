import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenSubscriber,
  hearing,
  hour,
  type InvoiceSeen,
  later,
  pushed,
  subscriptionSeen,
  whenAllRests,
  whenItIs,
  whenOver,
  whenPaid,
} from '../support/billing.js'
import {
  type CreatePlanInput,
  MarkInvoicePaidDocument,
  MarkInvoiceUncollectibleDocument,
  VoidInvoiceDocument,
} from '../support/generated/graphql.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  stripeOf,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
})
afterAll(() => backend.stop())

/** What the story has begun, and is to be ended with it. */
const running: Array<[Market, string]> = []
afterEach(async () => {
  for (const [market, id] of running.splice(0)) await whenOver(market, id)
})

/** Somebody who has paid once, and owes the invoice of the second cycle, which was issued an hour ago. */
async function givenDebtor(about: Partial<CreatePlanInput> = {}, apiVersion?: string) {
  const market = await givenMarketplace(backend)
  await givenBilling(market, apiVersion)
  const acme = await givenOrganization(market)
  const offer = await givenOffer(market, about)
  const authorize = await givenGateway(market)
  const heard = await hearing(acme.consumer, { organizationId: acme.id })
  const { id, key } = await givenSubscriber(market, acme, offer)
  running.push([market, id])
  const seen = () => subscriptionSeen(acme.consumer, id)
  await whenItIs(market, later((await seen()).currentPeriod?.end as string, hour))
  const owed = (await seen()).invoices[1] as InvoiceSeen
  expect(owed).toMatchObject({ status: 'OPEN', reason: 'SUBSCRIPTION_CYCLE' })
  return {
    market,
    acme,
    id,
    owed,
    heard,
    seen,
    dueAt: owed.dueAt as string,
    page: owed.hostedUrl as string,
    invoice: async () => (await seen()).invoices.find((invoice) => invoice.id === owed.id) as InvoiceSeen,
    pass: async () => {
      const answer = await authorize(key, offer.basePath)
      return [answer.status, answer.headers.get('x-access-reason')]
    },
    changes: async (count: number) => {
      const told = await pushed(heard.invoices, count, ({ invoice }) => invoice.id === owed.id)
      return told.map(({ change }) => change)
    },
  }
}

describe('a bank debit under way', () => {
  test('is neither paid nor past due; when it settles, all is well', async () => {
    const { market, dueAt, page, seen, invoice, pass, changes } = await givenDebtor({ gracePeriodDays: 1 })
    await whenItIs(market, later(dueAt, -day))
    await whenPressed(page, 'bank_debit')
    await whenItIs(market, later(dueAt, hour))
    expect(await invoice()).toMatchObject({ status: 'OPEN', pastDue: false, paymentProcessing: true })
    expect(await seen()).toMatchObject({ standing: 'GOOD', accessClosesAt: null })
    await whenItIs(market, later(dueAt, 2 * day))
    expect([await pass(), (await seen()).standing]).toEqual([[204, null], 'GOOD'])
    await whenItIs(market, later(dueAt, 4 * day))
    expect(await invoice()).toMatchObject({ status: 'PAID', pastDue: false })
    expect(await changes(4)).toEqual(['CREATED', 'OPENED', 'PAYMENT_PROCESSING', 'PAID'])
  })

  test('that bounces after the grace is over closes access then, and what bounced can be paid again', async () => {
    const { market, acme, id, dueAt, page, seen, invoice, pass, changes } = await givenDebtor({ gracePeriodDays: 1 })
    await whenItIs(market, later(dueAt, -day))
    await whenPressed(page, 'bank_debit_fails')
    await whenItIs(market, later(dueAt, 2 * day))
    expect(await pass()).toEqual([204, null])
    await whenItIs(market, later(dueAt, 3 * day + hour))
    expect(await invoice()).toMatchObject({ status: 'OPEN', pastDue: true, paymentProcessing: false })
    expect([await pass(), (await seen()).standing]).toEqual([[403, 'INVOICE_PAST_DUE'], 'PAST_DUE'])
    await whenPaid(market, acme.consumer, id)
    expect([await pass(), (await seen()).standing]).toEqual([[204, null], 'GOOD'])
    expect(await changes(6)).toEqual(['CREATED', 'OPENED', 'PAYMENT_PROCESSING', 'PAYMENT_FAILED', 'PAST_DUE', 'PAID'])
  })
})

describe('where the plan ends with what is past due', () => {
  const strict = { gracePeriodDays: 1, cancelWhenPastDue: true }

  test('it ends once, when the grace is over, and what is owed stays owed', async () => {
    const { market, acme, id, dueAt, seen, heard, pass } = await givenDebtor(strict)
    await whenItIs(market, later(dueAt, day - hour))
    expect(await seen()).toMatchObject({ state: 'ACTIVE', standing: 'GRACE' })
    await whenItIs(market, later(dueAt, day + hour))
    expect(await seen()).toMatchObject({ state: 'CANCELED', standing: 'PAST_DUE' })
    expect(await pass()).toEqual([403, 'SUBSCRIPTION_ENDED, INVOICE_PAST_DUE'])
    await whenItIs(market, later(dueAt, 40 * day))
    const { invoices, endedAt } = await seen()
    expect(invoices.map(({ status }) => status)).toEqual(['PAID', 'OPEN'])
    expect(Date.parse(endedAt as string)).toBeLessThan(Date.parse(dueAt) + day + hour)
    expect(await pushed(heard.subscriptions, 1, ({ state }) => state === 'CANCELED')).toHaveLength(1)
    // Paying settles the debt, and brings nothing back.
    await whenPaid(market, acme.consumer, id)
    expect(await seen()).toMatchObject({ state: 'CANCELED', standing: 'GOOD' })
    expect(await pass()).toEqual([403, 'SUBSCRIPTION_ENDED'])
  })

  test('it waits for a debit under way, and goes on when that settles', async () => {
    const { market, dueAt, page, seen } = await givenDebtor(strict)
    await whenItIs(market, later(dueAt, hour))
    expect((await seen()).standing).toBe('GRACE')
    await whenPressed(page, 'bank_debit')
    await whenItIs(market, later(dueAt, 3 * day))
    expect(await seen()).toMatchObject({ state: 'ACTIVE', standing: 'GOOD' })
    await whenItIs(market, later(dueAt, 5 * day))
    expect(await seen()).toMatchObject({ state: 'ACTIVE', standing: 'GOOD' })
  })

  test('it ends when that debit bounces', async () => {
    const { market, dueAt, page, seen } = await givenDebtor(strict)
    await whenPressed(page, 'bank_debit_fails')
    await whenItIs(market, later(dueAt, -2 * day))
    expect(await seen()).toMatchObject({ state: 'ACTIVE', standing: 'GOOD' })
    await whenItIs(market, later(dueAt, -hour))
    await whenPressed(page, 'bank_debit_fails')
    await whenItIs(market, later(dueAt, 3 * day))
    expect(await seen()).toMatchObject({ state: 'ACTIVE' })
    await whenItIs(market, later(dueAt, 4 * day + hour))
    expect(await seen()).toMatchObject({ state: 'CANCELED', standing: 'PAST_DUE' })
  })
})

describe('of several unpaid invoices', () => {
  test('the oldest decides: paying the newest opens nothing', async () => {
    const { market, id, acme, dueAt, seen, pass } = await givenDebtor()
    await whenItIs(market, later(dueAt, 70 * day))
    const { invoices } = await seen()
    expect(invoices.map(({ status }) => status)).toEqual(['PAID', 'OPEN', 'OPEN', 'OPEN'])
    await whenPressed(invoices[3]?.hostedUrl as string, 'card')
    await whenAllRests(market)
    expect([await pass(), (await seen()).standing]).toEqual([[403, 'INVOICE_PAST_DUE'], 'PAST_DUE'])
    await whenPressed(invoices[1]?.hostedUrl as string, 'card')
    await whenAllRests(market)
    const left = await seen()
    expect(left).toMatchObject({ standing: 'PAST_DUE' })
    expect(left.accessClosesAt).toBe(later(invoices[2]?.dueAt as string, 3 * day).toISOString())
    await whenPaid(market, acme.consumer, id)
    expect([await pass(), (await seen()).standing]).toEqual([[204, null], 'GOOD'])
  })
})

describe('an invoice that is', () => {
  test('written off is owed all the same, and opens access when it is paid after all', async () => {
    const { market, id, acme, owed, dueAt, seen, invoice, pass, changes } = await givenDebtor()
    await whenItIs(market, later(dueAt, 4 * day))
    await market.provider.mutate(MarkInvoiceUncollectibleDocument, {
      invoiceId: owed.id,
      reason: 'They do not answer.',
    })
    await whenAllRests(market)
    expect(await invoice()).toMatchObject({ status: 'UNCOLLECTIBLE', pastDue: true })
    expect([await pass(), (await seen()).standing]).toEqual([[403, 'INVOICE_PAST_DUE'], 'PAST_DUE'])
    await whenPaid(market, acme.consumer, id)
    expect(await invoice()).toMatchObject({ status: 'PAID' })
    expect([await pass(), (await seen()).standing]).toEqual([[204, null], 'GOOD'])
    expect(await changes(5)).toEqual(['CREATED', 'OPENED', 'PAST_DUE', 'MARKED_UNCOLLECTIBLE', 'PAID'])
    expect((await invoice()).history.map(({ to, cause }) => [to, cause])).toEqual([
      ['DRAFT', 'SCHEDULE'],
      ['OPEN', 'SCHEDULE'],
      ['UNCOLLECTIBLE', 'MUTATION'],
      ['PAID', 'WEBHOOK'],
    ])
  })

  test('voided is not owed, and cannot be paid any more', async () => {
    const { market, owed, dueAt, page, seen, invoice, pass } = await givenDebtor()
    await whenItIs(market, later(dueAt, 4 * day))
    expect(await pass()).toEqual([403, 'INVOICE_PAST_DUE'])
    await market.provider.mutate(VoidInvoiceDocument, { invoiceId: owed.id, reason: 'Our fault.' })
    await whenAllRests(market)
    expect(await invoice()).toMatchObject({ status: 'VOID', pastDue: false, voidedAt: expect.any(String) })
    expect([await pass(), (await seen()).standing]).toEqual([[204, null], 'GOOD'])
    expect((await atStripe(backend, [owed])).map(({ status }) => status)).toEqual(['void'])
    await whenPressed(page, 'card').catch(() => undefined)
    await whenAllRests(market)
    expect(await invoice()).toMatchObject({ status: 'VOID', amountPaid: { amount: '0.00' } })
    const [refused] = await market.provider.refused(MarkInvoicePaidDocument, { invoiceId: owed.id, reason: 'Paid.' })
    expect(refused).toMatchObject({ code: 'WRONG_STATE', message: 'The invoice is void: nothing is owed on it.' })
  })

  test('paid outside of Stripe is paid there too, by the hand that did it, and opens access', async () => {
    const { market, owed, dueAt, seen, invoice, pass } = await givenDebtor()
    await whenItIs(market, later(dueAt, 4 * day))
    await market.provider.mutate(MarkInvoicePaidDocument, { invoiceId: owed.id, reason: 'Bank transfer of today.' })
    await whenAllRests(market)
    expect(await invoice()).toMatchObject({ status: 'PAID', amountPaid: { amount: '25.00' } })
    expect([await pass(), (await seen()).standing]).toEqual([[204, null], 'GOOD'])
    expect((await invoice()).history.at(-1)).toMatchObject({ to: 'PAID', cause: 'MUTATION' })
    expect((await atStripe(backend, [owed])).map(({ status }) => status)).toEqual(['paid'])
    const [refused] = await market.provider.refused(VoidInvoiceDocument, { invoiceId: owed.id, reason: 'Oh.' })
    expect(refused).toMatchObject({ code: 'WRONG_STATE' })
    expect(await invoice()).toMatchObject({ status: 'PAID' })
  })

  test('below what Stripe charges at least is paid by itself, and opens access', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market, { price: { base: '0.30', currency: 'USD' } })
    const { productSubscription } = await whenSubscribed(acme, offer)
    await whenAllRests(market)
    const seen = await subscriptionSeen(acme.consumer, productSubscription.id)
    expect(seen.invoices).toMatchObject([{ status: 'PAID', total: { amount: '0.30' } }])
    expect(seen.standing).toBe('GOOD')
    running.push([market, productSubscription.id])
  })

  test('covered by credit that the customer has at Stripe is paid by itself, too', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const { id } = await givenSubscriber(market, acme, await givenOffer(market))
    running.push([market, id])
    const before = await subscriptionSeen(acme.consumer, id)
    const [{ customer } = { customer: null }] = await atStripe(backend, before.invoices)
    await stripeOf(backend).customers.update(customer as string, { balance: -2500 })
    await whenItIs(market, later(before.currentPeriod?.end as string, hour))
    const { invoices, standing } = await subscriptionSeen(acme.consumer, id)
    expect(invoices[1]).toMatchObject({ status: 'PAID', total: { amount: '25.00' } })
    expect(standing).toBe('GOOD')
  })
})

describe('a payment method that was kept', () => {
  test('pays later cycles without anybody; where it is declined, the invoice is due like any other', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const heard = await hearing(acme.consumer, { organizationId: acme.id })
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id } = productSubscription
    running.push([market, id])
    await whenPaid(market, acme.consumer, id, 'card', true)
    const { startedAt, invoices: first } = await subscriptionSeen(acme.consumer, id)
    await whenItIs(market, later(startedAt as string, 95 * day))
    const { invoices, standing, currentPeriod } = await subscriptionSeen(acme.consumer, id)
    expect(invoices.map(({ reason, status }) => [reason, status])).toEqual([
      ['SUBSCRIPTION_START', 'PAID'],
      ['SUBSCRIPTION_CYCLE', 'PAID'],
      ['SUBSCRIPTION_CYCLE', 'PAID'],
      ['SUBSCRIPTION_CYCLE', 'PAID'],
    ])
    expect(standing).toBe('GOOD')
    expect((await pushed(heard.subscriptions, 5)).map((told) => told.standing)).toEqual([
      'AWAITING_FIRST_PAYMENT',
      ...['GOOD', 'GOOD', 'GOOD', 'GOOD'],
    ])

    const stripe = stripeOf(backend)
    const [{ customer } = { customer: null }] = await atStripe(backend, first)
    const attached = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer as string })
    await stripe.customers.update(customer as string, {
      invoice_settings: { default_payment_method: attached.id },
    })
    await whenItIs(market, later(currentPeriod?.end as string, day))
    const declined = (await subscriptionSeen(acme.consumer, id)).invoices[4] as InvoiceSeen
    expect(declined).toMatchObject({ status: 'OPEN', pastDue: false })
    const tried = await pushed(
      heard.invoices,
      1,
      ({ change, invoice }) => invoice.id === declined.id && change === 'PAYMENT_FAILED',
    )
    expect(tried[0]?.status).toBe('OPEN')
    expect(declined.dueAt).toBe(later(declined.issuedAt as string, 7 * day).toISOString())
    await whenItIs(market, later(declined.dueAt as string, 3 * day + hour))
    expect((await subscriptionSeen(acme.consumer, id)).standing).toBe('PAST_DUE')
    await whenPaid(market, acme.consumer, id)
    expect((await subscriptionSeen(acme.consumer, id)).standing).toBe('GOOD')
  })
})

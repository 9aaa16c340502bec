import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client, Listener } from '../support/client.js'
import {
  AccessChangedDocument,
  AccessGrantedDocument,
  InvoiceChangedDocument,
  InvoicePaidDocument,
  ProductSubscriptionChangedDocument,
  ProductSubscriptionDocument,
} from '../support/generated/graphql.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  whenAccessIsAskedFor,
  whenPressed,
  whenSubscribed,
  whenTimePasses,
} from '../support/world.js'

describe('a sale', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  test('goes from the price to a call that passes, and tells of exactly what happened', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const rival = await givenOrganization(market, 'Rival')
    const offer = await givenOffer(market)
    const authorize = await givenGateway(market)
    const heard = await hearing(acme.consumer, { organizationId: acme.id })
    const elsewhere = await hearing(rival.consumer, {})

    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    expect(productSubscription).toMatchObject({ state: 'ACTIVE', standing: 'AWAITING_FIRST_PAYMENT' })
    expect(productSubscription.blocks.map(({ code }) => code)).toEqual(['FIRST_INVOICE_UNPAID'])
    expect(invoice.total).toMatchObject({ amount: '25.00', currency: 'USD' })

    const { key, accessRequest } = await whenAccessIsAskedFor(acme, offer, productSubscription.id)
    expect(accessRequest.state).toBe('WAITING')
    const before = await authorize(key, `${offer.basePath}/pets`)
    expect(before.status).toBe(403)
    expect(before.headers.get('x-access-reason')).toBe('FIRST_INVOICE_UNPAID')

    const opened = await heard.invoices.next(({ change }) => change === 'OPENED')
    expect(opened.invoice.number).toMatch(/\S/)
    const page = opened.invoice.hostedUrl as string
    await whenPressed(page, 'card_declined')
    // News comes in any order, and what failed before a payment is no news after it.
    await heard.invoices.next(({ change }) => change === 'PAYMENT_FAILED')
    await whenPressed(page, 'card')
    await heard.granted.next()
    const after = await authorize(key, `${offer.basePath}/pets`)
    expect(after.status).toBe(204)
    expect(after.headers.get('x-quota-remaining')).toBe('1000')
    expect(after.headers.get('x-subscription-id')).toBe(productSubscription.id)

    const paid = await heard.paid.next()
    expect(paid.invoice).toMatchObject({ id: invoice.id, status: 'PAID', amountPaid: { amount: '25.00' } })
    await heard.invoices.next(({ change }) => change === 'PAID')
    await heard.access.next(({ state }) => state === 'GRANTED')
    await heard.subscriptions.next(({ standing }) => standing === 'GOOD')
    expect(heard.invoices.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED', 'PAYMENT_FAILED', 'PAID'])
    expect(heard.paid.received).toHaveLength(1)
    expect(heard.granted.received).toHaveLength(1)
    expect(heard.access.received.map(({ previousState, state }) => [previousState, state])).toEqual([
      ['WAITING', 'GRANTED'],
    ])
    expect(heard.subscriptions.received.map(({ previousStanding, standing }) => [previousStanding, standing])).toEqual([
      [null, 'AWAITING_FIRST_PAYMENT'],
      ['AWAITING_FIRST_PAYMENT', 'GOOD'],
    ])

    const { productSubscription: now } = await acme.consumer.query(ProductSubscriptionDocument, {
      id: productSubscription.id,
    })
    expect(now).toMatchObject({ state: 'ACTIVE', standing: 'GOOD', blocks: [] })
    const [stored] = now?.invoices.nodes ?? []
    expect(stored?.lines).toMatchObject([{ kind: 'BASE_PRICE', quantity: '1', amount: { amount: '25.00' } }])
    expect(stored?.history.map(({ to, cause }) => [to, cause])).toEqual([
      ['DRAFT', 'SUBSCRIPTION'],
      ['OPEN', 'SUBSCRIPTION'],
      ['PAID', 'WEBHOOK'],
    ])

    // Nothing of it was pushed to anybody else, and what cannot be seen does not exist.
    for (const listener of Object.values(elsewhere)) expect(listener.received).toEqual([])
    const foreign = await rival.consumer.query(ProductSubscriptionDocument, { id: productSubscription.id })
    expect(foreign.productSubscription).toBeNull()
  })

  test('by a bank debit opens access when the debit settles, not when it is begun', async () => {
    const market = await givenMarketplace(backend)
    // Newer versions of the event name no invoice.
    await givenBilling(market, '2024-06-20')
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const authorize = await givenGateway(market)
    const heard = await hearing(acme.consumer, { organizationId: acme.id })
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { key } = await whenAccessIsAskedFor(acme, offer, productSubscription.id)
    const opened = await heard.invoices.next(({ change }) => change === 'OPENED')

    await whenPressed(opened.invoice.hostedUrl as string, 'bank_debit')
    await heard.invoices.next(({ change }) => change === 'PAYMENT_PROCESSING')
    expect((await authorize(key, offer.basePath)).status).toBe(403)

    await whenTimePasses(backend, 'P7D')
    await heard.granted.next()
    expect((await authorize(key, offer.basePath)).status).toBe(204)
  })
})

async function hearing(consumer: Client, audience: { organizationId?: string }) {
  return {
    invoices: await consumer.listen(InvoiceChangedDocument, audience),
    paid: await consumer.listen(InvoicePaidDocument, audience),
    subscriptions: await consumer.listen(ProductSubscriptionChangedDocument, audience),
    granted: await consumer.listen(AccessGrantedDocument, audience),
    access: await consumer.listen(AccessChangedDocument, audience),
  } satisfies Record<string, Listener<unknown>>
}

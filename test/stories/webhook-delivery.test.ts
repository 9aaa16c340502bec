import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type Stripe from 'stripe'
import { type Backend, startBackend } from '../support/backend.js'
import { hour, later, minute, timeIn, whenAllRests, whenItIs } from '../support/billing.js'
import { givenBuyer, givenShop, type Shop } from '../support/buyer.js'
import { ConfigureBillingDocument } from '../support/generated/graphql.js'
import { type SandboxControl, sandboxOf, standingAtStripe } from '../support/sandbox.js'
import { givenBilling, givenMarketplace, stripeOf, whenPressed, whenSubscribed } from '../support/world.js'

describe('what Stripe tells, and goes wrong on the way,', () => {
  let backend: Backend
  let sandbox: SandboxControl
  let shop: Shop
  beforeAll(async () => {
    backend = await startBackend()
    sandbox = sandboxOf(backend)
    shop = await givenShop(backend)
  })
  afterAll(() => backend.stop())

  describe('with nothing but the four events that must be enough,', () => {
    const whenToldOf = (types: readonly string[]) =>
      stripeOf(backend).webhookEndpoints.update(shop.billing.endpointId, {
        enabled_events: types as Stripe.WebhookEndpointUpdateParams.EnabledEvent[],
      })
    // So that no other event tells the same meanwhile.
    beforeAll(() => whenToldOf(shop.billing.webhookEvents))
    afterAll(() => whenToldOf([...shop.billing.webhookEvents, ...shop.billing.webhookEventsOptional]))

    test.each([
      ['with a signature that does not fit', { act: 'bad_signature' }],
      ['with a time of an hour ago', { act: 'old_timestamp' }],
      ['with a time to come', { act: 'future_timestamp' }],
      ['too large', { act: 'huge_body' }],
      ['thin', { act: 'thin' }],
    ])('first %s, is sent again and heard', async (_what, fault) => {
      const { billing } = shop
      const { bought, heard } = await givenBuyer(shop)
      const { page, stripeId } = await bought()
      await sandbox.fault({ match: { event: 'invoice.paid', object: stripeId }, times: 1, ...fault })
      await whenPressed(page, 'card')
      await heard.next(({ change }) => change === 'PAID')
      // Its answer is written down when it has arrived, which may be after what it has led to.
      await sandbox.rest()
      const deliveries = (await sandbox.deliveries(`type=invoice.paid&endpoint=${billing.endpointId}`)).filter(
        ({ attempts }) => attempts.length > 1,
      )
      const [refused, taken] = deliveries[0]?.attempts ?? []
      expect([400, 413]).toContain(refused?.status)
      expect(taken?.status).toBe(200)
      await sandbox.mend()
    })
  })

  test.each([
    ['duplicate'],
    ['reorder'],
    ['burst'],
    ['two_signatures'],
    ['unknown_type_too'],
    ['foreign_object_too'],
    ['other_api_version'],
  ])('sent as %s is heard once', async (act) => {
    const { market } = shop
    const { bought, heard } = await givenBuyer(shop)
    await sandbox.fault({ match: { event: 'invoice.*' }, act, ms: 50 })
    const { page } = await bought()
    await whenPressed(page, 'card_declined')
    await whenPressed(page, 'card')
    await heard.next(({ change }) => change === 'PAID')
    await sandbox.mend()
    await whenAllRests(market)
    const changes = heard.received.map(({ change }) => change)
    expect(changes.filter((change) => change === 'PAID')).toHaveLength(1)
    expect(changes.filter((change) => change === 'OPENED')).toHaveLength(1)
    // That a card was declined is no news any more once the invoice is paid.
    expect(changes.filter((change) => change !== 'PAYMENT_FAILED')).toEqual(['CREATED', 'OPENED', 'PAID'])
  })

  test('because it comes before its own answer, is not lost', async () => {
    const { market } = shop
    const { organization, heard } = await givenBuyer(shop)
    await sandbox.fault({ match: { method: 'POST', path: '/v1/invoices*' }, act: 'deliver_first' })
    const { invoice } = await whenSubscribed(organization, shop.offer)
    await heard.next(({ change }) => change === 'OPENED')
    await sandbox.mend()
    await whenAllRests(market)
    expect(heard.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED'])
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'open', total: 2500 })
  })

  test('so that it never arrives, is asked for: a lost webhook costs minutes, not a customer', async () => {
    const { market } = shop
    const { bought, heard, standing, invoiceNow } = await givenBuyer(shop)
    const { id, page, subscriptionId, stripeId } = await bought()
    await sandbox.fault({ match: { event: '*', object: stripeId }, act: 'drop' })
    await whenPressed(page, 'card')
    await whenItIs(market, later(await timeIn(market), minute))
    expect(await standing(subscriptionId)).toBe('AWAITING_FIRST_PAYMENT')
    await whenItIs(market, later(await timeIn(market), hour))
    await heard.next(({ change, invoice }) => change === 'PAID' && invoice.id === id)
    expect(await standing(subscriptionId)).toBe('GOOD')
    expect((await invoiceNow(id))?.history.at(-1)).toMatchObject({ to: 'PAID', cause: 'RECONCILIATION' })
    await sandbox.mend()
  })

  test('is heard when the connection has another key meanwhile, or is not the present one any more', async () => {
    const own = await givenShop(backend)
    const { market, billing } = own
    const { bought, heard } = await givenBuyer(own)
    const { page } = await bought()
    const other = await sandbox.key(['customers:write', 'invoices:write'])
    await market.provider.mutate(ConfigureBillingDocument, { marketplaceId: market.id, restrictedKey: other })
    await whenPressed(page, 'card')
    await heard.next(({ change }) => change === 'PAID')
    const late = await bought()
    // Shared from another marketplace, in place of its own: what is open stays with the connection that made it.
    const elsewhere = await givenMarketplace(backend)
    const { id: billingIntegrationId } = await givenBilling(elsewhere)
    expect(billingIntegrationId).not.toBe(billing.id)
    await market.provider.mutate(ConfigureBillingDocument, { marketplaceId: market.id, billingIntegrationId })
    await whenPressed(late.page, 'card')
    await heard.next(({ change, invoice }) => change === 'PAID' && invoice.id === late.id)
  })
})

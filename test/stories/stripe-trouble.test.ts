import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import { whenAllRests } from '../support/billing.js'
import {
  CancelProductSubscriptionDocument,
  ConfigureBillingDocument,
  InvoiceChangedDocument,
  InvoiceDocument,
  MarketplaceBillingDocument,
  ProductSubscriptionDocument,
  RetryInvoiceDocument,
} from '../support/generated/graphql.js'
import { type Fault, type SandboxControl, sandboxOf, standingAtStripe } from '../support/sandbox.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  restrictedKey,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

describe('a subscription, while Stripe has trouble,', () => {
  let backend: Backend
  let sandbox: SandboxControl
  let market: Market
  beforeAll(async () => {
    backend = await startBackend()
    sandbox = sandboxOf(backend)
    market = await givenMarketplace(backend)
    await givenBilling(market)
  })
  afterAll(() => backend.stop())

  test('stands; its invoice says so, and tells when it can be paid; there is one at Stripe', async () => {
    const [customers, drafts] = [
      { method: 'POST', path: '/v1/customers' },
      { method: 'POST', path: '/v1/invoices' },
    ]
    const [lines, finalizing] = [{ path: '/v1/invoices/*/add_lines' }, { path: '/v1/invoices/*/finalize' }]
    const trouble: Array<[what: string, fault: Fault]> = [
      ['hangs', { match: finalizing, act: 'hang' }],
      ['is too busy', { match: customers, act: 'status', code: 429 }],
      ['fails', { match: customers, act: 'status', code: 500 }],
      ['loses the answer about a customer', { match: customers, act: 'cut_after_execution' }],
      ['loses the answer about a draft', { match: drafts, act: 'cut_after_execution' }],
      ['loses the answer about the lines', { match: lines, act: 'cut_after_execution' }],
      ['loses the answer about finalizing', { match: finalizing, act: 'cut_after_execution' }],
      ['does not hear', { match: finalizing, act: 'cut_before_execution' }],
      ['talks nonsense', { match: drafts, act: 'malformed' }],
      ['stops in the middle', { match: drafts, act: 'truncated' }],
    ]
    const offer = await givenOffer(market, { price: { base: '25.00', setupFee: '5.00', currency: 'USD' } })
    const sales = []
    for (const [what, fault] of trouble) {
      const organization = await givenOrganization(market, what)
      const heard = await organization.consumer.listen(InvoiceChangedDocument, { organizationId: organization.id })
      // Nor is it told by the webhook, until all is well again.
      await sandbox.fault({ match: { event: '*' }, act: 'drop' })
      await sandbox.fault(fault)
      const { productSubscription, invoice } = await whenSubscribed(organization, offer)
      await sandbox.mend()
      expect({ what, ...productSubscription }).toMatchObject({
        what,
        state: 'ACTIVE',
        standing: 'AWAITING_FIRST_PAYMENT',
      })
      const waits = { status: 'DRAFT', hostedUrl: null, sync: { status: 'PENDING' } }
      const opened = { status: 'OPEN', hostedUrl: expect.any(String), sync: { status: 'SYNCED' } }
      // What has been done all the same is found by whoever looks again, and that may be at once.
      const found = (fault.match === lines || fault.match === finalizing) && invoice.status === 'OPEN'
      expect({ what, ...invoice }).toMatchObject({ what, ...(found ? opened : waits) })
      sales.push({ what, heard, organization, id: invoice.id, subscription: productSubscription.id })
    }
    for (const { what, heard, organization, id, subscription } of sales) {
      const opened = await heard.next(({ change }) => change === 'OPENED')
      expect(opened.invoice).toMatchObject({ id, hostedUrl: expect.any(String), sync: { status: 'SYNCED' } })
      const charged = await standingAtStripe(backend, id)
      expect({ what, ...charged }).toMatchObject({ what, status: 'open', total: 3000 })
      expect(charged.lines.data).toHaveLength(2)
      const made = (await sandbox.table('invoices')).filter(({ customer }) => customer === charged.customer)
      expect({ what, made: made.length }).toEqual({ what, made: 1 })
      const known = await sandbox.table<{ metadata: Record<string, string> }>('customers')
      expect(known.filter(({ metadata }) => metadata.organization_id === organization.id)).toHaveLength(1)
      expect(heard.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED'])
      await whenPressed(opened.invoice.hostedUrl as string, 'card')
      await heard.next(({ change }) => change === 'PAID')
      const { productSubscription: now } = await organization.consumer.query(ProductSubscriptionDocument, {
        id: subscription,
      })
      expect(now).toMatchObject({ standing: 'GOOD', blocks: [] })
    }
  })

  test('hears by the webhook what Stripe could not answer', async () => {
    const acme = await givenOrganization(market)
    const heard = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
    await sandbox.fault({ match: { path: '/v1/invoices/*/finalize' }, act: 'cut_after_execution' })
    const { invoice } = await whenSubscribed(acme, await givenOffer(market))
    const opened = await heard.next(({ change }) => change === 'OPENED')
    await sandbox.mend()
    expect(opened.invoice).toMatchObject({ id: invoice.id, hostedUrl: expect.any(String), sync: { status: 'SYNCED' } })
    await whenAllRests(market)
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'open', total: 2500 })
    expect(heard.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED'])
  })

  test('stands when Stripe refuses it; the provider is told what is missing, and brings the invoice again', async () => {
    const other = await givenMarketplace(backend)
    await givenBilling(other)
    const acme = await givenOrganization(other)
    const offer = await givenOffer(other)
    const heard = await other.provider.listen(InvoiceChangedDocument, { marketplaceId: other.id })
    const weak = await sandbox.key(['customers:write', 'invoices:read'])
    await other.provider.mutate(ConfigureBillingDocument, { marketplaceId: other.id, restrictedKey: weak })
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    expect(productSubscription).toMatchObject({ state: 'ACTIVE', standing: 'AWAITING_FIRST_PAYMENT' })
    expect(invoice).toMatchObject({ status: 'DRAFT', sync: { status: 'FAILED' } })
    const failed = await heard.next(({ change }) => change === 'SYNC_FAILED')
    expect(failed.invoice.id).toBe(invoice.id)
    const { invoice: told } = await other.provider.query(InvoiceDocument, { id: invoice.id })
    expect(told?.sync.message).toMatch(/lacks the permission rak_invoice_write/)
    await whenAllRests(other)
    const { marketplace } = await other.provider.query(MarketplaceBillingDocument, { slug: other.slug })
    expect(marketplace?.billing?.health).toBe('DEGRADED')

    const consumers = await acme.consumer.refused(RetryInvoiceDocument, { invoiceId: invoice.id })
    expect(consumers).toMatchObject([{ code: 'NOT_ALLOWED' }])
    await other.provider.mutate(ConfigureBillingDocument, { marketplaceId: other.id, restrictedKey })
    const { invoice: retried } = await other.provider.mutate(RetryInvoiceDocument, { invoiceId: invoice.id })
    expect(retried.sync.status).toBe('PENDING')
    await heard.next(({ change }) => change === 'OPENED')
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'open', total: 2500 })
    expect(await other.provider.refused(RetryInvoiceDocument, { invoiceId: invoice.id })).toMatchObject([
      { code: 'WRONG_STATE' },
    ])
  })

  test('is taken back and owes nothing, whatever has become of the invoice there', async () => {
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const heard = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
    await sandbox.fault({ match: { event: '*' }, act: 'drop' })
    await sandbox.fault({ match: { path: '/v1/invoices/*/finalize' }, act: 'cut_after_execution' })
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    expect(invoice).toMatchObject({ status: 'DRAFT', sync: { status: 'PENDING' } })
    await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
      when: 'NOW',
    })
    await sandbox.mend()
    await heard.next(({ change }) => change === 'VOIDED')
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'void' })
    const { invoice: now } = await acme.consumer.query(InvoiceDocument, { id: invoice.id })
    expect(now).toMatchObject({ status: 'VOID' })
  })
})

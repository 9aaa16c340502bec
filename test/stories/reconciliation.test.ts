import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type Stripe from 'stripe'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenSubscriber,
  hearing,
  hour,
  type InvoiceSeen,
  later,
  subscriptionSeen,
  timeIn,
  whenAllRests,
  whenItIs,
  whenOver,
  whenPaid,
} from '../support/billing.js'
import {
  AuditLogDocument,
  MarketplaceRevenueDocument,
  ReconcileInvoicesDocument,
  RetryInvoiceDocument,
  VoidInvoiceDocument,
} from '../support/generated/graphql.js'
import { sandboxOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Organization,
  stripeOf,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

let backend: Backend
let stripe: Stripe
beforeAll(async () => {
  backend = await startBackend()
  stripe = stripeOf(backend)
})
afterAll(() => backend.stop())

/** What the story has begun, and is to be ended with it. */
const running: Array<[Market, string]> = []
afterEach(async () => {
  await sandboxOf(backend).mend()
  for (const [market, id] of running.splice(0)) await whenOver(market, id)
})

async function givenSale() {
  const market = await givenMarketplace(backend)
  const billing = await givenBilling(market)
  return { market, billing, offer: await givenOffer(market) }
}

/** Somebody whose second invoice is open. */
async function givenDebtor(market: Market, offer: Awaited<ReturnType<typeof givenOffer>>, name = 'Acme') {
  const organization = await givenOrganization(market, name)
  const { id, key } = await givenSubscriber(market, organization, offer)
  running.push([market, id])
  return { organization, id, key, seen: () => subscriptionSeen(organization.consumer, id) }
}

async function reconciled(market: Market, dryRun: boolean) {
  const { compared, drifts } = await market.provider.mutate(ReconcileInvoicesDocument, {
    marketplaceId: market.id,
    dryRun,
  })
  return { compared, drifts }
}

/** The newest summaries of the audit log. */
async function audited({ provider, providerId }: Market): Promise<Array<string | null | undefined>> {
  const { node } = await provider.query(AuditLogDocument, { providerId, first: 50 })
  return node && 'auditLog' in node ? node.auditLog.nodes.map(({ summary }) => summary) : []
}

const stripeIdOf = async (invoice: InvoiceSeen) => (await atStripe(backend, [invoice]))[0]?.id as string
const nothingIsTold = () => sandboxOf(backend).fault({ match: { event: '*' }, act: 'drop' })

describe('what was done in Stripe, and not told,', () => {
  test('is listed by a dry run, which mends nothing; then mended, once', async () => {
    const { market, offer } = await givenSale()
    const people: Array<Awaited<ReturnType<typeof givenDebtor>>> = []
    for (const name of ['pays', 'is voided', 'pays elsewhere', 'is written off', 'does nothing'])
      people.push(await givenDebtor(market, offer, name))
    const latest = (await people.at(-1)?.seen())?.currentPeriod?.end as string
    await whenItIs(market, later(latest, hour))
    const owed = await Promise.all(people.map(async ({ seen }) => (await seen()).invoices[1] as InvoiceSeen))
    const heard = await hearing(people[0]?.organization.consumer as never, {
      organizationId: people[0]?.organization.id as string,
    })
    await nothingIsTold()
    const [pays, voided, elsewhere, writtenOff] = await Promise.all(owed.map(stripeIdOf))
    await whenPressed(owed[0]?.hostedUrl as string, 'card')
    await stripe.invoices.voidInvoice(voided as string)
    await stripe.invoices.pay(elsewhere as string, { paid_out_of_band: true })
    await stripe.invoices.markUncollectible(writtenOff as string)

    const statuses = async () => Promise.all(people.map(async ({ seen }) => (await seen()).invoices[1]?.status))
    const looked = await reconciled(market, true)
    expect(looked.compared).toBe(10)
    const found = [
      [owed[0]?.id, pays, 'Here it is OPEN, in Stripe it is PAID.'],
      [owed[1]?.id, voided, 'Here it is OPEN, in Stripe it is VOID.'],
      [owed[2]?.id, elsewhere, 'Here it is OPEN, in Stripe it is PAID.'],
      [owed[3]?.id, writtenOff, 'Here it is OPEN, in Stripe it is UNCOLLECTIBLE.'],
    ]
    const told = (drifts: typeof looked.drifts) =>
      drifts.map(({ invoice, stripeInvoiceId, detail }) => [invoice?.id, stripeInvoiceId, detail]).toSorted()
    expect(told(looked.drifts)).toEqual(found.toSorted())
    expect(looked.drifts.every(({ difference, repaired }) => difference === 'STATUS' && !repaired)).toBe(true)
    expect(await statuses()).toEqual(['OPEN', 'OPEN', 'OPEN', 'OPEN', 'OPEN'])

    const mended = await reconciled(market, false)
    expect(told(mended.drifts)).toEqual(found.toSorted())
    expect(mended.drifts.every(({ repaired }) => repaired)).toBe(true)
    expect(await statuses()).toEqual(['PAID', 'VOID', 'PAID', 'UNCOLLECTIBLE', 'OPEN'])
    const paid = await heard.invoices.next(({ change }) => change === 'PAID')
    expect(paid.invoice.id).toBe(owed[0]?.id)
    const [first] = people
    expect((await first?.seen())?.invoices[1]?.history.at(-1)).toMatchObject({ to: 'PAID', cause: 'RECONCILIATION' })
    expect(await reconciled(market, false)).toEqual({ compared: 10, drifts: [] })
    expect(await audited(market)).toContain('4 of 4 differences were mended.')
  })

  test('is found by itself before anybody is taken for past due', async () => {
    const { market, offer } = await givenSale()
    const { organization, id, seen } = await givenDebtor(market, offer)
    await whenItIs(market, later((await seen()).currentPeriod?.end as string, hour))
    const heard = await hearing(organization.consumer, { organizationId: organization.id })
    await nothingIsTold()
    await whenPressed((await seen()).invoices[1]?.hostedUrl as string, 'card')
    const { dueAt } = (await seen()).invoices[1] as InvoiceSeen
    await whenItIs(market, later(dueAt as string, 20 * day))
    const { invoices, standing } = await seen()
    expect(invoices.map(({ status }) => status).slice(0, 2)).toEqual(['PAID', 'PAID'])
    expect(standing).toBe('GOOD')
    expect(invoices[1]?.history.map(({ to }) => to)).toEqual(['DRAFT', 'OPEN', 'PAID'])
    expect(heard.subscriptions.received.filter((event) => ['GRACE', 'PAST_DUE'].includes(event.standing))).toEqual([])
    expect(id).toBeTruthy()
  })

  test('is followed when it is told: what a person voids in Stripe is not owed, and access stays', async () => {
    const { market, offer } = await givenSale()
    const authorize = await givenGateway(market)
    const { key, seen } = await givenDebtor(market, offer)
    await whenItIs(market, later((await seen()).currentPeriod?.end as string, hour))
    await stripe.invoices.voidInvoice(await stripeIdOf((await seen()).invoices[1] as InvoiceSeen))
    await whenAllRests(market)
    expect((await seen()).invoices[1]).toMatchObject({ status: 'VOID', history: [{}, {}, { cause: 'WEBHOOK' }] })
    await whenItIs(market, later((await seen()).invoices[1]?.dueAt as string, 10 * day))
    expect([(await seen()).standing, (await authorize(key, offer.basePath)).status]).toEqual(['GOOD', 204])
  })
})

describe('a customer that is deleted in Stripe', () => {
  test('is made anew for the next invoice, and the provider is told', async () => {
    const { market, offer } = await givenSale()
    const { seen, organization, id } = await givenDebtor(market, offer)
    const before = await seen()
    const [{ customer } = { customer: null }] = await atStripe(backend, before.invoices)
    await stripe.customers.del(customer as string)
    await whenItIs(market, later(before.currentPeriod?.end as string, hour))
    const { invoices } = await seen()
    expect(invoices[1]).toMatchObject({ status: 'OPEN', sync: { status: 'SYNCED' } })
    const known = await atStripe(backend, invoices)
    expect(known).toHaveLength(2)
    expect(known[1]?.customer).not.toBe(customer)
    expect(await audited(market)).toContain(
      'Its customer for USD was deleted in Stripe; the next invoice makes a new one.',
    )
    await whenPaid(market, organization.consumer, id)
    expect((await seen()).standing).toBe('GOOD')
    expect((await reconciled(market, true)).drifts).toEqual([])
  })

  test('without our being told is found out when the next invoice is brought', async () => {
    const { market, offer } = await givenSale()
    const { seen } = await givenDebtor(market, offer)
    const before = await seen()
    const [{ customer } = { customer: null }] = await atStripe(backend, before.invoices)
    await nothingIsTold()
    await stripe.customers.del(customer as string)
    await whenAllRests(market)
    await sandboxOf(backend).mend()
    await whenItIs(market, later(before.currentPeriod?.end as string, hour))
    const { invoices } = await seen()
    expect(invoices[1]).toMatchObject({ status: 'OPEN' })
    expect((await atStripe(backend, invoices)).length).toBe(2)
  })
})

describe('an invoice that is missing', () => {
  test('in Stripe, because it was refused there, is told with what to do; tried again it arrives', async () => {
    const { market, offer } = await givenSale()
    const { seen } = await givenDebtor(market, offer)
    await sandboxOf(backend).fault({ match: { method: 'POST', path: '/v1/invoices' }, act: 'status', code: 400 })
    await whenItIs(market, later((await seen()).currentPeriod?.end as string, hour))
    const failed = (await seen()).invoices[1] as InvoiceSeen
    expect(failed).toMatchObject({ status: 'DRAFT', sync: { status: 'FAILED' }, dueAt: null })
    const { drifts } = await reconciled(market, false)
    expect(drifts).toMatchObject([
      { invoice: { id: failed.id }, stripeInvoiceId: null, difference: 'MISSING_IN_STRIPE', repaired: false },
    ])
    expect(drifts[0]?.detail).toMatch(/^It has not reached Stripe: .+ `retryInvoice` tries again\.$/)
    await sandboxOf(backend).mend()
    await market.provider.mutate(RetryInvoiceDocument, { invoiceId: failed.id })
    await whenAllRests(market)
    expect((await seen()).invoices[1]).toMatchObject({ status: 'OPEN', sync: { status: 'SYNCED' } })
    expect(await reconciled(market, true)).toMatchObject({ drifts: [] })
  })

  test('in Stripe, because its draft was thrown away there, is brought again by the repair', async () => {
    const { market, offer } = await givenSale()
    const { seen } = await givenDebtor(market, offer)
    await sandboxOf(backend).fault({ match: { path: '/v1/invoices/*/finalize' }, act: 'status', code: 400 })
    await whenItIs(market, later((await seen()).currentPeriod?.end as string, hour))
    const left = (await seen()).invoices[1] as InvoiceSeen
    expect(left).toMatchObject({ status: 'DRAFT', sync: { status: 'FAILED' } })
    await sandboxOf(backend).mend()
    await nothingIsTold()
    const draft = await stripeIdOf(left)
    await stripe.invoices.del(draft)
    await whenAllRests(market)
    await sandboxOf(backend).mend()
    const looked = await reconciled(market, true)
    expect(looked.drifts).toMatchObject([{ difference: 'MISSING_IN_STRIPE', repaired: false }])
    const mended = await reconciled(market, false)
    expect(mended.drifts).toMatchObject([{ difference: 'MISSING_IN_STRIPE', repaired: true }])
    await whenAllRests(market)
    const [again] = await atStripe(backend, [left])
    expect(again).toMatchObject({ status: 'open', total: 2500 })
    expect(again?.id).not.toBe(draft)
    expect((await seen()).invoices[1]).toMatchObject({ status: 'OPEN' })
    expect((await reconciled(market, true)).drifts).toEqual([])
  })

  test('here, though Stripe has it and it bears our mark, is told of; what others have there is not', async () => {
    const { market, billing, offer } = await givenSale()
    const { seen } = await givenDebtor(market, offer)
    const [ours] = (await seen()).invoices as [InvoiceSeen]
    const [known] = await atStripe(backend, [ours])
    const customer = known?.customer as string
    const metadata = { invoice_id: ours.id, billing_integration_id: billing.id }
    const twin = await stripe.invoices.create({ customer, metadata, auto_advance: false })
    await stripe.invoices.create({ customer, auto_advance: false, metadata: { order: '17' } })
    await stripe.invoices.create({
      customer,
      auto_advance: false,
      metadata: { ...metadata, billing_integration_id: 'bint_01' },
    })
    const { drifts } = await reconciled(market, false)
    expect(drifts).toMatchObject([
      { invoice: { id: ours.id }, stripeInvoiceId: twin.id, difference: 'MISSING_HERE', repaired: false },
    ])
    expect((await seen()).invoices).toHaveLength(1)
    await stripe.invoices.del(twin.id)
    await whenAllRests(market)
    // What became of the twin is not told of ours.
    expect((await seen()).invoices).toMatchObject([{ status: 'PAID' }])
  })

  test('nobody but the provider looks', async () => {
    const { market, offer } = await givenSale()
    const { organization } = await givenDebtor(market, offer)
    const input = { marketplaceId: market.id, dryRun: false }
    const [refused] = await organization.consumer.refused(ReconcileInvoicesDocument, input)
    expect(refused).toMatchObject({ code: 'NOT_ALLOWED', message: expect.stringMatching(/MARKETPLACE_MANAGER/) })
    const [unknown] = await market.provider.refused(ReconcileInvoicesDocument, { ...input, marketplaceId: 'mkt_0' })
    expect(unknown).toMatchObject({ code: 'NOT_FOUND', message: 'There is no such marketplace.' })
  })
})

describe('while Stripe has trouble, time passes', () => {
  test('and each invoice arrives once, within the hour in which Stripe is well again', async () => {
    const { market, offer } = await givenSale()
    const { seen } = await givenDebtor(market, offer)
    const sandbox = sandboxOf(backend)
    const end = (await seen()).currentPeriod?.end as string
    await sandbox.fault({ match: { method: 'POST', path: '/v1/invoices' }, act: 'cut_after_execution', times: 1 })
    await sandbox.fault({ match: { path: '/v1/invoices/*/add_lines' }, act: 'status', code: 500, times: 3 })
    await sandbox.fault({ match: { path: '/v1/invoices/*/finalize' }, act: 'cut_after_execution', times: 1 })
    await whenItIs(market, later(end, 30 * day))
    await sandbox.mend()
    const { invoices } = await seen()
    const cycle = invoices[1] as InvoiceSeen
    // A jump is as if lived through: it was tried again within minutes, and is long past due.
    expect(cycle).toMatchObject({ status: 'OPEN', pastDue: true, sync: { status: 'SYNCED' } })
    expect(Date.parse(cycle.issuedAt as string) - Date.parse(end)).toBeLessThan(hour)
    expect(await atStripe(backend, [cycle])).toHaveLength(1)
    expect((await reconciled(market, true)).drifts).toEqual([])
  })

  test('and what could not be brought for half a day waits for the provider, without a duplicate', async () => {
    const { market, offer } = await givenSale()
    const { seen } = await givenDebtor(market, offer)
    const end = (await seen()).currentPeriod?.end as string
    await sandboxOf(backend).fault({ match: { path: '/v1/*' }, act: 'status', code: 503 })
    await whenItIs(market, later(end, 2 * day))
    const waiting = (await seen()).invoices[1] as InvoiceSeen
    expect(waiting).toMatchObject({ status: 'DRAFT', sync: { status: 'FAILED' } })
    // Who has paid keeps what was paid for; nobody can be past due for what cannot be paid.
    expect((await seen()).standing).toBe('GOOD')
    await sandboxOf(backend).mend()
    await market.provider.mutate(RetryInvoiceDocument, { invoiceId: waiting.id })
    await whenAllRests(market)
    expect((await seen()).invoices[1]).toMatchObject({ status: 'OPEN', sync: { status: 'SYNCED' } })
    expect(await atStripe(backend, [waiting])).toHaveLength(1)
  })
})

describe('revenue', () => {
  test('is what was invoiced, collected and is owed, by month of the zone and by currency', async () => {
    const market = await givenMarketplace(backend, { timeZone: 'Pacific/Auckland' })
    await givenBilling(market)
    const dollars = await givenOffer(market)
    const euros = await givenOffer(market, { price: { base: '120.00', currency: 'EUR', interval: 'YEAR' } })
    const now = await timeIn(market)
    // Noon of the 1st in Auckland is still the last day of the month before in UTC.
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) - 3 * hour)
    await whenItIs(market, first)
    const buyers: Array<[Organization, string]> = []
    for (const [name, offer] of [
      ['pays', dollars],
      ['owes', dollars],
      ['is forgiven', dollars],
      ['pays in euros', euros],
    ] as const) {
      const organization = await givenOrganization(market, name)
      const { productSubscription } = await whenSubscribed(organization, offer)
      buyers.push([organization, productSubscription.id])
      running.push([market, productSubscription.id])
      await whenPaid(market, organization.consumer, productSubscription.id)
    }
    await whenItIs(market, later(first, 35 * day))
    const cycleOf = async ([{ consumer }, id]: [Organization, string]) =>
      (await subscriptionSeen(consumer, id)).invoices[1] as InvoiceSeen
    await whenPaid(market, buyers[0]?.[0].consumer as never, buyers[0]?.[1] as string)
    const forgiven = await cycleOf(buyers[2] as [Organization, string])
    await market.provider.mutate(VoidInvoiceDocument, { invoiceId: forgiven.id, reason: 'A gift.' })
    await whenAllRests(market)

    const { marketplace } = await market.provider.query(MarketplaceRevenueDocument, {
      slug: market.slug,
      from: later(first, -40 * day).toISOString(),
      to: later(first, 60 * day).toISOString(),
    })
    const points = (marketplace?.revenue ?? []).map((point) => [
      point.currency,
      point.invoiced.amount,
      point.collected.amount,
      point.outstanding.amount,
      point.monthlyRecurring.amount,
    ])
    const nothing = ['0.00', '0.00', '0.00', '0.00']
    expect(points.slice(-4)).toEqual([
      ['EUR', '120.00', '120.00', '0.00', '10.00'],
      ['USD', '75.00', '75.00', '0.00', '75.00'],
      ['EUR', '0.00', '0.00', '0.00', '10.00'],
      ['USD', '50.00', '25.00', '25.00', '75.00'],
    ])
    for (const [, ...sums] of points.slice(0, -4)) expect(sums).toEqual(nothing)
    const foreign = await buyers[0]?.[0].consumer.query(MarketplaceRevenueDocument, {
      slug: market.slug,
      from: first.toISOString(),
      to: later(first, day).toISOString(),
    })
    expect(foreign?.marketplace?.revenue).toEqual([])
  })
})

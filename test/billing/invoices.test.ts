import 'reflect-metadata'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import Stripe from 'stripe'
import { Invoice, type InvoiceRow } from '../../src/billing/invoice.entity.js'
import type { InvoiceNarrowing } from '../../src/billing/invoice.repository.js'
import { InvoiceLists } from '../../src/billing/invoice-lists.js'
import { RevenueRepository } from '../../src/billing/revenue.repository.js'
import { newId } from '../../src/kernel/id.js'
import { Refused } from '../../src/kernel/result.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import { anonymous, type Scope, system } from '../../src/persistence/tenant-scope.js'
import {
  type BillingHouse,
  consumer,
  invoiceIn,
  type Market,
  marketplaceOf,
  openBilling,
  organizationIn,
  provider,
} from './house.js'

const day = 24 * 60 * 60 * 1_000

let house: BillingHouse
let market: Market
let stripe: Stripe

beforeAll(async () => {
  house = await openBilling()
  const { hostname: host, port } = new URL(house.base)
  stripe = new Stripe('sk_test_sandbox_secret_0001', { host, port, protocol: 'http' })
})

afterAll(() => house.close())

beforeEach(async () => {
  await house.control('DELETE', 'faults')
  market = await marketplaceOf(house)
})

const stored = async (id: string) => (await house.invoices.find(house.reading(), id)) as InvoiceRow
const manager = () => provider(market.providerId, 'MARKETPLACE_MANAGER')

async function opened(about: Partial<InvoiceRow> = {}): Promise<InvoiceRow> {
  const { id } = await invoiceIn(house, market, about)
  await house.delivery.bring(id)
  return stored(id)
}

async function refusal(work: Promise<unknown>): Promise<string[]> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refused) return error.errors.map(({ code }) => code)
    throw error
  }
  return []
}

async function change(id: string, about: Partial<InvoiceRow>): Promise<void> {
  await rows(house.reading(), Invoice).updateTable('Invoice').set(about).where('id', '=', id).execute()
}

describe('Who sees invoices', () => {
  it('are the provider’s people, and of an organization those who are more than developers', async () => {
    const other = await organizationIn(house, market)
    const own = await invoiceIn(house, market)
    await invoiceIn(house, market, { organizationId: other })
    const lists = new InvoiceLists(house.invoices, house.clock)
    const seen = async (scope: Scope) => {
      const reading = house.unitOfWork.reading(scope)
      const page = await lists.page(reading, 'marketplaceId', market.marketplaceId, {})
      const found = await house.invoices.find(reading, own.id)
      return [page.nodes.length, await page.countTotal(), found !== null]
    }
    const { organizationId } = market
    expect(await seen(consumer(market, organizationId, 'ADMINISTRATOR'))).toEqual([1, 1, true])
    expect(await seen(consumer(market, organizationId, 'SUBSCRIBER'))).toEqual([1, 1, true])
    expect(await seen(consumer(market, organizationId, 'DEVELOPER', 'SUBSCRIBER'))).toEqual([1, 1, true])
    expect(await seen(consumer(market, organizationId, 'DEVELOPER'))).toEqual([0, 0, false])
    expect(await seen(consumer(market, other, 'ADMINISTRATOR'))).toEqual([1, 1, false])
    expect(await seen(provider(market.providerId, 'AUDITOR'))).toEqual([2, 2, true])
    expect(await seen(provider(newId('prov'), 'ADMINISTRATOR'))).toEqual([0, 0, false])
    expect(await seen(anonymous)).toEqual([0, 0, false])
    const { providerId, marketplaceId } = market
    expect(await seen({ kind: 'gateway', tokenId: newId('gwt'), providerId, marketplaceId })).toEqual([0, 0, false])
  })
})

describe('A list of invoices', () => {
  it('is narrowed by each filter, and by ids of the wrong kind to nothing', async () => {
    const now = house.clock.now()
    const at = (days: number) => new Date(now.getTime() + days * day)
    const draft = await invoiceIn(house, market)
    const open = await invoiceIn(house, market, { status: 'OPEN', dueAt: at(1), createdAt: at(-10) })
    const late = await invoiceIn(house, market, { status: 'OPEN', dueAt: now, createdAt: at(-20) })
    const debit = await invoiceIn(house, market, { status: 'OPEN', dueAt: at(-1), paymentProcessing: true })
    const writtenOff = await invoiceIn(house, market, {
      status: 'UNCOLLECTIBLE',
      dueAt: at(-9),
      paymentProcessing: false,
    })
    const paid = await invoiceIn(house, market, { status: 'PAID', dueAt: at(-9) })
    const names = new Map(
      Object.entries({ draft, open, late, debit, writtenOff, paid }).map(([name, { id }]) => [id, name]),
    )
    const lists = new InvoiceLists(house.invoices, house.clock)
    const listed = async (filter: InvoiceNarrowing | null) => {
      const args = { filter: filter as never }
      const page = await lists.page(house.reading(), 'marketplaceId', market.marketplaceId, args)
      expect(await page.countTotal()).toBe(page.nodes.length)
      return page.nodes.map(({ id }) => names.get(id))
    }
    const all = ['paid', 'writtenOff', 'debit', 'late', 'open', 'draft']
    expect(await listed(null)).toEqual(all)
    expect(await listed({})).toEqual(all)
    expect(await listed({ statuses: ['OPEN', 'PAID'] })).toEqual(['paid', 'debit', 'late', 'open'])
    expect(await listed({ statuses: [] })).toEqual([])
    expect(await listed({ pastDue: true })).toEqual(['writtenOff', 'late'])
    expect(await listed({ pastDue: false })).toEqual(['paid', 'debit', 'open', 'draft'])
    expect(await listed({ organizationId: market.organizationId })).toEqual(all)
    expect(await listed({ productSubscriptionId: late.productSubscriptionId })).toEqual(['late'])
    expect(await listed({ organizationId: late.productSubscriptionId })).toEqual([])
    expect(await listed({ organizationId: 'a\0b' })).toEqual([])
    expect(await listed({ createdTo: at(-10) })).toEqual(['late'])
    expect(await listed({ createdFrom: at(-10), createdTo: at(-1) })).toEqual(['open'])
    const ever = { createdFrom: new Date('0000-01-01T00:00:00Z'), createdTo: new Date('9999-12-31T23:59:59Z') }
    expect(await listed(ever)).toEqual(all)
  })
})

describe('The page of an invoice', () => {
  it('is given out as it is for days, then read anew', async () => {
    const invoice = await opened()
    expect(house.pages.areFresh(invoice)).toBe(true)
    await change(invoice.id, { hostedUrl: 'https://stale.example/' })
    await house.pass(2)
    expect(house.pages.areFresh(await stored(invoice.id))).toBe(true)
    await house.pass(2)
    expect(house.pages.areFresh(await stored(invoice.id))).toBe(false)
    const [renewed] = await house.pages.renewed(house.reading(), [invoice.id])
    expect(renewed?.hostedUrl).toContain(new URL(invoice.hostedUrl as string).pathname.slice(0, 20))
    expect(house.pages.areFresh(await stored(invoice.id))).toBe(true)
  })

  it('is what was held where Stripe does not answer', async () => {
    const invoice = await opened()
    await house.pass(4)
    await house.control('POST', 'faults', { match: { path: '/v1/invoices/*' }, act: 'status', code: 503 })
    const [held] = await house.pages.renewed(house.reading(), [invoice.id])
    expect(held?.hostedUrl).toBe(invoice.hostedUrl)
  })

  it('needs no request where there is none', async () => {
    const { id } = await invoiceIn(house, market)
    expect(house.pages.areFresh(await stored(id))).toBe(true)
  })
})

describe('A payment method that was saved', () => {
  const pays = async () => {
    const [automatically] = await house.integrations.payingAutomatically(house.reading(), [market.organizationId])
    return automatically
  }
  const page = (invoice: InvoiceRow, fields: Record<string, string>) =>
    fetch(invoice.hostedUrl as string, { method: 'POST', body: new URLSearchParams(fields) })

  it('is charged for later cycles, which are due all the same', async () => {
    expect(await pays()).toBeNull()
    const first = await opened()
    expect(await pays()).toBe(false)
    await page(first, { method: 'card', keep: 'yes' })
    await house.saved.look(first.id)
    expect(await pays()).toBe(true)
    const second = await opened({ reason: 'SUBSCRIPTION_CYCLE' })
    expect(second.dueAt).toEqual(new Date((second.issuedAt as Date).getTime() + 14 * day))
    const there = await stripe.invoices.retrieve(second.stripeInvoiceId as string)
    expect([there.collection_method, there.status]).toEqual(['charge_automatically', 'paid'])
  })

  it('is not charged for a beginning, and a later cycle without one is sent', async () => {
    const first = await opened()
    await page(first, { method: 'card' })
    await house.saved.look(first.id)
    expect(await pays()).toBe(false)
    const second = await opened({ reason: 'SUBSCRIPTION_CYCLE' })
    const there = await stripe.invoices.retrieve(second.stripeInvoiceId as string)
    expect([there.collection_method, there.status]).toEqual(['send_invoice', 'open'])
    await page(second, { method: 'card', keep: 'yes' })
    const another = await opened()
    const beginning = await stripe.invoices.retrieve(another.stripeInvoiceId as string)
    expect([beginning.collection_method, beginning.status]).toEqual(['send_invoice', 'open'])
  })
})

describe('What the provider does to an invoice', () => {
  it.each([
    ['void', 'VOID', 'void'],
    ['write off', 'UNCOLLECTIBLE', 'uncollectible'],
    ['pay', 'PAID', 'paid'],
  ] as const)('by %s makes it %s, in Stripe as well', async (step, status, there) => {
    const invoice = await opened()
    const settled = await house.settlement.settle(manager(), invoice.id, step, 'Agreed by phone.')
    expect(settled.status).toBe(status)
    expect((await stripe.invoices.retrieve(invoice.stripeInvoiceId as string)).status).toBe(there)
    const [history] = await house.invoices.historyOf(house.reading(), [invoice.id])
    expect(history?.map(({ from, to, cause }) => [from, to, cause])).toEqual([
      ['DRAFT', 'OPEN', 'SUBSCRIPTION'],
      ['OPEN', status, 'MUTATION'],
    ])
    // Once more changes nothing.
    expect((await house.settlement.settle(manager(), invoice.id, step, 'Again.')).status).toBe(status)
  })

  it('is refused for others, without a reason, and for what is paid', async () => {
    const invoice = await opened()
    const settle = (scope: Scope, reason: string) => refusal(house.settlement.settle(scope, invoice.id, 'void', reason))
    const subscriber = consumer(market, market.organizationId, 'ADMINISTRATOR')
    expect(await settle(subscriber, 'No.')).toEqual(['NOT_ALLOWED'])
    expect(await settle(provider(market.providerId, 'AUDITOR'), 'No.')).toEqual(['NOT_ALLOWED'])
    expect(await settle(provider(newId('prov'), 'ADMINISTRATOR'), 'No.')).toEqual(['NOT_FOUND'])
    expect(await settle(consumer(market, market.organizationId, 'DEVELOPER'), 'No.')).toEqual(['NOT_FOUND'])
    expect(await settle(manager(), '  ')).toEqual(['REQUIRED'])
    expect(await settle(manager(), 'a\0b')).toEqual(['INVALID'])
    expect((await stored(invoice.id)).status).toBe('OPEN')
    await house.settlement.settle(manager(), invoice.id, 'pay', 'By bank transfer.')
    expect(await settle(manager(), 'Too late.')).toEqual(['WRONG_STATE'])
    expect((await stored(invoice.id)).status).toBe('PAID')
  })

  it('stays undone while Stripe cannot be reached', async () => {
    const invoice = await opened()
    await house.control('POST', 'faults', { match: { path: '/v1/invoices/*' }, act: 'status', code: 503 })
    expect(await refusal(house.settlement.settle(manager(), invoice.id, 'void', 'Wrong.'))).toEqual([
      'BILLING_UNAVAILABLE',
    ])
    expect((await stored(invoice.id)).status).toBe('OPEN')
  })

  it('yields to the consumer who pays in the same moment', async () => {
    const invoice = await opened()
    await stripe.invoices.pay(invoice.stripeInvoiceId as string, { paid_out_of_band: true })
    expect(await refusal(house.settlement.settle(manager(), invoice.id, 'void', 'Wrong.'))).toEqual(['WRONG_STATE'])
    expect((await stored(invoice.id)).status).toBe('PAID')
  })

  it('tries again only what has failed', async () => {
    const invoice = await opened()
    expect(await refusal(house.settlement.retry(manager(), invoice.id))).toEqual(['WRONG_STATE'])
    const failed = await invoiceIn(house, market, { syncStatus: 'FAILED', syncAttempts: 3, syncMessage: 'Refused.' })
    const tried = await house.settlement.retry(manager(), failed.id)
    expect([tried.syncStatus, tried.syncAttempts]).toEqual(['PENDING', 0])
  })
})

describe('Invoices compared with Stripe', () => {
  const compare = async (dryRun: boolean) => {
    const { compared, drifts } = await house.reconciliation.reconcile(manager(), market.marketplaceId, dryRun)
    return { compared, drifts: drifts.map(({ invoiceId, difference, repaired }) => [invoiceId, difference, repaired]) }
  }

  it('do not differ when nothing was missed', async () => {
    await opened()
    await invoiceIn(house, market)
    expect(await compare(false)).toEqual({ compared: 2, drifts: [] })
  })

  it('are looked at only, or mended: what was paid without our hearing of it', async () => {
    const invoice = await opened()
    await stripe.invoices.pay(invoice.stripeInvoiceId as string, { paid_out_of_band: true })
    expect(await compare(true)).toEqual({ compared: 1, drifts: [[invoice.id, 'STATUS', false]] })
    expect((await stored(invoice.id)).status).toBe('OPEN')
    expect(await compare(false)).toEqual({ compared: 1, drifts: [[invoice.id, 'STATUS', true]] })
    expect((await stored(invoice.id)).status).toBe('PAID')
    expect(await compare(false)).toEqual({ compared: 1, drifts: [] })
  })

  it('never go back: what is paid here and open there is only told', async () => {
    const invoice = await opened()
    await change(invoice.id, { status: 'PAID' })
    expect(await compare(false)).toEqual({ compared: 1, drifts: [[invoice.id, 'STATUS', false]] })
    expect((await stored(invoice.id)).status).toBe('PAID')
  })

  it('are told apart in what they come to', async () => {
    const invoice = await opened()
    await change(invoice.id, { totalMinor: 2_400n })
    expect(await compare(false)).toEqual({ compared: 1, drifts: [[invoice.id, 'TOTAL', false]] })
  })

  it('are found in Stripe after their ids were lost here', async () => {
    const invoice = await opened()
    const lost = { status: 'DRAFT' as const, stripeInvoiceId: null, syncStatus: 'PENDING' as const }
    await change(invoice.id, lost)
    expect(await compare(false)).toEqual({ compared: 1, drifts: [[invoice.id, 'STATUS', true]] })
    expect(await stored(invoice.id)).toMatchObject({ status: 'OPEN', stripeInvoiceId: invoice.stripeInvoiceId })
  })

  it('are brought anew where the draft is gone, and told where more is', async () => {
    const draft = await invoiceIn(house, market, { stripeInvoiceId: 'in_gone1', syncStatus: 'FAILED' })
    const open = await invoiceIn(house, market, { status: 'OPEN', stripeInvoiceId: 'in_gone2', syncStatus: 'SYNCED' })
    expect(await compare(false)).toEqual({
      compared: 2,
      drifts: [
        [draft.id, 'MISSING_IN_STRIPE', true],
        [open.id, 'MISSING_IN_STRIPE', false],
      ],
    })
    expect(await stored(draft.id)).toMatchObject({ stripeInvoiceId: null, syncStatus: 'PENDING', syncAttempts: 0 })
  })

  it('are missing here when a backup has lost them; of others on the account nothing is said', async () => {
    const invoice = await opened()
    const foreign = await stripe.customers.create({ email: 'other@business.example' })
    await stripe.invoices.create({ customer: foreign.id, collection_method: 'send_invoice', days_until_due: 3 })
    await rows(house.reading(), Invoice).deleteFrom('Invoice').where('id', '=', invoice.id).execute()
    expect(await compare(false)).toEqual({ compared: 0, drifts: [[null, 'MISSING_HERE', false]] })
  })

  it('are for managers of a connected marketplace, while Stripe answers', async () => {
    const { marketplaceId } = market
    const reconcile = (scope: Scope, id = marketplaceId) => refusal(house.reconciliation.reconcile(scope, id, true))
    expect(await reconcile(provider(market.providerId, 'AUDITOR'))).toEqual(['NOT_ALLOWED'])
    expect(await reconcile(provider(newId('prov'), 'ADMINISTRATOR'))).toEqual(['NOT_FOUND'])
    expect(await reconcile(manager(), newId('mkt'))).toEqual(['NOT_FOUND'])
    await house.control('POST', 'faults', { match: { path: '/v1/invoices' }, act: 'status', code: 503 })
    expect(await reconcile(manager())).toEqual(['BILLING_UNAVAILABLE'])
  })
})

describe('The sweep', () => {
  it('tells of each past due once, asks about the silent, and brings the forgotten', async () => {
    const invoice = await opened()
    const forgotten = await invoiceIn(house, market)
    await stripe.invoices.pay(invoice.stripeInvoiceId as string, { paid_out_of_band: true })
    const due = await invoiceIn(house, market, { status: 'OPEN', dueAt: new Date(house.clock.now().getTime() + day) })
    await house.pass(2)
    await house.sweep.sweep()
    await house.sweep.sweep()
    expect((await stored(invoice.id)).status).toBe('PAID')
    expect((await stored(due.id)).pastDueAt).toEqual(house.clock.now())
    const events = await house.unitOfWork
      .reading(system)
      .kysely.selectFrom('Event')
      .select('name')
      .where('subjectId', '=', due.id)
      .execute()
    expect(events.map(({ name }) => name)).toEqual(['invoice.past-due'])
    const jobs = await house.reading().kysely.selectFrom('graphile_worker.jobs').select('key').execute()
    expect(jobs.map(({ key }) => key)).toContain(`bring ${forgotten.id}`)
  })
})

describe('Revenue', () => {
  it('is by month in the marketplace’s zone and by currency, for the provider alone', async () => {
    const zoned = await marketplaceOf(house, { timeZone: 'America/New_York' })
    const row = { id: zoned.marketplaceId, providerId: zoned.providerId, timeZone: 'America/New_York' } as never
    const issue = (issuedAt: string, about: Partial<InvoiceRow>) =>
      invoiceIn(house, zoned, { status: 'OPEN', issuedAt: new Date(issuedAt), ...about })
    // Midnight in New York is 04:00 UTC in summer.
    await issue('2026-07-01T03:59:59Z', {
      status: 'PAID',
      paidAt: new Date('2026-07-02T00:00:00Z'),
      amountPaidMinor: 2_500n,
    })
    await issue('2026-07-01T04:00:00Z', { amountPaidMinor: 1_000n })
    await issue('2026-07-20T00:00:00Z', { status: 'UNCOLLECTIBLE' })
    await issue('2026-07-21T00:00:00Z', { status: 'VOID' })
    await issue('2026-08-21T00:00:00Z', { currency: 'JPY', totalMinor: 900n, amountDueMinor: 900n })
    const now = new Date('2026-08-25T00:00:00Z')
    const asked = { start: new Date('2026-06-15T00:00:00Z'), end: new Date('2027-01-01T00:00:00Z') }
    const revenues = new RevenueRepository()
    const points = await revenues.ofMarketplace(
      house.unitOfWork.reading(provider(zoned.providerId, 'AUDITOR')),
      row,
      asked,
      now,
    )
    const read = points.map(({ period, currency, invoiced, collected, outstanding }) => [
      period.start.toISOString(),
      currency,
      ...[invoiced, collected, outstanding].map(({ minor }) => Number(minor)),
    ])
    expect(read).toEqual([
      ['2026-06-15T00:00:00.000Z', 'JPY', 0, 0, 0],
      ['2026-06-15T00:00:00.000Z', 'USD', 2_500, 0, 0],
      ['2026-07-01T04:00:00.000Z', 'JPY', 0, 0, 0],
      ['2026-07-01T04:00:00.000Z', 'USD', 5_000, 2_500, 4_000],
      ['2026-08-01T04:00:00.000Z', 'JPY', 900, 0, 900],
      ['2026-08-01T04:00:00.000Z', 'USD', 0, 0, 0],
    ])
    for (const scope of [
      consumer(zoned, zoned.organizationId, 'ADMINISTRATOR'),
      provider(newId('prov'), 'ADMINISTRATOR'),
      anonymous,
    ]) {
      expect(await revenues.ofMarketplace(house.unitOfWork.reading(scope), row, asked, now)).toEqual([])
    }
  })

  it('recurs as the plans say, each brought to a month, while a subscription is active and out of its trial', async () => {
    const { providerId, marketplaceId, planId } = market
    const kysely = house.reading().kysely
    const subscribe = async (about: object, plan: object = {}) => {
      const { productSubscriptionId } = await invoiceIn(house, market, { status: 'VOID' })
      const own = await kysely.selectFrom('Plan').selectAll().where('id', '=', planId).executeTakeFirstOrThrow()
      const id = newId('plan')
      await kysely
        .insertInto('Plan')
        .values({ ...own, features: '{}', tiers: undefined, id, ...plan })
        .execute()
      await kysely
        .updateTable('ProductSubscription')
        .set({ planId: id, ...about })
        .where('id', '=', productSubscriptionId)
        .execute()
    }
    const started = { startedAt: new Date('2026-07-10T00:00:00Z') }
    await subscribe(started)
    await subscribe(started, { interval: 'YEAR', baseMinor: 12_000n })
    await subscribe(started, { interval: 'MONTH', intervalCount: 3, baseMinor: 3_000n })
    await subscribe({ ...started, state: 'SUSPENDED' })
    await subscribe({ ...started, state: 'CANCELED', endedAt: new Date('2026-08-10T00:00:00Z') })
    await subscribe({ ...started, trialEndsAt: new Date('2026-08-05T00:00:00Z') })
    await subscribe({ startedAt: null, state: 'PENDING_APPROVAL' })
    const row = { id: marketplaceId, providerId, timeZone: 'UTC' } as never
    const asked = { start: new Date('2026-07-01T00:00:00Z'), end: new Date('2026-09-01T00:00:00Z') }
    const reading = house.unitOfWork.reading(manager())
    const points = await new RevenueRepository().ofMarketplace(reading, row, asked, new Date('2026-10-01T00:00:00Z'))
    expect(points.map(({ currency, monthlyRecurring }) => [currency, monthlyRecurring.minor])).toEqual([
      // 25 + 10 + 10 + 25 in July; in August one has ended, and one has come out of its trial.
      ['USD', 7_000n],
      ['USD', 7_000n],
    ])
  })
})

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenReporter,
  givenSubscriber,
  hour,
  later,
  monthsLater,
  subscriptionSeen,
  timeIn,
  whenAllRests,
  whenItIs,
  whenNextIs,
  whenOver,
  whenPaid,
} from '../support/billing.js'
import {
  CancelProductSubscriptionDocument,
  type CreateMarketplaceInput,
  KeepProductSubscriptionDocument,
  ResumeProductSubscriptionDocument,
  SubscribePreviewDocument,
  SuspendProductSubscriptionDocument,
  UpdateMarketplaceDocument,
} from '../support/generated/graphql.js'
import { sandboxOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Offer,
  whenAccessIsAskedFor,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

let backend: Backend
beforeAll(async () => {
  backend = await startBackend()
})
afterAll(() => backend.stop())

async function givenSale(about: Partial<CreateMarketplaceInput> = {}) {
  const market = await givenMarketplace(backend, about)
  await givenBilling(market)
  return { market, acme: await givenOrganization(market) }
}

describe('periods', () => {
  test('of a calendar are the months of the zone, the first charged by the share of time that is left', async () => {
    const { market, acme } = await givenSale({ timeZone: 'Europe/Berlin' })
    const offer = await givenOffer(market, { price: { base: '100.00', currency: 'EUR', anchor: 'CALENDAR' } })
    const now = await whenNextIs(market, '03-10')
    // Berlin is an hour ahead of UTC in winter, and two in summer, which begins at the end of March.
    const year = now.getUTCFullYear()
    const [march, april, may] = [`${year}-02-28T23:00Z`, `${year}-03-31T22:00Z`, `${year}-04-30T22:00Z`].map(
      (text) => new Date(text),
    ) as [Date, Date, Date]
    const preview = await acme.consumer.query(SubscribePreviewDocument, {
      input: { organizationId: acme.id, planId: offer.planId },
    })
    const { id } = await givenSubscriber(market, acme, offer)
    await whenItIs(market, later(april, -hour))
    expect((await subscriptionSeen(acme.consumer, id)).invoices).toHaveLength(1)
    await whenItIs(market, later(april, hour))
    await whenPaid(market, acme.consumer, id)

    const { invoices, startedAt } = await subscriptionSeen(acme.consumer, id)
    const begin = new Date(startedAt as string)
    const share = (april.getTime() - begin.getTime()) / (april.getTime() - march.getTime())
    const first = (100 * share).toFixed(2)
    expect(invoices.map(({ period, total }) => [period.start, period.end, total])).toEqual([
      [begin.toISOString(), april.toISOString(), { amount: first, currency: 'EUR' }],
      [april.toISOString(), may.toISOString(), { amount: '100.00', currency: 'EUR' }],
    ])
    // What was shown is what was charged, but for the seconds in between.
    expect(Number(preview.subscribePreview.dueNow?.amount)).toBeCloseTo(Number(first), 1)
    expect(preview.subscribePreview.renewsAt).toBe(april.toISOString())
    expect(invoices[0]?.lines).toMatchObject([
      { kind: 'BASE_PRICE', description: expect.stringMatching(/ % of 100\.00 EUR a month$/) },
    ])
    await whenOver(market, id)
  })

  test('go on where they are when the marketplace moves to another zone, and end by that from then on', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market, { price: { base: '100.00', currency: 'EUR', anchor: 'CALENDAR' } })
    const now = await timeIn(market)
    const firstOf = (month: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month, 1))
    await whenItIs(market, later(firstOf(1), 5 * day))
    const { id } = await givenSubscriber(market, acme, offer)
    await market.provider.mutate(UpdateMarketplaceDocument, { marketplaceId: market.id, timeZone: 'Asia/Tokyo' })
    await whenItIs(market, later(firstOf(3), hour))
    await whenPaid(market, acme.consumer, id)
    const { invoices } = await subscriptionSeen(acme.consumer, id)
    // Tokyo is nine hours ahead, all year round. The period that was shorter for that has its whole price.
    const inTokyo = (month: number) => later(firstOf(month), -9 * hour).toISOString()
    expect(invoices.slice(1).map(({ period, total }) => [period.start, period.end, total.amount])).toEqual([
      [firstOf(2).toISOString(), inTokyo(3), '100.00'],
      [inTokyo(3), inTokyo(4), '100.00'],
    ])
    await whenOver(market, id)
  })

  test('from 29 February are yearly on 28 February, and on 29 February again in leap years', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market, { price: { base: '1200.00', currency: 'USD', interval: 'YEAR' } })
    let leapDay = new Date('2028-02-29T12:00:00Z')
    while (leapDay < (await timeIn(market))) leapDay = new Date(Date.UTC(leapDay.getUTCFullYear() + 4, 1, 29, 12))
    await whenItIs(market, leapDay)
    const { id } = await givenSubscriber(market, acme, offer)
    for (const years of [1, 2, 3, 4]) {
      await whenItIs(market, later(monthsLater(leapDay, 12 * years), hour))
      await whenPaid(market, acme.consumer, id)
    }
    const { invoices } = await subscriptionSeen(acme.consumer, id)
    expect(invoices.map(({ period, status }) => [period.start.slice(5, 10), status])).toEqual([
      ['02-29', 'PAID'],
      ['02-28', 'PAID'],
      ['02-28', 'PAID'],
      ['02-28', 'PAID'],
      ['02-29', 'PAID'],
    ])
    for (const [index, { period }] of invoices.entries()) {
      expect(period.end).toBe(
        invoices[index + 1]?.period.start ?? monthsLater(invoices[0]?.period.start as string, 60).toISOString(),
      )
    }
    await whenOver(market, id)
  })
})

describe('a trial', () => {
  test('costs nothing; then the first invoice has its due date and grace, and access stays meanwhile', async () => {
    const { market, acme } = await givenSale()
    const authorize = await givenGateway(market)
    const report = await givenReporter(market)
    const offer = await givenOffer(market, (resource) => ({
      trialDays: 14,
      gracePeriodDays: 2,
      paymentTermDays: 5,
      price: { base: '25.00', setupFee: '10.00', currency: 'USD' },
      quotas: [{ resourceIds: [resource], limit: 'UNLIMITED', pricing: 'PER_UNIT', unitAmount: '0.10' }],
    }))
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    const { id } = productSubscription
    expect(invoice).toBeNull()
    const { key } = await whenAccessIsAskedFor(acme, offer, id)
    const pass = async () => (await authorize(key, offer.basePath)).status
    expect(await pass()).toBe(204)
    const trial = await subscriptionSeen(acme.consumer, id)
    expect(trial).toMatchObject({ standing: 'NOT_REQUIRED', invoices: [] })
    const { trialEndsAt, startedAt } = trial
    expect(trialEndsAt).toBe(later(startedAt as string, 14 * day).toISOString())
    await report([{ productSubscriptionId: id, resourceId: offer.resourceId, quantity: '400' }])

    await whenItIs(market, later(trialEndsAt as string, hour))
    const { invoices, ...after } = await subscriptionSeen(acme.consumer, id)
    expect(after).toMatchObject({ standing: 'GOOD', currentPeriod: { start: trialEndsAt } })
    expect(invoices).toMatchObject([
      {
        reason: 'SUBSCRIPTION_START',
        status: 'OPEN',
        total: { amount: '35.00' },
        lines: [{ kind: 'SETUP_FEE' }, { kind: 'BASE_PRICE', quantity: '1' }],
      },
    ])
    const dueAt = invoices[0]?.dueAt as string
    expect(dueAt).toBe(later(invoices[0]?.issuedAt as string, 5 * day).toISOString())
    await whenItIs(market, later(dueAt, hour))
    expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({ standing: 'GRACE' })
    expect(await pass()).toBe(204)
    await whenItIs(market, later(dueAt, 2 * day + hour))
    expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({ standing: 'PAST_DUE' })
    expect(await pass()).toBe(403)
    await whenPaid(market, acme.consumer, id)
    expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({ standing: 'GOOD' })
    expect(await pass()).toBe(204)

    // One trial for an organization and product: the second time the first payment comes first.
    await whenOver(market, id)
    const again = await whenSubscribed(acme, offer)
    expect(again.productSubscription.standing).toBe('AWAITING_FIRST_PAYMENT')
    expect(again.invoice.total.amount).toBe('35.00')
    await whenOver(market, again.productSubscription.id)
  })

  test('that is cancelled before it ends has cost nothing', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market, { trialDays: 14 })
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { productSubscription: cancelled } = await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: productSubscription.id,
    })
    expect(cancelled).toMatchObject({ state: 'ACTIVE', cancelAtPeriodEnd: true })
    await whenItIs(market, later(cancelled.endsAt as string, day))
    expect(await subscriptionSeen(acme.consumer, productSubscription.id)).toMatchObject({
      state: 'CANCELED',
      endedAt: cancelled.endsAt,
      invoices: [],
    })
  })
})

describe('an end', () => {
  test('after its term: the subscription expires, and what was used of its last period is still invoiced', async () => {
    const { market, acme } = await givenSale()
    const report = await givenReporter(market)
    const offer = await givenOffer(market, (resource) => ({
      termPeriods: 2,
      quotas: [{ resourceIds: [resource], limit: 'LOOSE', limitUnits: '100', unitAmount: '0.05' }],
    }))
    const { id } = await givenSubscriber(market, acme, offer)
    const { startedAt, endsAt } = await subscriptionSeen(acme.consumer, id)
    expect(endsAt).toBe(monthsLater(startedAt as string, 2).toISOString())
    await whenItIs(market, later(monthsLater(startedAt as string, 1), hour))
    await whenPaid(market, acme.consumer, id)
    await report([{ productSubscriptionId: id, resourceId: offer.resourceId, quantity: '130' }])
    await whenItIs(market, later(endsAt as string, hour))
    const seen = await subscriptionSeen(acme.consumer, id)
    expect(seen).toMatchObject({ state: 'EXPIRED', endedAt: endsAt })
    expect(seen.invoices.map(({ reason, status, total }) => [reason, status, total.amount])).toEqual([
      ['SUBSCRIPTION_START', 'PAID', '25.00'],
      ['SUBSCRIPTION_CYCLE', 'PAID', '25.00'],
      ['SUBSCRIPTION_END', 'OPEN', '1.50'],
    ])
    // It is over, and goes on costing nothing.
    await whenItIs(market, later(endsAt as string, 70 * day))
    expect((await subscriptionSeen(acme.consumer, id)).invoices).toHaveLength(3)
  })

  test('at once leaves what was paid for and charges what was used; at period end the period is still had', async () => {
    const { market, acme } = await givenSale()
    const report = await givenReporter(market)
    const authorize = await givenGateway(market)
    const offer = await givenOffer(market, metered)
    const other = await givenOffer(market, metered)
    const [now, then] = [await givenSubscriber(market, acme, offer), await givenSubscriber(market, acme, other)]
    const pass = async ({ key }: { key: string }, { basePath }: Offer) => {
      const answer = await authorize(key, basePath)
      return [answer.status, answer.headers.get('x-access-reason')]
    }
    await whenItIs(market, later(await timeIn(market), 10 * day))
    for (const [{ id }, { resourceId }] of [
      [now, offer],
      [then, other],
    ] as const)
      await report([{ productSubscriptionId: id, resourceId, quantity: '120' }])

    const { productSubscription, invoice } = await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: now.id,
      when: 'NOW',
      reason: 'We build our own.',
    })
    expect(productSubscription).toMatchObject({ state: 'CANCELED', endedAt: expect.any(String) })
    expect(invoice).toMatchObject({ reason: 'SUBSCRIPTION_END', total: { amount: '1.00' }, status: 'OPEN' })
    await whenAllRests(market)
    expect(await pass(now, offer)).toEqual([403, 'SUBSCRIPTION_ENDED'])

    const { productSubscription: going } = await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: then.id,
    })
    expect(going).toMatchObject({ state: 'ACTIVE', cancelAtPeriodEnd: true })
    await whenItIs(market, later(going.endsAt as string, -hour))
    expect(await pass(then, other)).toEqual([204, null])
    await whenItIs(market, later(going.endsAt as string, hour))
    expect(await pass(then, other)).toEqual([403, 'SUBSCRIPTION_ENDED'])
    const { invoices, ...ended } = await subscriptionSeen(acme.consumer, then.id)
    expect(ended).toMatchObject({ state: 'CANCELED', endedAt: going.endsAt })
    expect(invoices.map(({ reason, total }) => [reason, total.amount])).toEqual([
      ['SUBSCRIPTION_START', '25.00'],
      ['SUBSCRIPTION_END', '1.00'],
    ])
  })

  test('that waits can be taken back, and then the subscription renews', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market)
    const { id } = await givenSubscriber(market, acme, offer)
    await acme.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: id })
    const { productSubscription } = await acme.consumer.mutate(KeepProductSubscriptionDocument, {
      productSubscriptionId: id,
    })
    expect(productSubscription).toMatchObject({ state: 'ACTIVE', cancelAtPeriodEnd: false, endsAt: null })
    const { currentPeriod } = await subscriptionSeen(acme.consumer, id)
    await whenItIs(market, later(currentPeriod?.end as string, hour))
    const { invoices, state } = await subscriptionSeen(acme.consumer, id)
    expect([state, invoices.length]).toEqual(['ACTIVE', 2])
    await market.provider.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: id, when: 'NOW' })
    await whenAllRests(market)
    const [refused] = await acme.consumer.refused(KeepProductSubscriptionDocument, { productSubscriptionId: id })
    expect(refused).toMatchObject({ code: 'WRONG_STATE', message: 'The subscription has ended.' })
    // What was owed stays owed.
    expect((await subscriptionSeen(acme.consumer, id)).invoices.at(-1)).toMatchObject({ status: 'OPEN' })
  })

  test('before the first payment voids its invoice: nothing was delivered, so nothing is owed', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market)
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id } = productSubscription
    const { productSubscription: over } = await acme.consumer.mutate(CancelProductSubscriptionDocument, {
      productSubscriptionId: id,
    })
    expect(over).toMatchObject({ state: 'CANCELED' })
    await whenAllRests(market)
    const { invoices } = await subscriptionSeen(acme.consumer, id)
    expect(invoices).toMatchObject([{ status: 'VOID', reason: 'SUBSCRIPTION_START' }])
    expect((await atStripe(backend, invoices)).map(({ status }) => status)).toEqual(['void'])
    await whenItIs(market, later(await timeIn(market), 40 * day))
    expect((await subscriptionSeen(acme.consumer, id)).invoices).toHaveLength(1)
  })

  test('loses against a payment that is faster: paid stays paid', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market)
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id } = productSubscription
    await whenAllRests(market)
    const open = (await subscriptionSeen(acme.consumer, id)).invoices[0]
    // Stripe is asked to void it only after the page has been used, which nobody here has heard of yet.
    const sandbox = sandboxOf(backend)
    await sandbox.fault({ match: { event: 'invoice.paid' }, act: 'drop', times: 1 })
    await whenPressed(open?.hostedUrl as string, 'card')
    await acme.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: id, when: 'NOW' })
    await whenAllRests(market)
    await sandbox.mend()
    const { invoices, state } = await subscriptionSeen(acme.consumer, id)
    expect(state).toBe('CANCELED')
    expect(invoices).toMatchObject([{ status: 'PAID', amountPaid: { amount: '25.00' } }])
    expect((await atStripe(backend, invoices)).map(({ status }) => status)).toEqual(['paid'])
  })
})

describe('before the first payment', () => {
  test('cycles are not invoiced; who pays late has the period that it is by then, and renews after it', async () => {
    const { market, acme } = await givenSale()
    const authorize = await givenGateway(market)
    const offer = await givenOffer(market)
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id } = productSubscription
    const { key } = await whenAccessIsAskedFor(acme, offer, id)
    const { start } = productSubscription.currentPeriod as { start: string }
    await whenItIs(market, later(monthsLater(start, 1), 10 * day))
    const waiting = await subscriptionSeen(acme.consumer, id)
    expect(waiting).toMatchObject({
      standing: 'AWAITING_FIRST_PAYMENT',
      invoices: [{ status: 'OPEN' }],
      currentPeriod: { start: monthsLater(start, 1).toISOString() },
    })
    expect((await authorize(key, offer.basePath)).headers.get('x-access-reason')).toBe('FIRST_INVOICE_UNPAID')
    await whenPaid(market, acme.consumer, id)
    expect((await authorize(key, offer.basePath)).status).toBe(204)
    await whenItIs(market, later(monthsLater(start, 2), hour))
    const { invoices } = await subscriptionSeen(acme.consumer, id)
    expect(invoices.map(({ period, status }) => [period.start, status])).toEqual([
      [start, 'PAID'],
      [monthsLater(start, 2).toISOString(), 'OPEN'],
    ])
    await whenOver(market, id)
  })

  test('a debit under way and a cancellation: what Stripe has made of it counts, and nothing is left over', async () => {
    const { market, acme } = await givenSale()
    const offer = await givenOffer(market)
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id } = productSubscription
    await whenPaid(market, acme.consumer, id, 'bank_debit')
    await acme.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: id, when: 'NOW' })
    await whenAllRests(market)
    await whenItIs(market, later(await timeIn(market), 7 * day))
    const { invoices, state } = await subscriptionSeen(acme.consumer, id)
    const known = await atStripe(backend, invoices)
    expect([state, invoices[0]?.paymentProcessing]).toEqual(['CANCELED', false])
    expect(known.map(({ status }) => status?.toUpperCase())).toEqual(invoices.map(({ status }) => status))
    expect(['PAID', 'VOID']).toContain(invoices[0]?.status)
  })
})

describe('a subscription that the provider has stopped', () => {
  test('has no access, and its periods go on', async () => {
    const { market, acme } = await givenSale()
    const authorize = await givenGateway(market)
    const offer = await givenOffer(market)
    const { id, key } = await givenSubscriber(market, acme, offer)
    const { startedAt } = await subscriptionSeen(acme.consumer, id)
    await market.provider.mutate(SuspendProductSubscriptionDocument, {
      productSubscriptionId: id,
      reason: 'Too many complaints.',
    })
    await whenItIs(market, later(monthsLater(startedAt as string, 1), hour))
    const seen = await subscriptionSeen(acme.consumer, id)
    expect(seen).toMatchObject({ state: 'SUSPENDED', standing: 'GOOD' })
    expect(seen.invoices).toHaveLength(2)
    expect((await authorize(key, offer.basePath)).headers.get('x-access-reason')).toBe('SUSPENDED_BY_PROVIDER')
    await market.provider.mutate(ResumeProductSubscriptionDocument, { productSubscriptionId: id })
    await whenPaid(market, acme.consumer, id)
    expect((await authorize(key, offer.basePath)).status).toBe(204)
    await whenOver(market, id)
  })
})

describe('what costs nothing', () => {
  test('is never invoiced, however much of it is used', async () => {
    const { market, acme } = await givenSale()
    const report = await givenReporter(market)
    const free = await givenOffer(market, { type: 'FREE' })
    const custom = await givenOffer(market, { type: 'CUSTOM' })
    const subscriptions = []
    for (const offer of [free, custom]) {
      const { productSubscription, invoice } = await whenSubscribed(acme, offer)
      expect([productSubscription.standing, invoice]).toEqual(['NOT_REQUIRED', null])
      await report([{ productSubscriptionId: productSubscription.id, resourceId: offer.resourceId, quantity: '5000' }])
      subscriptions.push(productSubscription.id)
    }
    await whenItIs(market, later(await timeIn(market), 400 * day))
    for (const id of subscriptions) {
      expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({
        state: 'ACTIVE',
        standing: 'NOT_REQUIRED',
        currentPeriod: null,
        invoices: [],
      })
    }
    expect(await sandboxOf(backend).table('customers')).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ email: acme.email })]),
    )
  })
})

const metered = (resource: string) => ({
  quotas: [{ resourceIds: [resource], limit: 'LOOSE' as const, limitUnits: '100', unitAmount: '0.05' }],
})

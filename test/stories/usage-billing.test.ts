import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Temporal } from 'temporal-polyfill'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenReporter,
  givenSubscriber,
  hour,
  type InvoiceSeen,
  later,
  minute,
  monthsLater,
  pushed,
  subscriptionSeen,
  timeIn,
  whenAllRests,
  whenItIs,
  whenOver,
  whenPaid,
} from '../support/billing.js'
import {
  ApproveProductSubscriptionDocument,
  PlanEstimateDocument,
  type QuotaInput,
  QuotaThresholdReachedDocument,
  UpcomingInvoiceDocument,
} from '../support/generated/graphql.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  type PlanWish,
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

type Terms = Omit<QuotaInput, 'resourceIds'>

function quota(terms: Terms, more: Exclude<PlanWish, (resource: string) => unknown> = {}): PlanWish {
  return (resource) => ({ quotas: [{ resourceIds: [resource], ...terms }], ...more })
}

/** Acme has a plan with one quota, and has paid for its first period. */
async function givenQuota(terms: Terms, more: Exclude<PlanWish, (resource: string) => unknown> = {}) {
  const market = await givenMarketplace(backend)
  await givenBilling(market)
  const acme = await givenOrganization(market)
  const offer = await givenOffer(market, quota(terms, more))
  const authorize = await givenGateway(market)
  const report = await givenReporter(market)
  const thresholds = await acme.consumer.listen(QuotaThresholdReachedDocument, { organizationId: acme.id })
  const { id, key, credential } = await givenSubscriber(market, acme, offer)
  running.push([market, id])
  const seen = () => subscriptionSeen(acme.consumer, id)
  return {
    market,
    acme,
    offer,
    id,
    thresholds,
    credential,
    report,
    seen,
    period: (await seen()).currentPeriod as { start: string; end: string },
    /** So many calls were served. */
    used: (quantity: string, occurredAt?: Date) =>
      report([
        {
          productSubscriptionId: id,
          resourceId: offer.resourceId,
          quantity,
          ...(occurredAt ? { occurredAt: occurredAt.toISOString() } : {}),
        },
      ]),
    upcoming: async () => {
      const { productSubscription } = await acme.consumer.query(UpcomingInvoiceDocument, { productSubscriptionId: id })
      return productSubscription
    },
    pass: async () => {
      const answer = await authorize(key, offer.basePath)
      return [answer.status, answer.headers.get('x-access-reason'), answer.headers.get('x-quota-remaining')]
    },
  }
}

const usageOf = (invoice: InvoiceSeen | undefined) =>
  (invoice?.lines ?? [])
    .filter(({ kind }) => kind !== 'BASE_PRICE')
    .map(({ kind, quantity, unitAmount, amount }) => [kind, quantity, unitAmount, amount.amount])

describe('a limit', () => {
  test('that is LOOSE lets calls through and charges what is beyond; the invoice is the one that was shown', async () => {
    const { market, used, upcoming, period, seen, pass, thresholds } = await givenQuota({
      limit: 'LOOSE',
      limitUnits: '1000',
      unitAmount: '0.0333',
    })
    await used('499')
    await used('1')
    expect(await pass()).toEqual([204, null, '500'])
    await used('850')
    expect(await pass()).toEqual([204, null, '0'])
    await thresholds.next(({ threshold }) => threshold === 100)
    await used('100')
    await whenAllRests(market)
    // 450 × 0.0333 is 14.985, which is rounded once, half up.
    const shown = await upcoming()
    expect(shown?.usage).toMatchObject([
      { used: '1450', limitUnits: '1000', remaining: '0', cost: { amount: '14.99' } },
    ])
    await whenItIs(market, later(period.end, hour))
    const { invoices } = await seen()
    const invoice = invoices[1] as InvoiceSeen
    expect(invoice.total.amount).toBe('39.99')
    expect(usageOf(invoice)).toEqual([['USAGE', '450', '0.0333', '14.99']])
    expect(shown?.upcomingInvoice).toMatchObject({
      total: invoice.total,
      lines: invoice.lines.map(({ kind, quantity, unitAmount, amount }) => ({ kind, quantity, unitAmount, amount })),
    })
    expect((await atStripe(backend, [invoice])).map(({ total }) => total)).toEqual([3999])
    // Each once, although the last report came when all had been reached.
    expect(thresholds.received.map(({ threshold }) => threshold)).toEqual([50, 80, 100])
    // The new interval begins at zero.
    expect(await pass()).toEqual([204, null, '1000'])
    await used('800')
    expect((await thresholds.next()).threshold).toBe(50)
    expect((await thresholds.next()).threshold).toBe(80)
  })

  test('that is STRICT closes until the next interval, which need not be a billing period, and charges nothing', async () => {
    const { market, used, period, seen, pass, thresholds } = await givenQuota({
      limit: 'STRICT',
      limitUnits: '10',
      interval: 'DAY',
    })
    await used('9.5')
    expect(await pass()).toEqual([204, null, '0.5'])
    await used('3')
    expect((await pass()).slice(0, 2)).toEqual([403, 'QUOTA_EXCEEDED'])
    await whenItIs(market, later(period.start, day + minute))
    expect(await pass()).toEqual([204, null, '10'])
    await used('10')
    expect((await pass())[0]).toBe(403)
    await whenItIs(market, later(period.end, hour))
    expect((await seen()).invoices.map(({ total }) => total.amount)).toEqual(['25.00', '25.00'])
    expect((await pushed(thresholds, 6)).map(({ threshold }) => threshold)).toEqual([50, 80, 100, 50, 80, 100])
  })
})

describe('what is used', () => {
  const tiers = [
    { to: '500', unitAmount: '2' },
    { to: '5000', unitAmount: '1', flatFee: '10' },
    { unitAmount: '0.5', flatFee: '20' },
  ]
  const priced: Array<[string, Terms, string, string, string[][]]> = [
    [
      'GRADUATED',
      { pricing: 'GRADUATED', limit: 'UNLIMITED', tiers },
      '5001',
      '5530.50',
      [
        ['USAGE', '500', '2', '1000.00'],
        ['USAGE', '4500', '1', '4500.00'],
        ['USAGE', '1', '10', '10.00'],
        ['USAGE', '1', '0.5', '0.50'],
        ['USAGE', '1', '20', '20.00'],
      ],
    ],
    [
      'VOLUME',
      { pricing: 'VOLUME', limit: 'UNLIMITED', tiers },
      '5001',
      '2520.50',
      [
        ['USAGE', '5001', '0.5', '2500.50'],
        ['USAGE', '1', '20', '20.00'],
      ],
    ],
    [
      'PACKAGE',
      { pricing: 'PACKAGE', limit: 'LOOSE', limitUnits: '2000', packageSize: '1000', unitAmount: '3.00' },
      '5000.5',
      '18.00',
      [['USAGE', '6', '3', '18.00']],
    ],
    [
      'PER_UNIT',
      { pricing: 'PER_UNIT', limit: 'UNLIMITED', unitAmount: '0.000000000125' },
      '12000000000.4',
      '1.50',
      [['USAGE', '12000000000.4', '0.000000000125', '1.50']],
    ],
    ['PER_UNIT that nobody used', { pricing: 'PER_UNIT', limit: 'UNLIMITED', unitAmount: '9' }, '0', '0.00', []],
    [
      'GRADUATED that nobody used',
      { pricing: 'GRADUATED', limit: 'UNLIMITED', tiers: [{ unitAmount: '1', flatFee: '50' }] },
      '0',
      '0.00',
      [],
    ],
  ]

  test('costs what the pricing says, to the cent, in the estimate, on the invoice and at Stripe', async () => {
    const market = await givenMarketplace(backend)
    await givenBilling(market)
    const acme = await givenOrganization(market)
    const report = await givenReporter(market)
    const subscribed = []
    for (const [name, terms, units, cost, lines] of priced) {
      const offer = await givenOffer(market, quota(terms, { name }))
      const { id } = await givenSubscriber(market, acme, offer)
      running.push([market, id])
      if (units !== '0') await report([{ productSubscriptionId: id, resourceId: offer.resourceId, quantity: units }])
      const { productSubscription } = await acme.consumer.query(UpcomingInvoiceDocument, { productSubscriptionId: id })
      const quotaId = productSubscription?.usage[0]?.quota.id as string
      const { node } = await acme.consumer.query(PlanEstimateDocument, {
        plan: offer.planId,
        usage: [{ quotaId, units }],
      })
      const estimate = node && 'estimate' in node ? node.estimate.total?.amount : null
      expect([name, productSubscription?.usage[0]?.cost?.amount]).toEqual([name, cost])
      subscribed.push({ name, id, cost, lines, estimate, shown: productSubscription?.upcomingInvoice?.total.amount })
    }
    const { currentPeriod } = await subscriptionSeen(acme.consumer, subscribed.at(-1)?.id as string)
    await whenItIs(market, later(currentPeriod?.end as string, hour))
    for (const { name, id, cost, lines, shown, estimate } of subscribed) {
      const invoice = (await subscriptionSeen(acme.consumer, id)).invoices[1] as InvoiceSeen
      const total = (Number(cost) + 25).toFixed(2)
      expect([name, invoice.total.amount, shown, estimate]).toEqual([name, total, total, total])
      expect([name, usageOf(invoice)]).toEqual([name, lines])
      const [known] = await atStripe(backend, [invoice])
      expect([name, known?.total]).toEqual([name, Number(total.replace('.', ''))])
    }
  })

  test('in an interval longer than a billing period is priced as a whole, and each part charged once', async () => {
    const { market, acme, id, used, period, seen } = await givenQuota(
      { pricing: 'GRADUATED', limit: 'UNLIMITED', tiers: [{ to: '500', unitAmount: '2' }, { unitAmount: '1' }] },
      { price: { base: '5.00', currency: 'USD', interval: 'WEEK' } },
    )
    for (const week of [1, 2, 3]) {
      await used('300')
      await whenItIs(market, later(period.start, 7 * day * week + hour))
      await whenPaid(market, acme.consumer, id)
    }
    expect((await seen()).invoices.slice(1).map(usageOf)).toEqual([
      [['USAGE', '300', '2', '600.00']],
      [
        ['USAGE', '200', '2', '400.00'],
        ['USAGE', '100', '1', '100.00'],
      ],
      [['USAGE', '300', '1', '300.00']],
    ])
  })

  test('where the price of all sinks by more of it is given back on the next invoice', async () => {
    const { market, acme, id, used, period, seen } = await givenQuota(
      { pricing: 'VOLUME', limit: 'UNLIMITED', tiers: [{ to: '500', unitAmount: '2' }, { unitAmount: '1' }] },
      { price: { base: '500.00', currency: 'USD', interval: 'WEEK' } },
    )
    await used('500')
    await whenItIs(market, later(period.start, 7 * day + hour))
    await whenPaid(market, acme.consumer, id)
    await used('1')
    await whenItIs(market, later(period.start, 14 * day + hour))
    const { invoices } = await seen()
    // 500 cost 1,000; 501 cost 501.
    expect(invoices.map(({ total }) => total.amount)).toEqual(['500.00', '1500.00', '1.00'])
    const [known] = await atStripe(backend, invoices.slice(2))
    expect(known?.total).toBe(100)
  })
})

describe('usage that is reported', () => {
  const perCall: Terms = { pricing: 'PER_UNIT', limit: 'UNLIMITED', unitAmount: '0.10' }

  test('after the invoice of its time is on the next one, which says so', async () => {
    const { market, acme, id, used, period, seen, upcoming } = await givenQuota(perCall)
    await used('10')
    await whenItIs(market, later(period.end, 2 * hour))
    await whenPaid(market, acme.consumer, id)
    await used('7', later(period.end, -hour))
    await used('4')
    const shown = await upcoming()
    await whenItIs(market, later(monthsLater(period.start, 2), hour))
    const { invoices } = await seen()
    expect(usageOf(invoices[1])).toEqual([['USAGE', '10', '0.1', '1.00']])
    expect(usageOf(invoices[2]).toSorted()).toEqual([
      ['USAGE', '4', '0.1', '0.40'],
      ['USAGE', '7', '0.1', '0.70'],
    ])
    const late = invoices[2]?.lines.filter(({ description }) => description.includes('reported late'))
    expect(late).toMatchObject([{ quantity: '7', period: { start: period.start, end: period.end } }])
    expect(shown?.upcomingInvoice?.total).toEqual(invoices[2]?.total)
  })

  test('after the end is on a further last invoice, and what occurred after the end is never charged', async () => {
    const { market, acme, id, used, period, seen } = await givenQuota(perCall)
    await used('10')
    await whenItIs(market, later(period.start, 3 * day))
    await whenOver(market, id)
    await whenAllRests(market)
    const { endedAt } = await seen()
    await whenItIs(market, later(endedAt as string, hour))
    await used('5', later(endedAt as string, -minute))
    await used('6', later(endedAt as string, minute))
    await whenAllRests(market)
    await whenItIs(market, later(endedAt as string, 40 * day))
    const { invoices } = await seen()
    expect(invoices.map(({ reason, status, total }) => [reason, status, total.amount])).toEqual([
      ['SUBSCRIPTION_START', 'PAID', '25.00'],
      ['SUBSCRIPTION_END', expect.any(String), '1.00'],
      ['SUBSCRIPTION_END', 'OPEN', '0.50'],
    ])
    // A jump is as if lived through: it was issued when it was reported, and is past due by now.
    expect(invoices[2]).toMatchObject({ pastDue: true })
    expect(Date.parse(invoices[2]?.createdAt as string) - Date.parse(endedAt as string)).toBeLessThan(2 * hour)
    expect(acme.id).toBeTruthy()
  })

  test('counts in the interval in which it occurred, once for its id, and nothing else counts', async () => {
    const { market, acme, id, offer, report, credential, period, seen } = await givenQuota(perCall)
    const stranger = await givenQuota(perCall)
    await whenItIs(market, later(period.start, 2 * day))
    const now = await timeIn(market)
    const base = { productSubscriptionId: id, resourceId: offer.resourceId }
    const own = mark()
    const batch = [
      { ...base, id: `a-${own}`, quantity: '1' },
      { ...base, id: `a-${own}`, quantity: '1' },
      { id: `b-${own}`, credential: credential.publicId, path: `${offer.basePath}/pets`, quantity: '2' },
      { ...base, id: `c-${own}`, quantity: '-1' },
      { ...base, id: `d-${own}`, occurredAt: later(now, -40 * day).toISOString() },
      { ...base, id: `e-${own}`, occurredAt: later(now, hour).toISOString() },
      { ...base, id: `f-${own}`, occurredAt: later(period.start, -hour).toISOString() },
      { ...base, id: `g-${own}`, resourceId: stranger.offer.resourceId },
      { id: `h-${own}`, productSubscriptionId: stranger.id, resourceId: stranger.offer.resourceId },
    ]
    const first = await report(batch)
    expect([first.accepted, first.duplicates]).toEqual([2, 1])
    expect(first.rejected.map((one) => [one.id.slice(0, 1), one.code])).toEqual(
      expect.arrayContaining([
        ['c', 'INVALID'],
        ['d', 'TOO_OLD'],
        ['e', 'IN_FUTURE'],
        ['f', 'TOO_OLD'],
        ['h', 'CREDENTIAL_UNKNOWN'],
      ]),
    )
    expect(first.rejected).toHaveLength(6)
    // The answer was lost, and twenty gateways have the same report.
    const again = await Promise.all(Array.from({ length: 20 }, () => report(batch)))
    expect(again.map(({ accepted, duplicates }) => [accepted, duplicates])).toEqual(again.map(() => [0, 3]))

    // Many at once, none of them lost.
    const many = await Promise.all(
      Array.from({ length: 8 }, () => report(Array.from({ length: 250 }, () => ({ ...base, quantity: '0.5' })))),
    )
    expect(many.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(2000)
    const [tooMany] = await report(Array.from({ length: 1001 }, () => base)).then(
      () => [],
      (error: Error) => [error.message],
    )
    expect(tooMany).toMatch(/at most 1000/)
    await whenItIs(market, later(period.end, hour))
    expect(usageOf((await seen()).invoices[1])).toEqual([['USAGE', '1003', '0.1', '100.30']])
    expect((await subscriptionSeen(acme.consumer, id)).invoices).toHaveLength(2)
    expect(backend.failures()).toEqual([])
  })
})

test.each(['AUTOMATIC', 'MANUAL'] as const)(
  'a day of a free plan, approved %s, is one of the marketplace’s zone, be it an hour shorter',
  async (approval) => {
    const market = await givenMarketplace(backend, { timeZone: 'America/New_York' })
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market, (resourceId) => ({
      type: 'FREE',
      approval,
      quotas: [{ resourceIds: [resourceId], limit: 'STRICT', limitUnits: '1', interval: 'DAY' }],
    }))
    // The clocks go forward in the night to the second Sunday of March.
    const { year } = Temporal.Instant.from((await timeIn(market)).toISOString()).toZonedDateTimeISO('UTC')
    const first = Temporal.PlainDate.from({ year: year + 1, month: 3, day: 1 })
    const sunday = first.add({ days: ((7 - first.dayOfWeek) % 7) + 7 })
    const noon = (date: Temporal.PlainDate) =>
      date.toZonedDateTime({ timeZone: 'America/New_York', plainTime: '12:00' }).toInstant().toString()
    await whenItIs(market, noon(sunday.subtract({ days: 1 })))
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { id: productSubscriptionId } = productSubscription
    if (approval === 'MANUAL')
      await market.provider.mutate(ApproveProductSubscriptionDocument, { productSubscriptionId })
    const thresholds = await acme.consumer.listen(QuotaThresholdReachedDocument, { organizationId: acme.id })
    const report = await givenReporter(market)
    await report([{ productSubscriptionId, resourceId: offer.resourceId }])
    const { usage } = await thresholds.next(({ threshold }) => threshold === 100)
    expect(Date.parse(usage.period.end) - Date.parse(usage.period.start)).toBe(23 * hour)
  },
)

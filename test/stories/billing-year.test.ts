import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenSubscriber,
  hearing,
  hour,
  later,
  monthsLater,
  pushed,
  type SubscriptionSeen,
  subscriptionSeen,
  whenItIs,
  whenNextIs,
  whenPaid,
} from '../support/billing.js'
import { sandboxOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Offer,
  type Organization,
  type PaymentButton,
  whenSubscribed,
} from '../support/world.js'

const year = Array.from({ length: 12 }, (_, month) => month + 1)
const lateMonth = 5

describe('a year of a monthly plan', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  test('from 31 January, with one late payment: each cycle is invoiced once, and access closes and opens by itself', async () => {
    const { market, acme, offer } = await givenSale(backend)
    await whenNextIs(market, '01-31')
    const authorize = await givenGateway(market)
    const heard = await hearing(acme.consumer, { organizationId: acme.id })
    const { id, key } = await givenSubscriber(market, acme, offer)
    const pass = async () => {
      const answer = await authorize(key, offer.basePath)
      return [answer.status, answer.headers.get('x-access-reason')]
    }
    const { startedAt } = await subscriptionSeen(acme.consumer, id)
    const boundary = (month: number) => monthsLater(startedAt as string, month)

    for (const month of year) {
      await whenItIs(market, later(boundary(month), hour))
      if (month === lateMonth) {
        const open = (await subscriptionSeen(acme.consumer, id)).invoices.at(-1)
        const dueAt = open?.dueAt as string
        await whenItIs(market, later(dueAt, -hour))
        expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({ standing: 'GOOD' })

        await whenItIs(market, later(dueAt, hour))
        const closesAt = later(dueAt, 3 * day)
        expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({
          standing: 'GRACE',
          accessClosesAt: closesAt.toISOString(),
        })
        expect(await pass()).toEqual([204, null])

        await whenItIs(market, later(closesAt, hour))
        expect(await subscriptionSeen(acme.consumer, id)).toMatchObject({ standing: 'PAST_DUE', state: 'ACTIVE' })
        const closed = await heard.access.next(({ state }) => state === 'SUSPENDED')
        expect(closed.accessRequest.blocks).toEqual([{ code: 'INVOICE_PAST_DUE' }])
        expect(await pass()).toEqual([403, 'INVOICE_PAST_DUE'])
      }
      await whenPaid(market, acme.consumer, id)
      expect(await pass()).toEqual([204, null])
    }

    const seen = await subscriptionSeen(acme.consumer, id)
    expect(seen).toMatchObject({ state: 'ACTIVE', standing: 'GOOD', accessClosesAt: null })
    expect(seen.invoices.map(({ reason, period }) => [reason, period.start, period.end])).toEqual([
      ['SUBSCRIPTION_START', startedAt, boundary(1).toISOString()],
      ...year.map((month) => ['SUBSCRIPTION_CYCLE', boundary(month).toISOString(), boundary(month + 1).toISOString()]),
    ])
    for (const invoice of seen.invoices) {
      expect(invoice).toMatchObject({ status: 'PAID', total: { amount: '25.00' }, amountPaid: { amount: '25.00' } })
      expect(invoice.lines.map(({ kind, amount }) => [kind, amount.amount])).toEqual([['BASE_PRICE', '25.00']])
      // Seven days to pay, from the moment of issue; both are Stripe's, to the second.
      expect(invoice.dueAt).toBe(later(invoice.issuedAt as string, 7 * day).toISOString())
    }
    const known = await atStripe(backend, seen.invoices)
    expect(known.map(({ status, total, amount_paid }) => [status, total, amount_paid])).toEqual(
      seen.invoices.map(() => ['paid', 2500, 2500]),
    )
    expect(await sandboxOf(backend).table('invoices')).toHaveLength(13)

    // What was pushed is just that, in this order.
    const changes = await pushed(heard.invoices, 40)
    const told = seen.invoices.map((invoice) => [
      invoice.id,
      changes.filter((event) => event.invoice.id === invoice.id).map(({ change }) => change),
    ])
    expect(told).toEqual(
      seen.invoices.map((invoice, month) => [
        invoice.id,
        month === lateMonth ? ['CREATED', 'OPENED', 'PAST_DUE', 'PAID'] : ['CREATED', 'OPENED', 'PAID'],
      ]),
    )
    expect((await pushed(heard.paid, 13)).map(({ invoice }) => invoice.id)).toEqual(
      seen.invoices.map((invoice) => invoice.id),
    )
    expect((await pushed(heard.access, 3)).map(({ previousState, state }) => [previousState, state])).toEqual([
      ['WAITING', 'GRANTED'],
      ['GRANTED', 'SUSPENDED'],
      ['SUSPENDED', 'GRANTED'],
    ])
    // A renewal is told of, too.
    const steps = await pushed(heard.subscriptions, 5 + year.length)
    expect(standingsOf(steps)).toEqual([
      [null, 'AWAITING_FIRST_PAYMENT'],
      ['AWAITING_FIRST_PAYMENT', 'GOOD'],
      ['GOOD', 'GRACE'],
      ['GRACE', 'PAST_DUE'],
      ['PAST_DUE', 'GOOD'],
    ])
    expect(backend.complaints).toEqual([])
  })
})

describe('a jump of ten weeks', () => {
  test('comes out as if they had been lived through', async () => {
    const jumped = await tenWeeks([70])
    const lived = await tenWeeks(Array.from({ length: 14 }, (_, step) => 5 * (step + 1)))
    expect(jumped).toEqual(lived)
    expect(jumped).toMatchObject({
      'pays once': { state: 'ACTIVE', standing: 'PAST_DUE' },
      'pays once, and ends for it': { state: 'CANCELED' },
      'keeps a card': { standing: 'GOOD' },
      'pays by a debit that settles': { standing: 'PAST_DUE' },
      'pays by a debit that bounces': { standing: 'AWAITING_FIRST_PAYMENT', invoices: [{ status: 'OPEN' }] },
    })
  })
})

interface Person {
  offer: Offer
  method?: PaymentButton
  keep?: boolean
}

/** Ten weeks of people who pay as they do, passed in steps that end on those days; and what has come of it. */
async function tenWeeks(steps: number[]): Promise<Record<string, unknown>> {
  const backend = await startBackend()
  try {
    const { market, offer } = await givenSale(backend)
    const strict = await givenOffer(market, { cancelWhenPastDue: true, gracePeriodDays: 1 })
    const price = { base: '3.50', currency: 'EUR', interval: 'WEEK' as const, intervalCount: 2 }
    const people: Record<string, Person> = {
      'pays once': { offer },
      'pays once, and ends for it': { offer: strict },
      'keeps a card': { offer: await givenOffer(market, { price }), keep: true },
      'pays by a debit that settles': { offer, method: 'bank_debit' },
      'pays by a debit that bounces': { offer, method: 'bank_debit_fails' },
    }
    const from = await whenNextIs(market, '01-31')
    const subscribed: Array<[string, Organization, string]> = []
    for (const [name, { offer: its, method = 'card', keep = false }] of Object.entries(people)) {
      const organization = await givenOrganization(market, name)
      const { productSubscription } = await whenSubscribed(organization, its)
      await whenPaid(market, organization.consumer, productSubscription.id, method, keep)
      subscribed.push([name, organization, productSubscription.id])
    }
    for (const days of steps) await whenItIs(market, later(from, days * day))
    const outcomes = subscribed.map(async ([name, { consumer }, id]) => [
      name,
      outcomeOf(await subscriptionSeen(consumer, id)),
    ])
    return Object.fromEntries(await Promise.all(outcomes))
  } finally {
    await backend.stop()
  }
}

/** By hours since the beginning: a year later or earlier it is the same. */
function outcomeOf({ startedAt, state, standing, currentPeriod, endedAt, accessClosesAt, invoices }: SubscriptionSeen) {
  const hours = (at?: string | null) =>
    at ? Math.round((Date.parse(at) - Date.parse(startedAt as string)) / hour) : null
  return {
    state,
    standing,
    periodEnd: hours(currentPeriod?.end),
    endedAt: hours(endedAt),
    accessClosesAt: hours(accessClosesAt),
    invoices: invoices.map((invoice) => ({
      reason: invoice.reason,
      status: invoice.status,
      pastDue: invoice.pastDue,
      total: invoice.total,
      period: [hours(invoice.period.start), hours(invoice.period.end)],
      dueAt: hours(invoice.dueAt),
      paidAt: hours(invoice.paidAt),
      history: invoice.history.map(({ to, at, cause }) => [to, hours(at), cause]),
    })),
  }
}

async function givenSale(backend: Backend) {
  const market = await givenMarketplace(backend)
  await givenBilling(market)
  return { market, acme: await givenOrganization(market), offer: await givenOffer(market) }
}

/** The changes of standing, renewals aside. */
function standingsOf(told: ReadonlyArray<{ standing: string; previousStanding?: string | null }>) {
  return told
    .map(({ previousStanding = null, standing }) => [previousStanding, standing])
    .filter(([before, after]) => before !== after)
}

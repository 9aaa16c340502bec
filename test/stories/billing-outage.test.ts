import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import {
  atStripe,
  day,
  givenSubscriber,
  hearing,
  hour,
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
  AdvanceSandboxClockDocument,
  CancelProductSubscriptionDocument,
  SandboxClockDocument,
} from '../support/generated/graphql.js'
import { sandboxOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  whenPressed,
  whenSubscribed,
  whenTimePasses,
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

async function givenSale() {
  const market = await givenMarketplace(backend)
  await givenBilling(market)
  return { market, acme: await givenOrganization(market), offer: await givenOffer(market) }
}

describe('after three months without it', () => {
  test('the backend catches up in order, each period once; what was paid meanwhile is paid', async () => {
    const { market, acme, offer } = await givenSale()
    const { id } = await givenSubscriber(market, acme, offer)
    running.push([market, id])
    const { startedAt } = await subscriptionSeen(acme.consumer, id)
    await whenItIs(market, later(monthsLater(startedAt as string, 1), hour))
    const page = (await subscriptionSeen(acme.consumer, id)).invoices[1]?.hostedUrl as string
    await acme.consumer.close()
    await backend.restart(async () => {
      await whenPressed(page, 'card')
      await whenTimePasses(backend, 'P100D')
    })
    const heard = await hearing(acme.consumer, { organizationId: acme.id })
    const back = await timeIn(market)
    await whenAllRests(market)

    const { invoices, standing, currentPeriod } = await subscriptionSeen(acme.consumer, id)
    const boundary = (month: number) => monthsLater(startedAt as string, month).toISOString()
    expect(invoices.map(({ period, status }) => [period.start, period.end, status])).toEqual([
      [boundary(0), boundary(1), 'PAID'],
      [boundary(1), boundary(2), 'PAID'],
      [boundary(2), boundary(3), 'OPEN'],
      [boundary(3), boundary(4), 'OPEN'],
      [boundary(4), boundary(5), 'OPEN'],
    ])
    expect(currentPeriod).toEqual({ start: boundary(4), end: boundary(5) })
    // Nobody is past due for an invoice that nobody could have seen.
    expect(standing).toBe('GOOD')
    for (const { createdAt, dueAt } of invoices.slice(2)) {
      expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(back.getTime())
      expect(Date.parse(dueAt as string)).toBeGreaterThan(back.getTime() + 6 * day)
    }
    const created = await pushed(heard.invoices, 3, ({ change }) => change === 'CREATED')
    expect(created.map(({ invoice }) => invoice.id)).toEqual(invoices.slice(2).map((invoice) => invoice.id))
    expect(await atStripe(backend, invoices)).toHaveLength(5)
  })
})

describe('with two backends at work on one database', () => {
  test('each period is invoiced once, whoever moves the time', async () => {
    const { market, offer } = await givenSale()
    const second = await backend.second()
    const elsewhere = second.client()
    elsewhere.accessToken = market.provider.accessToken
    const weekly = await givenOffer(market, { price: { base: '7.00', currency: 'USD', interval: 'WEEK' } })
    const subscribed: Array<[Awaited<ReturnType<typeof givenOrganization>>, string]> = []
    for (let count = 0; count < 4; count += 1) {
      const organization = await givenOrganization(market, `Acme ${count}`)
      const { productSubscription } = await whenSubscribed(organization, count % 2 === 0 ? offer : weekly)
      subscribed.push([organization, productSubscription.id])
      running.push([market, productSubscription.id])
    }
    for (const [{ consumer }, id] of subscribed) await whenPaid(market, consumer, id)
    const from = await timeIn(market)

    // Both are told the same at once, and each somewhat else.
    const move = async (client: typeof elsewhere, days: number) => {
      const { now } = await client.mutate(AdvanceSandboxClockDocument, { to: later(from, days * day).toISOString() })
      expect(Date.parse(now)).toBeGreaterThanOrEqual(from.getTime() + days * day)
    }
    await Promise.all([move(market.provider, 20), move(elsewhere, 20)])
    await Promise.all([move(market.provider, 40), move(elsewhere, 37)])
    await whenAllRests(market)

    for (const [index, [{ consumer }, id]] of subscribed.entries()) {
      const { invoices, startedAt } = await subscriptionSeen(consumer, id)
      const monthly = index % 2 === 0
      expect(invoices).toHaveLength(monthly ? 2 : 6)
      for (const [number, { period, status, history }] of invoices.entries()) {
        const start = monthly ? monthsLater(startedAt as string, number) : later(startedAt as string, number * 7 * day)
        expect([period.start, status]).toEqual([start.toISOString(), number === 0 ? 'PAID' : 'OPEN'])
        // Each was written when it fell due, not when the jump was over.
        expect(Date.parse(history[0]?.at as string) - start.getTime()).toBeLessThan(hour)
      }
      expect((await atStripe(backend, invoices)).length).toBe(invoices.length)
    }
    const stripes = await sandboxOf(backend).table('invoices')
    const marks = stripes.map(({ metadata }) => metadata.invoice_id)
    expect(new Set(marks).size).toBe(marks.length)
    expect(backend.failures()).toEqual([])
  })

  test('both know at once what time it is', async () => {
    const { market, acme, offer } = await givenSale()
    const second = await backend.second()
    const elsewhere = second.client()
    elsewhere.accessToken = acme.consumer.accessToken
    for (let jump = 1; jump <= 5; jump += 1) {
      const reached = await whenItIs(market, later(await timeIn(market), 10 * day))
      const { sandboxClock } = await elsewhere.query(SandboxClockDocument)
      // But for the moment that the answer takes.
      expect(reached.getTime() - Date.parse(sandboxClock as string)).toBeLessThan(minute)
    }
    const { productSubscription } = await whenSubscribed({ ...acme, consumer: elsewhere }, offer)
    running.push([market, productSubscription.id])
    expect(Date.parse(productSubscription.currentPeriod?.start as string)).toBeGreaterThan(
      (await timeIn(market)).getTime() - hour,
    )
  })

  test('a cancellation and a renewal at one moment: either came first, and what follows fits', async () => {
    const { market, offer } = await givenSale()
    const subscribed: Array<[Awaited<ReturnType<typeof givenOrganization>>, string]> = []
    for (let count = 0; count < 4; count += 1) {
      const organization = await givenOrganization(market, `Acme ${count}`)
      const { id } = await givenSubscriber(market, organization, offer)
      subscribed.push([organization, id])
      running.push([market, id])
    }
    const ends = await Promise.all(
      subscribed.map(async ([{ consumer }, id]) => (await subscriptionSeen(consumer, id)).currentPeriod?.end as string),
    )
    await whenItIs(market, later(ends[0] as string, -hour))
    const cancelled = subscribed.map(([{ consumer }, productSubscriptionId]) =>
      consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId, when: 'NOW' }),
    )
    await Promise.all([whenItIs(market, later(ends.at(-1) as string, hour)), ...cancelled])
    await whenAllRests(market)
    for (const [index, [{ consumer }, id]] of subscribed.entries()) {
      const { state, invoices, endedAt, currentPeriod } = await subscriptionSeen(consumer, id)
      expect(state).toBe('CANCELED')
      const renewed = Date.parse(endedAt as string) >= Date.parse(ends[index] as string)
      expect(invoices.map(({ reason }) => reason)).toEqual(
        renewed ? ['SUBSCRIPTION_START', 'SUBSCRIPTION_CYCLE'] : ['SUBSCRIPTION_START'],
      )
      expect(currentPeriod).toBeDefined()
    }
  })
})

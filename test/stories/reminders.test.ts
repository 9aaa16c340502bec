import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Backend, startBackend } from '../support/backend.js'
import {
  day,
  givenSubscriber,
  later,
  subscriptionSeen,
  timeIn,
  whenAllRests,
  whenItIs,
  whenPaid,
} from '../support/billing.js'
import { VoidInvoiceDocument } from '../support/generated/graphql.js'
import type { WrittenMail } from '../support/mailbox.js'
import { givenAddressees, kindsTo, noticesTo, secretsMailed } from '../support/post.js'
import { givenOffer, whenPressed, whenSubscribed, whenTimePasses } from '../support/world.js'

describe('reminders of an invoice', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  test('tell of a payment that has failed, as long as nothing was paid after all', async () => {
    // Newer versions of the event that tells of a debit name no invoice.
    const { market, acme, bills } = await givenAddressees(backend, {}, '2024-06-20')
    const { productSubscription } = await whenSubscribed(acme, await givenOffer(market))
    await whenAllRests(market)
    const [invoice] = (await subscriptionSeen(acme.consumer, productSubscription.id)).invoices
    for (const _ of ['once', 'twice']) {
      await whenPressed(invoice?.hostedUrl as string, 'card_declined')
      await whenAllRests(market)
    }
    expect(await kindsTo(backend, bills)).toEqual(['invoice-issued', 'payment-failed'])
    expect((await noticesTo(backend, bills)).at(-1)?.link).toBe(invoice?.hostedUrl)

    // A debit under way is neither paid nor owed: nobody is reminded of it, until it bounces.
    await whenPressed(invoice?.hostedUrl as string, 'bank_debit')
    await whenItIs(market, later(await timeIn(market), 6.5 * day))
    expect(await kindsTo(backend, bills)).toEqual(['invoice-issued', 'payment-failed'])
  })

  test('go with two months of a plan, the second of which is paid late', async () => {
    const { market, acme, bills, buyer, developer } = await givenAddressees(backend, { timeZone: 'Europe/Berlin' })
    const offer = await givenOffer(market)
    const { productSubscription } = await whenSubscribed(acme, offer)
    await whenAllRests(market)
    const [issued] = await noticesTo(backend, bills)
    const [first] = (await subscriptionSeen(acme.consumer, productSubscription.id)).invoices
    expect(issued).toMatchObject({ kind: 'invoice-issued', token: null, link: first?.hostedUrl })
    expect(issued?.text).toContain('Amount:  25.00 USD')
    expect(issued?.text).toContain(`Invoice: ${first?.number}`)
    expect(issued?.text).toContain(`Due:     ${inBerlin(first?.dueAt)}`)
    expect(issued?.text).toContain('Access opens as soon as it is paid.')
    // However many come to it at once, and however often.
    const remind = backend.app.features.tasks['remind-of-invoice']
    await Promise.all(Array.from({ length: 8 }, () => remind({ invoiceId: first?.id })))
    await whenAllRests(market)
    expect(await kindsTo(backend, bills)).toEqual(['invoice-issued'])

    // The first month is paid at once; the second bill comes with its end.
    await whenPaid(market, acme.consumer, productSubscription.id)
    const { currentPeriod } = await subscriptionSeen(acme.consumer, productSubscription.id)
    await whenItIs(market, currentPeriod?.end as string)
    expect(await kindsTo(backend, bills)).toEqual(['invoice-issued', 'invoice-issued'])
    const second = (await subscriptionSeen(acme.consumer, productSubscription.id)).invoices[1]
    const due = second?.dueAt as string

    const lives: Array<[number, string | null]> = [
      [-3.1, null],
      [-2.9, 'invoice-due-soon'],
      [-1.1, null],
      [-0.9, 'invoice-due'],
      [-0.1, null],
      [0.1, 'invoice-past-due'],
      [2.9, null],
    ]
    const told = await kindsTo(backend, bills)
    for (const [days, kind] of lives) {
      await whenItIs(market, later(due, days * day))
      if (kind) told.push(kind)
      expect(await kindsTo(backend, bills)).toEqual(told)
    }
    const pastDue = (await noticesTo(backend, bills)).at(-1) as WrittenMail
    expect(pastDue.text).toContain(`access closes on ${inBerlin(later(due, 3 * day).toISOString())}`)
    expect(pastDue.text.split(pastDue.link as string)).toHaveLength(2)

    // Grace is over: those are told who can do something about it.
    await whenItIs(market, later(due, 3.1 * day))
    for (const to of [acme.email, buyer.email]) {
      const [closed] = (await noticesTo(backend, to)).filter(({ kind }) => kind === 'access-closed')
      expect(closed?.text).toContain('Amount:  25.00 USD')
      expect(closed?.link).toMatch(/^http/)
    }
    await whenItIs(market, later(due, 8 * day))
    expect(await kindsTo(backend, bills)).toEqual([...told, 'invoice-still-unpaid'])
    await whenPaid(market, acme.consumer, productSubscription.id)
    for (const to of [acme.email, buyer.email]) {
      expect(await kindsTo(backend, to)).toEqual(['access-closed', 'access-open-again'])
    }

    // Nothing more comes for it, however often everything is looked at again.
    await whenItIs(market, later(due, 12 * day))
    expect(await kindsTo(backend, bills)).toEqual([...told, 'invoice-still-unpaid'])
    expect(await kindsTo(backend, developer.email)).toEqual([])
  })

  test('come once the standstill of a month is over, but only what still matters', async () => {
    const { market, acme, bills } = await givenAddressees(backend)
    const { id } = await givenSubscriber(market, acme, await givenOffer(market, { gracePeriodDays: 60 }))
    const { currentPeriod } = await subscriptionSeen(acme.consumer, id)
    await whenItIs(market, later(currentPeriod?.end as string, 60_000))
    expect(await kindsTo(backend, bills)).toEqual(['invoice-issued', 'invoice-issued'])
    // As if nobody had looked at the clock meanwhile.
    await whenTimePasses(backend, 'P10D')
    await whenItIs(market, later(await timeIn(market), 5_000))
    expect(await kindsTo(backend, bills)).toEqual(['invoice-issued', 'invoice-issued', 'invoice-past-due'])
  })

  test('are not sent for what was paid or voided in time, and never for nothing', async () => {
    const { market, acme, bills } = await givenAddressees(backend)
    const free = await givenOffer(market, { type: 'FREE' })
    const paid = await givenOffer(market)
    await whenSubscribed(acme, free)
    const subscriber = await givenSubscriber(market, acme, paid)
    const other = await givenSubscriber(market, acme, await givenOffer(market))
    const { currentPeriod } = await subscriptionSeen(acme.consumer, subscriber.id)
    const nothing = await givenOffer(market, { price: { base: '0.00', currency: 'USD' } })
    await whenSubscribed(acme, nothing)
    await whenItIs(market, later(currentPeriod?.end as string, 60_000))
    const bought = await kindsTo(backend, bills)
    expect(bought).toEqual(Array(4).fill('invoice-issued'))

    const [open] = (await subscriptionSeen(acme.consumer, other.id)).invoices.filter(({ status }) => status === 'OPEN')
    await market.provider.mutate(VoidInvoiceDocument, { invoiceId: open?.id as string, reason: 'A mistake of ours.' })
    await whenPaid(market, acme.consumer, subscriber.id)
    await whenItIs(market, later(currentPeriod?.end as string, 8 * day))
    expect(await kindsTo(backend, bills)).toEqual(bought)
    expect(await kindsTo(backend, acme.email)).toEqual([])
  })

  test('and hold no secret', async () => {
    expect(await secretsMailed(backend)).toEqual([])
    expect(backend.complaints).toEqual([])
  })
})

/** Worked out from the parts, on purpose by another way than the program's. */
function inBerlin(instant: string | null | undefined): string {
  const options = {
    timeZone: 'Europe/Berlin',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const
  const parts = new Intl.DateTimeFormat('en', options).formatToParts(new Date(instant as string))
  const part = (type: string) => parts.find((each) => each.type === type)?.value
  return `${part('day')} ${part('month')} ${part('year')} at ${part('hour')}:${part('minute')} (Europe/Berlin)`
}

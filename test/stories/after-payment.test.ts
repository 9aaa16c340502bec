import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type Stripe from 'stripe'
import { type Backend, startBackend } from '../support/backend.js'
import {
  day,
  givenSubscriber,
  hour,
  later,
  subscriptionSeen,
  timeIn,
  whenAllRests,
  whenItIs,
} from '../support/billing.js'
import { givenBuyer, givenShop, type Shop } from '../support/buyer.js'
import { SuspendProductSubscriptionDocument } from '../support/generated/graphql.js'
import { auditLogOf, givenColleague } from '../support/people.js'
import { givenAddressees, kindsTo, noticesTo } from '../support/post.js'
import { sandboxOf, standingAtStripe, whenStripeSends } from '../support/sandbox.js'
import { givenGateway, givenOffer, mark, stripeOf, whenPressed } from '../support/world.js'

const versions = ['2022-11-15', '2024-06-20', '2026-10-28.endive']

/** A dispute as Stripe tells of it in that version, as far as anybody could look at it. */
function disputeOf(payment: string, version: string, about: Record<string, unknown> = {}): Record<string, unknown> {
  const newer = {
    '2022-11-15': {},
    '2024-06-20': { payment_method_details: { card: { brand: 'visa', network_reason_code: '10.4' }, type: 'card' } },
    '2026-10-28.endive': {
      enhanced_eligibility_types: ['visa_compelling_evidence_3'],
      payment_method_details: {
        card: { brand: 'visa', case_type: 'chargeback', network_reason_code: '10.4' },
        type: 'card',
      },
    },
  }[version]
  return {
    id: `dp_${mark()}`,
    object: 'dispute',
    amount: 2_500,
    balance_transactions: [],
    charge: `ch_${mark()}`,
    created: 1_795_000_000,
    currency: 'usd',
    evidence: { receipt: null, uncategorized_text: null },
    evidence_details: { due_by: 1_796_000_000, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: payment,
    reason: 'fraudulent',
    status: 'needs_response',
    ...newer,
    ...about,
  }
}

describe('a payment that was made', () => {
  let backend: Backend
  let stripe: Stripe
  beforeAll(async () => {
    backend = await startBackend()
    stripe = stripeOf(backend)
  })
  afterAll(() => backend.stop())

  async function paymentOf(stripeInvoiceId: string): Promise<string> {
    const { data } = await stripe.invoicePayments.list({ invoice: stripeInvoiceId })
    return data[0]?.payment.payment_intent as string
  }

  /** As Stripe would send it, signed by its own SDK. */
  async function whenTold({ billing }: Shop, type: string, object: object, version: string, about: object = {}) {
    const envelope = { object: 'event', api_version: version, created: 1_795_000_000, livemode: false }
    const event = { ...envelope, id: `evt_${mark()}`, type, data: { object }, ...about }
    const letter = { body: JSON.stringify(event), secret: billing.webhookSecret }
    expect((await whenStripeSends(billing.webhookUrl, letter)).status).toBe(200)
  }

  test.each(versions)(
    'and is disputed, in version %s, is told to the provider, who may suspend; nothing else becomes of it',
    async (version) => {
      const shop = await givenShop(backend, version)
      const { market } = shop
      const manager = await givenColleague(market, ['MARKETPLACE_MANAGER'])
      const auditor = await givenColleague(market, ['AUDITOR'])
      const buyer = await givenBuyer(shop)
      const sale = await buyer.bought()
      await whenPressed(sale.page, 'card')
      await buyer.heard.next(({ change }) => change === 'PAID')
      const dispute = disputeOf(await paymentOf(sale.stripeId), version)
      const lost = { ...dispute, status: 'lost' }
      const before = await buyer.invoiceNow(sale.id)

      await whenTold(shop, 'charge.dispute.created', dispute, version)
      await whenTold(shop, 'charge.dispute.created', dispute, version)
      await whenAllRests(market)
      await whenTold(shop, 'charge.dispute.closed', lost, version)
      await whenAllRests(market)
      // Late, as news may come.
      await whenTold(shop, 'charge.dispute.created', dispute, version)
      await whenAllRests(market)

      expect(await kindsTo(backend, manager.email)).toEqual(['payment-disputed', 'payment-taken-back'])
      const [letter] = await noticesTo(backend, manager.email)
      expect(letter?.text).toContain(`Invoice: ${before?.number}\nAmount:  25.00 USD\nReason:  fraudulent`)
      expect(await kindsTo(backend, auditor.email)).toEqual([])
      const noted = (await auditLogOf(market)).filter(({ subjectId }) => subjectId === sale.id)
      expect(noted.map(({ action, summary }) => [action, summary])).toEqual([
        [
          'invoice.payment-disputed',
          `Of invoice ${before?.number} a payment of 25.00 USD is disputed (fraudulent). The invoice stays as it is.`,
        ],
        [
          'invoice.payment-disputed',
          `Of invoice ${before?.number} a payment of 25.00 USD was taken back (fraudulent). The invoice stays as it is.`,
        ],
      ])
      expect(await buyer.invoiceNow(sale.id)).toEqual(before)
      expect(await buyer.standing(sale.subscriptionId)).toBe('GOOD')
      expect(buyer.heard.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED', 'PAID'])

      const suspension = { productSubscriptionId: sale.subscriptionId, reason: 'The payment was taken back.' }
      await manager.client.mutate(SuspendProductSubscriptionDocument, suspension)
      expect(await buyer.invoiceNow(sale.id)).toMatchObject({ status: 'PAID' })
    },
  )

  test('and whose debit the bank has returned is told as taken back at once, and won disputes too', async () => {
    const shop = await givenShop(backend)
    const { market } = shop
    const manager = await givenColleague(market, ['MARKETPLACE_MANAGER'])
    const buyer = await givenBuyer(shop)
    const told = async (status: string) => {
      const sale = await buyer.bought()
      await whenPressed(sale.page, 'card')
      const dispute = disputeOf(await paymentOf(sale.stripeId), versions[2] as string, { status, reason: null })
      for (const type of ['charge.dispute.created', 'charge.dispute.closed'])
        await whenTold(shop, type, dispute, versions[2] as string)
      await whenAllRests(market)
      expect(await buyer.standing(sale.subscriptionId)).toBe('GOOD')
    }
    for (const status of ['lost', 'won', 'warning_closed']) await told(status)
    expect(await kindsTo(backend, manager.email)).toEqual(['payment-taken-back', 'payment-kept', 'payment-kept'])
  })

  test('is nobody’s news where the dispute is of something else, or cannot be read', async () => {
    const shop = await givenShop(backend)
    const { market } = shop
    const manager = await givenColleague(market, ['MARKETPLACE_MANAGER'])
    const buyer = await givenBuyer(shop)
    const sale = await buyer.bought()
    await whenPressed(sale.page, 'card')
    await buyer.heard.next(({ change }) => change === 'PAID')
    const payment = await paymentOf(sale.stripeId)
    const [, , version] = versions as [string, string, string]
    const created = 'charge.dispute.created'
    const other = await givenShop(backend)
    await whenTold(shop, created, disputeOf('pi_ofSomebodyElse', version), version)
    await whenTold(shop, created, disputeOf(payment, version, { payment_intent: null }), version)
    await whenTold(shop, created, disputeOf(payment, version, { object: 'charge' }), version)
    await whenTold(shop, created, disputeOf(payment, version, { currency: 'gold' }), version)
    await whenTold(shop, created, disputeOf(payment, version, { amount: 'all' }), version)
    await whenTold(shop, created, disputeOf(payment, version, { livemode: true }), version, { livemode: true })
    await whenTold(shop, 'charge.dispute.updated', disputeOf(payment, version), version)
    await whenTold(other, created, disputeOf(payment, version), version)
    await whenAllRests(market)
    expect(await kindsTo(backend, manager.email)).toEqual([])
    expect((await auditLogOf(market)).filter(({ subjectId }) => subjectId === sale.id)).toEqual([])
    expect(backend.failures()).toEqual([])
  })

  test('and is refunded suspends nothing', async () => {
    const { market, acme } = await givenAddressees(backend)
    const offer = await givenOffer(market)
    const { id, key } = await givenSubscriber(market, acme, offer)
    const ask = await givenGateway(market)
    const [paid] = (await subscriptionSeen(acme.consumer, id)).invoices
    const { id: invoice } = await standingAtStripe(backend, paid?.id as string)
    await stripe.creditNotes.create({ invoice, amount: 2_500, refund_amount: 2_500 })
    const [refunded] = (await stripe.events.list({ type: 'charge.refunded', limit: 1 })).data
    expect(refunded?.data.object).toMatchObject({ amount_refunded: 2_500 })
    await whenItIs(market, later(await timeIn(market), 10 * day))
    const { standing, state, accessClosesAt, invoices } = await subscriptionSeen(acme.consumer, id)
    expect({ standing, state, accessClosesAt }).toEqual({ standing: 'GOOD', state: 'ACTIVE', accessClosesAt: null })
    expect(invoices).toMatchObject([{ status: 'PAID', total: { amount: '25.00' }, amountPaid: { amount: '25.00' } }])
    expect((await ask(key, `${offer.basePath}/pets`)).status).toBe(204)
  })
})

describe('an invoice that is open', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend()
  })
  afterAll(() => backend.stop())

  test.each(versions)('and paid in part, in version %s, opens no access: that hangs on the status', async (version) => {
    const shop = await givenShop(backend, version)
    const buyer = await givenBuyer(shop)
    const sale = await buyer.bought()
    const response = await fetch(`${backend.sandbox.url}/v1/invoices/${sale.stripeId}`, {
      headers: { authorization: 'Bearer sk_test_sandbox_secret_0001', 'stripe-version': version },
    })
    const object = { ...((await response.json()) as object), amount_paid: 1_000, amount_remaining: 1_500 }
    const envelope = { object: 'event', api_version: version, livemode: false, type: 'invoice.updated' }
    const created = Math.floor((await timeIn(shop.market)).getTime() / 1_000) + 1
    const event = { ...envelope, id: `evt_${mark()}`, created, data: { object } }
    const letter = { body: JSON.stringify(event), secret: shop.billing.webhookSecret }
    expect((await whenStripeSends(shop.billing.webhookUrl, letter)).status).toBe(200)
    await buyer.heard.next(({ change }) => change === 'UPDATED')
    expect(await buyer.invoiceNow(sale.id)).toMatchObject({ status: 'OPEN', amountPaid: { amount: '10.00' } })
    expect(await buyer.standing(sale.subscriptionId)).toBe('AWAITING_FIRST_PAYMENT')
    await whenPressed(sale.page, 'card')
    await buyer.heard.next(({ change }) => change === 'PAID')
    expect(await buyer.standing(sale.subscriptionId)).toBe('GOOD')
  })

  test('is due when Stripe says, also where a person has moved that date there', async () => {
    const { market, acme, bills } = await givenAddressees(backend)
    const offer = await givenOffer(market, { paymentTermDays: 7, gracePeriodDays: 3 })
    const { id, key } = await givenSubscriber(market, acme, offer)
    const ask = await givenGateway(market)
    const seen = () => subscriptionSeen(acme.consumer, id)
    const before = (await kindsTo(backend, bills)).length
    const { currentPeriod } = await seen()
    // Stripe knows whole seconds.
    const renewed = new Date(Math.ceil(Date.parse(currentPeriod?.end as string) / 1_000) * 1_000)
    await whenItIs(market, later(renewed, hour))
    const cycle = async () => (await seen()).invoices.at(-1)
    const stripeId = (await standingAtStripe(backend, (await cycle())?.id as string)).id
    const whenMoved = async (dueAt: Date) => {
      await sandboxOf(backend).moveDueDate(stripeId, dueAt)
      await whenAllRests(market)
      expect(new Date((await cycle())?.dueAt as string)).toEqual(dueAt)
    }
    const reminded = async () => (await kindsTo(backend, bills)).slice(before)
    const standing = async () => (await seen()).standing

    // Sooner: what is to be said is said then.
    const soon = later(renewed, 5 * day)
    await whenMoved(soon)
    await whenItIs(market, later(soon, -day + hour))
    expect(await reminded()).toEqual(['invoice-issued', 'invoice-due-soon', 'invoice-due'])
    await whenItIs(market, later(soon, hour))
    expect([await standing(), (await cycle())?.pastDue]).toEqual(['GRACE', true])

    // Later, as if it had never been past due; and then it is.
    const late = later(renewed, 12 * day)
    await whenMoved(late)
    expect([await standing(), (await cycle())?.pastDue]).toEqual(['GOOD', false])
    await whenItIs(market, later(late, -hour))
    expect([await standing(), (await cycle())?.pastDue]).toEqual(['GOOD', false])
    expect((await ask(key, `${offer.basePath}/pets`)).status).toBe(204)
    await whenItIs(market, later(late, hour))
    expect([await standing(), (await cycle())?.pastDue]).toEqual(['GRACE', true])
    await whenItIs(market, later(late, 3 * day + hour))
    expect(await standing()).toBe('PAST_DUE')
    expect((await ask(key, `${offer.basePath}/pets`)).status).toBe(403)
    expect((await seen()).invoices.map(({ status }) => status)).toEqual(['PAID', 'OPEN'])
  })
})

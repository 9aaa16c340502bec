import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type Stripe from 'stripe'
import { type Backend, startBackend } from '../support/backend.js'
import { whenAllRests } from '../support/billing.js'
import { givenBuyer, givenShop, type Shop } from '../support/buyer.js'
import { InvoiceDocument, MarketplaceBillingDocument, RetryInvoiceDocument } from '../support/generated/graphql.js'
import {
  post,
  type SandboxControl,
  sandboxOf,
  signatureOf,
  standingAtStripe,
  whenStripeSends,
} from '../support/sandbox.js'
import { whenDamaged } from '../support/stored.js'
import { mark, secretKey, stripeOf, whenPressed, whenSubscribed } from '../support/world.js'

const versions = ['2022-11-15', '2024-06-20', '2026-10-28.endive']
const secretOfSomebody = () => `whsec_${mark()}ofSomebodyElse`

describe('what Stripe tells', () => {
  let backend: Backend
  let sandbox: SandboxControl
  let stripe: Stripe
  let shop: Shop
  beforeAll(async () => {
    backend = await startBackend()
    sandbox = sandboxOf(backend)
    stripe = stripeOf(backend)
    shop = await givenShop(backend)
  })
  afterAll(() => backend.stop())

  /** Pays where nothing of it is told, and hands over what would have been sent, as Stripe writes it in that version. */
  async function givenUntold(stripeId: string, types: string[], version: string, page: string) {
    await sandbox.fault({ match: { event: '*', object: stripeId }, act: 'drop' })
    await whenPressed(page, 'card')
    await sandbox.rest()
    return Promise.all(types.map((type) => eventAtStripe(type, stripeId, version)))
  }

  async function eventAtStripe(type: string, stripeId: string, version: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${backend.sandbox.url}/v1/events?type=${type}&limit=100`, {
      headers: { authorization: `Bearer ${secretKey}`, 'stripe-version': version },
    })
    const { data } = (await response.json()) as { data: Array<{ data: { object: { id: string } } }> }
    const found = data.find((event) => event.data.object.id === stripeId)
    if (!found) throw new Error(`Stripe has made no ${type} for ${stripeId}.`)
    return { ...found, api_version: version }
  }

  test.each([
    ['2022-11-15', 'its own address'],
    ['2022-11-15', 'the shared address'],
    ['2024-06-20', 'its own address'],
    ['2024-06-20', 'the shared address'],
    ['2026-10-28.endive', 'its own address'],
    ['2026-10-28.endive', 'the shared address'],
  ])('in version %s, at %s, is followed through the whole life of an invoice', async (version, where) => {
    const shared = `${backend.url}/integrations/stripe`
    const other = await givenShop(backend, version, where === 'its own address' ? undefined : shared)
    const { market, billing } = other
    const { heard, bought, standing, invoiceNow } = await givenBuyer(other)
    const next = (change: string, invoiceId: string) =>
      heard.next((event) => event.change === change && event.invoice.id === invoiceId)

    const paid = await bought()
    await whenPressed(paid.page, 'card_declined')
    await next('PAYMENT_FAILED', paid.id)
    expect(await standing(paid.subscriptionId)).toBe('AWAITING_FIRST_PAYMENT')
    await whenPressed(paid.page, 'card')
    await next('PAID', paid.id)
    expect(await standing(paid.subscriptionId)).toBe('GOOD')
    expect(await invoiceNow(paid.id)).toMatchObject({
      status: 'PAID',
      amountPaid: { amount: '25.00' },
      paidAt: expect.any(String),
    })

    const voided = await bought()
    await stripe.creditNotes.create({ invoice: voided.stripeId, amount: 500 })
    await next('UPDATED', voided.id)
    expect(await invoiceNow(voided.id)).toMatchObject({ total: { amount: '25.00' }, amountDue: { amount: '20.00' } })
    await stripe.invoices.voidInvoice(voided.stripeId)
    await next('VOIDED', voided.id)
    // What somebody has taken back in Stripe is not owed.
    expect(await standing(voided.subscriptionId)).toBe('GOOD')

    const lost = await bought()
    await stripe.invoices.markUncollectible(lost.stripeId)
    await next('MARKED_UNCOLLECTIBLE', lost.id)
    expect(await standing(lost.subscriptionId)).toBe('AWAITING_FIRST_PAYMENT')
    await stripe.invoices.pay(lost.stripeId, { paid_out_of_band: true })
    await next('PAID', lost.id)
    expect(await standing(lost.subscriptionId)).toBe('GOOD')
    expect(await invoiceNow(lost.id)).toMatchObject({ amountPaid: { amount: '25.00' } })

    const { marketplace } = await market.provider.query(MarketplaceBillingDocument, { slug: market.slug })
    expect(marketplace?.billing?.lastWebhookAt).toEqual(expect.any(String))
    expect(marketplace?.billing?.lastSignatureFailureAt).toBeNull()
    await stripe.webhookEndpoints.del(billing.endpointId)
  })

  test('about a draft that was thrown away there is told as such, and the invoice is brought again', async () => {
    const { market } = shop
    const { organization, heard } = await givenBuyer(shop)
    await sandbox.fault({ match: { path: '/v1/invoices/*/finalize' }, act: 'status', code: 400 })
    const { invoice } = await whenSubscribed(organization, shop.offer)
    expect(invoice).toMatchObject({ status: 'DRAFT', sync: { status: 'FAILED' } })
    const draft = await standingAtStripe(backend, invoice.id)
    expect(draft.status).toBe('draft')
    await sandbox.mend()
    await stripe.invoices.del(draft.id)
    await whenAllRests(market)
    const { invoice: told } = await market.provider.query(InvoiceDocument, { id: invoice.id })
    expect(told).toMatchObject({
      status: 'DRAFT',
      sync: { status: 'FAILED', message: expect.stringMatching(/deleted in Stripe/) },
    })
    await market.provider.mutate(RetryInvoiceDocument, { invoiceId: invoice.id })
    await heard.next(({ change }) => change === 'OPENED')
    expect(await standingAtStripe(backend, invoice.id)).toMatchObject({ status: 'open', total: 2500 })
  })

  test('about a customer that was deleted there leads to a new one', async () => {
    const { market } = shop
    const { bought } = await givenBuyer(shop)
    const first = await bought()
    const { customer } = await stripe.invoices.retrieve(first.stripeId)
    await stripe.customers.del(customer as string)
    await whenAllRests(market)
    const second = await bought()
    const { customer: anew } = await stripe.invoices.retrieve(second.stripeId)
    expect(anew).not.toBe(customer)
  })

  test('counts once, however often and in whichever order it comes', async () => {
    const { market, billing } = shop
    const { bought, heard, invoiceNow, standing } = await givenBuyer(shop)
    const orders = permutations(['invoice.finalized', 'invoice.paid', 'invoice.updated'])
    const ids: string[] = []
    for (const [index, order] of orders.entries()) {
      // Opened without a word from a webhook: what is sent here is all that is ever told.
      await sandbox.fault({ match: { event: '*' }, act: 'drop' })
      const sale = await bought()
      const events = await givenUntold(sale.stripeId, order, versions[index % 3] as string, sale.page)
      await sandbox.mend()
      // All within one second, as far as anybody can tell by their time.
      const bodies = events.map((event) => JSON.stringify({ ...event, created: events[0]?.created }))
      for (const body of bodies) {
        expect((await whenStripeSends(billing.webhookUrl, { body, secret: billing.webhookSecret })).status).toBe(200)
      }
      const { id, subscriptionId } = sale
      ids.push(id)
      await heard.next(({ change, invoice }) => change === 'PAID' && invoice.id === id)
      const parallel = await Promise.all(
        Array.from({ length: 15 }, (_, index) =>
          whenStripeSends(index % 2 ? billing.webhookUrl : `${backend.url}/integrations/stripe`, {
            body: bodies[index % bodies.length] as string,
            secret: billing.webhookSecret,
          }),
        ),
      )
      expect(new Set(parallel.map(({ status }) => status))).toEqual(new Set([200]))
      expect(await standing(subscriptionId)).toBe('GOOD')
    }
    await whenAllRests(market)
    for (const id of ids) {
      const changes = heard.received.filter(({ invoice }) => invoice.id === id).map(({ change }) => change)
      expect(changes).toEqual(['CREATED', 'OPENED', 'PAID'])
      const now = await invoiceNow(id)
      expect(now).toMatchObject({ status: 'PAID', amountPaid: { amount: '25.00' }, sync: { status: 'SYNCED' } })
      expect(now?.history.map(({ to }) => to)).toEqual(['DRAFT', 'OPEN', 'PAID'])
    }
  })

  test('fifty times at once is heard once', async () => {
    const { market, billing } = shop
    const { bought, heard } = await givenBuyer(shop)
    const sale = await bought()
    const [event] = await givenUntold(sale.stripeId, ['invoice.paid'], '2024-06-20', sale.page)
    // Siblings, too: another endpoint of the account tells the same under another id.
    const bodies = Array.from({ length: 50 }, (_, index) =>
      JSON.stringify({ ...event, id: `evt_${index % 5}_${sale.stripeId}` }),
    )
    const answers = await Promise.all(
      bodies.map((body) => whenStripeSends(billing.webhookUrl, { body, secret: billing.webhookSecret })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(200))
    await heard.next(({ change }) => change === 'PAID')
    await sandbox.mend()
    await whenAllRests(market)
    expect(heard.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED', 'PAID'])
  })

  test('is believed only with a signature over these very bytes, of now and of that connection', async () => {
    const { market, billing } = shop
    const { bought, heard, invoiceNow } = await givenBuyer(shop)
    const { market: elsewhere, billing: theirs } = await givenShop(backend)
    const sale = await bought()
    const [event] = await givenUntold(sale.stripeId, ['invoice.paid'], '2022-11-15', sale.page)
    const body = JSON.stringify(event)
    const { webhookUrl, webhookSecret: secret } = billing
    const shared = `${backend.url}/integrations/stripe`
    const now = Math.floor(Date.now() / 1_000)
    const good = signatureOf({ body, secret })
    const refused: Array<[what: string, url: string, body: string, signature: string | undefined]> = [
      ['none', webhookUrl, body, undefined],
      ['empty', webhookUrl, body, ''],
      ['nonsense', webhookUrl, body, 'v1=abc,t=soon'],
      ['too old', webhookUrl, body, signatureOf({ body, secret, offBy: -310 })],
      ['of the future', webhookUrl, body, signatureOf({ body, secret, offBy: 310 })],
      ['of another time than signed', webhookUrl, body, good.replace(/t=\d+/, `t=${now - 5}`)],
      ['two times', webhookUrl, body, `t=${now - 1},${good}`],
      ['wrong', webhookUrl, body, signatureOf({ body, secret: secretOfSomebody() })],
      ['of another connection', webhookUrl, body, signatureOf({ body, secret: theirs.webhookSecret })],
      ['of another scheme', webhookUrl, body, good.replace('v1=', 'v0=')],
      ['over other bytes', webhookUrl, ` ${body}`, good],
      ['wrong, at the shared address', shared, body, signatureOf({ body, secret: secretOfSomebody() })],
      ['good, at an address that is not there', `${shared}/bint_00000000000000000000000000`, body, good],
      ['good, at an address that is none', `${shared}/nonsense%00`, body, good],
    ]
    for (const [what, url, sent, signature] of refused) {
      const response = await post(url, sent, signature)
      expect({ what, status: response.status }).toEqual({ what, status: 400 })
      expect(await response.text()).toBe('The signature does not fit, or its time is more than 300 seconds off.\n')
    }
    // At the shared address a connection that fits may speak, but only of what is its own.
    expect((await post(shared, body, signatureOf({ body, secret: theirs.webhookSecret }))).status).toBe(200)
    await whenAllRests(elsewhere)
    expect(await invoiceNow(sale.id)).toMatchObject({ status: 'OPEN' })
    expect(heard.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED'])
    const { marketplace } = await market.provider.query(MarketplaceBillingDocument, { slug: market.slug })
    expect(marketplace?.billing?.lastSignatureFailureAt).toEqual(expect.any(String))

    // Nearly too old, written in another way than a parser would write it, and beside a signature that does not fit.
    const odd = `\r\n${JSON.stringify(event, null, '\t').replaceAll('\n', '\r\n')} \n`.replace(
      '"object":',
      '"note": "Zoë’s größte \u{1f984}", "object":',
    )
    const other = signatureOf({ body: odd, secret: secretOfSomebody(), offBy: -290 }).replace(/^t=\d+,/, '')
    const fits = signatureOf({ body: odd, secret, offBy: -290 })
    expect((await post(shared, odd, `${fits.replace(',v1=', `,${other},v1=`)},v0=${'0'.repeat(64)}`)).status).toBe(200)
    await heard.next(({ change }) => change === 'PAID')
    expect(await invoiceNow(sale.id)).toMatchObject({ status: 'PAID' })
    await sandbox.mend()
  })

  test('reaches one on the shared address while the secrets of another cannot be opened', async () => {
    const { bought, heard } = await givenBuyer(shop)
    const { billing: broken } = await givenShop(backend)
    await whenDamaged(backend.config.databaseUrl, 'billing_integration', 'sealed_webhook_secret', broken.id)
    const sale = await bought()
    const [event] = await givenUntold(sale.stripeId, ['invoice.paid'], '2022-11-15', sale.page)
    const body = JSON.stringify(event)
    const shared = `${backend.url}/integrations/stripe`
    expect((await post(shared, body, signatureOf({ body, secret: shop.billing.webhookSecret }))).status).toBe(200)
    await heard.next(({ change }) => change === 'PAID')
    // Its own news are not lost either: Stripe sends again what was not taken.
    const theirs = signatureOf({ body, secret: broken.webhookSecret })
    expect((await post(shared, body, theirs)).status).toBe(400)
    expect((await post(broken.webhookUrl, body, theirs)).status).toBe(500)
    const told = backend.complaints.filter((line) => line.includes('a signing secret cannot be opened'))
    expect(told.every((line) => line.includes(broken.id))).toBe(true)
    expect(told.length).toBeGreaterThan(0)
    await sandbox.mend()
  })

  test('is answered, and has no effect, where it is not about us', async () => {
    const { market, billing } = shop
    const { bought, heard, invoiceNow } = await givenBuyer(shop)
    const sale = await bought()
    const [event] = await givenUntold(sale.stripeId, ['invoice.paid'], '2026-10-28.endive', sale.page)
    const { object } = (event as { data: { object: Record<string, unknown> } }).data
    const { webhookUrl: url, webhookSecret: secret } = billing
    const sent = async (changed: Record<string, unknown>) => {
      const body = JSON.stringify({ ...event, id: `evt_${mark()}`, ...changed })
      return (await whenStripeSends(url, { body, secret })).status
    }
    const about = (changed: Record<string, unknown>) => ({ data: { object: { ...object, ...changed } } })
    const withoutEffect: Array<[what: string, changed: Record<string, unknown>]> = [
      ['the other mode', { livemode: true, ...about({ livemode: true }) }],
      ['an invoice of somebody else', about({ id: `in_${mark()}`, metadata: {} })],
      [
        'an invoice that claims to be one of ours that there is not',
        about({ id: `in_${mark()}`, metadata: { invoice_id: 'inv_00000000000000000000000000' } }),
      ],
      ['an invoice that claims to be ours, beside the one that is', about({ id: `in_${mark()}` })],
      ['a type that nobody knows', { type: 'invoice.sold_to_the_moon' }],
      ['a type that means nothing to us', { type: 'invoice.payment_succeeded' }],
      ['another currency', about({ currency: 'eur' })],
      ['no invoice at all', { data: { object: null } }],
      ['an invoice without a status', about({ status: null })],
      ['a status of tomorrow', about({ status: 'forgiven' })],
      ['texts that no database takes', about({ status: 'open', number: 'a\u0000b\ud800' })],
    ]
    for (const [what, changed] of withoutEffect) {
      expect({ what, status: await sent(changed) }).toEqual({ what, status: 200 })
    }
    await whenAllRests(market)
    expect(await invoiceNow(sale.id)).toMatchObject({ status: 'OPEN', amountPaid: { amount: '0.00' } })
    expect(heard.received.map(({ change }) => change).filter((change) => change !== 'UPDATED')).toEqual([
      'CREATED',
      'OPENED',
    ])

    const noEvents: Array<[body: string, words: RegExp]> = [
      ['', /signature|no event/],
      ['{', /no event/],
      ['[]', /no event/],
      ['null', /no event/],
      ['"evt_1"', /no event/],
      [JSON.stringify(object), /no event/],
      [JSON.stringify({ ...event, id: 'a\u0000b' }), /no event/],
      [JSON.stringify({ ...event, type: 7 }), /no event/],
      [JSON.stringify({ id: 'evt_thin', object: 'v2.core.event', type: 'v1.invoice.paid' }), /thin event.*snapshot/],
    ]
    for (const [body, words] of noEvents) {
      const response = await whenStripeSends(url, { body, secret })
      expect({ body: body.slice(0, 60), status: response.status }).toEqual({ body: body.slice(0, 60), status: 400 })
      expect(await response.text()).toMatch(words)
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await fetch(url, { method })
      expect([404, 405]).toContain(status)
    }
    // The true one is heard all the same.
    expect(await sent({})).toBe(200)
    await heard.next(({ change }) => change === 'PAID')
    await sandbox.mend()
  })

  test('may be as long as 1 MiB, and not a byte longer', async () => {
    const { billing } = shop
    const { bought, heard } = await givenBuyer(shop)
    const sale = await bought()
    const [event] = await givenUntold(sale.stripeId, ['invoice.paid'], '2024-06-20', sale.page)
    const { webhookUrl: url, webhookSecret: secret } = billing
    const body = Buffer.from(JSON.stringify(event))
    const padded = (length: number) => Buffer.concat([body, Buffer.alloc(length - body.length, ' ')])
    const mebibyte = 1024 * 1024
    for (const longer of [padded(mebibyte + 1), padded(3 * mebibyte)]) {
      const signature = signatureOf({ body: longer, secret })
      expect((await post(url, longer, signature)).status).toBe(413)
      expect(await chunked(url, longer, signature)).toBe(413)
    }
    const longest = padded(mebibyte)
    expect((await whenStripeSends(url, { body: longest, secret })).status).toBe(200)
    await heard.next(({ change }) => change === 'PAID')
    await sandbox.mend()
  })
})

function permutations<Item>(items: Item[]): Item[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}

/** In pieces, without saying beforehand how long it will be. */
function chunked(url: string, body: Buffer, signature: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', headers: { 'stripe-signature': signature, 'content-type': 'application/json' } },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
    sending.once('error', reject)
    for (let start = 0; start < body.length; start += 64 * 1024) sending.write(body.subarray(start, start + 64 * 1024))
    sending.end()
  })
}

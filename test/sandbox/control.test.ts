import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import Stripe from 'stripe'
import { restrictedKey, type Sandbox, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { Contract } from './contract/contract.js'
import { control, Receiver, refusal } from './receiver.js'
import { type Sdk, sdks } from './sdks.js'

const sdk = sdks.at(-1) as Sdk

describe('What the sandbox has that Stripe has not', () => {
  const contract = new Contract()
  let sandbox: Sandbox
  let receiver: Receiver
  let stripe: Stripe
  let secret: string

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'control', watch: contract.watch })
    receiver = await Receiver.start()
    stripe = sdk.open(sandbox.url, secretKey)
  })
  afterAll(async () => {
    await sandbox.close()
    await receiver.close()
  })
  beforeEach(async () => {
    await control(sandbox.url, 'POST', 'reset')
    receiver.forget()
    const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] })
    secret = endpoint.secret as string
  })
  afterEach(() => expect(contract.problems).toEqual([]))

  const post = (path: string, body: object) => control(sandbox.url, 'POST', path, body)
  const fault = (match: object, act: string, more: object = {}) => post('faults', { match, act, ...more })

  async function draft(by = stripe): Promise<Stripe.Invoice> {
    const customer = await by.customers.create({ email: 'a@acme.example' })
    const params = { customer: customer.id, collection_method: 'send_invoice', days_until_due: 7 } as const
    const { id } = await by.invoices.create(params)
    return by.invoices.addLines(id, { lines: [{ amount: 1000, description: 'Base' }] })
  }

  async function open(by = stripe): Promise<Stripe.Invoice> {
    return by.invoices.finalizeInvoice((await draft(by)).id)
  }

  interface Button {
    disabled: boolean
    dataset: { post: string; body: string }
  }

  /** What the page's own script does when a button is pressed, in as much of a browser as it needs. */
  function handlerOf(page: string): (button: Button) => Promise<void> {
    let hear: (event: object) => Promise<void> = () => Promise.reject(new Error('The page hears nothing.'))
    runInNewContext(/<script>(.*)<\/script>/s.exec(page)?.[1] ?? '', {
      document: {
        addEventListener: (_: string, hearer: typeof hear) => {
          hear = hearer
        },
        querySelectorAll: () => [],
      },
      DOMParser: class {
        parseFromString = () => ({})
      },
      fetch: (path: string, init: RequestInit) => fetch(new URL(path, sandbox.url), init),
      location: { href: '/_sandbox' },
      setInterval: () => {},
    })
    return (button) => hear({ target: { closest: () => button } })
  }

  function press(invoice: Stripe.Invoice, method: string): Promise<Response> {
    return fetch(invoice.hosted_invoice_url as string, { method: 'POST', body: new URLSearchParams({ method }) })
  }

  describe('live mode', () => {
    it('shares nothing with test mode, and says where a thing is', async () => {
      const made = await post('keys', { permissions: ['customers:write', 'invoices:write'], mode: 'live' })
      expect([made.key, made.secretKey]).toEqual([
        expect.stringMatching(/^rk_live_sandbox_/),
        expect.stringMatching(/^sk_live_sandbox_/),
      ])
      const live = sdk.open(sandbox.url, made.secretKey as string)
      const invoice = await open(live)
      expect(invoice).toMatchObject({ livemode: true, lines: { data: [{ livemode: true }] } })
      expect(invoice.hosted_invoice_url).toContain('/live_')
      expect((await live.accounts.retrieveCurrent()).id).toBe((await stripe.accounts.retrieveCurrent()).id)
      const elsewhere = await refusal(stripe.invoices.retrieve(invoice.id))
      expect(elsewhere).toMatchObject({ statusCode: 404, code: 'resource_missing' })
      expect(elsewhere.message).toContain('a similar object exists in live mode, but a test mode key was used')
      expect((await live.events.list()).data.every(({ livemode }) => livemode)).toBe(true)
      expect((await stripe.events.list()).data).toEqual([])
    })

    it('does not know test payment methods, nor test clocks; its invoices are paid on their page', async () => {
      const { secretKey: key } = await post('keys', { permissions: [], mode: 'live' })
      const live = sdk.open(sandbox.url, key as string)
      const invoice = await open(live)
      const tried = await refusal(live.invoices.pay(invoice.id, { payment_method: 'pm_card_visa' }))
      expect(tried).toMatchObject({ statusCode: 400, message: "No such PaymentMethod: 'pm_card_visa'" })
      expect((await refusal(live.testHelpers.testClocks.create({ frozen_time: 1 }))).message).toContain('test mode')
      await press(invoice, 'card')
      expect(await live.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid' })
    })
  })

  describe('the clock', () => {
    it('stands still where it is told to, moves all the same, and ticks again', async () => {
      const stopped = await post('clock', { frozen: true })
      expect(stopped.frozen).toBe(true)
      expect(await control(sandbox.url, 'GET', 'clock')).toEqual(stopped)
      const invoice = await open()
      expect(invoice.created).toBe(Math.floor(Date.parse(stopped.now as string) / 1000))
      await press(invoice, 'bank_debit')
      const moved = await post('clock', { advance: 'P4D' })
      expect(Date.parse(moved.now as string) - Date.parse(stopped.now as string)).toBe(4 * 86_400_000)
      expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid' })
      const ticking = await post('clock', { frozen: false })
      expect(ticking.frozen).toBe(false)
      expect(Date.parse(ticking.now as string)).toBeGreaterThanOrEqual(Date.parse(moved.now as string))
    })

    it.each([
      [{ to: 'tomorrow' }, /The clock wants/],
      [{}, /The clock wants/],
      [{ advance: '1 month' }, /The clock wants/],
      [{ to: '2001-01-01T00:00:00Z' }, /only goes forward/],
      [{ advance: 'P3Y' }, /two years at most/],
      [{ frozen: 'yes' }, /Invalid boolean/],
    ])('refuses %j', async (move, message) => {
      await expect(post('clock', move)).rejects.toThrow(message)
    })
  })

  describe('a card that has to be confirmed', () => {
    it('is charged when the person confirms on the page, and once only', async () => {
      const invoice = await open()
      expect(await (await press(invoice, 'card_authentication')).text()).toContain('wants you to confirm')
      expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open' })
      await receiver.first('invoice.payment_action_required')
      expect(await (await press(invoice, 'authenticate')).text()).toContain('Paid')
      await press(invoice, 'authenticate')
      await receiver.first('invoice.paid')
      expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', attempt_count: 1 })
    })

    it('is not where he does not, and can be tried again', async () => {
      const invoice = await open()
      await press(invoice, 'card_authentication')
      expect(await (await press(invoice, 'authentication_fails')).text()).toContain('failed authentication')
      expect(await (await press(invoice, 'card')).text()).toContain('Paid')
    })

    it('is one of the ways that the page knows; others are refused', async () => {
      const answer = await press(await open(), 'constructor')
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('card_authentication')])
    })
  })

  describe('the page of an invoice', () => {
    const market = 'https://market.example'
    async function shown(invoice: Stripe.Invoice, returnUrl: string): Promise<string> {
      const url = new URL(invoice.hosted_invoice_url as string)
      url.searchParams.set('return_url', returnUrl)
      const page = await fetch(url, { method: 'POST', body: new URLSearchParams({ method: 'card' }) })
      return page.text()
    }

    it('leads back to where its customer came from, after the payment too', async () => {
      const here = await shown(await open(), 'http://localhost:3000/orders?id=1')
      expect(here).toContain('<a href="http://localhost:3000/orders?id=1">Back to localhost:3000</a>')
      expect(here).toContain('<strong>Paid</strong>')
      await post('settings', { returnOrigins: [market] })
      expect(await shown(await open(), `${market}/orders`)).toContain(`<a href="${market}/orders">`)
      await post('settings', { returnOrigins: [] })
    })

    it.each([
      'https://market.example/orders',
      'javascript:alert(1)//localhost',
      'https://me@localhost/',
      'https://localhost.evil.example/',
      'no address',
    ])('leads nowhere by %s', async (address) => {
      expect(await shown(await open(), address)).not.toContain('Back to')
    })

    it.each([[['market.example']], [['https://market.example/path']], ['https://market.example']])(
      'knows no origin %j',
      async (returnOrigins) => {
        await expect(post('settings', { returnOrigins })).rejects.toThrow('There is no setting returnOrigins')
      },
    )
  })

  describe('a refusal', () => {
    it('says where the request can be looked at', async () => {
      const failed = await refusal(stripe.invoices.retrieve('in_unknown'))
      const { request_log_url: address } = failed.raw as { request_log_url: string }
      const request = (await (await fetch(address)).json()) as object
      expect(request).toMatchObject({ id: failed.requestId, path: '/v1/invoices/in_unknown', status: 404 })
    })

    it('says less to those who have no key', async () => {
      const failed = await refusal(sdk.open(sandbox.url, 'sk_test_wrong').invoices.list())
      expect(failed.raw).not.toHaveProperty('request_log_url')
    })
  })

  describe('faults of requests', () => {
    it('keep an object from others while a request is slow', async () => {
      const { id } = await open()
      await fault({ path: '/v1/invoices/*/void' }, 'delay', { ms: 100, times: 1 })
      const slow = stripe.invoices.voidInvoice(id)
      let rules: { acted: number }[] = []
      do rules = (await control(sandbox.url, 'GET', 'faults')).data as typeof rules
      while (rules[0]?.acted !== 1)
      const eager = await refusal(stripe.invoices.markUncollectible(id))
      expect(eager).toMatchObject({ statusCode: 429, code: 'lock_timeout' })
      expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open' })
      expect(await slow).toMatchObject({ status: 'void' })
    })

    it.each([
      ['cut_before_execution', 'StripeConnectionError', 'open'],
      ['cut_after_execution', 'StripeConnectionError', 'void'],
      ['truncated', 'StripeAPIError', 'void'],
      ['malformed', 'StripeAPIError', 'void'],
    ])('%s', async (act, type, status) => {
      const { id } = await open()
      await fault({ method: 'POST' }, act)
      const failed = await refusal(stripe.invoices.voidInvoice(id, {}, { idempotencyKey: `${act}-key` }))
      if (act !== 'truncated') expect(failed.type).toBe(type)
      await control(sandbox.url, 'DELETE', 'faults')
      expect(await stripe.invoices.retrieve(id)).toMatchObject({ status })
      // The same request once more comes to the same end, whatever became of the first.
      expect(await stripe.invoices.voidInvoice(id, {}, { idempotencyKey: `${act}-key` })).toMatchObject({
        status: 'void',
      })
    })

    it('hang: nothing is done and nothing answered, until the client gives up', async () => {
      const { id } = await open()
      await fault({ path: '/v1/invoices/*/void' }, 'hang', { times: 1 })
      const failed = await refusal(stripe.invoices.voidInvoice(id, {}, { timeout: 150 }))
      expect([failed.type, failed.message]).toEqual(['StripeConnectionError', expect.stringContaining('aborted')])
      const [asked] = (await control(sandbox.url, 'GET', 'requests')).data as { status: null; fault: string }[]
      expect(asked).toMatchObject({ status: null, fault: 'hang' })
      // The object is free again, and as it was.
      expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open' })
      expect(await stripe.invoices.voidInvoice(id)).toMatchObject({ status: 'void' })
    })

    it.each([
      [{ status: 500 }, 500, 'StripeAPIError'],
      [{ status: 503 }, 503, 'StripeAPIError'],
      [{ status: 429 }, 429, 'StripeRateLimitError'],
      [{ status: 402 }, 402, 'StripeCardError'],
      [{ code: 403 }, 403, 'StripePermissionError'],
    ])('status %j', async (effect, statusCode, type) => {
      await fault({ path: '/v1/customers' }, 'status', { ...effect, times: 1 })
      expect(await refusal(stripe.customers.create({}))).toMatchObject({ statusCode, type })
      expect(await stripe.customers.create({})).toMatchObject({ object: 'customer' })
    })

    it('come by chance, yet the same in every run', async () => {
      const run = async () => {
        await post('reset', {})
        await fault({ path: '/v1/customers', probability: 0.5 }, 'status', { status: 503 })
        const results = []
        for (let at = 0; at < 12; at++)
          results.push(
            await stripe.customers.list().then(
              () => true,
              () => false,
            ),
          )
        return results
      }
      const first = await run()
      expect(new Set(first).size).toBe(2)
      expect(await run()).toEqual(first)
    })

    it('hit only the one that is counted', async () => {
      await fault({ path: '/v1/customers', nth: 2 }, 'status', { status: 503 })
      const results = []
      for (let at = 0; at < 3; at++)
        results.push(
          await stripe.customers.list().then(
            () => 'ok',
            () => 'failed',
          ),
        )
      expect(results).toEqual(['ok', 'failed', 'ok'])
    })

    it('are refused where they make no sense', async () => {
      await expect(fault({}, 'explode')).rejects.toThrow('Invalid act')
      await expect(fault('all' as never, 'drop')).rejects.toThrow('Invalid match')
    })
  })

  describe('faults of events', () => {
    const verify = (body: string, header: string) => Stripe.webhooks.constructEvent(body, header, secret)
    const signatureOf = async (type: string) => {
      const { body, headers } = await receiver.first(type)
      return { body, header: headers['stripe-signature'] as string }
    }

    it('drop: it is made, and never sent', async () => {
      await fault({ event: 'invoice.finalized' }, 'drop')
      await open()
      await receiver.first('payment_intent.created')
      expect(receiver.types).not.toContain('invoice.finalized')
      expect((await stripe.events.list({ type: 'invoice.finalized' })).data).toHaveLength(1)
      expect((await stripe.events.list({ delivery_success: false })).data.map(({ type }) => type)).toEqual([
        'invoice.finalized',
      ])
    })

    it('never_made: not even a list tells of it', async () => {
      await fault({ event: 'invoice.finalized' }, 'never_made')
      await open()
      await receiver.first('payment_intent.created')
      expect((await stripe.events.list({ type: 'invoice.finalized' })).data).toEqual([])
    })

    it('duplicate: the same event twice', async () => {
      await fault({ event: 'customer.created' }, 'duplicate')
      await stripe.customers.create({})
      const [one, other] = await receiver.until('customer.created', 2)
      expect(one?.body).toBe(other?.body)
    })

    it.each([
      ['bad_signature', false],
      ['old_timestamp', false],
      ['future_timestamp', true],
      ['two_signatures', true],
    ])('%s', async (act, accepted) => {
      await fault({ event: 'customer.created' }, act)
      await stripe.customers.create({})
      const { body, header } = await signatureOf('customer.created')
      if (accepted) expect(verify(body, header).type).toBe('customer.created')
      else expect(() => verify(body, header)).toThrow()
    })

    it.each([
      ['other_livemode', {}, { livemode: true }],
      ['other_api_version', { version: '2022-11-15' }, { api_version: '2022-11-15' }],
    ])('%s', async (act, more, shown) => {
      await fault({ event: 'customer.created' }, act, more)
      await stripe.customers.create({})
      expect((await receiver.first('customer.created')).event).toMatchObject(shown)
    })

    it('thin, huge, foreign and unheard of', async () => {
      await fault({ event: 'customer.created' }, 'thin', { times: 1 })
      await fault({ event: 'customer.created' }, 'huge_body', { bytes: 2_000_000, times: 1 })
      await fault({ event: 'customer.created' }, 'foreign_object_too', { times: 1 })
      await fault({ event: 'customer.created' }, 'unknown_type_too', { times: 1 })
      for (let at = 0; at < 4; at++) {
        await stripe.customers.create({})
        await receiver.until(null, [1, 2, 4, 6][at])
      }
      expect(receiver.types).toEqual([
        'v1.customer.created',
        'customer.created',
        'customer.created',
        'customer.created',
        'sandbox.unheard_of',
        'customer.created',
      ])
      expect(receiver.received[1]?.body.length).toBeGreaterThan(2_000_000)
      expect(receiver.received[2]?.event.data.object).toMatchObject({ id: expect.stringMatching(/foreign$/) })
    })

    it('reorder: the last comes first', async () => {
      await fault({ event: 'customer.*' }, 'reorder', { ms: 500 })
      const first = await stripe.customers.create({ name: 'First' })
      await stripe.customers.update(first.id, { name: 'Second' })
      await receiver.until(null, 2)
      expect(receiver.types).toEqual(['customer.updated', 'customer.created'])
    })

    it('burst: what was held comes all at once', async () => {
      await fault({ event: 'customer.created' }, 'burst', { ms: 1_000 })
      for (const name of ['First', 'Second', 'Third']) await stripe.customers.create({ name })
      expect(receiver.types).toEqual([])
      const came = await receiver.until('customer.created', 3)
      const names = came.map(({ event }) => (event.data.object as Stripe.Customer).name)
      expect(names.sort()).toEqual(['First', 'Second', 'Third'])
    })

    it('delay: the one that is named comes later, the others do not wait for it', async () => {
      await fault({ event: 'customer.created' }, 'delay', { ms: 1_000 })
      const { id } = await stripe.customers.create({ name: 'First' })
      await stripe.customers.update(id, { name: 'Second' })
      await receiver.until(null, 2)
      expect(receiver.types).toEqual(['customer.updated', 'customer.created'])
    })

    it('deliver_first: the event is there before the answer', async () => {
      await fault({ path: '/v1/customers' }, 'deliver_first')
      await stripe.customers.create({})
      expect(receiver.types).toEqual(['customer.created'])
    })
  })

  describe('deliveries', () => {
    it('are tried again, signed anew with the same body, and each attempt is written down', async () => {
      receiver.answers.push(500, 302)
      await stripe.customers.create({})
      const tries = await receiver.until('customer.created', 3)
      expect(new Set(tries.map(({ body }) => body)).size).toBe(1)
      let delivery: { id: string; state: string; attempts: { status: number }[] } | undefined
      do
        [delivery] = (await control(sandbox.url, 'GET', 'deliveries?type=customer.created')).data as (typeof delivery)[]
      while (delivery?.state === 'pending')
      expect(delivery?.attempts.map(({ status }) => status)).toEqual([500, 302, 200])
      await post(`deliveries/${delivery?.id}/resend`, {})
      await receiver.until('customer.created', 4)
    })

    it('are signed with both secrets while one is rolled', async () => {
      const [endpoint] = (await stripe.webhookEndpoints.list()).data as [Stripe.WebhookEndpoint]
      const rolled = await post(`webhook_endpoints/${endpoint.id}/roll`, { expires_in: 3600 })
      expect(rolled.secret).not.toBe(secret)
      await stripe.customers.create({})
      const { body, headers } = await receiver.first('customer.created')
      const header = headers['stripe-signature'] as string
      expect(header.match(/v1=/g)).toHaveLength(2)
      for (const each of [secret, rolled.secret as string]) Stripe.webhooks.constructEvent(body, header, each)
      await post('clock', { advance: 'PT2H' })
      receiver.forget()
      await stripe.customers.create({})
      const later = await receiver.first('customer.created')
      expect(() =>
        Stripe.webhooks.constructEvent(later.body, String(later.headers['stripe-signature']), secret),
      ).toThrow()
    })
  })

  describe('looking inside', () => {
    it('has buttons that can be pressed again, and says where the clock stands', async () => {
      const read = async () => (await fetch(`${sandbox.url}/_sandbox`)).text()
      const page = await read()
      expect(page).not.toContain('<strong>stopped</strong>')
      const { now } = (await control(sandbox.url, 'GET', 'clock')) as { now: string }
      const press = handlerOf(page)
      const button = { disabled: false, dataset: { post: '/_sandbox/clock', body: '{"advance":"P1D"}' } }
      await press(button)
      expect(button.disabled).toBe(false)
      await press({ disabled: false, dataset: { post: '/_sandbox/clock', body: '{"frozen":true}' } })
      const moved = (await control(sandbox.url, 'GET', 'clock')) as { now: string }
      expect(Date.parse(moved.now)).toBeGreaterThanOrEqual(Date.parse(now) + 86_400_000)
      expect(await read()).toContain(`datetime="${moved.now}">${moved.now.slice(0, 10)}`)
      expect(await read()).toContain('<strong>stopped</strong>')
    })

    it('shows requests, and the page with all of it', async () => {
      await refusal(sdk.open(sandbox.url, restrictedKey).invoiceItems.list())
      const { data } = await control(sandbox.url, 'GET', 'requests?limit=1')
      expect(data).toMatchObject([
        { method: 'GET', path: '/v1/invoiceitems', status: 403, key: expect.stringMatching(/^rk_test_\*+0001$/) },
      ])
      const page = await (await fetch(`${sandbox.url}/_sandbox`)).text()
      for (const part of ['/v1/invoiceitems', 'Deliveries', 'data-post="/_sandbox/clock"']) expect(page).toContain(part)
    })

    it('gives its state away and takes it back', async () => {
      const invoice = await open()
      const state = await control(sandbox.url, 'GET', 'state')
      await post('reset', {})
      expect((await stripe.invoices.list()).data).toEqual([])
      await post('state', state)
      expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ id: invoice.id, status: 'open' })
      expect((await draft()).id).not.toBe(invoice.id)
    })

    it('has rate limits where they are switched on', async () => {
      await post('settings', { rateLimits: true })
      const all = await Promise.all(
        Array.from({ length: 40 }, () =>
          stripe.customers.list().then(
            () => 200,
            ({ statusCode }) => statusCode,
          ),
        ),
      )
      expect(new Set(all)).toEqual(new Set([200, 429]))
      await expect(post('settings', { rateLimits: 'some' })).rejects.toThrow('no setting')
    })

    it('says what it does not have', async () => {
      await expect(control(sandbox.url, 'GET', 'weather')).rejects.toThrow('The sandbox has no GET /_sandbox/weather')
      const broken = await fetch(`${sandbox.url}/_sandbox/clock`, { method: 'POST', body: '{' })
      expect(broken.status).toBe(400)
    })
  })
})

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type Stripe from 'stripe'
import { restrictedKey, type Sandbox, secretKey, startSandbox } from '../../src/sandbox/sandbox.js'
import { Contract } from './contract/contract.js'
import { control, refusal } from './receiver.js'
import { type Sdk, sdks } from './sdks.js'

describe.each(sdks)('On the wire the sandbox is Stripe, with the SDK of $version', (sdk: Sdk) => {
  const contract = new Contract()
  let sandbox: Sandbox
  let stripe: Stripe

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'wire', watch: contract.watch })
    stripe = sdk.open(sandbox.url, secretKey)
  })
  afterAll(() => sandbox.close())

  /** Where an invoice shows its payment. */
  const payment = sdk.isBeforeBasil ? 'payment_intent' : 'payments.data.payment.payment_intent'

  /** As bytes go: what no SDK would send. */
  async function raw(method: string, path: string, form = '', headers: Record<string, string> = {}) {
    const response = await fetch(sandbox.url + path, {
      method,
      ...(method === 'POST' && { body: form }),
      headers: {
        authorization: `Bearer ${secretKey}`,
        'stripe-version': sdk.version,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
    })
    const body = (await response.json()) as Record<string, unknown>
    const error = body.error as Record<string, string> | undefined
    return { status: response.status, headers: response.headers, body, error }
  }

  async function openInvoice(): Promise<Stripe.Invoice> {
    const customer = await stripe.customers.create({ email: 'a@acme.example' })
    const draft = await stripe.invoices.create({
      customer: customer.id,
      collection_method: 'send_invoice',
      days_until_due: 7,
    })
    await stripe.invoices.addLines(draft.id, { lines: [{ amount: 1000, description: 'Base' }] })
    return stripe.invoices.finalizeInvoice(draft.id)
  }

  describe('keys', () => {
    it('refuses unknown and missing ones with 401', async () => {
      expect(await refusal(sdk.open(sandbox.url, 'sk_test_unknown_0000').customers.list())).toMatchObject({
        type: 'StripeAuthenticationError',
        statusCode: 401,
        message: 'Invalid API Key provided: sk_test_********0000',
      })
      expect((await raw('GET', '/v1/customers', '', { authorization: '' })).status).toBe(401)
    })

    it('names the scope that a restricted key lacks, also for what is expanded', async () => {
      const restricted = sdk.open(sandbox.url, restrictedKey)
      const lacking = await refusal(restricted.invoiceItems.list())
      expect(lacking).toMatchObject({ type: 'StripePermissionError', statusCode: 403 })
      expect(lacking.message).toMatch(
        /key 'rk_test_\*+0001' .* account 'acct_\w+'\. Having the 'rak_invoice_item_read' permission/,
      )
      const invoice = await openInvoice()
      await restricted.invoices.retrieve(invoice.id, { expand: ['customer'] })
      const { payment_method } = { payment_method: 'pm_card_visa' }
      await restricted.invoices.pay(invoice.id, { payment_method })
      const deeper = refusal(restricted.invoices.retrieve(invoice.id, { expand: [payment] }))
      expect((await deeper).message).toContain('rak_payment_intent_read')
    })

    it('makes keys and accounts to order, which see nothing of each other', async () => {
      const made = await control(sandbox.url, 'POST', 'keys', {
        permissions: ['customers:read'],
        account: 'acct_other',
      })
      const owner = sdk.open(sandbox.url, made.secretKey as string)
      const reader = sdk.open(sandbox.url, made.key as string)
      const customer = await owner.customers.create({ name: 'Elsewhere' })
      expect((await reader.customers.list()).data.map(({ id }) => id)).toEqual([customer.id])
      expect((await refusal(reader.customers.create({}))).message).toContain('rak_customer_write')
      expect(await refusal(stripe.customers.retrieve(customer.id))).toMatchObject({
        statusCode: 404,
        code: 'resource_missing',
      })
      expect((await owner.accounts.retrieveCurrent()).id).toBe('acct_other')
      await expect(control(sandbox.url, 'POST', 'keys', { permissions: ['everything'] })).rejects.toThrow(
        'Invalid permission',
      )
    })
  })

  describe('parameters', () => {
    it.each([
      ['/v1/customers', 'nam=x', 'parameter_unknown', 'nam', 'Received unknown parameter: nam'],
      [
        '/v1/customers',
        'address[town]=x',
        'parameter_unknown',
        'address[town]',
        'Received unknown parameter: address[town]',
      ],
      ['/v1/invoices', '', 'parameter_missing', 'customer', 'Missing required param: customer.'],
      ['/v1/invoices', 'customer=', 'parameter_invalid_empty', 'customer', /You passed an empty string for 'customer'/],
      ['/v1/invoices', 'customer=cus_none', 'resource_missing', 'customer', "No such customer: 'cus_none'"],
      [
        '/v1/invoices',
        'customer=x&days_until_due=soon',
        'parameter_invalid_integer',
        'days_until_due',
        'Invalid integer: soon',
      ],
      [
        '/v1/invoices',
        'customer=x&collection_method=barter',
        undefined,
        'collection_method',
        /must be one of charge_automatically or send_invoice/,
      ],
      ['/v1/invoices', 'customer=x&currency=xyz', undefined, 'currency', /Invalid currency: xyz/],
      ['/v1/customers', `metadata[${'k'.repeat(41)}]=v`, undefined, 'metadata', /up to 40 characters/],
      ['/v1/customers', `metadata[k]=${'v'.repeat(501)}`, undefined, 'metadata', /up to 500 characters/],
      ['/v1/customers', 'email=nobody', 'email_invalid', 'email', /Invalid email address/],
      ['/v1/invoices', 'customer=x&discounts[0][coupon]=c', undefined, 'discounts', /sandbox does not have/],
      [
        '/v1/billing_portal/sessions',
        'customer=x&return_url=javascript:alert(1)',
        'url_invalid',
        'return_url',
        /^Invalid URL/,
      ],
      ['/v1/customers', 'name[=x', undefined, 'name[', /Invalid parameter name/],
    ])('refuses %s %s', async (path, form, code, param, message) => {
      const { status, error } = await raw('POST', path, form)
      expect({ status, type: error?.type, code: error?.code, param: error?.param }).toEqual({
        status: 400,
        type: 'invalid_request_error',
        code,
        param,
      })
      expect(error?.message).toMatch(message)
    })

    it('takes more than fifty metadata keys neither at once nor bit by bit, and unsets by an empty value', async () => {
      const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, 'v']))
      const customer = await stripe.customers.create({ metadata: fifty })
      await expect(stripe.customers.update(customer.id, { metadata: { more: 'v' } })).rejects.toThrow(
        '50 metadata keys',
      )
      const fewer = await stripe.customers.update(customer.id, { metadata: { k0: '', more: 'v' } })
      expect(Object.keys(fewer.metadata)).toHaveLength(50)
      expect((await stripe.customers.update(customer.id, { metadata: '' })).metadata).toEqual({})
    })

    it('cannot be used to reach what every object has', async () => {
      const { status } = await raw('POST', '/v1/customers', 'metadata[__proto__]=x&metadata[constructor]=y')
      expect(status).toBe(200)
      expect(({} as Record<string, unknown>).x).toBeUndefined()
    })

    it('accepts lists with and without numbers, in any order', async () => {
      const { id } = await openInvoice()
      const { body } = await raw('GET', `/v1/invoices/${id}?expand[]=customer`)
      expect(body.customer).toMatchObject({ object: 'customer' })
      const customer = await stripe.customers.create({})
      const draft = await stripe.invoices.create({ customer: customer.id })
      const lines = 'lines[1][amount]=2&lines[1][description]=b&lines[0][amount]=1&lines[0][description]=a'
      const added = await raw('POST', `/v1/invoices/${draft.id}/add_lines`, lines)
      expect((added.body.lines as { data: { description: string }[] }).data.map((line) => line.description)).toEqual([
        'a',
        'b',
      ])
    })

    it('holds an invoice to 250 lines, three-decimal money to its last zero, and units to exact products', async () => {
      const customer = await stripe.customers.create({})
      const draft = await stripe.invoices.create({ customer: customer.id, currency: 'kwd' })
      await expect(stripe.invoices.addLines(draft.id, { lines: [{ amount: 1005 }] })).rejects.toThrow('last digit')
      const line = (unit_amount_decimal: string, quantity: number) => ({
        quantity,
        price_data: {
          currency: 'kwd',
          unit_amount_decimal: unit_amount_decimal as never,
          product_data: { name: 'Calls' },
        },
      })
      const priced = await stripe.invoices
        .addLines(draft.id, { lines: [line('0.5', 5020), line('3.333', 30)] })
        .catch((error) => error)
      expect(priced.message ?? priced.total).toBe(2510 + 100)
      const many = Array.from({ length: 249 }, () => ({ amount: 10 }))
      await expect(stripe.invoices.addLines(draft.id, { lines: many })).rejects.toThrow('250')
    })
  })

  describe('errors', () => {
    it('gives every answer its request id and version', async () => {
      const { headers, body } = await raw('GET', '/v1/customers', '', { 'stripe-version': '2024-06-20' })
      expect(headers.get('request-id')).toMatch(/^req_\w{14}$/)
      expect(headers.get('stripe-version')).toBe('2024-06-20')
      expect(body).toMatchObject({ object: 'list', url: '/v1/customers' })
    })

    it('knows neither unheard-of addresses nor versions', async () => {
      expect((await raw('GET', '/v1/unicorns')).error?.message).toMatch(
        /^Unrecognized request URL \(GET: \/v1\/unicorns\)/,
      )
      expect((await raw('POST', '/v1/invoices/in_1/fly')).status).toBe(404)
      // At Stripe these are no ids.
      for (const [method, path] of [
        ['POST', '/v1/invoices/create_preview'],
        ['GET', '/v1/invoices/upcoming/lines'],
        ['GET', '/v1/credit_notes/preview'],
      ] as const) {
        const { status, error } = await raw(method, path)
        expect([status, error?.message]).toEqual([404, expect.stringContaining(`(${method}: ${path})`)])
      }
      const { status, error } = await raw('GET', '/v1/customers', '', { 'stripe-version': '2024-13-45' })
      expect([status, error?.message]).toEqual([400, 'Invalid Stripe API version: 2024-13-45'])
    })

    it('answers a declined card with 402 and keeps what the attempt has changed', async () => {
      const invoice = await openInvoice()
      const declined = await refusal(stripe.invoices.pay(invoice.id, { payment_method: 'pm_card_chargeCustomerFail' }))
      expect(declined).toMatchObject({
        type: 'StripeCardError',
        statusCode: 402,
        code: 'card_declined',
        decline_code: 'generic_decline',
      })
      expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open', attempt_count: 1 })
      const secured = await refusal(
        stripe.invoices.pay(invoice.id, { payment_method: 'pm_card_threeDSecure2Required' }),
      )
      expect(secured).toMatchObject({ statusCode: 402, code: 'invoice_payment_intent_requires_action' })
    })

    it('refuses bodies that are too large', async () => {
      const response = await fetch(`${sandbox.url}/v1/customers`, {
        method: 'POST',
        body: 'x'.repeat(3_000_000),
      }).catch(() => null)
      expect(response === null || response.status === 413).toBe(true)
    })
  })

  describe('idempotency', () => {
    const once = (key: string) => ({ idempotencyKey: key })

    it('executes once and replays the first result', async () => {
      const first = await stripe.customers.create({ name: 'Acme' }, once('one'))
      await stripe.customers.update(first.id, { name: 'Changed' })
      const again = await stripe.customers.create({ name: 'Acme' }, once('one'))
      expect({ ...again, lastResponse: null }).toEqual({ ...first, lastResponse: null })
      expect(again.lastResponse.headers['idempotent-replayed']).toBe('true')
      expect(again.name).toBe('Acme')
    })

    it('refuses the key with other parameters, and on another address', async () => {
      await stripe.customers.create({ name: 'Acme' }, once('two'))
      const other = await refusal(stripe.customers.create({ name: 'Ajax' }, once('two')))
      expect(other).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 })
      const elsewhere = stripe.invoices.create({ customer: 'cus_1' }, once('two'))
      expect((await refusal(elsewhere)).message).toContain("('/v1/customers' vs '/v1/invoices')")
    })

    it('keeps refusals that came of an execution, but not those of validation', async () => {
      const invoice = await openInvoice()
      await stripe.invoices.voidInvoice(invoice.id)
      const finalize = () => refusal(stripe.invoices.finalizeInvoice(invoice.id, {}, once('three')))
      await finalize()
      expect((await finalize()).headers?.['idempotent-replayed']).toBe('true')
      await refusal(stripe.invoices.create({}, once('four')))
      expect(await stripe.customers.create({}, once('four'))).toMatchObject({ object: 'customer' })
    })

    it('answers 409 while the first is under way, and forgets after a day', async () => {
      await control(sandbox.url, 'POST', 'faults', {
        match: { path: '/v1/customers' },
        act: 'delay',
        ms: 150,
        times: 1,
      })
      const slow = stripe.customers.create({ name: 'Slow' }, once('five'))
      const eager = await refusal(waitFor(() => stripe.customers.create({ name: 'Slow' }, once('five'))))
      expect(eager).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' })
      const made = await slow
      expect((await stripe.customers.create({ name: 'Slow' }, once('five'))).id).toBe(made.id)
      await control(sandbox.url, 'POST', 'clock', { advance: 'P1DT1S' })
      expect((await stripe.customers.create({ name: 'Slow' }, once('five'))).id).not.toBe(made.id)
    })

    /** As soon as the first request has arrived. */
    async function waitFor<T>(then: () => Promise<T>): Promise<T> {
      let rules: { acted: number }[] = []
      do rules = (await control(sandbox.url, 'GET', 'faults')).data as never
      while (rules[0]?.acted !== 1)
      return then()
    }
  })

  describe('lists', () => {
    it('pages both ways, newest first, and the SDK walks through all', async () => {
      const made = await control(sandbox.url, 'POST', 'keys', {
        permissions: ['customers:write'],
        account: 'acct_lists',
      })
      const lists = sdk.open(sandbox.url, made.secretKey as string)
      const ids: string[] = []
      for (let count = 0; count < 7; count++) ids.unshift((await lists.customers.create({ name: `n${count}` })).id)
      const first = await lists.customers.list({ limit: 3 })
      expect([first.data.map(({ id }) => id), first.has_more]).toEqual([ids.slice(0, 3), true])
      const next = await lists.customers.list({ limit: 3, starting_after: ids[2] as string })
      expect([next.data.map(({ id }) => id), next.has_more]).toEqual([ids.slice(3, 6), true])
      const back = await lists.customers.list({ limit: 2, ending_before: ids[3] as string })
      expect([back.data.map(({ id }) => id), back.has_more]).toEqual([ids.slice(1, 3), true])
      const walked: string[] = []
      for await (const customer of lists.customers.list({ limit: 2 })) walked.push(customer.id)
      expect(walked).toEqual(ids)
      expect(await refusal(lists.customers.list({ starting_after: 'cus_none' }))).toMatchObject({
        param: 'starting_after',
      })
      expect(await refusal(lists.customers.list({ limit: 101 }))).toMatchObject({ statusCode: 400, param: 'limit' })
    })

    it('filters invoices by customer, status, method and dates', async () => {
      const open = await openInvoice()
      const customer = open.customer as string
      const draft = await stripe.invoices.create({ customer })
      const ids = async (params: Stripe.InvoiceListParams) =>
        (await stripe.invoices.list({ customer, ...params })).data.map(({ id }) => id)
      expect(await ids({})).toEqual([draft.id, open.id])
      expect(await ids({ status: 'open' })).toEqual([open.id])
      expect(await ids({ collection_method: 'charge_automatically' })).toEqual([draft.id])
      expect(await ids({ due_date: { gte: open.due_date as number } })).toEqual([open.id])
      expect(await ids({ created: { lt: open.created } })).toEqual([])
      const { data } = await stripe.invoices.list({ customer, expand: ['data.customer'] })
      expect(data[0]?.customer).toMatchObject({ object: 'customer', id: customer })
    })

    it('searches by metadata, a while behind', async () => {
      const customer = await stripe.customers.create({ metadata: { org: 'search-me' }, email: 'search@acme.example' })
      const query = "metadata['org']:'search-me' AND email:'search@acme.example'"
      expect((await stripe.customers.search({ query })).data).toEqual([])
      await control(sandbox.url, 'POST', 'clock', { advance: 'PT2S' })
      expect((await stripe.customers.search({ query })).data.map(({ id }) => id)).toEqual([customer.id])
      expect(await refusal(stripe.customers.search({ query: 'colour:"red"' }))).toMatchObject({ statusCode: 400 })
    })

    it('expands four levels at most, and only what can be', async () => {
      const { id } = await openInvoice()
      expect((await refusal(stripe.invoices.retrieve(id, { expand: ['number'] }))).message).toContain(
        'cannot be expanded',
      )
      expect((await refusal(stripe.invoices.retrieve(id, { expand: ['a.b.c.d.e'] }))).message).toContain(
        'more than 4 levels',
      )
      const shown = await stripe.invoices.retrieve(id, { expand: [payment] })
      const intent = sdk.isBeforeBasil
        ? (shown as unknown as { payment_intent: object }).payment_intent
        : shown.payments?.data[0]?.payment.payment_intent
      expect(intent).toMatchObject({ object: 'payment_intent', amount: 1000 })
    })
  })

  describe('lines and items', () => {
    it('adds, changes, removes and unassigns lines of a draft only', async () => {
      const customer = await stripe.customers.create({})
      await stripe.invoiceItems.create({ customer: customer.id, amount: 100, currency: 'usd', description: 'first' })
      await stripe.invoiceItems.create({ customer: customer.id, amount: 200, currency: 'usd', description: 'second' })
      const draft = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include' })
      expect(draft.lines.data.map(({ description }) => description)).toEqual(['second', 'first'])
      const [second, first] = draft.lines.data as [Stripe.InvoiceLineItem, Stripe.InvoiceLineItem]
      const changed = await stripe.invoices.updateLines(draft.id, { lines: [{ id: first.id, amount: 150 }] })
      expect(changed.total).toBe(350)
      const removed = await stripe.invoices.removeLines(draft.id, { lines: [{ id: second.id, behavior: 'unassign' }] })
      expect(removed.total).toBe(150)
      const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true })
      expect(pending.data.map(({ description }) => description)).toEqual(['second'])
      await stripe.invoices.finalizeInvoice(draft.id)
      const late = await refusal(stripe.invoices.addLines(draft.id, { lines: [{ amount: 1 }] }))
      expect(late).toMatchObject({ statusCode: 400, code: 'invoice_not_editable' })
      expect(await stripe.invoices.update(draft.id, { metadata: { note: 'after' } })).toMatchObject({
        metadata: { note: 'after' },
      })
    })

    it('shows ten lines in the invoice and the rest in its list', async () => {
      const customer = await stripe.customers.create({})
      const draft = await stripe.invoices.create({ customer: customer.id })
      const lines = Array.from({ length: 12 }, (_, at) => ({ amount: at, description: `line ${at}` }))
      const invoice = await stripe.invoices.addLines(draft.id, { lines })
      expect([invoice.lines.data.length, invoice.lines.has_more]).toEqual([10, true])
      expect((await stripe.invoices.listLineItems(draft.id, { limit: 100 })).data).toHaveLength(12)
    })
  })

  describe('credit notes', () => {
    it('are made, listed with their lines, changed and voided', async () => {
      const invoice = await openInvoice()
      const lines = [
        { type: 'invoice_line_item' as const, invoice_line_item: invoice.lines.data[0]?.id as string, amount: 250 },
        { type: 'custom_line_item' as const, description: 'Goodwill', quantity: 1, unit_amount: 150 },
      ]
      const note = await stripe.creditNotes.create({ invoice: invoice.id, lines })
      expect(note).toMatchObject({ status: 'issued', amount: 400 })
      expect((await stripe.invoices.retrieve(invoice.id)).amount_remaining).toBe(600)

      const [first, second] = note.lines.data
      const page = await stripe.creditNotes.listLineItems(note.id, { limit: 1 })
      expect([page.data, page.has_more]).toEqual([[first], true])
      const rest = await stripe.creditNotes.listLineItems(note.id, { starting_after: first?.id as string })
      expect([rest.data, rest.has_more]).toEqual([[second], false])
      await expect(stripe.creditNotes.listLineItems('cn_none')).rejects.toMatchObject({ code: 'resource_missing' })

      expect((await stripe.creditNotes.update(note.id, { memo: 'Sorry' })).memo).toBe('Sorry')
      expect((await stripe.creditNotes.list({ invoice: invoice.id })).data.map(({ id }) => id)).toEqual([note.id])
      expect((await stripe.creditNotes.voidCreditNote(note.id)).status).toBe('void')
      expect((await stripe.invoices.retrieve(invoice.id)).amount_remaining).toBe(1000)
    })
  })

  describe('versions', () => {
    it.each([
      ['2022-11-15', { paid: false, discounts: null, rendering_options: null }, ['parent', 'rendering', 'total_taxes']],
      [
        '2024-06-20',
        { paid: false, discounts: [], rendering: null, payment_intent: expect.stringMatching(/^pi_/) },
        ['parent'],
      ],
      ['2025-02-24.acacia', { paid: false, paid_out_of_band: false }, ['parent', 'total_taxes']],
      ['2025-03-31.basil', { parent: null, total_taxes: [] }, ['paid', 'payment_intent', 'tax']],
      ['2026-10-28.endive', { parent: null, total_taxes: [] }, ['paid', 'payment_intent', 'subscription']],
    ])('shows an invoice as %s does', async (version, has, hasNot) => {
      const { id } = await openInvoice()
      const invoice = (await sdk.open(sandbox.url, secretKey, version).invoices.retrieve(id)) as unknown as Record<
        string,
        unknown
      >
      expect(invoice).toMatchObject(has)
      for (const field of hasNot) expect(invoice).not.toHaveProperty(field)
      const line = (invoice.lines as { data: Record<string, unknown>[] }).data[0] as Record<string, unknown>
      expect('price' in line).toBe(version < '2025-03-31')
      expect('pricing' in line).toBe(version >= '2025-03-31')
    })
  })

  it('was all as the schemas of the versions declare it', () => {
    expect(contract.problems).toEqual([])
    expect(contract.checked).toBeGreaterThan(150)
  })
})

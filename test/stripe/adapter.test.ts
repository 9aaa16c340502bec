import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import Stripe from 'stripe'
import type { BillingConnection, InvoiceOrder, InvoiceSnapshot, Outcome } from '../../src/billing/billing.port.js'
import { newId } from '../../src/kernel/id.js'
import { Secret } from '../../src/kernel/secret.js'
import { startSandbox } from '../../src/sandbox/sandbox.js'
import { readInvoice } from '../../src/stripe/invoice-reading.js'
import { StripeBillingAdapter } from '../../src/stripe/stripe-billing.adapter.js'
import { StripeClients } from '../../src/stripe/stripe-client.js'
import { StripeSettlement } from '../../src/stripe/stripe-settlement.js'
import { createTestDatabase } from '../support/database.js'
import { type House, ListeningBilling, openHouse } from './house.js'

const restrictedKey = 'rk_test_sandbox_restricted_0001'
const log = pino({ level: 'silent' })
const providerId = newId('prov')

let house: House
let drop: () => Promise<void>
let sandbox: Awaited<ReturnType<typeof startSandbox>>
let base: string
let stripe: Stripe
let clients: StripeClients
let payments: StripeBillingAdapter
let connection: BillingConnection

beforeAll(async () => {
  const database = await createTestDatabase()
  drop = database.drop
  house = await openHouse(database.url)
  sandbox = await startSandbox({ port: 0, journalPath: null })
  base = `http://127.0.0.1:${sandbox.port}`
  const port = sandbox.port
  stripe = new Stripe('sk_test_sandbox_secret_0001', { host: '127.0.0.1', port, protocol: 'http' })
})

afterAll(async () => {
  clients.close()
  await sandbox.close()
  await house.close()
  await drop()
})

beforeEach(async () => {
  await house.empty()
  await control('POST', 'reset')
  clients?.close()
  clients = new StripeClients({ apiBase: base, log, timeoutInMs: 500, requestsPerSecond: 1_000 })
  payments = new StripeBillingAdapter(clients, house.unitOfWork, { now: () => new Date() })
  connection = connectionWith(restrictedKey)
})

async function control(method: string, path: string, body?: object): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${base}/_sandbox/${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  })
  return (await response.json().catch(() => ({}))) as Record<string, string>
}

const fault = (match: object, act: string, about: object = {}) => control('POST', 'faults', { match, act, ...about })
const noFaults = () => control('DELETE', 'faults')

function connectionWith(key: string): BillingConnection {
  return { id: newId('bint'), providerId, mode: 'SANDBOX', restrictedKey: new Secret(key) }
}

async function keyFor(...permissions: string[]): Promise<string> {
  return (await control('POST', 'keys', { permissions })).key as string
}

const march = { periodStart: new Date('2027-03-01T00:00:00Z'), periodEnd: new Date('2027-04-01T00:00:00Z') }

function order(about: Partial<InvoiceOrder> = {}): InvoiceOrder {
  return {
    invoiceId: newId('inv'),
    providerId,
    connection,
    customer: {
      billingAccountId: newId('bact'),
      organizationId: newId('org'),
      name: 'Žižek & Søn',
      email: 'billing@acme.example',
      stripeCustomerId: null,
    },
    currency: 'USD',
    totalMinor: 3_450n,
    daysUntilDue: 14,
    description: 'Weather, Standard: March 2027',
    lines: [
      { kind: 'SETUP_FEE', description: 'Set-up', amountMinor: 1_000n, ...march },
      { kind: 'BASE_PRICE', description: 'Standard', amountMinor: 2_500n, ...march },
      { kind: 'CREDIT', description: 'Credit', amountMinor: -50n, ...march },
    ],
    stripeInvoiceId: null,
    ...about,
  }
}

function done<Value>(outcome: Outcome<Value>): Value {
  if (outcome.kind !== 'done') throw new Error(`${outcome.kind}: ${outcome.message}`)
  return outcome.value
}

const allInvoices = async () => (await stripe.invoices.list({ limit: 100 })).data
const allCustomers = async () => (await stripe.customers.list({ limit: 100 })).data

async function brought(about: Partial<InvoiceOrder> = {}) {
  const wanted = order(about)
  const { invoice } = done(await payments.bring(wanted))
  const { stripeInvoiceId } = invoice
  return { wanted, reference: { connection, invoiceId: wanted.invoiceId, stripeInvoiceId } }
}

describe('An invoice that is brought to Stripe', () => {
  it('stands there, open, with its lines and total, and names us by ids alone', async () => {
    const wanted = order()
    const { invoice, stripeCustomerId } = done(await payments.bring(wanted))
    expect(invoice).toMatchObject({
      status: 'OPEN',
      invoiceId: wanted.invoiceId,
      currency: 'USD',
      totalMinor: 3_450n,
      amountDueMinor: 3_450n,
      amountPaidMinor: 0n,
      livemode: false,
      stripeCustomerId,
    })
    expect(invoice.number).toBeTruthy()
    expect(invoice.hostedUrl).toContain('http')
    expect(invoice.dueAt?.getTime()).toBeGreaterThan(Date.now() + 13 * 86_400_000)

    const [there] = await allInvoices()
    expect(there).toMatchObject({
      collection_method: 'send_invoice',
      auto_advance: false,
      description: wanted.description,
      metadata: { invoice_id: wanted.invoiceId, billing_integration_id: connection.id },
    })
    expect(there?.lines.data.map(({ description, amount }) => [description, amount]).sort()).toEqual(
      [
        ['Set-up', 1_000],
        ['Standard', 2_500],
        ['Credit', -50],
      ].sort(),
    )
    expect(await allCustomers()).toMatchObject([
      {
        name: 'Žižek & Søn',
        metadata: {
          organization_id: wanted.customer.organizationId,
          billing_account_id: wanted.customer.billingAccountId,
        },
      },
    ])
    const intents = await house.intents()
    expect(intents.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'customer DONE',
      'draft DONE',
      'lines DONE',
      'finalize DONE',
    ])
    expect(intents.every(({ requestId }) => requestId?.startsWith('req_'))).toBe(true)
    expect(JSON.stringify(intents)).not.toContain('acme.example')
  })

  it('is the same one when it is brought again, whatever we remember', async () => {
    const { wanted, reference } = await brought()
    const again = [wanted, { ...wanted, stripeInvoiceId: reference.stripeInvoiceId }, { ...wanted, daysUntilDue: 15 }]
    for (const each of again)
      expect(done(await payments.bring(each)).invoice.stripeInvoiceId).toBe(reference.stripeInvoiceId)
    expect(await allInvoices()).toHaveLength(1)
    expect(await allCustomers()).toHaveLength(1)
  })

  it('20 at a time for one organization make one customer', async () => {
    const { customer } = order()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => payments.bring(order({ customer }))))
    expect(new Set(outcomes.map((outcome) => done(outcome).stripeCustomerId)).size).toBe(1)
    expect(await allCustomers()).toHaveLength(1)
    expect(await allInvoices()).toHaveLength(20)
  })

  it('gets a customer anew where the one that we know was deleted', async () => {
    const first = order()
    const { stripeCustomerId } = done(await payments.bring(first))
    await stripe.customers.del(stripeCustomerId)
    const customer = { ...first.customer, stripeCustomerId }
    const second = done(await payments.bring(order({ customer })))
    expect(second.stripeCustomerId).not.toBe(stripeCustomerId)
    expect(second.invoice.status).toBe('OPEN')
  })

  it('begins anew where somebody has deleted the draft', async () => {
    const wanted = order({ totalMinor: 1n })
    expect(await payments.bring(wanted)).toMatchObject({ kind: 'refused' })
    const [draft] = await allInvoices()
    await stripe.invoices.del(draft?.id as string)
    const { invoice } = done(
      await payments.bring({ ...wanted, totalMinor: 3_450n, stripeInvoiceId: draft?.id as string }),
    )
    expect(invoice.stripeInvoiceId).not.toBe(draft?.id)
    expect(invoice.status).toBe('OPEN')
  })

  it('is never finalized where Stripe comes to another total', async () => {
    const wanted = order({ totalMinor: 3_449n })
    const outcome = await payments.bring(wanted)
    expect(outcome).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('3450 usd where we have 3449 usd'),
    })
    expect(await allInvoices()).toMatchObject([{ status: 'draft', number: null }])
    expect(await payments.bring(wanted)).toEqual(outcome)
    expect(await allInvoices()).toHaveLength(1)
  })

  it.each([
    ['JPY', 2_500n, 2_500],
    ['ISK', 2_500n, 250_000],
    ['KWD', 2_500n, 2_500],
  ])('in %s is charged as meant', async (currency, totalMinor, wire) => {
    const line = { kind: 'BASE_PRICE' as const, description: 'Standard', amountMinor: totalMinor, ...march }
    const { invoice } = done(await payments.bring(order({ currency, totalMinor, lines: [line] })))
    expect(invoice).toMatchObject({ currency, totalMinor })
    expect(await allInvoices()).toMatchObject([{ total: wire }])
  })

  it('of a sum that Stripe cannot take is refused before anything is asked', async () => {
    expect(await payments.bring(order({ currency: 'KWD', totalMinor: 2_501n }))).toMatchObject({
      kind: 'refused',
    })
    expect(await payments.bring(order({ totalMinor: 10n ** 12n }))).toMatchObject({ kind: 'refused' })
    expect(await house.intents()).toEqual([])
    expect(await allCustomers()).toEqual([])
  })

  it('may have 250 lines', async () => {
    const lines = Array.from({ length: 250 }, (_, index) => ({
      kind: 'USAGE' as const,
      description: `Tier ${index}`,
      amountMinor: 7n,
      ...march,
    }))
    const { invoice } = done(await payments.bring(order({ lines, totalMinor: 1_750n })))
    expect(invoice.totalMinor).toBe(1_750n)
    expect(await payments.bring(order({ lines: [...lines, ...lines], totalMinor: 3_500n }))).toMatchObject({
      kind: 'refused',
    })
  })
})

describe('Whatever goes wrong on the way', () => {
  const steps = [
    ['customer', '/v1/customers'],
    ['draft', '/v1/invoices'],
    ['lines', '/v1/invoices/*/add_lines'],
    ['finalize', '/v1/invoices/*/finalize'],
  ] as const
  const acts = [
    ['cut_before_execution', {}],
    ['cut_after_execution', {}],
    ['hang', {}],
    ['malformed', {}],
    ['truncated', {}],
    ['status', { status: 500 }],
    ['status', { status: 429 }],
  ] as const

  it.each(steps.flatMap(([step, path]) => acts.map(([act, about]) => [step, act, path, about] as const)))(
    'at the step %s by %s, there is one invoice with its lines in the end',
    async (_step, act, path, about) => {
      const wanted = order()
      // More often than the SDK repeats a stale socket, or we wait for Stripe to be less busy.
      await fault({ method: 'POST', path }, act, { ...about, times: act === 'status' ? 4 : 2 })
      const first = await payments.bring(wanted)
      expect(first.kind).not.toBe('refused')
      let outcome = first
      for (let again = 0; again < 4 && outcome.kind !== 'done'; again += 1) outcome = await payments.bring(wanted)
      expect(done(outcome).invoice).toMatchObject({ status: 'OPEN', totalMinor: 3_450n })
      const invoices = await allInvoices()
      expect(invoices).toHaveLength(1)
      expect(invoices[0]?.lines.data).toHaveLength(3)
      expect(await allCustomers()).toHaveLength(1)
    },
    20_000,
  )

  it('an invoice that was finalized without our knowing is settled by itself, and billing hears of it', async () => {
    await fault({ method: 'POST', path: '/v1/invoices/*/finalize' }, 'cut_after_execution', { times: 2 })
    const wanted = order()
    expect(await payments.bring(wanted)).toMatchObject({ kind: 'unknown' })
    const billing = new ListeningBilling()
    billing.known.add(wanted.invoiceId)
    const later = { now: () => new Date(Date.now() + 61_000) }
    const connections = { connection: async (id: string) => (id === connection.id ? connection : null) }
    const settlement = new StripeSettlement(house.unitOfWork, connections, payments, billing, later, log)
    await settlement.sweep()
    expect(billing.heard).toMatchObject([
      { what: 'snapshot', snapshot: { invoiceId: wanted.invoiceId, status: 'OPEN' } },
    ])
    expect((await house.intents()).at(-1)).toMatchObject({ step: 'finalize', state: 'DONE' })
    await settlement.sweep()
    expect(billing.heard).toHaveLength(1)
  })
})

describe('A key with too few permissions', () => {
  it('is told which is missing, and the invoice goes on when it has it', async () => {
    connection = connectionWith(await keyFor('customers:write', 'invoices:read'))
    const outcome = await payments.bring(order())
    expect(outcome).toMatchObject({
      kind: 'refused',
      missingPermission: expect.stringMatching(/^rak_invoice.*_write$/),
    })
    expect(await allInvoices()).toEqual([])
  })

  it('adds lines as invoice items where it may do that instead', async () => {
    connection = connectionWith(await keyFor('customers:write', 'invoices:write', 'invoiceitems:write'))
    await fault({ method: 'POST', path: '/v1/invoices/*/add_lines' }, 'status', { status: 403 })
    await fault({ method: 'POST', path: '/v1/invoiceitems', nth: 2 }, 'status', { status: 500 })
    const wanted = order()
    expect(await payments.bring(wanted)).toMatchObject({ kind: 'unknown' })
    // Stripe has stored its failure under the key, and replays it once before another key is taken.
    expect(await payments.bring(wanted)).toMatchObject({ kind: 'unknown' })
    const { invoice } = done(await payments.bring(wanted))
    expect(invoice).toMatchObject({ status: 'OPEN', totalMinor: 3_450n })
    expect((await allInvoices())[0]?.lines.data).toHaveLength(3)
  })

  it('names the permission for lines, and not that of the other way', async () => {
    await fault({ method: 'POST', path: '/v1/invoices/*/add_lines' }, 'status', { status: 403 })
    const outcome = await payments.bring(order())
    expect(outcome).toMatchObject({ kind: 'refused' })
    expect(outcome).not.toMatchObject({ missingPermission: 'rak_invoice_item_write' })
    expect(await allInvoices()).toMatchObject([{ status: 'draft' }])
  })
})

describe('An invoice that stands at Stripe', () => {
  it.each([
    ['void', 'VOID'],
    ['markUncollectible', 'UNCOLLECTIBLE'],
    ['markPaidOutside', 'PAID'],
  ] as const)('%s makes it %s, also where the answer is lost and the second time', async (step, status) => {
    const { reference } = await brought()
    await fault({ method: 'POST' }, 'cut_after_execution', { times: 2 })
    expect((await payments[step](reference)).kind).toBe('unknown')
    expect(done(await payments[step](reference)).status).toBe(status)
    expect(done(await payments[step](reference)).status).toBe(status)
    expect(await allInvoices()).toHaveLength(1)
  })

  it('and was voided in Stripe meanwhile is void', async () => {
    const { reference } = await brought()
    await stripe.invoices.voidInvoice(reference.stripeInvoiceId)
    expect(done(await payments.void(reference))).toMatchObject({ status: 'VOID' })
  })

  it('and is paid cannot be voided', async () => {
    const { reference } = await brought()
    done(await payments.markPaidOutside(reference))
    expect(await payments.void(reference)).toMatchObject({ kind: 'refused' })
    expect(done(await payments.read(reference))?.status).toBe('PAID')
  })

  it('and is still a draft is deleted when it is voided', async () => {
    const wanted = order({ totalMinor: 1n })
    await payments.bring(wanted)
    const [draft] = await allInvoices()
    const reference = { connection, invoiceId: wanted.invoiceId, stripeInvoiceId: draft?.id as string }
    expect(done(await payments.void(reference))).toMatchObject({
      status: 'VOID',
      invoiceId: wanted.invoiceId,
    })
    expect(await allInvoices()).toEqual([])
    expect(done(await payments.read(reference))).toBeNull()
  })

  it('can be read, and listed with all others over all pages', async () => {
    const { reference } = await brought()
    expect(done(await payments.read(reference))).toMatchObject({
      status: 'OPEN',
      invoiceId: reference.invoiceId,
    })
    expect(done(await payments.read({ ...reference, stripeInvoiceId: 'in_nothing' }))).toBeNull()
    const customer = (await allCustomers())[0]?.id as string
    for (let count = 0; count < 120; count += 1) await stripe.invoices.create({ customer, currency: 'usd' })
    const hourAgo = new Date(Date.now() - 3_600_000)
    const listed = done(await payments.list(connection, hourAgo))
    expect(new Set(listed.map(({ stripeInvoiceId }) => stripeInvoiceId)).size).toBe(121)
    expect(listed.at(-1)?.stripeInvoiceId).toBe(reference.stripeInvoiceId)
    expect(done(await payments.list(connection, new Date(Date.now() + 3_600_000)))).toEqual([])
  })

  it('cannot be read while Stripe is down: nothing is known, and nothing is lost', async () => {
    const { reference } = await brought()
    await fault({}, 'cut_before_execution')
    expect(await payments.read(reference)).toMatchObject({ kind: 'unknown' })
    await noFaults()
    expect(done(await payments.read(reference))?.status).toBe('OPEN')
  })
})

describe('The test of a connection', () => {
  const failing = (checks: Array<{ name: string; ok: boolean }>) =>
    checks.filter(({ ok }) => !ok).map(({ name }) => name)

  it('tries all that the key must do, and leaves nothing behind', async () => {
    const checks = await payments.probe(connection)
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['key.valid', true],
      ['key.mode', true],
      ['customers.read', true],
      ['customers.write', true],
      ['invoices.read', true],
      ['invoices.write', true],
      ['invoices.add_lines', true],
    ])
    expect(await allInvoices()).toEqual([])
    expect(await allCustomers()).toEqual([])
    expect(await house.intents()).toEqual([])
  })

  it('stops at a key that Stripe does not know', async () => {
    const checks = await payments.probe(connectionWith('rk_test_sandbox_nobody_9999'))
    expect(checks).toMatchObject([{ name: 'key.valid', ok: false, detail: expect.stringContaining('does not know') }])
  })

  it.each([
    [['invoices:write'], ['customers.read', 'customers.write', 'invoices.write', 'invoices.add_lines'], /rak_customer/],
    [['customers:write'], ['invoices.read', 'invoices.write', 'invoices.add_lines'], /rak_invoice/],
    [
      ['customers:read', 'invoices:read'],
      ['customers.write', 'invoices.write', 'invoices.add_lines'],
      /rak_customer_write/,
    ],
  ])('with %j fails at %j and names what is missing', async (permissions, names, scope) => {
    const checks = await payments.probe(connectionWith(await keyFor(...permissions)))
    expect(failing(checks)).toEqual(names)
    expect(checks.find(({ ok }) => !ok)?.detail).toMatch(scope)
    expect(await allCustomers()).toEqual([])
  })

  it('notices a key of the other mode', async () => {
    const checks = await payments.probe({ ...connection, mode: 'LIVE' })
    expect(failing(checks)).toContain('key.mode')
  })

  it('tidies up after one that was interrupted', async () => {
    await fault({ method: 'DELETE' }, 'cut_before_execution')
    expect(failing(await payments.probe(connection))).toEqual(['customers.write', 'invoices.write'])
    expect(await allCustomers()).toHaveLength(1)
    await noFaults()
    expect(failing(await payments.probe(connection))).toEqual([])
    expect(await allCustomers()).toEqual([])
    expect(await allInvoices()).toEqual([])
  })
})

describe('One invoice told in three API versions', () => {
  it('reads the same at each step of its life', async () => {
    const versions = ['2022-11-15', '2024-06-20', '2026-10-28.endive'] as const
    const told: Array<{ version: string; type: string; object: unknown }> = []
    const receiver = createServer(async (request, response) => {
      const event = JSON.parse(await text(request))
      told.push({ version: event.api_version, type: event.type, object: event.data.object })
      response.end()
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
    for (const version of versions) {
      await stripe.webhookEndpoints.create({
        url: `${url}${version}`,
        api_version: version,
        enabled_events: ['invoice.finalized', 'invoice.paid', 'invoice.voided', 'invoice.marked_uncollectible'],
      })
    }
    const lives = [
      ['finalized', 'paid'],
      ['finalized', 'voided'],
      ['finalized', 'marked_uncollectible'],
    ] as const
    const paid = await brought()
    await stripe.invoices.pay(paid.reference.stripeInvoiceId, { paid_out_of_band: true })
    done(await payments.void((await brought()).reference))
    done(await payments.markUncollectible((await brought()).reference))
    const expected = lives.flat().length * versions.length
    for (const start = Date.now(); told.length < expected && Date.now() - start < 5_000; ) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    receiver.closeAllConnections()
    await new Promise((resolve) => receiver.close(resolve))

    expect(told).toHaveLength(expected)
    const reading = (version: string) =>
      told
        .filter((each) => each.version === version)
        .map(({ type, object }) => [type, readInvoice(object)] as const)
        .sort(([one, first], [other, second]) => (key(one, first) < key(other, second) ? -1 : 1))
    const key = (type: string, snapshot: InvoiceSnapshot | null) => `${snapshot?.stripeInvoiceId} ${type}`
    const [oldest, older, newest] = versions.map(reading)
    expect(newest?.every(([, snapshot]) => snapshot !== null)).toBe(true)
    expect(older).toEqual(newest)
    expect(oldest).toEqual(newest)
    expect(new Set(newest?.map(([, snapshot]) => snapshot?.status))).toEqual(
      new Set(['OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE']),
    )
  })
})

import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import { pino } from 'pino'
import Stripe from 'stripe'
import type { WebhookConnection, WebhookConnections } from '../../src/billing/billing.port.js'
import { stripeWebhookRoutes } from '../../src/http/stripe-webhook.route.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { Secret } from '../../src/kernel/secret.js'
import { StripeInbox } from '../../src/stripe/stripe-inbox.js'
import { createTestDatabase } from '../support/database.js'
import { connectionOf, type House, openHouse, stripeEvent, stripeInvoice } from './house.js'

class Connections implements WebhookConnections {
  list: WebhookConnection[] = []
  readonly noted: string[] = []
  broken = false

  async find(id: string) {
    return this.list.find((connection) => connection.id === id) ?? null
  }

  async all() {
    return this.list
  }

  async received(id: string) {
    if (this.broken) throw new Error('no database')
    this.noted.push(`received ${id}`)
  }

  async signatureFailed(id: string) {
    this.noted.push(`failed ${id}`)
  }
}

const log = pino({ level: 'silent' })
const clock = new MovableClock(new Date('2026-11-24T12:00:00Z'))
const connections = new Connections()
let house: House
let drop: () => Promise<void>
let server: Server
let base: string

beforeAll(async () => {
  const database = await createTestDatabase()
  drop = database.drop
  house = await openHouse(database.url)
  const app = express()
  const inbox = new StripeInbox(house.unitOfWork, clock)
  app.use(stripeWebhookRoutes({ connections, inbox, clock, log }))
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/integrations/stripe`
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await house.close()
  await drop()
})

beforeEach(async () => {
  await house.empty()
  connections.list = []
  connections.noted.length = 0
  connections.broken = false
  clock.advance(5_000)
})

function given(about: Partial<WebhookConnection> = {}): WebhookConnection {
  const connection = connectionOf(about)
  connections.list.push(connection)
  return connection
}

function signature(connection: WebhookConnection, payload: string, at = clock.now()): string {
  const secret = (connection.secrets[0] as Secret).reveal()
  return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: at.getTime() / 1_000 })
}

async function post(path: string, body: string, stripeSignature?: string) {
  const headers = {
    'content-type': 'application/json',
    ...(stripeSignature ? { 'stripe-signature': stripeSignature } : {}),
  }
  const response = await fetch(`${base}${path}`, { method: 'POST', body, headers })
  return { status: response.status, text: await response.text() }
}

function deliver(connection: WebhookConnection, event: object, path = `/${connection.id}`) {
  const payload = JSON.stringify(event)
  return post(path, payload, signature(connection, payload))
}

const badSignature = {
  status: 400,
  text: 'The signature does not fit, or its time is more than 300 seconds off.\n',
}

describe('A webhook', () => {
  it('is stored as it came, with the job that handles it, and answered 200', async () => {
    const acme = given()
    const payload = `${JSON.stringify(stripeEvent('invoice.paid', stripeInvoice({ description: 'Žižek & Søn — 株式会社' })))}\r\n`
    expect(await post(`/${acme.id}`, payload, signature(acme, payload))).toEqual({
      status: 200,
      text: '{"received":true}',
    })

    const [row, ...others] = await house.storedEvents()
    expect(others).toEqual([])
    expect(row).toMatchObject({
      providerId: acme.providerId,
      billingIntegrationId: acme.id,
      type: 'invoice.paid',
      apiVersion: '2024-06-20',
      livemode: false,
      body: payload,
      state: 'RECEIVED',
      note: null,
      receivedAt: clock.now(),
      handledAt: null,
    })
    expect(row?.objectId).toBe(JSON.parse(payload).data.object.id)
    expect(await house.jobs()).toEqual([row?.id])
    expect(connections.noted).toEqual([`received ${acme.id}`])
  })

  it('that comes 50 times at once is one row and one job', async () => {
    const acme = given()
    const event = stripeEvent('invoice.paid', stripeInvoice())
    const siblings = Array.from({ length: 20 }, () => stripeEvent('invoice.updated', stripeInvoice()))
    const copies = Array.from({ length: 50 }, () => event)
    const answers = await Promise.all([...copies, ...siblings].map((each) => deliver(acme, each)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await house.storedEvents()).filter(({ eventId }) => eventId === event.id)).toHaveLength(1)
    expect(await house.storedEvents()).toHaveLength(21)
    expect(await house.jobs()).toHaveLength(21)
  })

  it('with the same id from another connection is another: a tenant can sign any id with its own secret', async () => {
    const [acme, other] = [given(), given()]
    const event = stripeEvent('invoice.paid', stripeInvoice())
    expect((await deliver(other, event)).status).toBe(200)
    expect((await deliver(acme, event)).status).toBe(200)
    expect((await house.storedEvents()).map(({ billingIntegrationId }) => billingIntegrationId)).toEqual([
      other.id,
      acme.id,
    ])
  })

  it.each([
    [
      'an unknown type',
      stripeEvent('charge.refunded', { id: 'ch_1', object: 'charge' }),
      'Events of this type mean nothing to us.',
    ],
    [
      'the twin of one that counts',
      stripeEvent('invoice.payment_succeeded', stripeInvoice()),
      'Events of this type mean nothing to us.',
    ],
    [
      'the other mode',
      stripeEvent('invoice.paid', stripeInvoice(), { livemode: true }),
      'It is of live mode, the connection is not.',
    ],
  ])('of %s is recorded and without effect', async (_name, event, note) => {
    const acme = given()
    expect((await deliver(acme, event)).status).toBe(200)
    expect(await house.storedEvents()).toMatchObject([
      { state: 'IGNORED', note, handledAt: clock.now(), nextTryAt: null },
    ])
    expect(await house.jobs()).toEqual([])
  })

  it('still comes in where it cannot be noted when the last one came', async () => {
    const acme = given()
    connections.broken = true
    expect((await deliver(acme, stripeEvent('invoice.paid', stripeInvoice()))).status).toBe(200)
    expect(await house.storedEvents()).toHaveLength(1)
  })

  it('that cannot be stored is not acknowledged, and holds up no other', async () => {
    const acme = given()
    // No column can hold this: the provider is missing.
    const broken = given({ providerId: null as unknown as string })
    const events = Array.from({ length: 10 }, () => stripeEvent('invoice.paid', stripeInvoice()))
    const answers = await Promise.all([
      ...events.map((event) => deliver(acme, event)),
      deliver(broken, stripeEvent('invoice.paid', stripeInvoice())),
      ...events.map((event) => deliver(acme, { ...event, id: `${event.id}b` })),
    ])
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(20)
    expect(answers[10]?.status).toBe(500)
    expect(await house.storedEvents()).toHaveLength(20)
  })
})

describe('A webhook that is refused', () => {
  afterEach(async () => expect(await house.storedEvents()).toEqual([]))

  it.each([
    ['nobody signed', () => undefined],
    ['another secret', (payload: string) => signature(connectionOf(), payload)],
    ['another body', () => signature(connections.list[0] as WebhookConnection, '{}')],
    ['a time too long ago', (payload: string) => signed(payload, -301)],
    ['a time too far ahead', (payload: string) => signed(payload, 301)],
    ['the decoy scheme alone', (payload: string) => signed(payload, 0).replace('v1=', 'v0=')],
  ])('for %s says nothing else, and is noted', async (_name, header) => {
    const acme = given()
    const payload = JSON.stringify(stripeEvent('invoice.paid', stripeInvoice()))
    expect(await post(`/${acme.id}`, payload, header(payload))).toEqual(badSignature)
    expect(connections.noted).toEqual([`failed ${acme.id}`])
  })

  it('for a connection that does not exist, or has no secret yet, reads the same', async () => {
    const payload = JSON.stringify(stripeEvent('invoice.paid', stripeInvoice()))
    expect(await post('/bint_nobody', payload, signature(connectionOf(), payload))).toEqual(badSignature)
    expect(await post('', payload, signature(connectionOf(), payload))).toEqual(badSignature)
    expect(connections.noted).toEqual([])
  })

  it('for no event, or a thin one, is told so', async () => {
    const acme = given()
    for (const body of [
      '[]',
      '"x"',
      'nonsense',
      '{"object":"event"}',
      '{"object":"event","id":"evt_1","type":7}',
      '\u0000',
    ]) {
      expect(await post(`/${acme.id}`, body, signature(acme, body))).toEqual({
        status: 400,
        text: 'This is no event.\n',
      })
    }
    const thin = JSON.stringify({ object: 'v2.core.event', id: 'evt_1', type: 'v1.invoice.paid' })
    expect(await post(`/${acme.id}`, thin, signature(acme, thin))).toMatchObject({
      status: 400,
      text: expect.stringContaining('thin'),
    })
  })

  it('is noted once a second however often it comes', async () => {
    const acme = given()
    for (let count = 0; count < 5; count += 1) expect((await post(`/${acme.id}`, '{}')).status).toBe(400)
    clock.advance(1_000)
    await post(`/${acme.id}`, '{}')
    expect(connections.noted).toEqual([`failed ${acme.id}`, `failed ${acme.id}`])
  })

  function signed(payload: string, offInSeconds: number): string {
    const at = new Date(clock.now().getTime() + offInSeconds * 1_000)
    return signature(connections.list[0] as WebhookConnection, payload, at)
  }
})

describe('A body larger than 1 MiB', () => {
  const mebibyte = 1024 * 1024

  it('is refused by its announced length, before any of it came', async () => {
    const acme = given()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const client = httpRequest(`${base}/${acme.id}`, {
        method: 'POST',
        headers: { 'content-length': mebibyte + 1 },
      })
      client.once('response', (response) => {
        resolve(response.statusCode)
        client.destroy()
      })
      client.once('error', reject)
      client.flushHeaders()
    })
    expect(status).toBe(413)
    expect(await house.storedEvents()).toEqual([])
  })

  it('is refused when it turns out to be, though its end never came', async () => {
    const acme = given()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const client = httpRequest(`${base}/${acme.id}`, { method: 'POST' })
      client.once('response', (response) => {
        resolve(response.statusCode)
        client.destroy()
      })
      client.once('error', reject)
      client.write(Buffer.alloc(mebibyte))
      client.write('x')
    })
    expect(status).toBe(413)
  })

  it('is taken up to the last byte', async () => {
    const acme = given()
    const event = stripeEvent('invoice.paid', stripeInvoice({ description: '' }))
    const padding = 'x'.repeat(mebibyte - JSON.stringify(event).length)
    ;(event.data.object as Record<string, unknown>).description = padding
    expect(JSON.stringify(event)).toHaveLength(mebibyte)
    expect((await deliver(acme, event)).status).toBe(200)
    expect((await post(`/${acme.id}`, `${JSON.stringify(event)} `)).status).toBe(413)
  })
})

describe('On the address of all', () => {
  it('the connection is the one whose secret fits', async () => {
    const [, acme] = [given(), given(), given()]
    expect((await deliver(acme, stripeEvent('invoice.paid', stripeInvoice()), '')).status).toBe(200)
    expect(await house.storedEvents()).toMatchObject([{ billingIntegrationId: acme?.id, providerId: acme?.providerId }])
  })

  it('what the invoice says of its connection is only a hint', async () => {
    const [acme, other] = [given(), given()]
    const claimed = stripeInvoice({ metadata: { billing_integration_id: other.id } })
    expect((await deliver(acme, stripeEvent('invoice.paid', claimed), '')).status).toBe(200)
    expect(await house.storedEvents()).toMatchObject([{ billingIntegrationId: acme.id }])
    expect((await deliver(connectionOf(), stripeEvent('invoice.paid', claimed), '')).status).toBe(400)
    expect(connections.noted).toEqual([`received ${acme.id}`, `failed ${other.id}`])
  })

  it('two connections that share a secret are told apart by that hint', async () => {
    const secrets = [new Secret('whsec_shared')]
    const [, second] = [given({ secrets }), given({ secrets })]
    const theirs = stripeInvoice({ metadata: { billing_integration_id: second?.id } })
    expect((await deliver(second, stripeEvent('invoice.paid', theirs), '')).status).toBe(200)
    expect(await house.storedEvents()).toMatchObject([{ billingIntegrationId: second?.id }])
  })

  it('the former secret counts as long as the connection has it', async () => {
    const [former, present] = [new Secret('whsec_former'), new Secret('whsec_present')]
    given({ secrets: [present, former] })
    const old = connectionOf({ secrets: [former] })
    expect((await deliver(old, stripeEvent('invoice.paid', stripeInvoice()), '')).status).toBe(200)
    connections.list = [{ ...(connections.list[0] as WebhookConnection), secrets: [present] }]
    expect((await deliver(old, stripeEvent('invoice.paid', stripeInvoice()), '')).status).toBe(400)
    expect(await house.storedEvents()).toHaveLength(1)
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import type Stripe from 'stripe'
import type { BillingConnection } from '../../src/billing/billing.port.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import { Secret } from '../../src/kernel/secret.js'
import { system } from '../../src/persistence/tenant-scope.js'
import { StripeClients } from '../../src/stripe/stripe-client.js'
import { StripeCustomers } from '../../src/stripe/stripe-customer.js'
import { StripeIntents } from '../../src/stripe/stripe-intent.js'
import { createTestDatabase } from '../support/database.js'
import { type House, openHouse } from './house.js'
import { openWire, refusal, type Wire, type WireRequest } from './wire.js'

const hour = 3_600_000
let house: House
let drop: () => Promise<void>
let wire: Wire
let clients: StripeClients
let intents: StripeIntents
let clock: MovableClock
let connection: BillingConnection

beforeAll(async () => {
  const database = await createTestDatabase()
  drop = database.drop
  house = await openHouse(database.url)
  wire = await openWire()
})

afterAll(async () => {
  await wire.close()
  await house.close()
  await drop()
})

beforeEach(async () => {
  await house.empty()
  clock = new MovableClock(new Date('2026-11-24T12:00:00Z'))
  clients = new StripeClients({ apiBase: wire.url, log: pino({ level: 'silent' }), timeoutInMs: 200 })
  intents = new StripeIntents(clients, house.unitOfWork, clock)
  const restrictedKey = new Secret('rk_test_1')
  connection = { id: newId('bint'), providerId: newId('prov'), mode: 'SANDBOX', restrictedKey }
})

const account = newId('bact')
const acme = {
  billingAccountId: account,
  organizationId: newId('org'),
  name: 'Acme',
  email: 'billing@acme.example',
  stripeCustomerId: null,
}

const bring = (order = acme, by = intents) => new StripeCustomers(by).bring(connection, order, 'interactive')
const customer = (id: string, about: Partial<Stripe.Customer> = {}) => ({
  body: { id, object: 'customer', metadata: { billing_account_id: account }, ...about },
})
const listed = (...data: object[]) => ({
  body: { object: 'list', data, has_more: false, url: '/v1/customers' },
})
const posts = () => wire.requests.filter(({ method }) => method === 'POST')
const keys = () => posts().map(({ key }) => key)
const states = async () => (await house.intents()).map(({ state }) => state)

describe('Something wanted of Stripe', () => {
  it('is committed before it is asked for, and its outcome after', async () => {
    let seen: unknown
    wire.answer(async () => {
      seen = (await house.intents())[0]
      return customer('cus_1')
    })
    expect(await bring()).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
    expect(seen).toMatchObject({
      state: 'SENT',
      attempts: 1,
      firstSentAt: clock.now(),
      lastSentAt: clock.now(),
      stripeId: null,
    })
    const [intent] = await house.intents()
    expect(intent).toMatchObject({
      providerId: connection.providerId,
      billingIntegrationId: connection.id,
      subjectId: account,
      step: 'customer',
      state: 'DONE',
      stripeId: 'cus_1',
      requestId: 'req_1',
      failure: null,
    })
    expect(keys()).toEqual([intent?.idempotencyKey])
    expect(intent?.idempotencyKey).toMatch(new RegExp(`^${account}-customer-[0-9a-f]{16}$`))
    expect(posts()[0]?.params).toEqual({
      name: 'Acme',
      email: 'billing@acme.example',
      'metadata[organization_id]': acme.organizationId,
      'metadata[billing_account_id]': account,
    })
  })

  it('is never asked for while a transaction is open', async () => {
    wire.answer(() => customer('cus_1'))
    await house.unitOfWork.run(system, async () => {
      await expect(bring()).rejects.toThrow('while a transaction is open')
    })
    expect(wire.requests).toEqual([])
    expect(await house.intents()).toEqual([])
  })

  it('is asked for once by 20 who want it at the same time', async () => {
    wire.answer(() => customer('cus_1'))
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => bring()))
    expect(outcomes).toHaveLength(20)
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
    expect(posts()).toHaveLength(1)
  })

  it('by another process at the same time is waited for under the same key', async () => {
    const elsewhere = new StripeIntents(clients, house.unitOfWork, clock)
    let running = 0
    wire.answer(async () => {
      running += 1
      if (running > 1 && running < 4) return refusal(409, { code: 'idempotency_key_in_use', type: 'idempotency_error' })
      return customer('cus_1')
    })
    const outcomes = await Promise.all([bring(), bring(acme, elsewhere)])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
    expect(new Set(keys()).size).toBe(1)
  })

  it('that was done is looked at and not asked for again', async () => {
    wire.answer(() => customer('cus_1'))
    await bring()
    wire.answer(() => customer('cus_1'))
    expect(await bring({ ...acme, name: 'Acme Inc.' })).toMatchObject({
      kind: 'done',
      value: { id: 'cus_1' },
    })
    expect(wire.requests).toMatchObject([{ method: 'GET', path: '/customers/cus_1' }])
  })

  it('that was done and is gone is asked for anew, with a key of its own', async () => {
    wire.answer(() => customer('cus_1'))
    await bring()
    const [first] = keys()
    wire.answer(({ method }) =>
      method === 'GET' ? { body: { id: 'cus_1', object: 'customer', deleted: true } } : customer('cus_2'),
    )
    expect(await bring()).toMatchObject({ kind: 'done', value: { id: 'cus_2' } })
    expect(keys()).toEqual([`${first}-2`])
    expect(await states()).toEqual(['REFUSED', 'DONE'])
  })
})

describe('An answer that is lost', () => {
  it('is unknown, and the same key asks again', async () => {
    wire.answer(() => 'hang')
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'unknown' } })
    expect(await states()).toEqual(['UNKNOWN'])
    const [first] = keys()
    clock.advance(19 * hour)
    wire.answer(() => customer('cus_1'))
    expect(await bring()).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
    expect(keys()).toEqual([first])
    expect(await house.intents()).toMatchObject([{ state: 'DONE', attempts: 2 }])
  })

  it('by a connection that is cut is asked for again at once, with the same key', async () => {
    wire.answer(() => (wire.requests.length === 1 ? 'cut' : customer('cus_1')))
    expect(await bring()).toMatchObject({ kind: 'done' })
    expect(keys()).toHaveLength(2)
    expect(new Set(keys()).size).toBe(1)
  })

  it('is looked up after 20 hours, in the time in which it was sent', async () => {
    wire.answer(() => 'hang')
    await bring()
    const sentAt = Math.floor(clock.now().getTime() / 1_000)
    clock.advance(20 * hour)
    const foreign = customer('cus_9', { metadata: { billing_account_id: 'another' } }).body
    wire.answer(() => listed(foreign, customer('cus_1').body))
    expect(await bring()).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
    expect(posts()).toEqual([])
    expect(wire.requests[0]?.params).toMatchObject({
      'created[gte]': String(sentAt - 600),
      'created[lte]': String(sentAt + 600),
    })
    expect(await house.intents()).toMatchObject([{ state: 'DONE', stripeId: 'cus_1' }])
  })

  it('and was not there after 20 hours is asked for with a new key', async () => {
    wire.answer(() => 'hang')
    await bring()
    const [first] = keys()
    clock.advance(20 * hour)
    wire.answer(({ method }) => (method === 'GET' ? listed() : customer('cus_1')))
    expect(await bring()).toMatchObject({ kind: 'done' })
    expect(wire.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
    expect(keys()).toEqual([`${first}-2`])
  })

  it('is looked up at once where something else is wanted now', async () => {
    wire.answer(() => 'hang')
    await bring()
    wire.answer(() => listed(customer('cus_1').body))
    expect(await bring({ ...acme, email: 'other@acme.example' })).toMatchObject({
      kind: 'done',
      value: { id: 'cus_1' },
    })
    expect(posts()).toEqual([])
  })

  it('stays unknown while it cannot be looked up', async () => {
    wire.answer(() => 'hang')
    await bring()
    clock.advance(20 * hour)
    wire.answer(() => refusal(500))
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'unknown' } })
    expect(await states()).toEqual(['UNKNOWN'])
  })

  it.each(['cut', 'malformed', 'truncated'] as const)('or is %s leaves it unknown', async (how) => {
    wire.answer(() => how)
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'unknown' } })
    expect(await states()).toEqual(['UNKNOWN'])
  })
})

describe('A failure of Stripe that it has stored under the key', () => {
  it('is repeated once with the same key, then looked up, then asked for with a new one', async () => {
    const stored = new Set<string>()
    wire.answer(({ method, key }: WireRequest) => {
      if (method === 'GET') return listed()
      if (stored.size === 0) stored.add(key as string)
      return stored.has(key as string) ? refusal(500, { type: 'api_error' }) : customer('cus_1')
    })
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'unknown' } })
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'unknown' } })
    expect(await house.intents()).toMatchObject([{ state: 'UNKNOWN', keySpent: true }])
    expect(await bring()).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
    const [first] = [...stored]
    expect(keys()).toEqual([first, first, `${first}-2`])
    expect(wire.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'POST'])
  })

  it('is looked up at once where Stripe says that it replays it', async () => {
    wire.answer(() => refusal(500, { type: 'api_error' }, { 'idempotent-replayed': 'true' }))
    await bring()
    expect(await house.intents()).toMatchObject([{ state: 'UNKNOWN', keySpent: true }])
    wire.answer(() => listed(customer('cus_1').body))
    expect(await bring()).toMatchObject({ kind: 'done', value: { id: 'cus_1' } })
  })
})

describe('A refusal', () => {
  it('is final for that try, and a later one has a new key', async () => {
    wire.answer(() => refusal(400, { code: 'email_invalid', param: 'email', message: 'Invalid email.' }))
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'terminal', param: 'email' } })
    expect(await house.intents()).toMatchObject([{ state: 'REFUSED', failure: 'Stripe refuses this: Invalid email.' }])
    const [first] = keys()
    wire.answer(() => customer('cus_1'))
    expect(await bring()).toMatchObject({ kind: 'done' })
    expect(keys()).toEqual([`${first}-2`])
  })
})

describe('When Stripe is too busy', () => {
  it('the same is asked again after the time that it says', async () => {
    wire.answer(() =>
      wire.requests.length < 3 ? refusal(429, { code: 'rate_limit' }, { 'retry-after': '0.01' }) : customer('cus_1'),
    )
    expect(await bring()).toMatchObject({ kind: 'done' })
    expect(keys()).toHaveLength(3)
    expect(new Set(keys()).size).toBe(1)
  })

  it('and stays so, it was not sent at all', async () => {
    wire.answer(() => refusal(429, { code: 'rate_limit' }, { 'retry-after': '0.01' }))
    expect(await bring()).toMatchObject({ kind: 'failed', failure: { kind: 'retryable', retryAfterMs: 10 } })
    expect(await house.intents()).toMatchObject([{ state: 'NEW', firstSentAt: null }])
    wire.answer(() => customer('cus_1'))
    expect(await bring({ ...acme, name: 'Acme Inc.' })).toMatchObject({ kind: 'done' })
    expect(await states()).toEqual(['REFUSED', 'DONE'])
  })
})

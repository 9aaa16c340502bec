import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { administrator, type Backend, startBackend } from '../support/backend.js'
import { whenAllRests } from '../support/billing.js'
import type { Client } from '../support/client.js'
import { RawSocket } from '../support/raw-socket.js'
import { post, sandboxOf, signatureOf } from '../support/sandbox.js'
import { everythingStored, rememberJobs } from '../support/stored.js'
import { whenEverythingHappens } from '../support/whole-story.js'
import { type Market, password, restrictedKey } from '../support/world.js'

/** What we make and hand out: tokens of every kind, keys, signing secrets, and what a password is kept as. */
const secretForms = [
  /\bm[a-z]t_[A-Za-z0-9_-]{40,}/g,
  /\bap[kc]_(?:test|live)_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/g,
  /\bwhsec_[A-Za-z0-9+/=_-]{16,}/g,
  /\brk_(?:test|live)_[A-Za-z0-9_]{8,}/g,
  /\$argon2id\$[^"\\\s]+/g,
]
/** Their job is to be mailed. */
const mailed = /^m[ivp]t_/

const found = (text: string): Set<string> => new Set(secretForms.flatMap((form) => text.match(form) ?? []))

describe('secrets', () => {
  let backend: Backend
  let database: pg.Client
  let market: Market
  /** Every answer over HTTP, as it came, beside what was asked. */
  const exchanged: Array<{ asked: string; answered: string }> = []
  /** What people, Stripe and operators have brought: none of it is ours to repeat. */
  let brought: string[]
  let jobs: string
  let stored: string
  let metrics: string
  let pushed: string
  const direct = globalThis.fetch

  beforeAll(async () => {
    backend = await startBackend({ logLevel: 'trace' })
    database = new pg.Client({ connectionString: backend.config.databaseUrl })
    await database.connect()
    await rememberJobs(backend.config.databaseUrl)
    globalThis.fetch = async (input, init) => {
      const response = await direct(input, init)
      if (String(input).startsWith(backend.url)) {
        const headers = JSON.stringify([...response.headers])
        exchanged.push({ asked: String(init?.body ?? ''), answered: headers + (await response.clone().text()) })
      }
      return response
    }
    const told = await whenEverythingHappens(backend)
    ;({ market } = told)
    const { webhookSecret } = told.billing
    brought = [
      restrictedKey,
      webhookSecret,
      password,
      `${password} anew`,
      administrator.password,
      'a password that is wrong',
      'rk_test_NeverToBeRepeated00',
      'whsec_NeverToBeRepeated0000',
      ...told.keys,
      told.gatewayToken,
      ...backend.config.encryptionKeys.flatMap((key) => [key.toString('base64'), key.toString('hex')]),
    ]
    pushed = await whenEverythingFails(told.keys[0] as string, told.gatewayToken, webhookSecret)
    await whenAllRests(market)
    metrics = await (await fetch(`${backend.url}/metrics`)).text()
    const { rows } = await database.query<{ text: string }>(
      `select row_to_json(job)::text as text from remembered_job job`,
    )
    jobs = rows.map(({ text }) => text).join('\n')
    stored = await everythingStored(backend.config.databaseUrl)
  })
  afterAll(async () => {
    globalThis.fetch = direct
    await database.end()
    await backend.stop()
  })

  /** The table is away while that happens: whatever needs it fails inside, with all that it was given in its hands. */
  async function without(table: string, work: () => Promise<unknown>): Promise<void> {
    await database.query(`alter table ${table} rename to ${table}_away`)
    try {
      await work()
    } finally {
      await database.query(`alter table ${table}_away rename to ${table}`)
    }
  }

  /** As a program asks: `fetch` hides an answer of 407 from pages. */
  async function asGateway(headers: Record<string, string>): Promise<void> {
    const [answer] = (await once(get(`${backend.url}/gateway/authorize`, { headers }), 'response')) as [IncomingMessage]
    exchanged.push({ asked: '', answered: JSON.stringify(answer.rawHeaders) + (await text(answer)) })
  }

  async function whenEverythingFails(key: string, gatewayToken: string, webhookSecret: string): Promise<string> {
    const { provider, id: marketplaceId, providerId } = market
    const nobody = backend.client()
    const wrong = 'a password that is wrong'
    const ask = (client: Client, name: string, input: object) =>
      client.ask(
        `mutation($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { userErrors { code message } } }`,
        { input },
      )
    const signIn = () => ask(nobody, 'signIn', { email: administrator.email, password: wrong })
    const configure = (more: object = {}) =>
      ask(provider, 'configureBilling', { marketplaceId, restrictedKey, webhookSecret, ...more })
    const authorize = () => asGateway({ 'x-gateway-token': gatewayToken, 'x-api-key': key })
    const deliver = (body: string) =>
      post(`${backend.url}/integrations/stripe`, body, signatureOf({ body, secret: webhookSecret }))
    const event = JSON.stringify({ object: 'event', id: 'evt_canary', type: 'invoice.paid', data: { object: {} } })

    // Answers that are kept, for who asks again.
    await configure({ idempotencyKey: 'asked-for-twice' })
    const token = { marketplaceId, name: 'kept', idempotencyKey: 'asked-for-twice' }
    for (let time = 0; time < 2; time += 1) await ask(provider, 'createGatewayToken', token)

    // Refusals, of what people send.
    await signIn()
    await configure({ restrictedKey: 'rk_test_NeverToBeRepeated00' })
    await configure({ restrictedKey: ['rk_test_NeverToBeRepeated00'] })
    await configure({ webhookSecret: 'whsec_NeverToBeRepeated0000 ' })
    await ask(nobody, 'resetPassword', { token: 'x', password: wrong })
    await ask(nobody, 'refreshSession', { refreshToken: provider.refreshToken?.slice(0, -1) })
    await authorize()
    await deliver('{"object": ')
    await post(`${backend.url}/integrations/stripe`, event, `t=1,v1=${'0'.repeat(64)}`)
    await fetch(`${backend.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${gatewayToken}` },
      body: `{"query": "{ viewer", "variables": {"password": "${wrong}"`,
    })

    // Failures inside, with the secret in hand.
    for (const table of ['user_account', 'session', 'session_token', 'attempt']) await without(table, signIn)
    for (const table of ['billing_integration', 'marketplace_billing', 'audit_chain'])
      await without(table, () => configure())
    for (const table of ['credential', 'gateway_token', 'plan']) await without(table, authorize)
    for (const table of ['stripe_event', 'billing_integration']) await without(table, () => deliver(event))
    await without('mailed_token', async () => {
      await ask(nobody, 'requestPasswordReset', { email: administrator.email })
      await ask(nobody, 'resetPassword', { token: 'mpt_x', password: wrong })
    })
    await without('gateway_token', () => ask(provider, 'createGatewayToken', { marketplaceId, name: 'g' }))
    await without('provider_invitation', () =>
      ask(provider, 'inviteProviderMember', { providerId, email: 'eve@provider.example', roles: ['AUDITOR'] }),
    )

    // Trouble at Stripe, which says what it was given.
    const sandbox = sandboxOf(backend)
    const { data } = await provider.ask<{ marketplace: { billing: { id: string } } }, object>(
      `query($slug: String!) { marketplace(slug: $slug) { billing { id } } }`,
      { slug: market.slug },
    )
    for (const act of ['status', 'malformed', 'truncated', 'cut_before_execution'] as const) {
      await sandbox.fault({ match: { path: '/v1/*' }, act, ...(act === 'status' ? { code: 401 } : {}), times: 3 })
      await ask(provider, 'testBilling', { billingIntegrationId: data?.marketplace.billing.id })
      await sandbox.mend()
    }

    // And on a websocket.
    const socket = await RawSocket.greeted(backend.url, provider.accessToken)
    await socket.ask('query($p: String!) { nothing(password: $p) }', { p: wrong })
    await without('provider_membership', () => socket.ask('{ viewer { providerMemberships { id } } }'))
    socket.close()
    const refused = await RawSocket.open(backend.url)
    refused.say({ type: 'connection_init', payload: { accessToken: provider.refreshToken } })
    const { reason } = await refused.closed()
    return JSON.stringify([socket.messages, refused.messages, reason])
  }

  /** Everywhere but in the answer that hands it out. */
  function expectUntold(text: string, but: RegExp | null = null): void {
    for (const secret of brought) expect([secret, text.includes(secret)]).toEqual([secret, false])
    expect([...found(text)].filter((secret) => !but?.test(secret))).toEqual([])
  }

  test('were there to be told: enough went wrong, inside as well', () => {
    expect(backend.failures().length).toBeGreaterThan(10)
    const issued = found(exchanged.map(({ answered }) => answered).join('\n'))
    for (const prefix of ['mat_', 'mrt_', 'mgt_', 'apk_test_']) {
      expect([...issued].some((secret) => secret.startsWith(prefix))).toBe(true)
    }
  })

  test('that people bring are in no answer, and those that we make in one alone', () => {
    const answers = exchanged.map(({ answered }) => answered)
    const makers = brought.filter((secret) => !/^(?:ap[kc]|mgt)_/.test(secret))
    for (const secret of makers) expect([secret, answers.filter((text) => text.includes(secret))]).toEqual([secret, []])
    for (const secret of found(answers.join('\n'))) {
      expect([secret, answers.filter((text) => text.includes(secret)).length]).toEqual([secret, 1])
    }
  })

  test('are in no log, at its most talkative', () => {
    expect(backend.logged.length).toBeGreaterThan(100)
    expectUntold(backend.logged.join('\n'))
  })

  test('are in no job', () => {
    expect(jobs.length).toBeGreaterThan(1_000)
    expectUntold(jobs)
  })

  test('are nowhere in the database, events and audit log and answers of repeated requests among it', () => {
    for (const table of ['public.event', 'public.audit_entry', 'public.idempotency_record', 'public.stripe_intent']) {
      expect(stored).toContain(`${table}\n{`)
    }
    // A password is kept as its hash, which is what it is for.
    const hashes = stored.replaceAll(/"password_hash":"[^"]+"/g, '')
    expectUntold(hashes)
  })

  test('are in no mail but for the links that it was sent for', async () => {
    const mails = await backend.mails.all()
    expect(mails.length).toBeGreaterThan(5)
    expectUntold(JSON.stringify(mails), mailed)
    for (const { text, token } of mails) {
      expect([...found(text)]).toEqual(token === null ? [] : [token])
    }
  })

  test('are in no metric, and in nothing that a websocket says', () => {
    expect(metrics).toContain('websockets_open')
    expectUntold(metrics)
    expectUntold(pushed)
  })
})

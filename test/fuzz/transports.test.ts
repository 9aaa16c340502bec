import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildSchema } from 'graphql'
import { WebSocket } from 'ws'
import { requestErrorCodes } from '../../src/kernel/request-error.js'
import { userErrorCodes } from '../../src/kernel/user-error-code.js'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import { CreateGatewayTokenDocument, LiveCursorDocument, ViewerDocument } from '../support/generated/graphql.js'
import { post, signatureOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  restrictedKey,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'
import { campaign, Dice, patienceInMs, share } from './campaign.js'
import { DocumentWriter, type Known } from './documents.js'
import { hostileText, hostileValue } from './hostile.js'

const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'))

/** What would leave those who come after with nothing to find: sessions, organizations, or the present day. */
const endings = new Set([
  'signOut',
  'advanceSandboxClock',
  'setConsumerOrganizationState',
  'removeMember',
  'updateMemberRoles',
  'disableBilling',
])
const codes = new Set<string>([...requestErrorCodes, ...userErrorCodes])
/** Close codes that clients are promised, and those of the websocket itself for what is none. */
const closings = new Set([1000, 1002, 1003, 1005, 1006, 1007, 1009, 4400, 4401, 4403, 4408, 4409, 4429])

describe(`over real sockets, seed ${campaign.seed}:`, () => {
  const documents = share(0.008)
  const frames = share(0.008)
  const letters = share(0.004)
  let backend: Backend
  let market: Market
  let clients: Client[]
  let known: Known
  let webhookSecret: string
  let webhookUrl: string
  /** What must be in no answer: it is secret, and was given in. */
  let canaries: string[]
  beforeAll(async () => {
    backend = await startBackend()
    market = await givenMarketplace(backend)
    const billing = await givenBilling(market)
    ;({ webhookSecret, webhookUrl } = billing)
    const acme = await givenOrganization(market)
    const offer = await givenOffer(market)
    const { productSubscription, invoice } = await whenSubscribed(acme, offer)
    const access = await whenAccessIsAskedFor(acme, offer, productSubscription.id)
    const gateway = backend.client()
    const { token } = await market.provider.mutate(CreateGatewayTokenDocument, { marketplaceId: market.id, name: 'g' })
    gateway.accessToken = token
    clients = [market.provider, acme.consumer, gateway, backend.client()]
    const { viewer } = await acme.consumer.query(ViewerDocument)
    const { liveCursor } = await acme.consumer.query(LiveCursorDocument)
    const ids = [market.id, market.providerId, acme.id, offer.planId, offer.productId, offer.assetId, offer.resourceId]
    ids.push(productSubscription.id, invoice.id, access.applicationId, access.credential.id, access.accessRequest.id)
    ids.push(viewer?.user.id as string, billing.id)
    known = {
      ID: ids,
      providerId: [market.providerId],
      marketplaceId: [market.id],
      organizationId: [acme.id],
      planId: [offer.planId],
      productSubscriptionId: [productSubscription.id],
      invoiceId: [invoice.id],
      applicationId: [access.applicationId],
      slug: [market.slug],
      after: [liveCursor],
      credential: [access.key, access.credential.publicId],
      path: [`${offer.basePath}/1`],
      DateTime: ['2026-11-24T10:00:00Z'],
      Decimal: ['25.00'],
      BigInt: ['1000'],
      Currency: ['USD'],
      EmailAddress: [acme.email],
      URL: ['https://harbour.example/'],
      TimeZone: ['Europe/Paris'],
      JSON: ['{}'],
    }
    // What was handed out once, to whom it was for, is none of the answers that are judged.
    for (const client of clients) client.answers.length = 0
    canaries = [
      restrictedKey,
      webhookSecret,
      access.key,
      token,
      ...backend.config.encryptionKeys.map((key) => key.toString('base64')),
    ]
  })
  afterAll(async () => {
    await backend.stop()
  })

  /** It still lives and answers, and nothing has gone wrong inside. */
  async function expectUnharmed(): Promise<void> {
    expect(backend.failures()).toEqual([])
    const { errors } = await backend.client().ask('{ liveCursor }')
    expect(errors).toEqual([])
    expect(Object.keys(Object.prototype)).toEqual([])
  }

  /** Throws where an answer is a fault, has a code that nobody was promised, or holds a secret that was not in the question. */
  function judge(text: string, asked: string): void {
    for (const [, code] of text.matchAll(/"extensions":\{"code":"(\w+)"/g)) {
      if (code === 'INTERNAL_SERVER_ERROR' || !codes.has(code as string)) throw new Error(`${code}: ${asked}\n${text}`)
    }
    for (const canary of canaries) {
      if (text.includes(canary) && !asked.includes(canary)) throw new Error(`A secret was told: ${asked}`)
    }
  }

  test(
    `${documents} documents from the grammar of the schema are answered`,
    async () => {
      const dice = new Dice(campaign.seed)
      const writer = new DocumentWriter(schema, dice, known, endings)
      let answered = 0
      for (let at = 0; at < documents; at += 1) {
        const query = writer.write(dice.once(3) ? 'mutation' : 'query')
        const client = dice.of(clients)
        const { status, data } = await client.ask(query)
        const text = client.answers.splice(0).join('')
        if (status >= 500 && !text.includes('SERVICE_UNAVAILABLE')) throw new Error(`${status}, input ${at}: ${query}`)
        judge(text, query)
        if (data) answered += 1
      }
      // The grammar is worth its name: much of what it writes is executed.
      expect(answered).toBeGreaterThan(documents / 4)
      await expectUnharmed()
    },
    patienceInMs,
  )

  test(
    `${frames} frames and messages close their websocket at most`,
    async () => {
      const dice = new Dice(campaign.seed + 1)
      const writer = new DocumentWriter(schema, dice, known, endings)
      let left = frames
      while (left > 0) {
        const raw = dice.once(4)
        left -= raw
          ? await garbageFrames(dice, Math.min(left, 10))
          : await hostileMessages(dice, writer, Math.min(left, 20))
      }
      await expectUnharmed()
    },
    patienceInMs,
  )

  async function hostileMessages(dice: Dice, writer: DocumentWriter, count: number): Promise<number> {
    const ws = new WebSocket(`${backend.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws')
    const sent: string[] = []
    const received: string[] = []
    ws.on('message', (data) => received.push(String(data)))
    ws.on('error', () => undefined)
    const closed = once(ws, 'close') as Promise<[number]>
    await once(ws, 'open')
    const say = (message: string | Buffer) => {
      sent.push(String(message))
      ws.send(message)
    }
    const { accessToken } = dice.of(clients)
    if (!dice.once(5)) say(JSON.stringify({ type: 'connection_init', payload: { accessToken } }))
    for (let at = 0; at < count; at += 1) {
      const id = dice.of(['1', '2', hostileText(dice, ['1'])])
      const query = writer.write(dice.of(['query', 'subscription', 'subscription']))
      const payload = dice.once(6)
        ? hostileValue(dice, ['query', 'variables'])
        : { query, variables: dice.once(3) ? hostileValue(dice, []) : {} }
      const type = dice.once(8)
        ? hostileText(dice, ['next', 'connection_init', 'pong'])
        : dice.of(['subscribe', 'subscribe', 'complete', 'ping'])
      const message = JSON.stringify(type === 'complete' || type === 'ping' ? { id, type } : { id, type, payload })
      say(dice.once(25) ? hostileText(dice, [message]) : dice.once(40) ? Buffer.from(message) : message)
    }
    // Whatever still comes, comes before the answer to this; or it is closed already.
    say(JSON.stringify({ type: 'ping', payload: { last: true } }))
    const answered = new Promise<void>((resolve) => {
      const look = () => received.some((text) => text.includes('"last":true')) && resolve()
      ws.on('message', look)
      look()
    })
    const ended = await Promise.race([closed, answered.then(() => null)])
    if (ended && !closings.has(ended[0])) throw new Error(`Closed with ${ended[0]} after ${sent.join('\n')}`)
    judge(received.join('\n'), sent.join('\n'))
    ws.terminate()
    return count
  }

  /** Past the handshake nothing but bytes. */
  async function garbageFrames(dice: Dice, count: number): Promise<number> {
    const { hostname, port } = new URL(backend.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    )
    const [head] = (await once(socket, 'data')) as [Buffer]
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /)
    const closed = once(socket, 'close')
    socket.resume()
    for (let at = 0; at < count; at += 1) {
      const bytes = Buffer.from(Array.from({ length: 2 + dice.below(60) }, () => dice.below(256)))
      // Often the start of a frame that might be one.
      if (dice.once(2)) bytes[0] = dice.of([0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8a, 0xc1, 0x83])
      socket.write(bytes)
    }
    socket.end()
    await closed
    return count
  }

  test(
    `${letters} webhooks are taken, or refused`,
    async () => {
      const dice = new Dice(campaign.seed + 2)
      const shared = `${backend.url}/integrations/stripe`
      const good = JSON.stringify({
        object: 'event',
        id: 'evt_1',
        type: 'invoice.paid',
        livemode: false,
        api_version: '2026-10-28.endive',
        data: { object: { object: 'invoice', id: 'in_1', status: 'paid', currency: 'usd', total: 1, metadata: {} } },
      })
      for (let at = 0; at < letters; at += 1) {
        const body = dice.once(3) ? JSON.stringify(hostileEvent(dice)) : hostileText(dice, [good])
        const signed =
          body === ''
            ? ''
            : signatureOf({ body, secret: webhookSecret, offBy: dice.of([0, 0, 0, 299, -299, 301, -301]) })
        const signature = dice.once(3) ? hostileText(dice, [signed]).replaceAll(/[^\x20-\x7e]/g, '') : signed
        const url = dice.of([
          webhookUrl,
          shared,
          `${shared}/${encodeURIComponent(hostileText(dice, [market.id]).toWellFormed())}`,
        ])
        const response = await post(url, body, signature)
        const text = await response.text()
        if (![200, 400, 404, 413].includes(response.status))
          throw new Error(`${response.status}, input ${at}: ${body}\n${text}`)
        judge(text, body)
      }
      await expectUnharmed()
    },
    patienceInMs,
  )
})

function hostileEvent(dice: Dice): unknown {
  const type = dice.of(['invoice.paid', 'invoice.updated', 'customer.deleted', 'payment_intent.processing', 'x.y'])
  const object: Record<string, unknown> = {
    object: 'invoice',
    id: `in_${dice.below(1_000)}`,
    status: 'paid',
    metadata: {},
  }
  for (const name of ['id', 'status', 'total', 'currency', 'metadata', 'lines', 'status_transitions', 'customer']) {
    if (dice.once(3)) object[name] = hostileValue(dice, ['paid', 'usd', 'in_1'], 4)
  }
  return {
    object: 'event',
    id: `evt_${dice.below(1_000_000)}`,
    type,
    livemode: dice.once(5),
    created: 1_770_000_000,
    data: { object },
  }
}

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { type Backend, startBackend } from '../support/backend.js'
import { whenAllRests } from '../support/billing.js'
import { Client } from '../support/client.js'
import {
  AccessChangedDocument,
  ApproveProductSubscriptionDocument,
  CancelProductSubscriptionDocument,
  CreateGatewayTokenDocument,
  InvoiceChangedDocument,
  LiveCursorDocument,
  ProductSubscriptionChangedDocument,
  RejectProductSubscriptionDocument,
  ResumeProductSubscriptionDocument,
  RevokeAccessDocument,
  SignOutDocument,
  SuspendProductSubscriptionDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import { givenColleague, givenMember, givenRival, neverWas } from '../support/people.js'
import { handshakeStatus, RawSocket, type SocketMessage } from '../support/raw-socket.js'
import { statementsDuring } from '../support/statements.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Offer,
  type Organization,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'

const changes = `subscription ($organizationId: ID, $after: String) {
  productSubscriptionChanged(organizationId: $organizationId, after: $after) { id cursor state previousState }
}`

let backend: Backend
let market: Market
let acme: Organization
let rival: Organization
let offer: Offer
/** A connection of the test's own. */
let database: pg.Client
const sockets: RawSocket[] = []

beforeAll(async () => {
  backend = await startBackend()
  database = new pg.Client({ connectionString: backend.config.databaseUrl })
  await database.connect()
  market = await givenMarketplace(backend)
  await givenBilling(market)
  ;[acme, rival] = [await givenOrganization(market), await givenOrganization(market, 'Rival')]
  offer = await givenOffer(market, { type: 'FREE' })
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})
afterAll(async () => {
  await database.end()
  await backend.stop()
  expect(backend.failures()).toEqual([])
})

async function greeted(client: Client): Promise<RawSocket> {
  const socket = await RawSocket.greeted(backend.url, client.accessToken)
  sockets.push(socket)
  return socket
}

async function opened(about?: Parameters<typeof RawSocket.open>[1]): Promise<RawSocket> {
  const socket = await RawSocket.open(backend.url, about)
  sockets.push(socket)
  return socket
}

/** Two things happen: a subscription starts, and ends. @returns its id */
async function whenItComesAndGoes(organization: Organization, bought = offer): Promise<string> {
  const { productSubscription } = await whenSubscribed(organization, bought)
  const { id } = productSubscription
  await organization.consumer.mutate(CancelProductSubscriptionDocument, { productSubscriptionId: id, when: 'NOW' })
  return id
}

/** As many events of the organization as are asked for, as if so much had happened at one moment. @returns their ids */
async function whenMuchHappens(subscriptionId: string, count: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `insert into event (id, name, provider_id, marketplace_id, organization_id, subject_id, data, occurred_at)
     select e.id || '_' || n, e.name, e.provider_id, e.marketplace_id, e.organization_id, e.subject_id, e.data, now()
     from (select * from event where subject_id = $1 order by sequence desc limit 1) e, generate_series(1, $2::int) n
     returning id`,
    [subscriptionId, count],
  )
  await database.query('notify events')
  return rows.map(({ id }) => id)
}

describe('each change is told of', () => {
  test('once, in order, to those whom it concerns and to nobody else', async () => {
    const manual = await givenOffer(market, { type: 'FREE', approval: 'MANUAL' })
    const developer = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const elsewhere = await givenMarketplace(backend)
    const stranger = await givenOrganization(elsewhere)
    const competitor = await givenRival(backend)
    const hear = async (client: Client, about = {}) => ({
      subscriptions: await client.listen(ProductSubscriptionChangedDocument, about),
      access: await client.listen(AccessChangedDocument, about),
      invoices: await client.listen(InvoiceChangedDocument, about),
    })
    const concerned = [
      await hear(acme.consumer),
      await hear(developer.client, { organizationId: acme.id }),
      await hear(market.provider, { organizationId: acme.id }),
    ]
    const others = [await hear(rival.consumer), await hear(stranger.consumer), await hear(competitor.provider)]

    const { productSubscription } = await whenSubscribed(acme, manual)
    const input = { productSubscriptionId: productSubscription.id }
    const { accessRequest } = await whenAccessIsAskedFor(acme, manual, productSubscription.id)
    await market.provider.mutate(ApproveProductSubscriptionDocument, input)
    await concerned[0]?.access.next(({ state }) => state === 'GRANTED')
    await market.provider.mutate(SuspendProductSubscriptionDocument, { ...input, reason: 'A check.' })
    await concerned[0]?.access.next(({ state }) => state === 'SUSPENDED')
    await market.provider.mutate(ResumeProductSubscriptionDocument, input)
    await concerned[0]?.access.next(({ state }) => state === 'GRANTED')
    await market.provider.mutate(RevokeAccessDocument, { accessRequestId: accessRequest.id })
    await acme.consumer.mutate(CancelProductSubscriptionDocument, { ...input, when: 'NOW' })
    const { productSubscription: second } = await whenSubscribed(acme, manual)
    await market.provider.mutate(RejectProductSubscriptionDocument, { productSubscriptionId: second.id, reason: 'No.' })
    await whenAllRests(market)

    for (const { subscriptions, access, invoices } of concerned) {
      await subscriptions.next(({ state }) => state === 'REJECTED')
      expect(subscriptions.received.map(({ previousState, state }) => [previousState, state])).toEqual([
        [null, 'PENDING_APPROVAL'],
        ['PENDING_APPROVAL', 'ACTIVE'],
        ['ACTIVE', 'SUSPENDED'],
        ['SUSPENDED', 'ACTIVE'],
        ['ACTIVE', 'CANCELED'],
        [null, 'PENDING_APPROVAL'],
        ['PENDING_APPROVAL', 'REJECTED'],
      ])
      expect(access.received.map(({ previousState, state }) => [previousState, state])).toEqual([
        ['WAITING', 'GRANTED'],
        ['GRANTED', 'SUSPENDED'],
        ['SUSPENDED', 'GRANTED'],
        ['GRANTED', 'REVOKED'],
      ])
      expect(invoices.received).toEqual([])
    }
    // Whatever was for them would have come before this.
    const last = await whenItComesAndGoes(rival)
    await others[0]?.subscriptions.next(({ productSubscription: { id }, state }) => id === last && state === 'CANCELED')
    expect(others[0]?.subscriptions.received).toHaveLength(2)
    for (const { subscriptions, access, invoices } of others.slice(1)) {
      expect([subscriptions.received, access.received, invoices.received]).toEqual([[], [], []])
      expect(subscriptions.ended).toBeUndefined()
    }
  })

  test('of invoices only to those who may see them', async () => {
    const paid = await givenOffer(market)
    const developer = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
    const subscriber = await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])
    const hidden = await developer.client.listen(InvoiceChangedDocument, {})
    const subscriptions = await developer.client.listen(ProductSubscriptionChangedDocument, {})
    const shown = await subscriber.client.listen(InvoiceChangedDocument, {})
    await whenSubscribed(acme, paid)
    await shown.next(({ change }) => change === 'OPENED')
    await whenAllRests(market)
    await subscriptions.next()
    expect(shown.received.map(({ change }) => change)).toEqual(['CREATED', 'OPENED'])
    expect(hidden.received).toEqual([])
  })

  test.each([
    ['somebody else’s organization', () => ({ organizationId: rival.id })],
    ['an organization that never was', () => ({ organizationId: neverWas(acme.id) })],
    ['what is no organization', () => ({ organizationId: market.id })],
    ['nonsense', () => ({ organizationId: 'org_\0' })],
  ])('but not to whoever asks for %s', async (_what, about) => {
    const socket = await greeted(acme.consumer)
    expect(await socket.fault(changes, about())).toBe('NOT_FOUND')
  })

  test('nor to nobody, nor to a gateway', async () => {
    const { token } = await market.provider.mutate(CreateGatewayTokenDocument, {
      marketplaceId: market.id,
      name: 'edge',
    })
    const gateway = new Client(backend.url)
    gateway.accessToken = token
    for (const client of [backend.client(), gateway]) {
      const socket = await greeted(client)
      expect(await socket.fault(changes)).toBe('UNAUTHENTICATED')
    }
  })
})

describe('whoever was away', () => {
  const heardBy = (socket: RawSocket, id: string) =>
    socket.messages.flatMap(({ id: of, type, payload }) =>
      of === id && type === 'next' ? [payload.data.productSubscriptionChanged as { id: string; cursor: string }] : [],
    )

  test('goes on with the last cursor, without a gap and without anything twice, however often and whatever goes on', async () => {
    const { liveCursor: start } = await market.provider.query(LiveCursorDocument)
    let over = false
    const happening = Promise.all(
      [acme, rival].map(async (organization) => {
        let times = 0
        for (; !over; times += 1) await whenItComesAndGoes(organization)
        return times
      }),
    )
    const heard: string[] = []
    let after = start
    for (let visit = 0; visit < 12; visit += 1) {
      const socket = await greeted(market.provider)
      const id = socket.begin(changes, { after })
      // Leaves in the midst of it: what is on its way then was not heard.
      for (let count = 0; count <= visit % 4; count += 1) {
        const { payload } = await socket.next((message) => message.type === 'next')
        heard.push(payload.data.productSubscriptionChanged.id)
        after = payload.data.productSubscriptionChanged.cursor
      }
      socket.close()
      expect(id).toBe('1')
    }
    over = true
    const times = (await happening).reduce((sum, count) => sum + count)
    const { rows } = await database.query<{ id: string }>(
      `select id from event where name like 'product-subscription.%' and transaction_id >= $1::xid8
       order by transaction_id, sequence`,
      [Buffer.from(start, 'base64url').toString().split('.')[0]],
    )
    const expected = rows.map(({ id }) => id)
    expect(expected).toHaveLength(times * 2)
    const socket = await greeted(market.provider)
    const id = socket.begin(changes, { after })
    while (heardBy(socket, id).length < expected.length - heard.length) await socket.next()
    expect([...heard, ...heardBy(socket, id).map((event) => event.id)]).toEqual(expected)
  })

  test('takes a cursor of one field to another, and one that was read before anything happened', async () => {
    const { liveCursor } = await acme.consumer.query(LiveCursorDocument)
    const subscription = await whenItComesAndGoes(acme)
    await whenAllRests(market)
    const listener = acme.consumer.subscribe(ProductSubscriptionChangedDocument, { after: liveCursor })
    const [first, second] = [await listener.next(), await listener.next()]
    expect([first, second].map(({ state, productSubscription }) => [state, productSubscription.id])).toEqual([
      ['ACTIVE', subscription],
      ['CANCELED', subscription],
    ])
    // It is told as it was; the object is as it is.
    const { productSubscription } = await whenSubscribed(acme, offer)
    await whenAccessIsAskedFor(acme, offer, productSubscription.id)
    const access = acme.consumer.subscribe(AccessChangedDocument, { after: second.cursor })
    await access.next(({ state }) => state === 'GRANTED')
    const input = { productSubscriptionId: productSubscription.id, when: 'NOW' } as const
    await acme.consumer.mutate(CancelProductSubscriptionDocument, input)
    await access.next(({ state }) => state === 'SUSPENDED')
  })

  test.each(['nonsense', 'MTIzNA', '../../etc', Buffer.from('1.x').toString('base64url'), 'x'.repeat(70)])(
    'hears BAD_USER_INPUT for a cursor that is none: %s',
    async (after) => {
      const socket = await greeted(acme.consumer)
      expect(await socket.fault(changes, { after })).toBe('BAD_USER_INPUT')
      expect(socket.end).toBeNull()
    },
  )

  test('too long reads the state again: RESYNC_REQUIRED', async () => {
    const { liveCursor: old } = await acme.consumer.query(LiveCursorDocument)
    await whenItComesAndGoes(acme)
    const listener = acme.consumer.subscribe(ProductSubscriptionChangedDocument, { after: old })
    const { cursor: first } = await listener.next()
    const { cursor: second } = await listener.next()
    listener.stop()
    // The night in which events of a month ago are thrown away.
    await database.query(`update event set written_at = written_at - interval '31 days'`)
    await backend.app.features.tasks.housekeeping()
    const { liveCursor: fresh } = await acme.consumer.query(LiveCursorDocument)

    const socket = await greeted(acme.consumer)
    for (const after of [old, first]) expect(await socket.fault(changes, { after })).toBe('RESYNC_REQUIRED')
    // Nothing came after these: they are as good as before, also when the next event is the first that is left.
    const went = await whenItComesAndGoes(acme)
    for (const after of [second, fresh]) {
      const id = socket.begin(changes, { after })
      while (heardBy(socket, id).length < 2) await socket.next()
      const { rows } = await database.query<{ id: string }>(
        `select id from event where subject_id = $1 and name like 'product-subscription.%' order by sequence`,
        [went],
      )
      expect(heardBy(socket, id).map((event) => event.id)).toEqual(rows.map((event) => event.id))
    }
  })
})

describe('many listeners', () => {
  test('with the same rights, document and variables share one execution', async () => {
    // One that nobody else listens to.
    const quiet = await givenOrganization(market, 'Quiet')
    const subscription = await whenItComesAndGoes(quiet)
    const query = `subscription { productSubscriptionChanged { id productSubscription { id plan { name } product { name } } } }`
    /** The statements that one event costs. */
    const costOf = async (listening: Array<[RawSocket, string]>): Promise<number> => {
      const all = await statementsDuring(async () => {
        const [event] = await whenMuchHappens(subscription, 1)
        const isIt = ({ payload }: SocketMessage) => payload?.data?.productSubscriptionChanged?.id === event
        for (const [socket, id] of listening) await socket.next((message) => message.id === id && isIt(message))
      })
      return all.filter((text) => /^select "(product_subscription|plan|product)"\./.test(text)).length
    }
    const socket = await greeted(quiet.consumer)
    const one: Array<[RawSocket, string]> = [[socket, socket.begin(query)]]
    await socket.ask('{ __typename }')
    // What had happened before is told by then.
    await whenAllRests(market)
    await costOf(one)
    const cost = await costOf(one)
    expect(cost).toBe(3)

    const many = [...one]
    const colleague = await givenMember(backend, quiet.consumer, quiet.id, ['ADMINISTRATOR'])
    for (const person of [quiet.consumer, colleague.client]) {
      const own = await greeted(person)
      for (let count = 0; count < 20; count += 1) many.push([own, own.begin(query)])
      await own.ask('{ __typename }')
    }
    expect(await costOf(many)).toBe(cost)

    // Whoever may see less is told apart.
    const developer = await givenMember(backend, quiet.consumer, quiet.id, ['DEVELOPER'])
    const apart = await greeted(developer.client)
    many.push([apart, apart.begin(query)])
    await apart.ask('{ __typename }')
    expect(await costOf(many)).toBe(cost * 2)
  })

  test('that differ in a variable hear each their own, whatever the variable is called', async () => {
    const query = `subscription ($after: ID) { productSubscriptionChanged(organizationId: $after) { state productSubscription { id } } }`
    const socket = await greeted(market.provider)
    const [ofAcme, ofRival] = [socket.begin(query, { after: acme.id }), socket.begin(query, { after: rival.id })]
    await socket.ask('{ __typename }')
    const subscription = await whenItComesAndGoes(rival)
    const { payload } = await socket.next(({ id, type }) => id === ofRival && type === 'next')
    expect(payload.data.productSubscriptionChanged.productSubscription.id).toBe(subscription)
    await socket.next(({ id, type }) => id === ofRival && type === 'next')
    expect(socket.messages.filter(({ id }) => id === ofAcme)).toEqual([])
  })

  test('go on while one of them stalls, which is closed with 1013 and comes back', async () => {
    const large = await givenOffer(market, { type: 'FREE', description: 'x'.repeat(5_000) })
    const subscription = await whenItComesAndGoes(acme, large)
    const query = `subscription ($after: String) { productSubscriptionChanged(after: $after) {
      cursor ${Array.from({ length: 25 }, (_, at) => `a${at}: productSubscription { plan { description } }`).join(' ')} } }`
    const stalled = await rawTcp(backend.url)
    stalled.say({ type: 'connection_init', payload: { accessToken: acme.consumer.accessToken } })
    await stalled.heard('connection_ack')
    stalled.say({ id: 'live', type: 'subscribe', payload: { query } })
    stalled.say({ id: 'there', type: 'subscribe', payload: { query: '{ __typename }' } })
    await stalled.heard('"there"')
    const swift = await greeted(acme.consumer)
    const id = swift.begin(query)
    await swift.ask('{ __typename }')

    stalled.socket.pause()
    const heard = () => swift.messages.filter((message) => message.id === id && message.type === 'next').length
    // More than the buffers of both sides take, and a megabyte that may wait.
    for (let sent = 20; sent <= 160; sent += 20) {
      await whenMuchHappens(subscription, 20)
      while (heard() < sent) await swift.next()
    }
    stalled.socket.resume()
    expect(await stalled.closed()).toBe(1013)
    const heardBefore = stalled.cursors()
    expect(heardBefore.length).toBeLessThan(160)
    const back = await greeted(acme.consumer)
    const rest = back.begin(changes, { after: heardBefore.at(-1) })
    for (let left = 160 - heardBefore.length; left > 0; left -= 1) {
      await back.next((message) => message.id === rest && message.type === 'next')
    }

    await whenMuchHappens(subscription, 1)
    await swift.next((message) => message.id === id && message.type === 'next')
    expect(swift.end).toBeNull()
    expect((await fetch(`${backend.url}/livez`)).status).toBe(200)
  })
})

describe('a websocket is closed with', () => {
  const wait = { type: 'connection_init' }

  test.each<[string, string | Buffer, number]>([
    ['what is no JSON', '{', 4400],
    ['what is no message', '"hello"', 4400],
    ['a message of another kind', '{"type":"start","id":"1"}', 4400],
    ["a server's acknowledgement", '{"type":"connection_ack"}', 4400],
    ["a server's news", '{"type":"next","id":"1","payload":{"data":{}}}', 4400],
    ["a server's refusal", '{"type":"error","id":"1","payload":[{"message":"no"}]}', 4400],
    ['a subscription without an id', '{"type":"subscribe","payload":{"query":"{ __typename }"}}', 4400],
    ['a subscription without a query', '{"type":"subscribe","id":"1","payload":{}}', 4400],
    [
      'variables that are none',
      '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","variables":[]}}',
      4400,
    ],
    ['more than 64 kB at once', JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(70_000) } }), 1009],
  ])('after %s', async (_what, message, code) => {
    const socket = await greeted(acme.consumer)
    socket.say(message)
    expect(await socket.closed()).toMatchObject({ code })
    expect((await fetch(`${backend.url}/livez`)).status).toBe(200)
  })

  test('4400 or 1007 after bytes that are no text', async () => {
    const socket = await greeted(acme.consumer)
    socket.ws.send(Buffer.from([0xff, 0xfe, 0x00]), { binary: false })
    expect([1007, 4400]).toContain((await socket.closed()).code)
  })

  test('4401 where nobody has said who it is, and when one signs out', async () => {
    const early = await opened()
    early.begin('{ __typename }')
    expect(await early.closed()).toMatchObject({ code: 4401 })

    const leaving = backend.client()
    await leaving.signIn(acme.email, 'a fine long password', market.id)
    const socket = await greeted(leaving)
    await leaving.query(SignOutDocument)
    expect(await socket.closed()).toMatchObject({ code: 4401 })
  })

  test('4403 where the token is refused, and when it expires', async () => {
    for (const accessToken of ['mat_unknown', 'nonsense', market.slug, acme.consumer.refreshToken]) {
      const socket = await opened()
      socket.say({ ...wait, payload: { accessToken } })
      expect(await socket.closed()).toMatchObject({ code: 4403 })
    }
    const person = backend.client()
    await person.signIn(acme.email, 'a fine long password', market.id)
    const { viewer } = await person.query(ViewerDocument)
    await database.query(
      `update session_token set expires_at = clock_timestamp() + interval '1 second' where session_id = $1 and kind = 'access'`,
      [viewer?.session.id],
    )
    const socket = await greeted(person)
    expect(await socket.closed()).toMatchObject({ code: 4403, reason: 'Token expired' })
  })

  test('4408 where nothing comes', async () => {
    const socket = await opened()
    expect(await socket.closed()).toMatchObject({ code: 4408 })
  })

  test('4409 for an id that is in use', async () => {
    const socket = await greeted(acme.consumer)
    for (let twice = 0; twice < 2; twice += 1) socket.say({ id: 'one', type: 'subscribe', payload: { query: changes } })
    expect(await socket.closed()).toMatchObject({ code: 4409 })
  })

  test('4429 for a second greeting, for too many subscriptions, and for too many websockets', async () => {
    const twice = await greeted(acme.consumer)
    twice.say(wait)
    expect(await twice.closed()).toMatchObject({ code: 4429 })

    const busy = await greeted(acme.consumer)
    for (let count = 0; count < 51; count += 1) busy.begin(changes)
    expect(await busy.closed()).toMatchObject({ code: 4429 })

    const busybody = await givenColleague(market, ['AUDITOR'])
    const own: RawSocket[] = []
    for (let count = 0; count < 20; count += 1) own.push(await greeted(busybody.client))
    const more = await opened()
    more.say({ ...wait, payload: { accessToken: busybody.client.accessToken } })
    expect(await more.closed()).toMatchObject({ code: 4429 })
    expect(own.every(({ end }) => end === null)).toBe(true)
    own[0]?.close()
    await own[0]?.closed()
    expect((await own[1]?.ask('{ __typename }'))?.type).toBe('next')
  })

  test('nothing, when all is well: it may be asked and told for as long as it lasts', async () => {
    const socket = await greeted(acme.consumer)
    socket.say({ type: 'ping', payload: { at: 1 } })
    expect((await socket.next()).type).toBe('pong')
    expect(await socket.ask('query ($id: ID!) { node(id: $id) { id } }', { id: acme.id })).toMatchObject({
      type: 'next',
      payload: { data: { node: { id: acme.id } } },
    })
    const id = socket.begin(changes)
    await socket.ask('{ __typename }')
    socket.say({ id, type: 'complete' })
    await socket.ask('{ __typename }')
    await whenItComesAndGoes(acme)
    const other = socket.begin(changes)
    await socket.ask('{ __typename }')
    await whenItComesAndGoes(acme)
    await socket.next((message) => message.id === other && message.type === 'next')
    expect(socket.messages.filter((message) => message.id === id)).toEqual([])
  })
})

describe('a handshake', () => {
  test('is for this address, this sub-protocol, and pages that may call', async () => {
    const { url } = backend
    expect(await handshakeStatus(url)).toBe(101)
    expect(await handshakeStatus(url, { origin: 'http://127.0.0.1:3000' })).toBe(101)
    expect(await handshakeStatus(url, { origin: new URL(backend.config.publicUrl).origin })).toBe(101)
    expect(await handshakeStatus(url, { origin: 'https://evil.example' })).toBe(403)
    expect(await handshakeStatus(url, { origin: 'null' })).toBe(403)
    expect(await handshakeStatus(url, { path: '/' })).toBe(404)
    expect(await handshakeStatus(url, { path: '/graphql/x' })).toBe(404)
    const none = await opened({ protocol: null })
    expect(await none.closed()).toMatchObject({ code: 4406 })
  })
})

/** A websocket on a bare connection, which reads when it is told to and not before. */
async function rawTcp(url: string) {
  const { hostname, port } = new URL(url)
  const socket: Socket = connect({ host: hostname, port: Number(port) })
  const texts: string[] = []
  let code: number | null = null
  let rest = Buffer.alloc(0)
  let wake = (): void => undefined
  const take = (): void => {
    for (;;) {
      const short = (rest[1] ?? 0) & 0x7f
      const head = short === 127 ? 10 : short === 126 ? 4 : 2
      if (rest.length < head) return
      const size = short === 127 ? Number(rest.readBigUInt64BE(2)) : short === 126 ? rest.readUInt16BE(2) : short
      if (rest.length < head + size) return
      const body = rest.subarray(head, head + size)
      if (((rest[0] as number) & 0x0f) === 8) code = body.readUInt16BE(0)
      else texts.push(body.toString('utf8', 0, 200))
      rest = rest.subarray(head + size)
    }
  }
  let upgraded = false
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const end = upgraded ? -1 : rest.indexOf('\r\n\r\n')
    if (end >= 0) {
      upgraded = true
      rest = rest.subarray(end + 4)
    }
    if (upgraded) take()
    wake()
  })
  socket.on('error', () => wake())
  socket.on('close', () => wake())
  await once(socket, 'connect')
  socket.write(
    [
      'GET /graphql HTTP/1.1',
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  )
  const until = async (look: () => boolean): Promise<void> => {
    while (!look()) {
      if (socket.destroyed) throw new Error('The connection has ended.')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  await until(() => upgraded)
  return {
    socket,
    /** A text in a frame, masked with zeros. */
    say(message: object): void {
      const text = Buffer.from(JSON.stringify(message))
      const length = Buffer.alloc(2)
      length.writeUInt16BE(text.length)
      const size = text.length < 126 ? Buffer.from([0x80 | text.length]) : Buffer.concat([Buffer.from([0xfe]), length])
      socket.write(Buffer.concat([Buffer.from([0x81]), size, Buffer.alloc(4), text]))
    },
    cursors: () => texts.flatMap((text) => /"cursor":"([^"]+)"/.exec(text)?.[1] ?? []),
    heard: (text: string) => until(() => texts.some((one) => one.includes(text))),
    /** The code of the frame with which it ends. */
    async closed(): Promise<number | null> {
      await until(() => code !== null)
      return code
    },
  }
}

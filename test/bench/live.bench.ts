import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { type Backend, startBackend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import {
  InvoiceChangedDocument,
  InvoicePaidDocument,
  LiveCursorDocument,
  ResumeProductSubscriptionDocument,
  SuspendProductSubscriptionDocument,
} from '../support/generated/graphql.js'
import { post, sandboxOf, signatureOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Offer,
  type Organization,
  stripeOf,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'
import { median } from './measure.js'

const sales = 40
const listeners = 500
const broadcasts = 20

const perSocket = 50

const document =
  'subscription ($after: String) { productSubscriptionChanged(after: $after) { id state standing productSubscription { id name state } } }'

/** From Stripe's page and from its webhook to the pushed event, and one event for many who listen. */
export async function bench(): Promise<void> {
  const backend = await startBackend()
  const market = await givenMarketplace(backend)
  const { webhookUrl, webhookSecret } = await givenBilling(market)
  const acme = await givenOrganization(market)
  const offers: Offer[] = []
  for (let count = 0; count < 2 * sales; count += 1) offers.push(await givenOffer(market))

  const productSubscriptionId = await fromClickToPush(acme, offers.slice(0, sales))
  await fromWebhookToPush(backend, acme, offers.slice(sales), { webhookUrl, webhookSecret })
  await oneForMany(backend, market, productSubscriptionId)
  await backend.stop()
}

/** @returns the last subscription that was paid */
async function fromClickToPush(acme: Organization, offers: readonly Offer[]): Promise<string> {
  const invoices = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
  const paid = await acme.consumer.listen(InvoicePaidDocument, { organizationId: acme.id })
  const took: number[] = []
  let last = ''
  for (const offer of offers) {
    const { invoice, productSubscription } = await whenSubscribed(acme, offer)
    last = productSubscription.id
    const opened = await invoices.next(({ change, invoice: one }) => change === 'OPENED' && one.id === invoice.id)
    const began = performance.now()
    await whenPressed(opened.invoice.hostedUrl as string, 'card')
    await paid.next(({ invoice: one }) => one.id === invoice.id)
    took.push(performance.now() - began)
  }
  console.log(
    `live: from the click at Stripe's page to the pushed invoicePaid, ${took.length} times, one after another`,
  )
  console.log(
    `  median   ${median(took).toFixed(1)} ms, slowest ${Math.max(...took).toFixed(1)} ms (page, webhook, job, event log, websocket)`,
  )
  return last
}

/** Stripe's own part left out: an invoice.paid is posted by hand, signed, and the clock stops with the pushed event. */
async function fromWebhookToPush(
  backend: Backend,
  acme: Organization,
  offers: readonly Offer[],
  { webhookUrl, webhookSecret: secret }: { webhookUrl: string; webhookSecret: string },
): Promise<void> {
  const sandbox = sandboxOf(backend)
  const invoices = await acme.consumer.listen(InvoiceChangedDocument, { organizationId: acme.id })
  const paid = await acme.consumer.listen(InvoicePaidDocument, { organizationId: acme.id })
  const took: number[] = []
  for (const offer of offers) {
    const { invoice } = await whenSubscribed(acme, offer)
    const opened = await invoices.next(({ change, invoice: one }) => change === 'OPENED' && one.id === invoice.id)
    await sandbox.fault({ match: { event: '*' }, act: 'drop' })
    await whenPressed(opened.invoice.hostedUrl as string, 'card')
    await sandbox.rest()
    await sandbox.mend()
    const { data } = await stripeOf(backend).events.list({ type: 'invoice.paid', limit: 1 })
    const body = JSON.stringify(data[0])
    const signature = signatureOf({ body, secret })
    const began = performance.now()
    const posted = post(webhookUrl, body, signature)
    await paid.next(({ invoice: one }) => one.id === invoice.id)
    took.push(performance.now() - began)
    await posted
  }
  console.log(`live: from the webhook to the pushed invoicePaid, ${took.length} times, one after another`)
  console.log(`  median   ${median(took).toFixed(1)} ms, slowest ${Math.max(...took).toFixed(1)} ms`)
}

/** One event for 500 listeners on ten sockets, from the first frame to the last, beside a bare broadcast of the same bytes. */
async function oneForMany(backend: Backend, market: Market, productSubscriptionId: string): Promise<void> {
  const { provider } = market
  const fanOut = new FanOut()
  const sockets = await Promise.all(
    Array.from({ length: listeners / perSocket }, () =>
      opened(`${backend.url.replace('http', 'ws')}/graphql`, provider.accessToken as string),
    ),
  )
  for (const socket of sockets) {
    fanOut.watch(socket)
    for (let id = 0; id < perSocket; id += 1) {
      socket.send(
        JSON.stringify({
          id: String(id),
          type: 'subscribe',
          payload: { query: document, variables: { after: await cursorOf(provider) } },
        }),
      )
    }
  }
  const ours: number[] = []
  for (let count = 0; count < broadcasts; count += 1) {
    const done = fanOut.next()
    if (count % 2 === 0)
      await provider.mutate(SuspendProductSubscriptionDocument, { productSubscriptionId, reason: 'Maintenance' })
    else await provider.mutate(ResumeProductSubscriptionDocument, { productSubscriptionId })
    ours.push(await done)
  }
  for (const socket of sockets) socket.close()

  const floor = await bareBroadcast(fanOut.frame)
  console.log(`live: one event for ${listeners} listeners, from the first frame to the last, ${broadcasts} times`)
  console.log(`  backend  median ${median(ours).toFixed(2)} ms`)
  console.log(`  floor    median ${median(floor).toFixed(2)} ms`)
  console.log(`  ratio    ${(median(floor) / median(ours)).toFixed(3)}`)
}

/** Counts the frames of one event. */
class FanOut {
  frame = ''
  #arrived = 0
  #first = 0
  #whenAll: (took: number) => void = () => undefined

  watch(socket: WebSocket): void {
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      if (!text.includes('"next"')) return
      this.frame = text
      if (this.#arrived === 0) this.#first = performance.now()
      this.#arrived += 1
      if (this.#arrived < listeners) return
      this.#arrived = 0
      this.#whenAll(performance.now() - this.#first)
    })
  }

  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#whenAll = resolve
    })
  }
}

async function bareBroadcast(frame: string): Promise<number[]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fanOut = new FanOut()
  const sockets = await Promise.all(
    Array.from({ length: listeners / perSocket }, async () => {
      const socket = new WebSocket(url)
      await once(socket, 'open')
      fanOut.watch(socket)
      return socket
    }),
  )
  const took: number[] = []
  for (let count = 0; count < broadcasts; count += 1) {
    const done = fanOut.next()
    for (const client of server.clients) for (let id = 0; id < perSocket; id += 1) client.send(frame)
    took.push(await done)
  }
  for (const socket of sockets) socket.close()
  server.close()
  return took
}

async function cursorOf(client: Client): Promise<string> {
  return (await client.query(LiveCursorDocument)).liveCursor
}

async function opened(url: string, accessToken: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { accessToken } }))
  await once(socket, 'message')
  return socket
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import pg from 'pg'
import { startBackend } from '../support/backend.js'
import { givenBilling, givenMarketplace, stripeOf } from '../support/world.js'
import { bodyOf, floorOn } from './floor.js'
import { compare } from './measure.js'

const events = 40_000

/** Signed events until they are acknowledged: verified, stored once, committed. */
export async function bench(): Promise<void> {
  const backend = await startBackend({ role: 'api' })
  const market = await givenMarketplace(backend)
  const { webhookUrl, webhookSecret } = await givenBilling(market)
  const bodies = signedEvents((payload) =>
    stripeOf(backend).webhooks.generateTestHeaderString({ payload, secret: webhookSecret }),
  )
  const floor = await floorOn(backend.config.databaseUrl, async (pool, request, response) => {
    const body = await bodyOf(request)
    const [time = '', signature = ''] = String(request.headers['stripe-signature'])
      .split(',')
      .map((part) => part.slice(part.indexOf('=') + 1))
    const right = createHmac('sha256', webhookSecret).update(`${time}.${body.toString()}`).digest('hex')
    if (!timingSafeEqual(Buffer.from(right), Buffer.from(signature))) throw new Error('The signature does not fit.')
    const { id } = JSON.parse(body.toString()) as { id: string }
    await pool.query({
      name: 'store',
      text: 'insert into floor_event (id, body) values ($1, $2) on conflict do nothing',
      values: [id, body.toString()],
    })
    response.end('{"received":true}')
  })
  const client = new pg.Client({ connectionString: backend.config.databaseUrl })
  await client.connect()
  await client.query('create table floor_event (id text primary key, body text)')
  await client.end()
  const ours = { url: webhookUrl, method: 'POST' as const, headers: { 'content-type': 'application/json' }, bodies }
  await compare('webhooks: a signed event, acknowledged after the commit', ours, { ...ours, url: floor.url })
  await floor.close()
  await backend.stop()
}

function signedEvents(sign: (payload: string) => string) {
  return Array.from({ length: events }, () => {
    const body = JSON.stringify({
      id: `evt_${randomBytes(12).toString('hex')}`,
      object: 'event',
      api_version: '2024-06-20',
      created: Math.floor(Date.now() / 1_000),
      livemode: false,
      type: 'invoice.updated',
      data: {
        object: {
          id: `in_${randomBytes(12).toString('hex')}`,
          object: 'invoice',
          status: 'open',
          currency: 'usd',
          total: 2_500,
          amount_due: 2_500,
          amount_paid: 0,
          metadata: {},
        },
      },
    })
    return { body, headers: { 'stripe-signature': sign(body) } }
  })
}

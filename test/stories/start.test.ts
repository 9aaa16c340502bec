import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { migrations } from '../../migrations/list.js'
import { type Backend, freePort } from '../support/backend.js'
import { Client } from '../support/client.js'
import { createTestDatabase } from '../support/database.js'
import {
  BrowseMarketplaceDocument,
  InvoicePaidDocument,
  ProductSubscriptionDocument,
  SubscribeDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import { Mailbox } from '../support/mailbox.js'
import { Place, type Program } from '../support/processes.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  whenPressed,
  whenSubscribed,
} from '../support/world.js'

const ready = 'Ctrl-C stops everything in order.'
const ada = { email: 'ada@acme.example', password: 'demo-consumer-ada' }
const longest = 180_000

/** What is to be cleared away after a story, the last first. */
const cleanUps: Array<() => unknown> = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function opened(): Promise<Place> {
  const place = await Place.open()
  cleanUps.push(() => place.clear())
  return place
}

async function givenDatabase(): Promise<string> {
  const database = await createTestDatabase()
  cleanUps.push(() => database.drop())
  return database.url
}

/** A port at which another program listens. */
async function givenTakenPort(): Promise<string> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUps.push(() => server.close())
  return String((server.address() as AddressInfo).port)
}

async function signedIn(place: Place, email: string, password: string, marketplaceId?: string): Promise<Client> {
  const client = new Client(place.url)
  await client.signIn(email, password, marketplaceId)
  return client
}

/** The demo's marketplace, as anybody sees it. */
async function tidewater(place: Place) {
  const { marketplace } = await new Client(place.url).query(BrowseMarketplaceDocument, { slug: 'tidewater' })
  if (!marketplace) throw new Error('The demo marketplace is not there.')
  return marketplace
}

/** Twice, as a terminal and npm do it together; it takes no longer than is promised, and nothing is left. */
async function whenStopped(place: Place, program: Program, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  const asked = Date.now()
  program.signal(signal)
  program.signal(signal)
  expect(await program.ended).toBe(0)
  expect(Date.now() - asked).toBeLessThan(25_000)
  expect(await place.processes()).toEqual([])
}

describe('the start', () => {
  test(
    'needs nothing, shows how to come in, and finds everything again, however it was ended',
    async () => {
      const place = await opened()
      const first = place.run('src/main.ts')
      await first.says(ready)
      expect(first.errors).toBe('')
      expect(first.output.split('\n').filter((line) => !line.includes('INFO'))).toEqual([
        'Starting the embedded PostgreSQL …',
        'Starting the Stripe sandbox …',
        'Preparing the database …',
        `  ${migrations.length} migrations run`,
        'Made the provider Tidewater APIs with admin@tidewater.example as its administrator.',
        'Loading the demo marketplace …',
        '',
        'Ready.',
        `  GraphQL, and GraphiQL in a browser   ${place.url}/graphql`,
        `  Live updates (websocket)             ws://127.0.0.1:${place.port}/graphql`,
        `  Stripe sandbox                       ${place.sandboxUrl}/_sandbox`,
        `  Mails are written to                 ${place.mailFolder}`,
        '',
        'Demo sign-ins:',
        "  the provider's administrator         admin@tidewater.example  demo-administrator",
        "  a consumer, Acme's administrator     ada@acme.example  demo-consumer-ada  (marketplace tidewater)",
        '',
        'See a sale from start to end: npm run demo',
        ready,
        '',
        '',
      ])
      // A mail is told of in a line that a person can read.
      expect(first.output).toMatch(/\[\d\d:\d\d:\d\d\.\d+\] INFO: mail written \{"to":"ada@acme\.example"/)

      const marketplace = await tidewater(place)
      expect(marketplace.products.nodes.map(({ name, plans }) => [name, plans.map((plan) => plan.name)])).toEqual([
        ['Sea forecasts', ['Trial berth', 'Business']],
        ['Tide tables', ['Pay as you go']],
      ])
      const buyer = await signedIn(place, ada.email, ada.password, marketplace.id)
      const { viewer } = await buyer.query(ViewerDocument)
      const organizationId = viewer?.memberships[0]?.organization.id as string
      const [forecasts, tides] = marketplace.products.nodes
      const buy = (planId = '', acceptedTermsVersion?: number) =>
        buyer.mutate(SubscribeDocument, { organizationId, planId, acceptedTermsVersion })
      const free = await buy(forecasts?.plans[0]?.id, 1)
      expect(free.productSubscription).toMatchObject({ state: 'ACTIVE', standing: 'NOT_REQUIRED' })
      const { invoice, productSubscription } = await buy(tides?.plans[0]?.id)
      expect(invoice).toMatchObject({ status: 'OPEN', total: { amount: '14.00', currency: 'EUR' } })
      await signedIn(place, 'admin@tidewater.example', 'demo-administrator')

      // Somebody starts it again in the same folder: a sentence, and the first goes on.
      const second = place.run('src/main.ts', {
        PORT: String(await freePort()),
        SANDBOX_PORT: String(await freePort()),
      })
      expect(await second.ended).toBe(1)
      expect(second.errors.trim()).toMatch(
        /^\S+\/postgres\/data is in use by another process \(\d+\): stop that one, or give this one a folder of its own with DATA_DIR\.$/,
      )
      expect((await fetch(`${place.url}/readyz`)).status).toBe(200)
      await whenStopped(place, first)
      expect(first.output.trimEnd().split('\n').slice(-1)).toEqual(['Stopping …'])

      const again = place.run('src/main.ts')
      await again.says(ready)
      expect(again.output).not.toMatch(/migration|Made the provider|Loading the demo/)
      expect(again.output).toContain('demo-consumer-ada')
      expect((await tidewater(place)).id).toBe(marketplace.id)
      await whenPressed(invoice.hostedUrl as string, 'card')
      // A token that was given before the stop is still good.
      const paid = await buyer.listen(InvoicePaidDocument, { organizationId })
      const { productSubscription: kept } = await buyer.query(ProductSubscriptionDocument, {
        id: productSubscription.id,
      })
      if (kept?.standing !== 'GOOD') await paid.next()
      await buyer.close()
      expect(await place.processes()).not.toEqual([])
      await place.killAll()
      expect(await place.processes()).toEqual([])

      // By npm, whose one signal reaches the backend too.
      const third = place.npm('start')
      await third.says(ready)
      const returned = await signedIn(place, ada.email, ada.password, marketplace.id)
      const { productSubscription: paidFor } = await returned.query(ProductSubscriptionDocument, {
        id: productSubscription.id,
      })
      expect(paidFor).toMatchObject({ state: 'ACTIVE', standing: 'GOOD' })
      third.signal('SIGINT')
      expect(await third.ended).toBe(0)
      expect(await place.processes()).toEqual([])
    },
    longest,
  )

  test(
    'that is stopped half-way ends in order, and the next one makes up for it',
    async () => {
      const place = await opened()
      const early = place.run('src/main.ts', { SEED: 'none' })
      await early.says('Starting the embedded PostgreSQL …')
      await whenStopped(place, early, 'SIGTERM')
      expect(early.errors).toBe('')
      const half = place.run('src/main.ts', { SEED: 'none' })
      await half.says('Starting the embedded PostgreSQL …')
      await place.killAll()
      const whole = place.run('src/main.ts', { SEED: 'none' })
      await whole.says(ready)
      expect(whole.output).not.toContain('Demo sign-ins')
      await whenStopped(place, whole, 'SIGHUP')
    },
    longest,
  )

  test(
    'that cannot be says in a sentence why, and leaves nothing running',
    async () => {
      const place = await opened()
      const databaseUrl = await givenDatabase()
      const taken = await givenTakenPort()
      const nobody = await freePort()
      const secret = 'hunter2-hunter2'
      const given = { DATABASE_URL: databaseUrl, SEED: 'none' }
      const wrongPassword = new URL(databaseUrl)
      wrongPassword.password = secret
      const faults: Array<[Record<string, string>, RegExp]> = [
        [
          { ...given, PORT: taken },
          /^The API did not start: port \d+ is in use\. Choose another with PORT and HOST, or stop what uses it\.$/,
        ],
        [
          { ...given, SANDBOX_PORT: taken },
          /^The Stripe sandbox did not start: port \d+ is in use\. Choose another with SANDBOX_PORT, or stop what uses it\.$/,
        ],
        [
          { ROLE: 'worker', DATABASE_URL: `postgresql://me:${secret}@127.0.0.1:${nobody}/shop` },
          /^No connection to the PostgreSQL database shop at 127\.0\.0\.1:\d+: connect ECONNREFUSED \S+\. Is DATABASE_URL right\?$/,
        ],
        [
          { ROLE: 'worker', DATABASE_URL: wrongPassword.href },
          /^No connection to the PostgreSQL database test_\w+ at \S+: password authentication failed for user "postgres"\. Is DATABASE_URL right\?$/,
        ],
        [
          { PORT: 'http', DATABASE_URL: `mysql://me:${secret}@db/shop` },
          /^The configuration is not valid:\n {2}- PORT: must be a port.*\n {2}- DATABASE_URL: must be an address.*$/,
        ],
        [
          { ...given, ADMIN_EMAIL: 'ada@example.com', ADMIN_PASSWORD: 'a fine long password', PROVIDER_NAME: ' ' },
          /^The first provider was refused\. .*\.$/,
        ],
      ]
      const programs = await Promise.all(
        faults.map(async ([env]) => place.run('src/main.ts', { SANDBOX_PORT: String(await freePort()), ...env })),
      )
      const codes = await Promise.all(programs.map((program) => program.ended))
      expect(codes).toEqual(faults.map(() => 1))
      for (const [index, program] of programs.entries()) {
        expect(program.errors.trim()).toMatch(faults[index]?.[1] as RegExp)
        expect(program.output).not.toContain(secret)
      }
      expect(await place.processes()).toEqual([])
    },
    longest,
  )

  test(
    'of the API and the worker, each a process of its own at once, shares one database and the work',
    async () => {
      const place = await opened()
      const databaseUrl = await givenDatabase()
      const first = {
        ADMIN_EMAIL: 'root@provider.example',
        ADMIN_PASSWORD: 'correct horse battery staple',
        PROVIDER_NAME: 'Provider',
      }
      const env = { ...first, DATABASE_URL: databaseUrl, SEED: 'none', LOG_LEVEL: 'info' }
      const worker = place.run('src/main.ts', { ...env, ROLE: 'worker' })
      const api = place.run('src/main.ts', { ...env, ROLE: 'api' })
      await Promise.all([worker.says(ready), api.says(ready)])
      expect(`${worker.output}${api.output}`.match(/Made the provider/g)).toHaveLength(1)
      expect(worker.output).not.toContain('GraphQL')
      expect(api.output).not.toContain('Mails are written')

      const backend = atPlace(place)
      const market = await givenMarketplace(backend)
      await givenBilling(market)
      // Comes by a mail, which only the worker writes.
      const acme = await givenOrganization(market)
      expect(api.output).not.toContain('mail written')
      expect(worker.output).toContain('mail written')
      const offer = await givenOffer(market)
      const paid = await acme.consumer.listen(InvoicePaidDocument, { organizationId: acme.id })
      const { invoice } = await whenSubscribed(acme, offer)
      // Comes by a webhook, which only the worker looks into.
      await whenPressed(invoice.hostedUrl as string, 'card')
      expect((await paid.next()).invoice).toMatchObject({ id: invoice.id, status: 'PAID' })
      await acme.consumer.close()

      await Promise.all(
        [api, worker].map(async (program) => {
          program.signal('SIGTERM')
          expect(await program.ended).toBe(0)
        }),
      )
      expect(await place.processes()).toEqual([])
      expect(await countOf(databaseUrl, 'provider')).toBe(1)
    },
    longest,
  )

  test(
    "of processes on machines whose clocks are wrong goes by the database's time",
    async () => {
      const place = await opened()
      const late = await opened()
      const databaseUrl = await givenDatabase()
      const env = {
        DATABASE_URL: databaseUrl,
        STRIPE_API_BASE: 'http://127.0.0.1:9',
        ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64'),
        ADMIN_EMAIL: 'root@provider.example',
        ADMIN_PASSWORD: 'correct horse battery staple',
        PROVIDER_NAME: 'Provider',
        LOG_LEVEL: 'warn',
      }
      const twoDays = 2 * 24 * 3_600
      const fast = place.run('src/main.ts', { ...env, ...wrongBy(twoDays) })
      await fast.says(ready)
      const slow = late.run('src/main.ts', { ...env, ...wrongBy(-twoDays) })
      await slow.says(ready)

      // What the one has given for a quarter of an hour is good at the other, and says the true time.
      const root = await signedIn(place, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
      const elsewhere = new Client(late.url)
      elsewhere.accessToken = root.accessToken
      const { viewer } = await elsewhere.query(ViewerDocument)
      expect(viewer?.user?.email).toBe(env.ADMIN_EMAIL)
      expect(await hoursSince(databaseUrl, 'select max(created_at) from session')).toBe(0)

      for (const [at, program, ahead] of [
        [place, fast, twoDays],
        [late, slow, -twoDays],
      ] as const) {
        expect(program.output).toContain("this machine's clock is not the database's")
        expect((await fetch(`${at.url}/readyz`)).status).toBe(200)
        const metrics = await (await fetch(`${at.url}/metrics`)).text()
        const [, measured] = metrics.match(/^machine_clock_ahead_seconds (\S+)$/m) ?? []
        expect(Math.round(Number(measured) / 3_600)).toBe(ahead / 3_600)
      }
    },
    longest,
  )

  test(
    'in production is told by JSON, without demo and explorer',
    async () => {
      const place = await opened()
      const databaseUrl = await givenDatabase()
      const production = place.run('src/main.ts', {
        NODE_ENV: 'production',
        DATABASE_URL: databaseUrl,
        STRIPE_API_BASE: 'http://127.0.0.1:9',
        ENCRYPTION_KEYS: Buffer.alloc(32, 7).toString('base64'),
      })
      await production.says('Ready.')
      const page = await fetch(`${place.url}/graphql`, { headers: { accept: 'text/html' } })
      expect(page.headers.get('content-type')).not.toMatch('text/html')
      await whenStopped(place, production, 'SIGTERM')
      expect(production.errors).toBe('')
      const lines = production.output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { level: number; msg: string; role: string })
      expect(lines.map(({ level, role, msg }) => [level, role, msg])).toEqual([
        [30, 'all', 'Preparing the database …'],
        [30, 'all', 'Ready.'],
        [30, 'all', 'Stopping …'],
      ])
      expect(await countOf(databaseUrl, 'provider')).toBe(0)
    },
    longest,
  )
})

/** What runs there, for the words in which stories are told; there is nothing of it in this process. */
function atPlace(place: Place): Backend {
  const parts = {
    url: place.url,
    sandbox: { url: place.sandboxUrl },
    mails: new Mailbox(place.mailFolder),
    client: () => new Client(place.url),
  }
  return parts as unknown as Backend
}

/** The environment of a process on a machine whose clock is so far ahead, or behind. */
function wrongBy(seconds: number): Record<string, string> {
  const shifted = `const Real = Date
    globalThis.Date = class Date extends Real {
      static now() { return Real.now() + ${seconds * 1_000} }
      constructor(...given) { given.length === 0 ? super(Date.now()) : super(...given) }
    }`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shifted)}` }
}

/** By the database's time. */
async function hoursSince(databaseUrl: string, instant: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ hours: number }>(
      `select round(extract(epoch from now() - (${instant})) / 3600)::int as hours`,
    )
    return rows[0]?.hours ?? Number.NaN
  } finally {
    await client.end()
  }
}

async function countOf(databaseUrl: string, table: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from ${pg.escapeIdentifier(table)}`,
    )
    return rows[0]?.count ?? 0
  } finally {
    await client.end()
  }
}

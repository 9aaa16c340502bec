import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { type Backend, startBackend } from '../support/backend.js'
import { pushed, timeIn, whenAllRests } from '../support/billing.js'
import { Client } from '../support/client.js'
import {
  AccessDecisionDocument,
  BrowseMarketplaceDocument,
  ConsumerOrganizationApplicationsDocument,
  CreateApplicationDocument,
  CreateGatewayTokenDocument,
  InviteProviderMemberDocument,
  ProductSubscriptionChangedDocument,
  ReportUsageDocument,
  SubscribeDocument,
  ViewerDocument,
} from '../support/generated/graphql.js'
import { newAddress } from '../support/people.js'
import {
  givenGateway,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  mark,
  whenAccessIsAskedFor,
  whenSubscribed,
} from '../support/world.js'

/** What a client may be told while the database is away; it comes back, and asks again. */
const passing = new Set(['SERVICE_UNAVAILABLE', 'CONFLICT'])

describe('a database that drops its connections', () => {
  let backend: Backend
  let market: Market
  /** A connection of the test's own. */
  let database: pg.Client
  beforeAll(async () => {
    backend = await startBackend()
    database = new pg.Client({ connectionString: backend.config.databaseUrl })
    await database.connect()
    market = await givenMarketplace(backend)
  })
  afterAll(async () => {
    await database.end()
    await backend.stop()
  })

  /** @returns how many there were */
  async function whenConnectionsAreCut(): Promise<number> {
    const { rowCount } = await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    return rowCount ?? 0
  }

  /** Takes all of one table, so that whoever writes to it waits. */
  async function waitingFor(table: string, count: number): Promise<void> {
    for (const deadline = Date.now() + 8_000; ; ) {
      const { rows } = await database.query<{ waiting: number }>(
        `select count(*)::int as waiting from pg_locks l join pg_class c on c.oid = l.relation
         where c.relname = $1 and not l.granted`,
        [table],
      )
      if ((rows[0]?.waiting ?? 0) >= count) return
      if (Date.now() > deadline) throw new Error(`Only ${rows[0]?.waiting} wait for ${table}.`)
    }
  }

  test('three times amid traffic: it lives, serves on within two seconds, and counts nothing twice', async () => {
    const offer = await givenOffer(market, { type: 'FREE' })
    const acme = await givenOrganization(market)
    const authorize = await givenGateway(market)
    const { productSubscription } = await whenSubscribed(acme, offer)
    const { key, credential } = await whenAccessIsAskedFor(acme, offer, productSubscription.id)
    const { token } = await market.provider.mutate(CreateGatewayTokenDocument, {
      marketplaceId: market.id,
      name: 'usage',
    })
    const gateway = new Client(backend.url)
    gateway.accessToken = token
    const heard = await market.provider.listen(ProductSubscriptionChangedDocument, {})
    const occurredAt = (await timeIn(market)).toISOString()

    const told = new Map<string, number>()
    let over = false
    let failed: unknown = null
    /** When each kind of work last succeeded. */
    const successes: Record<string, number> = {}

    /** Does it until it is done, as a client that is told to come back. */
    async function until<Result>(
      name: string,
      attempt: () => Promise<{ done: Result } | { code: string | undefined }>,
    ): Promise<Result> {
      for (;;) {
        if (failed) throw failed
        const outcome = await attempt()
        if ('done' in outcome) {
          successes[name] = Date.now()
          return outcome.done
        }
        told.set(`${name} ${outcome.code}`, (told.get(`${name} ${outcome.code}`) ?? 0) + 1)
        if (outcome.code === undefined || !passing.has(outcome.code))
          throw new Error(
            `${name} was told ${outcome.code}: ${backend.complaints.filter((line) => line.includes('an operation failed') && !line.includes('57P01')).at(-1)}`,
          )
      }
    }
    async function again(name: string, work: (round: number) => Promise<unknown>): Promise<number> {
      let round = 0
      while (!over) {
        await work(round)
        round += 1
      }
      expect(successes[name]).toBeDefined()
      return round
    }

    const browsing = again('browse', () =>
      until('browse', async () => {
        const { data, errors } = await acme.consumer.ask(BrowseMarketplaceDocument, { slug: market.slug })
        return errors.length === 0 && data ? { done: data } : { code: errors[0]?.extensions?.code }
      }),
    )
    const deciding = again('decide', () =>
      until('decide', async () => {
        const { status } = await authorize(key, offer.basePath)
        // That the database is away is no verdict on a key.
        return status === 204 ? { done: true } : { code: status === 503 ? 'SERVICE_UNAVAILABLE' : `status ${status}` }
      }),
    )
    const reporting = again('report', (round) => {
      const records = [0, 1, 2].map((at) => ({
        id: `${round}-${at}`,
        credential: credential.publicId,
        path: offer.basePath,
        occurredAt,
      }))
      return until('report', async () => {
        const { data, errors } = await gateway.ask(ReportUsageDocument, { input: { records } })
        const { accepted = 0, duplicates = 0 } = data?.reportUsage ?? {}
        return accepted + duplicates === 3 ? { done: true } : { code: errors[0]?.extensions?.code }
      })
    })
    const names: string[] = []
    const making = again('make', (round) => {
      const name = `Application ${round}`
      names.push(name)
      const input = { organizationId: acme.id, name, idempotencyKey: `make-${round}` }
      return until('make', async () => {
        const { data, errors } = await acme.consumer.ask(CreateApplicationDocument, { input })
        return data?.createApplication.application ? { done: true } : { code: errors[0]?.extensions?.code }
      })
    })
    const subscribed: string[] = []
    const subscribing = again('subscribe', async (round) => {
      const planId = await until('offer', () =>
        givenOffer(market, { type: 'FREE' }).then(
          (made) => ({ done: made.planId }),
          () => ({ code: 'SERVICE_UNAVAILABLE' }),
        ),
      )
      const input = { organizationId: acme.id, planId, idempotencyKey: `subscribe-${round}` }
      subscribed.push(
        await until<string>('subscribe', async () => {
          const { data, errors } = await acme.consumer.ask(SubscribeDocument, { input })
          const id = data?.subscribe.productSubscription?.id
          return id ? { done: id } : { code: errors[0]?.extensions?.code }
        }),
      )
    })

    const traffic = Promise.all([browsing, deciding, reporting, making, subscribing])
    traffic.catch((error: unknown) => {
      failed ??= error
    })
    const served = async (kinds: readonly string[], since: number): Promise<void> => {
      while (!failed && !kinds.every((kind) => (successes[kind] ?? 0) > since)) await new Promise(setImmediate)
      if (failed) throw failed
    }
    const kinds = ['browse', 'decide', 'report', 'make', 'subscribe']
    await served(kinds, Date.now())
    for (let cut = 0; cut < 3; cut += 1) {
      expect(await whenConnectionsAreCut()).toBeGreaterThan(3)
      const at = Date.now()
      await served(kinds, at)
    }
    over = true
    const [, , reports, applications] = await traffic

    // What was done was done once.
    const { consumerOrganization } = await acme.consumer.query(ConsumerOrganizationApplicationsDocument, {
      id: acme.id,
      first: 100,
    })
    const made = consumerOrganization?.applications.nodes.map(({ name }) => name).filter((name) => names.includes(name))
    expect(made?.sort()).toEqual(names.slice(0, 100).sort())
    expect(applications).toBe(names.length)
    const { accessDecision } = await gateway.query(AccessDecisionDocument, {
      credential: key,
      path: offer.basePath,
    })
    expect(accessDecision.quota?.used).toBe(String(reports * 3))
    await whenAllRests(market)
    const ofOurs = ({ productSubscription: { id } }: { productSubscription: { id: string } }) => subscribed.includes(id)
    const activations = await pushed(heard, subscribed.length, ofOurs)
    expect(activations.map(({ productSubscription: { id } }) => id).sort()).toEqual([...subscribed].sort())
    expect(heard.ended).toBeUndefined()
    // Nobody was told that it is our fault.
    expect([...told.keys()].filter((name) => !/SERVICE_UNAVAILABLE|CONFLICT/.test(name))).toEqual([])
    expect(told.size).toBeGreaterThan(0)
  })

  test('and no connection is lost to it: ten may work at once as before', async () => {
    const acme = await givenOrganization(market)
    const own = mark()
    await database.query('begin')
    await database.query('lock table application in access exclusive mode')
    const making = Array.from({ length: 10 }, (_, at) =>
      acme.consumer.mutate(CreateApplicationDocument, { organizationId: acme.id, name: `${own} ${at}` }),
    )
    await waitingFor('application', 10)
    await database.query('rollback')
    await Promise.all(making)
  })
})

describe('a worker that is killed', () => {
  const workers: ChildProcess[] = []
  let backend: Backend
  beforeAll(async () => {
    backend = await startBackend({ role: 'api' })
  })
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL')
    await backend.stop()
  })

  async function givenWorker(mailUrl: string): Promise<ChildProcess> {
    const { databaseUrl, dataDir, encryptionKeys } = backend.config
    const worker = fork(fileURLToPath(new URL('../../src/main.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        ROLE: 'worker',
        DATABASE_URL: databaseUrl,
        DATA_DIR: dataDir,
        MAIL_URL: mailUrl,
        STRIPE_API_BASE: backend.sandbox.url,
        ENCRYPTION_KEYS: encryptionKeys.map((key) => key.toString('base64')).join(','),
      },
    })
    workers.push(worker)
    const [message] = await once(worker, 'message')
    expect(message).toBe('ready')
    return worker
  }

  test('leaves its job to another, which does it', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const begun = once(silent, 'connection')
    const first = await givenWorker(`smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`)

    const provider = await backend.administrator()
    const { viewer } = await provider.query(ViewerDocument)
    const providerId = viewer?.providerMemberships[0]?.provider.id as string
    const email = newAddress()
    await provider.mutate(InviteProviderMemberDocument, { providerId, email, roles: ['AUDITOR'] })
    // It is under way, and never answered.
    const [held] = (await begun) as [Socket]

    await givenWorker('')
    first.kill('SIGKILL')
    await once(first, 'exit')
    expect(await backend.mails.next(email)).toMatchObject({ to: email, token: expect.any(String) })
    held.destroy()
    silent.close()
  })
})

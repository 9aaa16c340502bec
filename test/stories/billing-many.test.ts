import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { billingRunTask } from '../../src/billing/billing-run.reactions.js'
import { type Backend, startBackend } from '../support/backend.js'
import { later, minute, timeIn, whenItIs } from '../support/billing.js'
import { ConfigureBillingDocument, InvoiceChangedDocument } from '../support/generated/graphql.js'
import { Place } from '../support/processes.js'
import { givenManyDue } from '../support/renewals.js'
import { type SandboxControl, sandboxOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  whenSubscribed,
} from '../support/world.js'

const longest = 300_000

describe('a cycle that falls due for many at once', () => {
  let backend: Backend
  let sandbox: SandboxControl
  let database: pg.Client
  beforeAll(async () => {
    backend = await startBackend({ logLevel: 'info' })
    sandbox = sandboxOf(backend)
    database = new pg.Client({ connectionString: backend.config.databaseUrl })
    await database.connect()
  })
  afterAll(async () => {
    await database.end()
    await backend.stop()
  })

  async function givenConnected(account: string): Promise<Market> {
    const market = await givenMarketplace(backend)
    const restrictedKey = await sandbox.key(['customers:write', 'invoices:write'], account)
    // Nothing is sent to it: what Stripe answers tells enough.
    const webhookSecret = `whsec_${account.padEnd(32, '0').replaceAll('_', '0')}`
    await market.provider.mutate(ConfigureBillingDocument, { marketplaceId: market.id, restrictedKey, webhookSecret })
    return market
  }

  test(
    'is brought to Stripe within its limits, the small marketplace beside the large, and whoever subscribes before both',
    async () => {
      const [large, small] = [await givenConnected('acct_large'), await givenConnected('acct_small')]
      const [dear, cheap] = [await givenOffer(large), await givenOffer(small)]
      const newcomer = await givenOrganization(large, 'Newcomer')
      const heard = await newcomer.consumer.listen(InvoiceChangedDocument, { organizationId: newcomer.id })
      await givenManyDue(database, large, dear, 40)
      await givenManyDue(database, small, cheap, 1)
      await sandbox.limits(true)

      await backend.app.features.tasks[billingRunTask]?.()
      const { invoice } = await whenSubscribed(newcomer, dear)
      await heard.next(({ change }) => change === 'OPENED')
      await whenItIs(large, later(await timeIn(large), minute))

      const requests = (await sandbox.requests()).toReversed()
      expect(requests.filter(({ status }) => status === 429)).toEqual([])
      const finalized = requests.filter(({ path }) => path.endsWith('/finalize'))
      expect(finalized.map(({ status }) => status)).toEqual(Array.from({ length: 42 }, () => 200))
      const [stored] = await sandbox.invoicesOf(invoice.id)
      const newcomers = finalized.findIndex(({ path }) => path === `/v1/invoices/${stored?.id}/finalize`)
      const smalls = finalized.findIndex(({ account }) => account === 'acct_small')
      for (const place of [newcomers, smalls]) {
        expect(place).toBeGreaterThanOrEqual(0)
        expect(place).toBeLessThan(25)
      }
      const { rows } = await database.query(
        `select status, sync_status, count(*)::int from invoice where reason = 'SUBSCRIPTION_CYCLE' group by 1, 2`,
      )
      expect(rows).toEqual([{ status: 'OPEN', sync_status: 'SYNCED', count: 41 }])
    },
    longest,
  )

  test('tells those who watch over it how far it is', async () => {
    const told = backend.logged.filter((line) => line.includes('invoices are brought to Stripe'))
    const last = JSON.parse(told.at(-1) ?? '{}') as object
    expect(last).toMatchObject({ refused: 0, unknown: 0, failed: 0, left: 0, perSecond: expect.any(Number) })
    const metrics = await (await fetch(`${backend.url}/metrics`)).text()
    const { rows } = await database.query<{ connection: string; count: number }>(
      'select billing_integration_id as connection, count(*)::int from invoice group by 1 order by 2',
    )
    expect(rows.map(({ count }) => count)).toEqual([1, 41])
    for (const { connection, count } of rows) {
      const tries = new RegExp(`billing_invoice_tries_total\\{connection="${connection}",outcome="done"\\} (\\d+)\n`)
      // One that has not been heard of for a while may be tried a second time, to no effect.
      expect(Number(tries.exec(metrics)?.[1])).toBeGreaterThanOrEqual(count)
      expect(metrics).not.toContain(`billing_invoices_waiting{connection="${connection}"}`)
    }
  })

  test(
    'waits while Stripe is away, is told as waiting, and comes when it is back',
    async () => {
      const market = await givenConnected('acct_away')
      await givenManyDue(database, market, await givenOffer(market), 30)
      await sandbox.fault({ match: { path: '/v1/customers' }, act: 'status', code: 500 })
      await backend.app.features.tasks[billingRunTask]?.()
      const waiting = `select count(*)::int, count(*) filter (where sync_attempts = 0)::int as untried from invoice
        where marketplace_id = '${market.id}' and sync_status = 'PENDING'`
      // Not all of them were asked for in vain.
      await whenRows(database, `select 1 from graphile_worker.jobs where key like 'bring-cycles %' and run_at > now()`)
      const { rows } = await database.query<{ count: number; untried: number }>(waiting)
      expect(rows[0]?.count).toBe(30)
      expect(rows[0]?.untried).toBeGreaterThan(0)
      const metrics = await (await fetch(`${backend.url}/metrics`)).text()
      expect(metrics).toMatch(/billing_invoices_waiting\{connection="bint_\w+"\} 30\n/)
      await sandbox.mend()
      await database.query(`update graphile_worker._private_jobs set run_at = now() where run_at > now()`)
      await database.query(`select pg_notify('jobs:insert', '{"r":"test","count":1}')`)
      await whenItIs(market, later(await timeIn(market), minute))
      expect((await database.query<{ count: number }>(waiting)).rows[0]?.count).toBe(0)
    },
    longest,
  )
})

describe('a worker that is killed in the middle of a billing run', () => {
  test(
    'leaves whole batches, and the next one does the rest: nothing twice, nothing left out',
    async () => {
      const count = 2_500
      const backend = await startBackend({ role: 'api' })
      const market = await givenMarketplace(backend)
      await givenBilling(market)
      const database = new pg.Client({ connectionString: backend.config.databaseUrl })
      await database.connect()
      const place = await Place.open()
      try {
        await givenManyDue(database, market, await givenOffer(market), count)
        await database.query('listen events')
        const invoices = async () =>
          (await database.query<{ count: number }>('select count(*)::int from invoice')).rows[0]?.count ?? 0
        const startWorker = async () => {
          const { databaseUrl, encryptionKeys } = backend.config
          place.run('src/main.ts', {
            ROLE: 'worker',
            DATABASE_URL: databaseUrl,
            SANDBOX_PORT: String(backend.sandbox.port),
            ENCRYPTION_KEYS: encryptionKeys.map((key) => key.toString('base64')).join(','),
          })
          await database.query(`select graphile_worker.add_job('${billingRunTask}')`)
        }

        await startWorker()
        while ((await invoices()) === 0) await once(database, 'notification')
        await place.killAll()
        const left = await invoices()
        expect(left).toBeGreaterThan(0)
        expect(left).toBeLessThan(count)
        expect(await whole(database)).toEqual({ invoiced: left, due: count - left })

        await startWorker()
        while ((await invoices()) < count) await once(database, 'notification')
        expect(await whole(database)).toEqual({ invoiced: count, due: 0 })
      } finally {
        await place.clear()
        await database.end()
        await backend.stop()
      }
    },
    longest,
  )
})

/** How many have been invoiced and how many have not, with all that belongs to either. */
async function whole(database: pg.Client): Promise<{ invoiced: number; due: number }> {
  const { rows } = await database.query<{ period: number; invoices: number; with_all: boolean; count: number }>(`
    select s.period_number as period, count(i.id)::int as invoices,
      bool_and(i.id is null or (i.period_start = s.period_start and i.period_end = s.period_end
        and (select count(*) from invoice_line l where l.invoice_id = i.id) = 1
        and (select count(*) from invoice_transition t where t.invoice_id = i.id and t.from_status is null) = 1
        and (select count(*) from event e where e.subject_id = i.id and e.name = 'invoice.created') = 1
        and (select count(*) from event e where e.subject_id = s.id and e.name = 'product-subscription.renewed') = 1
      )) as with_all, count(*)::int
    from product_subscription s left join invoice i on i.product_subscription_id = s.id
    group by 1 order by 1 desc`)
  expect(rows.every(({ with_all }) => with_all)).toBe(true)
  expect(rows.map(({ period, invoices, count }) => [period, invoices, count])).toEqual([
    ...rows.filter(({ period }) => period === 6).map(({ count }) => [6, count, count]),
    ...rows.filter(({ period }) => period === 5).map(({ count }) => [5, 0, count]),
  ])
  const of = (number: number) => rows.find(({ period }) => period === number)?.count ?? 0
  return { invoiced: of(6), due: of(5) }
}

/** As soon as there is one. */
async function whenRows(database: pg.Client, query: string): Promise<void> {
  while ((await database.query(query)).rows.length === 0);
}

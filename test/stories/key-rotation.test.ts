import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { entities } from '../../src/entities.js'
import { Database } from '../../src/persistence/database.js'
import { reseal } from '../../src/persistence/resealing.js'
import { SecretBox } from '../../src/persistence/secret-box.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { sealedStores } from '../../src/sealed-stores.js'
import { type Backend, startBackend } from '../support/backend.js'
import { subscriptionSeen, whenAllRests, whenPaid } from '../support/billing.js'
import {
  ConfigureBillingDocument,
  MarketplaceBillingDocument,
  RequestPasswordResetDocument,
  TestBillingDocument,
} from '../support/generated/graphql.js'
import { sandboxOf } from '../support/sandbox.js'
import {
  givenBilling,
  givenFurtherPlan,
  givenMarketplace,
  givenOffer,
  givenOrganization,
  type Market,
  type Offer,
  type Organization,
  whenSubscribed,
} from '../support/world.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

const columns = ['sealed_restricted_key', 'sealed_webhook_secret', 'sealed_former_webhook_secret'] as const
type Sealed = Record<(typeof columns)[number], string | null> & { id: string; provider_id: string }

describe('the keys that protect secrets at rest', () => {
  const [former, newest] = [randomBytes(32), randomBytes(32)]
  let backend: Backend
  let database: pg.Client
  let market: Market
  let organization: Organization
  let offer: Offer
  beforeAll(async () => {
    backend = await startBackend({ encryptionKeys: [former] })
    database = new pg.Client({ connectionString: backend.config.databaseUrl })
    await database.connect()
    market = await givenMarketplace(backend)
    const { endpointId } = await givenBilling(market)
    const webhookSecret = await sandboxOf(backend).roll(endpointId)
    await market.provider.mutate(ConfigureBillingDocument, { marketplaceId: market.id, webhookSecret })
    organization = await givenOrganization(market)
    offer = await givenOffer(market)
  })
  afterAll(async () => {
    await database.end()
    await backend.stop()
  })

  const sealed = async () => (await database.query<Sealed>('select * from billing_integration order by id')).rows
  const valuesOf = (rows: Sealed[]) =>
    rows.flatMap((row) => columns.map((column) => row[column])).filter((one) => one !== null)
  const keysThatSealed = async () => new Set(valuesOf(await sealed()).map((value) => value.split('|')[1]))

  /** With these keys in the environment, as an operator runs it. */
  async function resealedWith(...keys: Buffer[]): Promise<{ code: number; said: string; complained: string }> {
    const { databaseUrl, dataDir } = backend.config
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      ENCRYPTION_KEYS: keys.map((key) => key.toString('base64')).join(','),
    }
    try {
      const args = ['src/launch.mjs', 'src/keys-command.ts', 'reseal']
      const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env })
      return { code: 0, said: stdout, complained: stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, said: stdout, complained: stderr }
    }
  }

  async function whenTheKeysAre(...keys: Buffer[]): Promise<void> {
    backend.config.encryptionKeys.splice(0, Number.POSITIVE_INFINITY, ...keys)
    await backend.restart()
  }

  /** Everything for which a secret is opened: the key to make and read invoices, the signing secret to hear of payments. */
  async function billingWorks(): Promise<void> {
    const plan = await givenFurtherPlan(market, offer, {})
    const { productSubscription } = await whenSubscribed(organization, plan)
    await whenPaid(market, organization.consumer, productSubscription.id)
    const { standing, invoices } = await subscriptionSeen(organization.consumer, productSubscription.id)
    expect({ standing, status: invoices.map(({ status }) => status) }).toEqual({ standing: 'GOOD', status: ['PAID'] })
    expect(backend.failures()).toEqual([])
  }

  test('are named with each value, and every column of sealed values is known to the command', async () => {
    const [row] = await sealed()
    for (const column of columns) expect(row?.[column]).toMatch(/^v1\|[\w-]{8}\|/)
    const { rows } = await database.query<{ name: string }>(`
      select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and column_name like '%sealed%' order by 1`)
    const known = sealedStores({} as never).map(({ name }) => name)
    expect(known).toEqual(expect.arrayContaining(rows.map(({ name }) => name)))
  })

  test('change in three steps, and billing never stops', async () => {
    const before = await sealed()
    await whenTheKeysAre(former, newest)
    await billingWorks()
    await whenTheKeysAre(newest, former)
    // What nobody has written since is still sealed with the former key, and opens.
    expect(valuesOf(await sealed())).toEqual(valuesOf(before))
    await billingWorks()

    const { code, said, complained } = await resealedWith(newest, former)
    expect({ code, complained }).toEqual({ code: 0, complained: '' })
    for (const column of columns) {
      expect(said).toContain(`billing_integration.${column}: 1 sealed anew, 0 were already\n`)
    }
    expect(said).toContain('the others may be removed from ENCRYPTION_KEYS')
    const after = valuesOf(await sealed())
    expect(after).toHaveLength(valuesOf(before).length)
    expect(after.filter((value) => valuesOf(before).includes(value))).toEqual([])
    expect((await keysThatSealed()).size).toBe(1)
    await billingWorks()

    await whenTheKeysAre(newest)
    await billingWorks()
    const again = await resealedWith(newest)
    expect(again.said).toContain('billing_integration.sealed_restricted_key: 0 sealed anew, 1 were already\n')
    expect(valuesOf(await sealed())).toEqual(after)
  })

  test('must not go before the values that they sealed: the command names what it cannot open, and changes nothing', async () => {
    const before = await sealed()
    const { code, said, complained } = await resealedWith(former)
    expect(code).toBe(1)
    expect(said).not.toContain('may be removed')
    for (const column of columns)
      expect(complained).toContain(`billing_integration.${column} of ${before[0]?.id}: none`)
    expect(await sealed()).toEqual(before)
  })

  test('may be changed while mails wait for a post office that is away', async () => {
    const { email } = organization
    await database.query(`
      create function keep_mail() returns trigger language plpgsql as $$
      begin
        if new.task_id = (select id from graphile_worker._private_tasks where identifier = 'send-mail') then
          new.run_at = now() + interval '1 day';
        end if;
        return new;
      end $$;
      create trigger keep_mail before insert or update on graphile_worker._private_jobs
      for each row execute function keep_mail()`)
    await backend.client().mutate(RequestPasswordResetDocument, { email, marketplaceId: market.id })
    await whenAllRests(market)
    const waiting = async () => {
      const { rows } = await database.query<{ payload: { sealed: string } }>(`
        select payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = 'send-mail'`)
      return rows.map(({ payload }) => payload.sealed)
    }
    const before = await waiting()
    expect(before).toHaveLength(1)

    const third = randomBytes(32)
    const own = await Database.connect({ url: backend.config.databaseUrl, entities })
    const outcomes = await reseal(new SecretBox([third, newest]), sealedStores(UnitOfWork.quiet(own)))
    await own.close()
    expect(outcomes.map(({ renewed, lost }) => [renewed, lost.length])).toEqual([1, 1, 1, 1].map((count) => [count, 0]))
    expect(await waiting()).not.toEqual(before)
    await whenTheKeysAre(third)
    await database.query(`
      drop trigger keep_mail on graphile_worker._private_jobs;
      drop function keep_mail();
      update graphile_worker._private_jobs set run_at = now() where task_id =
        (select id from graphile_worker._private_tasks where identifier = 'send-mail')`)
    expect((await backend.mails.next(email, 'reset-password')).token).toMatch(/^mpt_/)
    await billingWorks()
  })

  describe('seal a value to its place', () => {
    async function moved(statement: string, look: () => Promise<void>): Promise<void> {
      const before = await sealed()
      await database.query(statement)
      try {
        await look()
      } finally {
        for (const row of before) {
          await database.query(
            `update billing_integration set ${columns.map((column, at) => `${column} = $${at + 1}`).join(', ')} where id = $4`,
            [...columns.map((column) => row[column]), row.id],
          )
        }
      }
    }

    test('so that one that was moved to another row or column is refused, by billing and by the command', async () => {
      const other = await givenMarketplace(backend)
      await givenBilling(other)
      const [one, two] = (await sealed()).map(({ id }) => id) as [string, string]
      const swapped = `update billing_integration set sealed_restricted_key =
        (select sealed_restricted_key from billing_integration where id = '${one}') where id = '${two}'`
      const crossed = `update billing_integration set sealed_restricted_key = sealed_webhook_secret where id = '${two}'`
      for (const statement of [swapped, crossed]) {
        await moved(statement, async () => {
          const before = backend.failures().length
          const { data, errors } = await other.provider.ask(TestBillingDocument, {
            input: { billingIntegrationId: two },
          })
          expect({ data, code: errors[0]?.extensions?.code }).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
          expect(backend.failures().slice(before)).toEqual([expect.stringMatching(/sealed to another place/)])
          const own = await Database.connect({ url: backend.config.databaseUrl, entities })
          const keys = [randomBytes(32), ...backend.config.encryptionKeys]
          const [keyColumn] = await reseal(new SecretBox(keys), sealedStores(UnitOfWork.quiet(own)).slice(0, 1))
          expect(keyColumn?.lost.map(({ id }) => id)).toEqual([two])
          await reseal(
            new SecretBox([...backend.config.encryptionKeys, keys[0] as Buffer]),
            sealedStores(UnitOfWork.quiet(own)),
          )
          await own.close()
        })
      }
      const { marketplace } = await other.provider.query(MarketplaceBillingDocument, { slug: other.slug })
      expect(marketplace?.billing?.id).toBe(two)
      await whenAllRests(other)
    })
  })
})

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { become, deletableBy, fill, seenBy, tables, viewers, type World, worlds, writableBy } from './tables-world.js'

type Sight = Record<string, World[]>

const all = Object.keys(worlds) as World[]
const ofProvider: World[] = ['own', 'neighbor', 'sister']
const nobody = Object.fromEntries(Object.keys(viewers).map((viewer) => [viewer, []])) as Sight
const backend: Sight = { ...nobody, system: all }
const staff: Sight = { ...backend, manager: ofProvider, auditor: ofProvider }
const members = { administrator: ['own'], subscriber: ['own'], developer: ['own'] } satisfies Sight
const organization: Sight = { ...staff, ...members, gateway: ['own', 'neighbor'] }
const organizationsPeople: Sight = { ...staff, ...members }
const administrators: Sight = { ...staff, administrator: ['own'] }
const payers: Sight = { ...administrators, subscriber: ['own'] }
const managers: Sight = { ...backend, manager: ofProvider }
const onSale: Sight = { ...staff, ...members, gateway: ofProvider }
const person: Sight = { ...backend, ...members, 'without an organization': ['own'] }
const consumers: Sight = {
  ...staff,
  administrator: ofProvider,
  subscriber: ofProvider,
  developer: ofProvider,
  'without an organization': ofProvider,
  gateway: ofProvider,
}

/** Who sees the rows of whom. */
const sights: Record<string, Sight> = {
  access_request: organization,
  api_resource: onSale,
  api_specification: organizationsPeople,
  application: organization,
  asset: onSale,
  asset_release: onSale,
  attempt: Object.fromEntries(Object.keys(viewers).map((viewer) => [viewer, all])),
  audit_chain: { ...backend, system: ['own', 'foreign'] },
  audit_entry: administrators,
  billing_account: organizationsPeople,
  billing_credit: backend,
  billing_integration: managers,
  consumer_organization: organization,
  credential: { ...organizationsPeople, gateway: ['own'] },
  event: backend,
  gateway_token: managers,
  idempotency_record: person,
  invitation: administrators,
  invoice: payers,
  invoice_line: payers,
  invoice_transition: payers,
  mailed_token: backend,
  // Each of the shared ones is told as the first of its worlds.
  marketplace: {
    ...Object.fromEntries(Object.keys(viewers).map((viewer) => [viewer, ['own', 'sister', 'foreign'] as World[]])),
    nobody: [],
    gateway: ['own'],
  },
  marketplace_billing: { ...managers, system: ['own', 'sister', 'foreign'], manager: ['own', 'sister'] },
  membership: organizationsPeople,
  notice: backend,
  plan: onSale,
  plan_visibility: staff,
  product: onSale,
  product_asset: onSale,
  product_release: onSale,
  product_subscription: organization,
  provider: { ...backend, system: ['own', 'foreign'], manager: ['own'], auditor: ['own'] },
  provider_invitation: staff,
  provider_membership: staff,
  publication: staff,
  quota: onSale,
  quota_counter: organization,
  quota_resource: onSale,
  released_resource: onSale,
  session: person,
  session_token: backend,
  stripe_event: backend,
  stripe_intent: backend,
  terms_acceptance: { ...staff, ...person, ...{ manager: ofProvider, auditor: ofProvider } },
  terms_version: {
    ...Object.fromEntries(Object.keys(viewers).map((viewer) => [viewer, ['own', 'sister', 'foreign'] as World[]])),
    nobody: [],
    gateway: ['own', 'sister'],
  },
  unit: consumers,
  usage_record: organization,
  user_account: backend,
}

/** Of what is seen by others than those who write it: who may delete, and write. */
const changedByProvider = new Set([
  'api_resource',
  'api_specification',
  'asset',
  'asset_release',
  'audit_entry',
  'billing_account',
  'invoice',
  'invoice_line',
  'invoice_transition',
  'marketplace',
  'plan',
  'product',
  'product_asset',
  'product_release',
  'quota',
  'quota_resource',
  'released_resource',
  'terms_version',
  'unit',
])

let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await fill(client)
  // That the log is only ever added to is seen to by triggers, whoever asks; here it is the policies that are looked at.
  await client.query('alter table audit_entry disable trigger user')
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

/** What is looked at as the viewer leaves nothing behind. */
async function as<T>(viewer: string, look: () => Promise<T>): Promise<T> {
  await client.query('savepoint viewer')
  await become(client, viewer)
  const seen = await look()
  await client.query('rollback to savepoint viewer')
  return seen
}

/** In a transaction that is taken back. */
async function trying<T>(work: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    return await work()
  } finally {
    await client.query('rollback')
  }
}

async function sightOf(table: string): Promise<Sight> {
  const sight: Sight = {}
  for (const viewer of Object.keys(viewers)) sight[viewer] = await as(viewer, () => seenBy(client, table))
  return sight
}

async function deletionsOf(table: string): Promise<Sight> {
  const sight: Sight = {}
  for (const viewer of Object.keys(viewers)) sight[viewer] = await as(viewer, () => deletableBy(client, table))
  return sight
}

describe('row-level security', () => {
  it('is on for every table of ours, and binds its owner too', async () => {
    const { rows } = await client.query(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and relname <> 'schema_migration' and not (relrowsecurity and relforcerowsecurity
           and exists (select from pg_policy where polrelid = pg_class.oid))`,
    )
    expect(rows).toEqual([])
    expect(Object.keys(sights)).toEqual(tables)
  })

  it('leaves the role of the backend nothing of its own, and no way around', async () => {
    const { rows } = await client.query(
      `select rolsuper or rolbypassrls or rolcreaterole or rolcanlogin as mighty,
         exists (select from pg_class where relowner = r.oid) as owner
       from pg_roles r where rolname = 'marketplace_runtime'`,
    )
    expect(rows).toEqual([{ mighty: false, owner: false }])
  })

  it.each(tables)('shows rows of %s to whom they belong', async (table) => {
    expect(await trying(() => sightOf(table))).toEqual(sights[table])
  })

  it.each(tables)('lets nobody delete or write rows of %s that are not their own to change', async (table) => {
    await trying(async () => {
      const sight = sights[table] as Sight
      const deletions = await deletionsOf(table)
      for (const [viewer, seen] of Object.entries(sight)) {
        const scope = viewers[viewer]
        const provides = scope?.kind === 'provider'
        const onlySees = scope?.kind === 'gateway' && table === 'credential'
        const changes = scope?.kind === 'system' || (!changedByProvider.has(table) && !onlySees) || provides
        expect([viewer, deletions[viewer]?.every((world) => changes && seen.includes(world))]).toEqual([viewer, true])
        if (table === 'attempt' || scope?.kind === 'system') continue
        const wrote = await as(viewer, () => writableBy(client, table, 'foreign'))
        expect([viewer, wrote]).toEqual([viewer, false])
        if (!provides)
          expect([viewer, await as(viewer, () => writableBy(client, table, 'neighbor'))]).toEqual([
            viewer,
            scope?.kind === 'gateway' && sights[table] === organization,
          ])
      }
    })
  })

  it.each(tables)('is missed on %s when its policy is dropped, and when it lets everybody pass', async (table) => {
    const dropped = await trying(async () => {
      await client.query(`drop policy fence on "${table}"`)
      return sightOf(table)
    })
    expect(dropped).not.toEqual(sights[table])
    if (table === 'attempt') return
    const open = await trying(async () => {
      await client.query(`alter policy fence on "${table}" using (true) with check (true)`)
      return sightOf(table)
    })
    expect(open).not.toEqual(sights[table])
  })

  it.each(['ACTIVE', 'SUSPENDED', 'PENDING_APPROVAL', 'REJECTED', 'CANCELED'])(
    'shows how an API is called only to those who were let in: %s',
    async (state) => {
      const seen = await trying(async () => {
        await client.query('update product_subscription set state = $1', [state])
        return as('developer', () => seenBy(client, 'api_specification'))
      })
      expect(seen).toEqual(state === 'ACTIVE' || state === 'SUSPENDED' ? ['own'] : [])
    },
  )

  it('is missed when any policy about deletion is dropped', async () => {
    const { rows } = await client.query<{ table: string }>(
      `select relname as table from pg_policy p join pg_class c on c.oid = p.polrelid where polname = 'fence_deletion'`,
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const { table } of rows) {
      const [kept, dropped] = [
        await trying(() => deletionsOf(table)),
        await trying(async () => {
          await client.query(`drop policy fence_deletion on "${table}"`)
          return deletionsOf(table)
        }),
      ]
      expect([table, dropped]).not.toEqual([table, kept])
    }
  })
})

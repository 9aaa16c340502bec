import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import pg from 'pg'
import type { Backend } from '../support/backend.js'
import type { Client } from '../support/client.js'
import { removableFirstFence } from '../support/fences.js'
import { switchSecondFence } from '../support/second-fence.js'

// Before the backend is imported.
const firstFence = removableFirstFence(jest)
const { startBackend } = await import('../support/backend.js')
const { givenColleague, givenMember, givenRival } = await import('../support/people.js')
const { givenBilling, givenMarketplace, givenOffer, givenOrganization, whenAccessIsAskedFor, whenSubscribed } =
  await import('../support/world.js')
const { PublishProductDocument, RemoveMemberDocument, SetConsumerOrganizationStateDocument } = await import(
  '../support/generated/graphql.js'
)

/** What hangs on an object of another tenant, or lists of them. */
const nested = `query {
  marketplaces(first: 50) { nodes { id
    products(first: 50) { nodes { id plans { id quotas { id unit { id } } } resources { id } releases { id } } }
  } }
}`

/** As many as one operation may have. */
const guessedAtOnce = 30

let backend: Backend
const viewers: Record<string, Client> = {}
let ids: string[]

beforeAll(async () => {
  backend = await startBackend()
  const market = await givenMarketplace(backend)
  const sister = await givenMarketplace(backend, { visibility: 'PROTECTED' })
  await givenBilling(market)
  const offer = await givenOffer(market)
  const free = await givenOffer(sister, { type: 'FREE' })
  const acme = await givenOrganization(market, 'Acme')
  const umbra = await givenOrganization(market, 'Umbra')
  const elsewhere = await givenOrganization(sister, 'Elsewhere')
  const secret = await givenOffer(market, { type: 'FREE' })
  await market.provider.mutate(PublishProductDocument, {
    productId: secret.productId,
    marketplaceId: market.id,
    visibility: { audience: 'SELECTED_ORGANIZATIONS', organizationIds: [umbra.id] },
  })
  for (const [organization, wanted] of [
    [acme, offer],
    [umbra, offer],
    [umbra, secret],
    [elsewhere, free],
  ] as const) {
    const { productSubscription } = await whenSubscribed(organization, wanted)
    await whenAccessIsAskedFor(organization, wanted, productSubscription.id)
  }
  const rival = await givenRival(backend)
  const leaver = await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])
  const closed = await givenOrganization(market, 'Closed')
  await market.provider.mutate(SetConsumerOrganizationStateDocument, { organizationId: closed.id, state: 'DISABLED' })
  Object.assign(viewers, {
    anonymous: backend.client(),
    administrator: acme.consumer,
    developer: (await givenMember(backend, acme.consumer, acme.id, ['DEVELOPER'])).client,
    subscriber: (await givenMember(backend, acme.consumer, acme.id, ['SUBSCRIBER'])).client,
    'of another organization': umbra.consumer,
    'of another marketplace': elsewhere.consumer,
    'of a disabled organization': closed.consumer,
    removed: leaver.client,
    'of another provider': rival.provider,
    'provider’s administrator': market.provider,
    auditor: (await givenColleague(market, ['AUDITOR'])).client,
    approver: (await givenColleague(market, ['SUBSCRIPTION_APPROVER'])).client,
  })
  await acme.consumer.mutate(RemoveMemberDocument, { membershipId: leaver.membershipId })
  ids = await everyId(backend.config.databaseUrl)
})
afterAll(async () => {
  firstFence.restore()
  await backend.stop()
})

/** Every id that stands in the database. */
async function everyId(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: tables } = await client.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'id' and table_name <> 'schema_migration'
       and table_name not in ('event', 'api_specification')`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await client.query<{ id: string }>(`select id from "${name}"`)
    found.push(...rows.map(({ id }) => String(id)))
  }
  await client.end()
  return found
}

/** All that each viewer is shown, by guessing each id and by what lists and nested paths name. */
async function shown(): Promise<Record<string, string[]>> {
  const sights: Record<string, string[]> = {}
  const faults: object[] = []
  await Promise.all(
    Object.entries(viewers).map(async ([name, client]) => {
      const seen = new Set<string>()
      for (let from = 0; from < ids.length; from += guessedAtOnce) {
        const guessed = ids.slice(from, from + guessedAtOnce)
        const fields = guessed.map((id, index) => `guess${index}: node(id: ${JSON.stringify(id)}) { id }`)
        const { data, errors } = await client.ask<Record<string, object | null>, object>(`{ ${fields.join(' ')} }`)
        faults.push(...errors.filter(({ extensions }) => extensions?.code !== 'UNAUTHENTICATED'))
        for (const [index, id] of guessed.entries()) if (data?.[`guess${index}`]) seen.add(id)
      }
      const { data } = await client.ask(nested)
      for (const [, id] of JSON.stringify(data).matchAll(/"id":"([^"]+)"/g)) seen.add(`nested ${id}`)
      sights[name] = [...seen].sort()
    }),
  )
  // What could not be answered would be taken for what was not shown.
  expect(faults).toEqual([])
  return sights
}

/** What is shown now and was not before. */
function leaks(before: Record<string, string[]>, now: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(now).map(([name, seen]) => [name, seen.filter((id) => !before[name]?.includes(id))]),
  )
}

describe('with both fences, one, or none', () => {
  it('nobody is shown more than with both, as long as one stands', async () => {
    const none = Object.fromEntries(Object.keys(viewers).map((name) => [name, []]))
    const { databaseUrl } = backend.config
    const both = await shown()
    // Those who have a part see something, and those who have none do not.
    expect(both.administrator?.length).toBeGreaterThan(10)
    expect(both.removed).toEqual([])

    firstFence.remove()
    const secondAlone = await shown()
    expect(leaks(both, secondAlone)).toEqual(none)

    // That both can be taken away: what follows would prove nothing otherwise.
    await switchSecondFence(databaseUrl, 'off')
    const without = leaks(both, await shown())
    expect(without.anonymous?.length).toBeGreaterThan(50)
    expect(without['of another provider']?.length).toBeGreaterThan(50)

    firstFence.restore()
    expect(leaks(both, await shown())).toEqual(none)
    await switchSecondFence(databaseUrl, 'on')
    expect(await shown()).toEqual(both)
  }, 240_000)
})

import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { prepareDatabase } from '../../src/persistence/prepare-database.js'
import { addressAtRuntime, runtimeRole } from '../../src/persistence/runtime-role.js'

const cluster = process.env.TEST_CLUSTER_URL as string
const made: Array<{ kind: 'database' | 'role'; name: string }> = []

afterEach(async () => {
  for (const { kind, name } of made.splice(0).reverse()) {
    await asked(cluster, kind === 'database' ? `drop database ${name} with (force)` : `drop role ${name}`)
  }
})

async function asked<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

/** An empty database that belongs to a new user with these rights. */
async function givenDatabase(rights: string): Promise<string> {
  const name = `owned_${randomBytes(6).toString('hex')}`
  await asked(cluster, `create role ${name} login password 'secret' ${rights}`)
  made.push({ kind: 'role', name })
  await asked(cluster, `create database ${name} owner ${name}`)
  made.push({ kind: 'database', name })
  const url = new URL(cluster)
  Object.assign(url, { username: name, password: 'secret', pathname: `/${name}` })
  return url.href
}

const whoami = (url: string) => asked(url, 'select current_user as name')

describe('the role that the backend works as', () => {
  it('is granted to an owner who may make roles, however many prepare at once', async () => {
    const urls = await Promise.all([1, 2].map(() => givenDatabase('createrole')))
    // The cluster has the role already, so this owner cannot grant it to itself: somebody who may has to.
    for (const url of urls) await asked(cluster, `grant ${runtimeRole} to ${new URL(url).username}`)
    await Promise.all([...urls, ...urls].map((url) => prepareDatabase(url)))
    for (const url of urls) {
      const address = await addressAtRuntime(url)
      expect(await whoami(address)).toEqual([{ name: runtimeRole }])
      expect(await asked(address, 'select id from product')).toEqual([])
      await expect(asked(address, 'create table public.own (id int)')).rejects.toThrow('permission denied')
      await expect(asked(address, 'delete from schema_migration')).rejects.toThrow('permission denied')
    }
  }, 240_000)

  it('is not needed by an owner who cannot pass the policies by', async () => {
    const url = await givenDatabase('')
    await prepareDatabase(url)
    expect(await addressAtRuntime(url)).toBe(url)
    const insert = `insert into unit (id, provider_id, name, title, created_at) values ('u', 'p', 'n', 't', now())`
    await expect(asked(url, insert)).rejects.toThrow('row-level security')
    await asked(url, `begin; select set_config('fence.kind', 'system', true); ${insert}; commit`)
    expect(await asked(url, 'select id from unit')).toEqual([])
    expect(await asked(cluster.replace(/\/postgres$/, new URL(url).pathname), 'select id from unit')).toEqual([
      { id: 'u' },
    ])
  }, 240_000)

  it('is missed in a sentence where the owner could pass them by', async () => {
    const url = await givenDatabase('bypassrls')
    await expect(addressAtRuntime(url)).rejects.toThrow(`cannot work as the role ${runtimeRole}`)
  })
})

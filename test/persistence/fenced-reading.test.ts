import { setImmediate as moment } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import pg from 'pg'
import { entities } from '../../src/entities.js'
import { Database } from '../../src/persistence/database.js'
import { prepared } from '../../src/persistence/prepared-statements.js'
import { rows } from '../../src/persistence/tenant-repository.js'
import { type Scope, system } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { Unit } from '../../src/providers/unit.entity.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

let test: TestDatabase
let database: Database
let unitOfWork: UnitOfWork<never>

const staff = (providerId: string): Scope => ({
  kind: 'provider',
  userId: 'usr',
  sessionId: 'ses',
  providers: new Map([[providerId, ['ADMINISTRATOR']]]),
})
const unit = (providerId: string, id: string) => ({
  id,
  providerId,
  name: id,
  title: id,
  createdAt: new Date('2030-01-01T00:00:00Z'),
})

beforeAll(async () => {
  test = await createTestDatabase()
  database = await Database.connect({ url: test.url, entities, poolSize: 2 })
  unitOfWork = new UnitOfWork<never>(database, { write: async () => undefined, committed: () => undefined })
  await unitOfWork.run(system, (transaction) =>
    rows(transaction, Unit)
      .insertInto('Unit')
      .values([unit('p1', 'one'), unit('p2', 'two')])
      .execute(),
  )
})
afterAll(async () => {
  await database.close()
  await test.drop()
})

const idsSeen = async (reading: Parameters<typeof rows>[0]) =>
  (await rows(reading, Unit).selectFrom('Unit').select('id').orderBy('id').execute()).map(({ id }) => id)

/** How many connections of the pool hold a transaction. */
async function held(): Promise<number> {
  const client = new pg.Client({ connectionString: test.url })
  await client.connect()
  const { rows: found } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`,
  )
  await client.end()
  return found[0]?.count ?? 0
}

describe('a reading', () => {
  it('sees its own, and a connection that was told nothing sees nothing', async () => {
    expect(await idsSeen(unitOfWork.reading(staff('p1')))).toEqual(['one'])
    expect(await unitOfWork.connection(async (client) => (await client.query('select id from unit')).rows)).toEqual([])
  })

  it('never mixes two tenants on two connections', async () => {
    const wrong: string[] = []
    const read = async (index: number) => {
      const [provider, own] = index % 2 === 0 ? ['p1', 'one'] : ['p2', 'two']
      const reading = unitOfWork.reading(staff(provider))
      const [seen, all, again] = await Promise.all([
        idsSeen(reading),
        idsSeen(reading.as(system)),
        idsSeen(reading.as(staff(provider))),
      ])
      if (String([seen, all, again]) !== String([[own], ['one', 'two'], [own]])) wrong.push(String([seen, all, again]))
    }
    let next = 0
    const lane = async () => {
      while (next < 1_000) await read(next++)
    }
    await Promise.all(Array.from({ length: 20 }, lane))
    expect(wrong).toEqual([])
  })

  it('is one transaction for what is asked without a pause, and holds nothing afterwards', async () => {
    const { kysely } = unitOfWork.reading(system)
    const at = async () => (await sql<{ at: string }>`select now()::text as at`.execute(kysely)).rows[0]?.at
    const first = await Promise.all([at(), at()])
    expect(first[0]).toBe(first[1])
    expect(await at()).toBe(first[0])
    // A few turns of the loop, in which the answer to the commit comes.
    for (let turn = 0; turn < 1_000 && (await held()) > 0; turn += 1) await moment()
    expect(await held()).toBe(0)
    expect(await at()).not.toBe(first[0])
  })

  it('writes nothing', async () => {
    const write = rows(unitOfWork.reading(system), Unit).insertInto('Unit').values(unit('p1', 'three')).execute()
    await expect(write).rejects.toThrow('read-only transaction')
  })

  it('answers the others when one statement fails, or the connection is lost', async () => {
    const reading = unitOfWork.reading(staff('p2'))
    const settled = await Promise.allSettled([
      idsSeen(reading),
      sql`select 1 / 0`.execute(reading.kysely),
      idsSeen(reading),
      sql`select pg_terminate_backend(pg_backend_pid())`.execute(reading.as(system).kysely),
      idsSeen(reading),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    for (let count = 0; count < 6; count += 1) expect(await idsSeen(unitOfWork.reading(staff('p1')))).toEqual(['one'])
  })
})

describe('a question', () => {
  it('never mixes two tenants on two connections, and leaves nothing of who asked on them', async () => {
    const ask = async (index: number) => {
      const [provider, own] = index % 2 === 0 ? ['p1', 'one'] : ['p2', 'two']
      expect(await idsSeen(unitOfWork.question(staff(provider)))).toEqual([own])
    }
    let next = 0
    const lane = async () => {
      while (next < 1_000) await ask(next++)
    }
    await Promise.all(Array.from({ length: 20 }, lane))
    const left = `select coalesce(current_setting('fence.kind', true), '') as kind,
      coalesce(current_setting('fence.providers', true), '') as providers,
      current_setting('transaction_read_only') as reads`
    const nobody = { kind: '', providers: '', reads: 'off' }
    const both = [0, 1].map(() => unitOfWork.connection(async (client) => (await client.query(left)).rows[0]))
    expect(await Promise.all(both)).toEqual([nobody, nobody])
  })

  it('is a transaction by itself, and writes nothing', async () => {
    const { kysely } = unitOfWork.question(system)
    const transactionOf = async () => (await sql<{ at: string }>`select now()::text as at`.execute(kysely)).rows[0]?.at
    expect(await transactionOf()).not.toBe(await transactionOf())
    expect(await held()).toBe(0)
    const write = rows(unitOfWork.question(system), Unit).insertInto('Unit').values(unit('p1', 'three')).execute()
    await expect(write).rejects.toThrow('read-only transaction')
  })

  it('that fails says why, and costs nobody else an answer', async () => {
    const { kysely } = unitOfWork.question(staff('p1'))
    await expect(sql`select 1 / 0`.execute(kysely)).rejects.toThrow('division by zero')
    await expect(sql`select nothing`.execute(kysely)).rejects.toThrow('does not exist')
    await expect(sql`select pg_terminate_backend(pg_backend_pid())`.execute(kysely)).rejects.toThrow()
    const seen = Array.from({ length: 6 }, () => idsSeen(unitOfWork.question(staff('p1'))))
    expect(await Promise.all(seen)).toEqual(Array.from({ length: 6 }, () => ['one']))
  })

  it('is planned once on a connection where it is marked, also when its first plan failed', async () => {
    const { kysely } = unitOfWork.question(system)
    const ask = (divisor: number) => sql<{ result: number }>`${prepared} select 6 / ${divisor}::int as result`
    await expect(ask(0).execute(kysely)).rejects.toThrow('division by zero')
    for (let count = 0; count < 4; count += 1) expect((await ask(2).execute(kysely)).rows).toEqual([{ result: 3 }])
    const names = await unitOfWork.connection((client) =>
      client.query('select name from pg_prepared_statements where statement like $1', ['%6 / $1%']),
    )
    expect(names.rows).toHaveLength(1)
  })
})

describe('a unit of work', () => {
  it('refuses to write what is another tenant’s, whoever flushes it', async () => {
    const foreign = unitOfWork.run(staff('p1'), async ({ em }) => void em.persist(em.create(Unit, unit('p2', 'four'))))
    await expect(foreign).rejects.toThrow('row-level security')
    const smuggled = unitOfWork.run(staff('p1'), async ({ em, within }) => {
      em.persist(em.create(Unit, unit('p2', 'five')))
      await within(system, async () => undefined)
    })
    await expect(smuggled).rejects.toThrow('row-level security')
    expect(await idsSeen(unitOfWork.reading(system))).toEqual(['one', 'two'])
  })

  it('writes with each one’s rights what each has changed, and mixes no scopes that ask at one moment', async () => {
    await unitOfWork.run(staff('p1'), async (transaction) => {
      transaction.em.persist(transaction.em.create(Unit, unit('p1', 'own')))
      await unitOfWork.run(system, async ({ em }) => void em.persist(em.create(Unit, unit('p2', 'other'))))
      const seen = await Promise.all([
        idsSeen(transaction),
        idsSeen(transaction.as(system)),
        idsSeen(transaction.as(staff('p2'))),
        idsSeen(transaction),
      ])
      expect(seen).toEqual([
        ['one', 'own'],
        ['one', 'other', 'own', 'two'],
        ['other', 'two'],
        ['one', 'own'],
      ])
    })
    expect(await idsSeen(unitOfWork.reading(system))).toEqual(['one', 'other', 'own', 'two'])
  })
})

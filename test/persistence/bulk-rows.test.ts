import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import pg from 'pg'
import { bulkInsert, bulkRows } from '../../src/persistence/bulk-rows.js'
import { Database } from '../../src/persistence/database.js'
import { runtimeRole } from '../../src/persistence/runtime-role.js'
import { system } from '../../src/persistence/tenant-scope.js'
import { type Transaction, UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

let test: TestDatabase
let database: Database
let unitOfWork: UnitOfWork<never>
beforeAll(async () => {
  test = await createTestDatabase()
  database = await Database.connect({ url: test.url, entities: [] })
  unitOfWork = UnitOfWork.quiet(database)
  const owner = new pg.Client({ connectionString: test.url })
  await owner.connect()
  await owner.query(`
    create table thing (place int, name text, count bigint, price numeric, at timestamptz, good bool, data jsonb);
    grant select, insert on thing to ${runtimeRole}`)
  await owner.end()
})
afterAll(async () => {
  await database.close()
  await test.drop()
})

const columns = {
  place: 'int',
  name: 'text',
  count: 'bigint',
  price: 'numeric',
  at: 'timestamptz',
  good: 'bool',
  data: 'jsonb',
}
const at = new Date('2026-02-28T23:59:59.999Z')
const names = [
  '',
  'null',
  'NULL',
  '{a,b}',
  'say "so"',
  'back\\slash',
  '\\"',
  ' a ',
  'a\nb\tc',
  "it's",
  '日本',
  '%',
  '$1',
]
const things = names.map((name, place) => ({
  place,
  name,
  count: 2n ** 62n,
  price: '0.000000000000000001',
  at,
  good: place % 2 === 0,
  data: JSON.stringify({ name, list: [null, 1, '"'] }),
}))
const inTransaction = <T>(work: (transaction: Transaction<never>) => Promise<T>) => unitOfWork.run(system, work)

describe('Many rows in one statement', () => {
  it('come out as they went in, whatever stands in them, and in their order', async () => {
    await inTransaction((transaction) => bulkInsert(transaction, 'thing', columns, things))
    const { rows } = await sql<Record<string, unknown>>`
      select place, name, count::text, price::text, (at at time zone 'UTC')::text as at, good, data::text from thing
      order by ctid`.execute(unitOfWork.reading(system).kysely)
    expect(rows).toEqual(
      things.map((thing) => ({
        ...thing,
        count: String(thing.count),
        at: '2026-02-28 23:59:59.999',
        data: expect.any(String),
      })),
    )
    expect(rows.map(({ data }) => JSON.parse(String(data)))).toEqual(things.map(({ data }) => JSON.parse(data)))
  })

  it('may have nothing in any column', async () => {
    const nothing = { place: null, name: null, count: null, price: null, at: null, good: null, data: null }
    const found = await inTransaction((transaction) =>
      sql<{ all_null: boolean }>`
        select num_nulls(place, name, count, price, at, good, data) = 7 as all_null
        from ${bulkRows('t', columns, [nothing, nothing])}`.execute(transaction.kysely),
    )
    expect(found.rows).toEqual([{ all_null: true }, { all_null: true }])
  })

  it('may be none: then nothing is asked', async () => {
    const closed = { kysely: null } as unknown as Transaction<never>
    expect(await bulkInsert(closed, 'thing', columns, [])).toEqual([])
  })
})

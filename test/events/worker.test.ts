import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { pino } from 'pino'
import { Worker } from '../../src/events/worker.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

test('whoever does a job shows that it lives, in either lane, for as long as the job takes', async () => {
  const begun = new PassThrough({ objectMode: true })
  const release: Array<() => void> = []
  const long = (lane: string) => async () => {
    begun.write(lane)
    await new Promise<void>((resolve) => release.push(resolve))
  }
  const worker = new Worker({
    databaseUrl: database.url,
    tasks: { usual: long('usual') },
    quietTasks: { quiet: long('quiet') },
    reactions: {},
    schedule: [],
    concurrency: 1,
    quietConcurrency: 1,
    log: pino({ level: 'silent' }),
  })
  await worker.start()
  await client.query(`select graphile_worker.add_job('usual'), graphile_worker.add_job('quiet')`)
  while (release.length < 2) await once(begun, 'data')
  // The others free the jobs of those who have let go of this lock.
  const { rows } = await client.query(`
    select locked_by is not null as locked, exists (
      select from pg_locks where locktype = 'advisory' and granted and objid = (hashtext(locked_by)::bigint & 4294967295)::oid
    ) as alive from graphile_worker._private_jobs`)
  expect(rows).toEqual([
    { locked: true, alive: true },
    { locked: true, alive: true },
  ])
  for (const go of release) go()
  await worker.stop()
  expect((await client.query('select from graphile_worker._private_jobs')).rowCount).toBe(0)
})

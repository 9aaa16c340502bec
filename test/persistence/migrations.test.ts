import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { MikroORM } from '@mikro-orm/postgresql'
import pg from 'pg'
import { migrations } from '../../migrations/list.js'
import { Migration20261124000000_tables } from '../../migrations/Migration20261124000000_tables.js'
import { entities } from '../../src/entities.js'
import { Database } from '../../src/persistence/database.js'
import { migrationOptions } from '../../src/persistence/migrations.js'
import { prepareDatabase } from '../../src/persistence/prepare-database.js'
import { system } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { AuditLog } from '../../src/providers/audit-log.js'
import { AuditVerification } from '../../src/providers/audit-verification.js'
import { createEmptyDatabase, type TestDatabase } from '../support/database.js'

let test: TestDatabase
let client: pg.Client
beforeEach(async () => {
  test = await createEmptyDatabase()
  client = new pg.Client({ connectionString: test.url })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await test.drop()
})

/** What stood there before anything was added: the tables as they were first published. */
async function givenFirstTables(): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: test.url,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    logger: () => undefined,
    ...migrationOptions,
    migrations: { ...migrationOptions.migrations, migrationsList: [Migration20261124000000_tables], snapshot: false },
  })
  await orm.migrator.up()
  await orm.close(true)
}

/** Everything about the tables that the policies, the audit log and the look-ups rest on. */
async function schemaNow(): Promise<unknown[]> {
  const queries = [
    `select table_name, column_name, data_type, is_nullable from information_schema.columns where table_schema = 'public'
     order by 1, 2`,
    `select tablename, policyname, permissive, cmd, qual, with_check from pg_policies order by 1, 2`,
    `select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1`,
    `select relname, relrowsecurity, relforcerowsecurity from pg_class where relnamespace = 'public'::regnamespace
     and relkind = 'r' order by 1`,
    `select tgname, pg_get_triggerdef(oid) as definition from pg_trigger where not tgisinternal order by 1`,
    `select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace order by 1`,
  ]
  const found = []
  for (const query of queries) found.push((await client.query(query)).rows)
  return found
}

describe('the migrations', () => {
  it('run in the order of their names, each once', async () => {
    const names = migrations.map(({ name }) => name)
    expect(names).toEqual(names.toSorted())
    expect(await prepareDatabase(test.url)).toEqual(names)
    expect(await prepareDatabase(test.url)).toEqual([])
  })

  it('lead where they lead also a database whose first migration had done it all, and keep what is in it', async () => {
    const names = await prepareDatabase(test.url)
    const whole = await schemaNow()
    // One by which a gateway saw more, one that was looked for by another index.
    await client.query(`alter policy "fence" on credential using (true)`)
    await client.query(`create index stripe_event_object_id_index on stripe_event (object_id)`)
    await client.query(`update schema_migration set name = 'Migration20261123000000_fence' where name = $1`, [names[1]])
    await client.query(`delete from schema_migration where name = $1`, [names[2]])
    await client.query(`insert into audit_chain (provider_id, sequence, digest) values ('prov_a', 7, 'noted')`)
    expect(await schemaNow()).not.toEqual(whole)

    expect(await prepareDatabase(test.url)).toEqual(names.slice(1))
    expect(await schemaNow()).toEqual(whole)
    const { rows: chains } = await client.query('select provider_id, sequence::int, digest from audit_chain')
    expect(chains).toEqual([{ provider_id: 'prov_a', sequence: 7, digest: 'noted' }])
  })

  it('keep the audit log that was written before it was chained, and chain it', async () => {
    await givenFirstTables()
    const entries = [
      [
        'aud_2',
        'prov_a',
        'm1',
        null,
        null,
        'plan.created',
        'plan_1',
        'Made “Größe \\ 1/2”,\n\t\u0001 \u{1f984}.',
        '2026-11-25T10:00:00.120Z',
      ],
      [
        'aud_1',
        'prov_a',
        null,
        null,
        'usr_1',
        'provider.created',
        'prov_a',
        'Made the provider "A".',
        '2026-11-25T09:59:59Z',
      ],
      ['aud_3', 'prov_b', 'm2', 'org_1', 'usr_2', 'provider.created', 'prov_b', '', '2026-11-25T10:00:00Z'],
    ]
    for (const entry of entries) {
      await client.query(
        `insert into audit_entry (id, provider_id, marketplace_id, organization_id, actor_user_id, action, subject_id,
          summary, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        entry,
      )
    }
    expect(await prepareDatabase(test.url)).toEqual(migrations.slice(1).map(({ name }) => name))

    const database = await Database.connect({ url: test.url, entities, poolSize: 1 })
    const unitOfWork = UnitOfWork.quiet(database)
    const clock = { now: () => new Date('2026-11-26T12:00:00Z') }
    const chains = () => new AuditVerification(unitOfWork.reading(system)).verify()
    const ends = async () =>
      (await chains()).map(({ providerId, end, broken }) => [providerId, Number(end.sequence), broken])
    expect(await ends()).toEqual([
      ['prov_a', 2, null],
      ['prov_b', 1, null],
    ])
    const more = { providerId: 'prov_a', action: 'plan.activated', subjectId: 'plan_1', summary: 'Activated it.' }
    await unitOfWork.run(system, (transaction) => new AuditLog(clock).record(transaction, more))
    expect(await ends()).toEqual([
      ['prov_a', 3, null],
      ['prov_b', 1, null],
    ])
    await database.close()
    await expect(client.query(`update audit_entry set summary = 'Nothing.'`)).rejects.toThrow('only ever added to')
  })
})

import { MikroORM } from '@mikro-orm/postgresql'
import { runMigrations as prepareQueue, Logger as QueueLogger } from 'graphile-worker'
import pg from 'pg'
import { migrations } from '../../migrations/list.js'
import { migrationOptions } from './migrations.js'

/** One process prepares at a time; any number may be started at once. */
const preparationLock = 7_261_124

/**
 * Brings a database to the present schema, ours and the job queue's; does nothing where it is there already.
 * @returns the names of the migrations that were run
 */
export async function prepareDatabase(url: string): Promise<string[]> {
  const guard = new pg.Client({ connectionString: url })
  await guard.connect()
  try {
    await guard.query('select pg_advisory_lock($1)', [preparationLock])
    const orm = await MikroORM.init({
      clientUrl: url,
      entities: [],
      discovery: { warnWhenNoEntities: false },
      // What was run is told to the caller.
      logger: () => undefined,
      ...migrationOptions,
      // Listed by hand: a file-based discovery imports from within the ORM, which tests do not follow.
      migrations: { ...migrationOptions.migrations, migrationsList: migrations },
    })
    try {
      const ran = await orm.migrator.up()
      await prepareQueue({ connectionString: url, logger: new QueueLogger(() => () => undefined) })
      return ran.map((migration) => migration.name)
    } finally {
      await orm.close(true)
    }
  } finally {
    await guard.end()
  }
}

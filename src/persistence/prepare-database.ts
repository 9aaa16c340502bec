import { MikroORM } from '@mikro-orm/postgresql'
import { runMigrations as prepareQueue, Logger as QueueLogger } from 'graphile-worker'
import pg from 'pg'
import { migrations } from '../../migrations/list.js'
import { CannotStart } from '../kernel/cannot-start.js'
import { migrationOptions } from './migrations.js'
import { prepareRuntimeRole } from './runtime-role.js'

/** One process prepares at a time; any number may be started at once. */
const preparationLock = 7_261_124
const connectInMs = 10_000
const oldestVersion = 15

/**
 * Brings a database to the present schema, ours and the job queue's; does nothing where it is there already.
 * @returns the names of the migrations that were run
 * @throws CannotStart when the database cannot be used
 */
export async function prepareDatabase(url: string): Promise<string[]> {
  const guard = await connect(url)
  try {
    await refuseOld(guard, url)
    await guard.query('select pg_advisory_lock($1)', [preparationLock])
    const orm = await MikroORM.init({
      clientUrl: url,
      entities: [],
      discovery: { warnWhenNoEntities: false },
      // What was run is told to the caller.
      logger: () => undefined,
      ...migrationOptions,
      // Listed by hand: a file-based discovery imports from within the ORM, which tests do not follow.
      // And what a database looks like is no news of what the entities are: the snapshot is the generator's.
      migrations: { ...migrationOptions.migrations, migrationsList: migrations, snapshot: false },
    })
    try {
      const ran = await orm.migrator.up()
      await prepareQueue({ connectionString: url, logger: new QueueLogger(() => () => undefined) })
      await prepareRuntimeRole(guard)
      return ran.map((migration) => migration.name)
    } finally {
      await orm.close(true)
    }
  } finally {
    await guard.end()
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectInMs })
  // What breaks later is told to whoever waits for an answer.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (cause) {
    // Where a name has several addresses, each has its own failure, and the whole has no words.
    const { message, code } = cause as NodeJS.ErrnoException
    throw new CannotStart(`No connection to ${placeOf(url)}: ${message || code}. Is DATABASE_URL right?`, { cause })
  }
}

async function refuseOld(client: pg.Client, url: string): Promise<void> {
  const { rows } = await client.query<{ version: string; number: number }>(
    "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
  )
  const [found] = rows
  if (found && found.number >= oldestVersion * 10_000) return
  throw new CannotStart(`${placeOf(url)} is version ${found?.version}: ${oldestVersion} or newer is needed.`)
}

/** Without the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `the PostgreSQL database ${pathname.slice(1)}${host ? ` at ${host}` : ''}`
}

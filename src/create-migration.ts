import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MikroORM } from '@mikro-orm/postgresql'
import { entities } from './entities.js'
import { startEmbeddedPostgres } from './persistence/embedded-postgres.js'
import { migrationOptions } from './persistence/migrations.js'

/**
 * `npm run migration -- NAME` writes the migration that leads from the last snapshot to the entities;
 * `-- --check` fails when there would be one. What is there already stays as it is: somebody has run it.
 */
const [argument] = process.argv.slice(2)
const scratch = await mkdtemp(join(tmpdir(), 'migration-'))
// The tool wants a server to ask for its version, though only the snapshot is compared.
const postgres = await startEmbeddedPostgres({ dataDir: join(scratch, 'postgres'), durable: false })

try {
  const orm = await MikroORM.init({ clientUrl: postgres.url, entities, ...migrationOptions })
  try {
    await run(orm)
  } finally {
    await orm.close(true)
  }
} finally {
  await postgres.stop()
  await rm(scratch, { recursive: true, force: true })
}

async function run(orm: MikroORM): Promise<void> {
  if (argument === '--check') {
    if (!(await orm.migrator.checkSchema())) return console.log('Migrations and entities agree.')
    console.error('The entities differ from the migrations: run `npm run migration -- NAME` and commit what it writes.')
    process.exitCode = 1
  } else {
    const { fileName, diff } = await orm.migrator.create(undefined, false, false, argument)
    const written = `Written: migrations/${fileName}. Add it to migrations/list.ts.`
    console.log(diff.up.length === 0 ? 'Nothing to do.' : written)
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/persistence/embedded-postgres.js'
import { prepareDatabase } from '../../src/persistence/prepare-database.js'

/** A database with the present schema and no rows, that every test's database is a copy of. */
export const templateName = 'prepared'

/**
 * One PostgreSQL for a whole run of the tests, gone with all its data when it stops.
 * @param options.durable whether it writes as it would in production, which benchmarks need
 */
export async function startTestCluster({ durable = false } = {}): Promise<{ url: string; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'marketplace-test-'))
  const postgres = await startEmbeddedPostgres({ dataDir, durable, databaseName: templateName })
  await prepareDatabase(postgres.url)
  const url = new URL(postgres.url)
  url.pathname = '/postgres'
  return {
    url: url.href,
    stop: async () => {
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

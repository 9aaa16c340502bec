import type { Config } from './config.js'
import { CannotStart } from './kernel/cannot-start.js'
import { Refused } from './kernel/result.js'
import { findEmbeddedPostgres, startEmbeddedPostgres } from './persistence/embedded-postgres.js'
import { prepareDatabase } from './persistence/prepare-database.js'

/**
 * For commands of operators: the database that is configured, else the embedded one, which the backend has started or
 * else we do; at the present schema.
 */
export async function withDatabase<Result>(config: Config, work: (url: string) => Promise<Result>): Promise<Result> {
  const running = config.databaseUrl ?? (await findEmbeddedPostgres({ dataDir: config.dataDir }))
  const own = running ? null : await startEmbeddedPostgres({ dataDir: config.dataDir })
  try {
    const url = running ?? (own?.url as string)
    await prepareDatabase(url)
    return await work(url)
  } finally {
    await own?.stop()
  }
}

/** Runs a command; what a person can mend is told in words, with exit code 1. */
export async function command(run: () => Promise<unknown>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof Refused || error instanceof CannotStart)) throw error
    const lines = error instanceof Refused ? error.errors.map(({ message }) => message) : [error.message]
    process.stderr.write(`${lines.join('\n')}\n`)
    process.exitCode = 1
  }
}

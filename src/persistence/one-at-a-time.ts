import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { system } from './tenant-scope.js'
import type { UnitOfWork } from './unit-of-work.js'

const lookEveryMs = 20

/** Lets one at a time do something that takes a while, among all processes on the database. */
export class OneAtATime {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly lock: number,
  ) {}

  /** Waits for its turn. The lock is held by a connection, so that whoever dies lets go of it; no transaction is open. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.unitOfWork
      .reading(system)
      .kysely.connection()
      .execute(async (connection) => {
        while (!(await this.#taken(connection))) await wait(lookEveryMs)
        try {
          return await work()
        } finally {
          await sql`select pg_advisory_unlock(${this.lock})`.execute(connection)
        }
      })
  }

  async #taken(connection: Kysely<unknown>): Promise<boolean> {
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${this.lock}) as taken`.execute(
      connection,
    )
    return rows[0]?.taken === true
  }
}

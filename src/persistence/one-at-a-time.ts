import { setTimeout as wait } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import type { UnitOfWork } from './unit-of-work.js'

const lookEveryMs = 20

/** Lets one at a time do something that takes a while, among all processes on the database. */
export class OneAtATime {
  constructor(
    private readonly unitOfWork: Pick<UnitOfWork, 'connection'>,
    private readonly lock: number,
  ) {}

  /** Waits for its turn. The lock is held by a connection, so that whoever dies lets go of it; no transaction is open. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.unitOfWork.connection(async (connection) => {
      while (!(await this.#taken(connection))) await wait(lookEveryMs)
      try {
        return await work()
      } finally {
        await connection.query('select pg_advisory_unlock($1)', [this.lock])
      }
    })
  }

  async #taken(connection: ClientBase): Promise<boolean> {
    const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [this.lock])
    return rows[0]?.taken === true
  }
}

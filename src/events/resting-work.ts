import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'

const lookEveryMs = 10
const patienceInMs = 30_000

/**
 * Tells when whatever was set going has come to rest: no job is left that could run now, and those outside who may
 * set more going have nothing under way.
 */
export class RestingWork {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    /** Resolves when nothing is on its way from outside. */
    private readonly outsideRests: () => Promise<void>,
  ) {}

  /** Waits until all rests; or for half a minute, because a job may fail again and again. */
  async done(): Promise<void> {
    const deadline = Date.now() + patienceInMs
    for (;;) {
      await this.#jobsDone(deadline)
      await this.outsideRests()
      if ((await this.#runnable()) === 0 || Date.now() >= deadline) return
    }
  }

  async nextInMs(): Promise<number | null> {
    const { rows } = await sql<{ wait: number | null }>`
      select extract(epoch from min(run_at) - now())::float8 * 1000 as wait from graphile_worker._private_jobs
      where run_at > now() and attempts < max_attempts`.execute(this.unitOfWork.reading(system).kysely)
    return rows[0]?.wait ?? null
  }

  async skipped(milliseconds: number): Promise<void> {
    await this.unitOfWork.run(system, async ({ kysely }) => {
      const { numAffectedRows } = await sql`
      update graphile_worker._private_jobs set run_at = run_at - make_interval(secs => ${milliseconds / 1_000})
      where run_at > now() and locked_at is null`.execute(kysely)
      // By which the queue itself wakes its workers; they look by themselves only once in a while.
      if (numAffectedRows) await sql`select pg_notify('jobs:insert', '{"r":"skipped","count":1}')`.execute(kysely)
    })
  }

  async #jobsDone(deadline: number): Promise<void> {
    while (Date.now() < deadline && (await this.#runnable()) > 0) await wait(lookEveryMs)
  }

  async #runnable(): Promise<number> {
    const { rows } = await sql<{ count: string }>`
      select count(*) as count from graphile_worker._private_jobs
      where run_at <= now() and attempts < max_attempts`.execute(this.unitOfWork.reading(system).kysely)
    return Number(rows[0]?.count ?? 0)
  }
}

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

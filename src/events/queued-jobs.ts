import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Reading } from '../persistence/unit-of-work.js'

const lookEvery = 25

/** Jobs as somebody sees them who waits for the worker. */
export class QueuedJobs {
  constructor(
    private readonly reading: () => Reading,
    /** After so long it is not waited for any more: the worker may be down, or a job hang. */
    private readonly patienceInMs = 20_000,
  ) {}

  /** Waits until no job is left that could run now. What has failed waits for its hour, and is not waited for. */
  async done(): Promise<void> {
    const until = performance.now() + this.patienceInMs
    while ((await this.#anyReady()) && performance.now() < until) await wait(lookEvery)
  }

  async #anyReady(): Promise<boolean> {
    const { rows } = await sql<{ ready: boolean }>`
      select exists (
        select 1 from graphile_worker.jobs where run_at <= now() and attempts < max_attempts
      ) as ready`.execute(this.reading().kysely)
    return rows[0]?.ready ?? false
  }
}

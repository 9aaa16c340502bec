import { sql } from 'kysely'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'

export const housekeepingTask = 'housekeeping'

const dayInMs = 24 * 60 * 60 * 1_000
/** Whoever was away for longer reads the state again (RESYNC_REQUIRED). */
const eventsKeptInDays = 30

/**
 * Removes what has had its time: old events, and answers of mutations that may not be asked for again. The newest of
 * the old events stays, and tells from where on the log is whole.
 */
export async function keepHouse(unitOfWork: UnitOfWork<never>, now: Date): Promise<void> {
  const oldest = new Date(now.getTime() - eventsKeptInDays * dayInMs).toISOString()
  await unitOfWork.run(system, async ({ kysely }) => {
    await sql`
    with last_old as (
      select transaction_id, sequence from event where written_at < ${oldest}::timestamptz
      order by written_at desc limit 1
    )
    delete from event using last_old
    where (event.transaction_id, event.sequence) < (last_old.transaction_id, last_old.sequence)`.execute(kysely)
    await sql`delete from idempotency_record where expires_at <= ${now.toISOString()}::timestamptz`.execute(kysely)
  })
}

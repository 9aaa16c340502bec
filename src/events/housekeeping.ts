import { sql } from 'kysely'
import type { Reading } from '../persistence/unit-of-work.js'

export const housekeepingTask = 'housekeeping'

const dayInMs = 24 * 60 * 60 * 1_000
/** Whoever was away for longer reads the state again (RESYNC_REQUIRED). */
const eventsKeptInDays = 30

/** Removes what has had its time: old events, and answers of mutations that may not be asked for again. */
export async function keepHouse({ kysely }: Reading, now: Date): Promise<void> {
  const oldest = new Date(now.getTime() - eventsKeptInDays * dayInMs).toISOString()
  await sql`delete from event where written_at < ${oldest}::timestamptz`.execute(kysely)
  await sql`delete from idempotency_record where expires_at <= ${now.toISOString()}::timestamptz`.execute(kysely)
}

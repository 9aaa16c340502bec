import { sql } from 'kysely'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { DomainEvent } from './event.js'

/** What a part of the program does when something has happened. It may be called twice, late, and out of order. */
export interface Reaction {
  /** Stable: it is stored with the job. */
  readonly name: string
  react(event: DomainEvent): Promise<void>
}

/** Event name → reactions: the whole choreography. */
export type ReactionTable = Readonly<Record<string, readonly Reaction[]>>

/** A piece of work for the worker. */
export interface Job {
  task: string
  payload: object
  /** At most one job with this key waits; a later one takes its place. */
  key?: string
  /** Jobs of one queue run one after another. */
  queue?: string
  runAt?: Date
  maxAttempts?: number
}

/** Puts work into the queue, in the transaction of the reading where it has one: it is done if that commits. */
export async function enqueue(to: Reading | Transaction, jobs: readonly Job[]): Promise<void> {
  if (jobs.length === 0) return
  const specs = jobs.map((job) => ({
    identifier: job.task,
    payload: job.payload,
    queue_name: job.queue ?? null,
    run_at: job.runAt?.toISOString() ?? null,
    max_attempts: job.maxAttempts ?? null,
    job_key: job.key ?? null,
    priority: null,
    flags: null,
  }))
  await sql`select graphile_worker.add_jobs(
    array(select json_populate_recordset(null::graphile_worker.job_spec, ${JSON.stringify(specs)}::json))
  )`.execute(to.kysely)
}

import { sql } from 'kysely'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import type { DomainEvent } from './event.js'

/** What a part of the program does when something has happened. It may be called twice, late, and out of order. */
export interface Reaction {
  /** Stable: it is stored with the job. */
  readonly name: string
  react(event: DomainEvent): Promise<void>
  /** Which of the events that it is listed with it is for; all where it does not say. */
  concerns?(event: DomainEvent): boolean
  /**
   * What a job of it is about, where that is more than one event: then one waits for all of these at most, and one runs.
   * It is handed one of the events. Where it does not say, each event has a job of its own.
   */
  about?(event: DomainEvent): string
}

export const reactionTask = (reactionName: string): string => `react:${reactionName}`

/** The jobs that follow from events. */
export function jobsOf(events: readonly DomainEvent[], reactions: ReactionTable): Job[] {
  const jobs = events.flatMap((event) =>
    (reactions[event.name] ?? [])
      .filter((reaction) => reaction.concerns?.(event) ?? true)
      .map((reaction) => jobOf(event, reaction)),
  )
  const single = jobs.filter(({ key }) => key === undefined)
  const together = new Map(jobs.flatMap((job) => (job.key === undefined ? [] : [[job.key, job] as const])))
  // In one order, so that two transactions that write the same jobs do not wait for each other in a circle.
  return [...single, ...[...together].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, job]) => job)]
}

function jobOf(event: DomainEvent, { name, about }: Reaction): Job {
  const task = reactionTask(name)
  const job = { task, payload: { ...event, occurredAt: event.occurredAt.toISOString() } }
  return about ? { ...job, ...shared(task, about(event)) } : job
}

/** Of a task that is about one thing at most one job waits, and one runs. */
export function shared(task: string, about: string): { key: string; queue: string } {
  const key = `${task} ${about}`
  return { key, queue: key }
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

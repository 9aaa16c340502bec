import { EventEmitter } from 'node:events'
import { Logger as QueueLogger, type Runner, run, type TaskList, type WorkerEvents } from 'graphile-worker'
import pg from 'pg'
import type { Logger } from 'pino'
import type { DomainEvent } from './event.js'
import { reactionTask } from './event-log.js'
import type { ReactionTable } from './jobs.js'

/** A piece of work by its name in the queue. */
export type Tasks = Readonly<Record<string, (payload: unknown) => Promise<unknown>>>

export interface WorkerOptions {
  databaseUrl: string
  tasks: Tasks
  reactions: ReactionTable
  /** Lines of cron, in real time: `* * * * * task`. */
  schedule: readonly string[]
  concurrency: number
  log: Logger
}

/** Namespace of the advisory locks that say «this worker lives». */
const lifeLock = 7_261_125
/** A worker holds its lock within moments after it was made. */
const youngInSeconds = 5
const watchInMs = 5_000

/**
 * Takes jobs out of the queue and does them. A worker that was killed leaves its jobs locked for hours, so each
 * holds an advisory lock as long as it lives, and the others free what a worker without one has left.
 */
export class Worker {
  #runner: Runner | null = null
  #life: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #stopping = false
  /** The ids of this process's own. */
  readonly #alive = new Set<string>()
  #locking: Promise<void> = Promise.resolve()

  constructor(private readonly options: WorkerOptions) {}

  async start(): Promise<void> {
    const { databaseUrl, schedule, concurrency, log } = this.options
    await this.#comeToLife()
    const events: WorkerEvents = new EventEmitter()
    events.on('worker:create', ({ worker }) => this.#holdOn(worker.workerId))
    events.on('job:error', ({ job, error }) => {
      const last = job.attempts >= job.max_attempts
      log[last ? 'error' : 'warn']({ err: error, task: job.task_identifier, attempt: job.attempts }, last ? 'a job was given up' : 'a job failed and is tried again')
    })
    await this.#freeTheDead()
    this.#runner = await run({
      connectionString: databaseUrl,
      taskList: this.#taskList(),
      crontab: schedule.join('\n'),
      concurrency,
      maxPoolSize: concurrency + 2,
      noHandleSignals: true,
      pollInterval: 1_000,
      events,
      logger: queueLogger(log),
    })
    this.#timer = setInterval(() => {
      this.#freeTheDead().catch((error: unknown) => log.warn({ err: error }, 'jobs of dead workers could not be freed'))
    }, watchInMs)
    this.#timer.unref()
  }

  /** Takes no more jobs, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#runner?.stop()
    await this.#life?.end()
  }

  #taskList(): TaskList {
    const { tasks, reactions } = this.options
    const named = Object.entries(tasks).map(([name, work]) => [name, async (payload: unknown) => void (await work(payload))])
    const reacting = Object.values(reactions)
      .flat()
      .map((reaction) => [reactionTask(reaction.name), (payload: unknown) => reaction.react(eventOf(payload))])
    return Object.fromEntries([...named, ...reacting]) as TaskList
  }

  async #comeToLife(): Promise<void> {
    const client = new pg.Client({ connectionString: this.options.databaseUrl, keepAlive: true })
    client.on('error', (error) => this.options.log.warn({ err: error }, 'the worker lost the connection that shows it lives'))
    client.on('end', () => {
      if (this.#stopping || this.#life !== client) return
      // Held again before others take its jobs for those of a dead one: they wait for jobs to be older than this.
      setTimeout(() => void this.#revive(), 500).unref()
    })
    await client.connect()
    this.#life = client
    for (const id of this.#alive) await this.#lock(id)
  }

  async #revive(): Promise<void> {
    try {
      await this.#comeToLife()
    } catch {
      if (!this.#stopping) setTimeout(() => void this.#revive(), 1_000).unref()
    }
  }

  #holdOn(workerId: string): void {
    this.#alive.add(workerId)
    this.#lock(workerId).catch((error: unknown) => this.options.log.warn({ err: error }, 'a worker could not show that it lives'))
  }

  /** One after another: a connection does one thing at a time. */
  #lock(workerId: string): Promise<void> {
    this.#locking = this.#locking.then(async () => {
      await this.#life?.query('select pg_advisory_lock_shared($1, hashtext($2))', [lifeLock, workerId])
    })
    return this.#locking
  }

  async #freeTheDead(): Promise<void> {
    const client = this.#life
    if (!client) return
    const { rows } = await client.query<{ id: string }>(
      `select distinct locked_by as id from graphile_worker._private_jobs
       where locked_by is not null and locked_at < now() - make_interval(secs => $1)
       union
       select locked_by from graphile_worker._private_job_queues
       where locked_by is not null and locked_at < now() - make_interval(secs => $1)`,
      [youngInSeconds],
    )
    for (const { id } of rows) {
      if (this.#alive.has(id)) continue
      const { rows: tried } = await client.query<{ dead: boolean }>(
        'select pg_try_advisory_lock($1, hashtext($2)) as dead',
        [lifeLock, id],
      )
      if (!tried[0]?.dead) continue
      await client.query('select graphile_worker.force_unlock_workers($1::text[])', [[id]])
      await client.query('select pg_advisory_unlock($1, hashtext($2))', [lifeLock, id])
      this.options.log.warn({ worker: id }, 'a worker has died: its jobs are free again')
    }
  }
}

function eventOf(payload: unknown): DomainEvent {
  const event = payload as Omit<DomainEvent, 'occurredAt'> & { occurredAt: string }
  return { ...event, occurredAt: new Date(event.occurredAt) }
}

/** The queue tells of every job; who wants to read that asks for debug. */
function queueLogger(log: Logger): QueueLogger {
  return new QueueLogger(() => (level, message, meta) => {
    if (level === 'error') log.warn({ queue: meta }, message)
    else log.debug({ queue: meta }, message)
  })
}

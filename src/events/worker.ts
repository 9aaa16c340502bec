import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Logger as QueueLogger, type Runner, run, type TaskList, type WorkerEvents } from 'graphile-worker'
import pg from 'pg'
import type { Logger } from 'pino'
import type { DomainEvent } from './event.js'
import { type ReactionTable, reactionTask } from './jobs.js'

/** A piece of work by its name in the queue. */
export type Tasks = Readonly<Record<string, (payload: unknown) => Promise<unknown>>>

export interface WorkerOptions {
  databaseUrl: string
  tasks: Tasks
  /** Those that nobody waits for: many of them keep none of the others waiting. */
  quietTasks: Tasks
  reactions: ReactionTable
  /** Lines of cron, in real time: `* * * * * task`. */
  schedule: readonly string[]
  concurrency: number
  quietConcurrency: number
  log: Logger
}

/** A runner of the queue's, and the end of all that it holds. */
interface Service {
  readonly runner: Runner
  readonly over: Promise<void>
}

/** Jobs that are taken apart from others. */
interface Lane {
  taskList: TaskList
  concurrency: number
  schedule: readonly string[]
}

/** Namespace of the advisory locks that say «this worker lives». */
const lifeLock = 7_261_125
/** A worker holds its lock within moments after it was made. */
const youngInSeconds = 5
const watchInMs = 5_000
const againInMs = 500

/**
 * Takes jobs out of the queue and does them. A worker that was killed leaves its jobs locked for hours, so each
 * holds an advisory lock as long as it lives, and the others free what a worker without one has left.
 */
export class Worker {
  readonly #services = new Set<Service>()
  #life: pg.Client | null = null
  #reviving = false
  #timer: NodeJS.Timeout | null = null
  #stopping = false
  /** The ids of this process's own. */
  readonly #alive = new Set<string>()
  #locking: Promise<void> = Promise.resolve()

  constructor(private readonly options: WorkerOptions) {}

  async start(): Promise<void> {
    const { log } = this.options
    await this.#comeToLife()
    await this.#freeTheDead()
    for (const lane of this.#lanes()) await this.#run(lane)
    this.#timer = setInterval(() => {
      this.#freeTheDead().catch((error: unknown) => log.warn({ err: error }, 'jobs of dead workers could not be freed'))
    }, watchInMs)
    this.#timer.unref()
  }

  /** Takes no more jobs, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#timer) clearInterval(this.#timer)
    await Promise.all(
      [...this.#services].map(async ({ runner, over }) => {
        await runner.stop().catch(() => runner.promise.catch(() => undefined))
        await over
      }),
    )
    await this.#life?.end()
  }

  /**
   * The queue's runner gives up when the database was away at the moment in which it had to say what has become of a
   * job. It ends what it has begun; meanwhile another takes over, and frees what was left locked.
   */
  async #run(lane: Lane): Promise<void> {
    const { databaseUrl, log } = this.options
    const ids = new Set<string>()
    const pool = queuePool(databaseUrl, lane.concurrency, log)
    const runner = await this.#runner(pool, lane, ids).catch(async (error: unknown) => {
      await pool.end()
      throw error
    })
    const over = runner.promise
      .catch((error: unknown) => log.warn({ err: error }, 'the queue could not be served any more'))
      .then(async () => {
        this.#services.delete(service)
        for (const id of ids) this.#alive.delete(id)
        await pool.end()
      })
    const service: Service = { runner, over }
    this.#services.add(service)
  }

  /** @param ids gets those of its workers */
  #runner(pgPool: pg.Pool, lane: Lane, ids: Set<string>): Promise<Runner> {
    const { log } = this.options
    const { taskList, concurrency, schedule } = lane
    const events: WorkerEvents = new EventEmitter()
    // In the name of the pool, which its workers share, jobs are locked.
    events.on('pool:create', ({ workerPool: { id } }) => {
      ids.add(id)
      this.#holdOn(id)
    })
    events.on('job:error', ({ job, error }) => {
      const last = job.attempts >= job.max_attempts
      const about = { err: error, task: job.task_identifier, attempt: job.attempts }
      log[last ? 'error' : 'warn'](about, last ? 'a job was given up' : 'a job failed and is tried again')
    })
    events.on('pool:gracefulShutdown', () => void this.#takeOver(lane))
    return run({
      pgPool,
      taskList,
      crontab: schedule.join('\n'),
      concurrency,
      noHandleSignals: true,
      pollInterval: 1_000,
      events,
      logger: queueLogger(log),
      // Without a batch nobody waits for the outcome, and a failure would end the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    })
  }

  async #takeOver(lane: Lane): Promise<void> {
    while (!this.#stopping) {
      try {
        return await this.#run(lane)
      } catch (error) {
        this.options.log.warn({ err: error }, 'the queue cannot be served: trying again')
        await wait(againInMs, undefined, { ref: false })
      }
    }
  }

  #lanes(): Lane[] {
    const { tasks, quietTasks, reactions, schedule, concurrency, quietConcurrency } = this.options
    const reacting = Object.values(reactions)
      .flat()
      .map((reaction) => [reactionTask(reaction.name), (payload: unknown) => reaction.react(eventOf(payload))])
    const usual = { ...taskListOf(tasks), ...(Object.fromEntries(reacting) as TaskList) }
    return [
      { taskList: usual, concurrency, schedule },
      { taskList: taskListOf(quietTasks), concurrency: quietConcurrency, schedule: [] },
    ]
  }

  async #comeToLife(): Promise<void> {
    const client = new pg.Client({ connectionString: this.options.databaseUrl, keepAlive: true })
    client.on('error', (error) =>
      this.options.log.warn({ err: error }, 'the worker lost the connection that shows it lives'),
    )
    client.on('end', () => {
      if (this.#life !== client) return
      this.#life = null
      void this.#revive()
    })
    await client.connect()
    this.#life = client
    for (const id of this.#alive) await this.#lock(id)
  }

  /** Soon, before others take its jobs for those of a dead one: they wait for jobs to be older than this. */
  async #revive(): Promise<void> {
    if (this.#reviving) return
    this.#reviving = true
    while (!this.#stopping && !this.#life) {
      await this.#comeToLife().catch(() => wait(againInMs, undefined, { ref: false }))
    }
    this.#reviving = false
  }

  #holdOn(workerId: string): void {
    this.#alive.add(workerId)
    this.#lock(workerId).catch((error: unknown) =>
      this.options.log.warn({ err: error }, 'a worker could not show that it lives'),
    )
  }

  /** One after another: a connection does one thing at a time. */
  #lock(workerId: string): Promise<void> {
    const before = this.#locking.catch(() => undefined)
    this.#locking = before.then(async () => {
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

function taskListOf(tasks: Tasks): TaskList {
  const named = Object.entries(tasks).map(([name, work]) => [
    name,
    async (payload: unknown) => void (await work(payload)),
  ])
  return Object.fromEntries(named) as TaskList
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

/**
 * Ours, because the queue's own is without a listener while it ends: a connection that the database cuts at that
 * moment would end the process.
 */
function queuePool(connectionString: string, concurrency: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: concurrency + 2 })
  const lost = (error: Error): void => log.warn({ err: error }, 'a connection of the queue was lost')
  pool.on('error', lost)
  pool.on('connect', (client) => void client.on('error', lost))
  return pool
}

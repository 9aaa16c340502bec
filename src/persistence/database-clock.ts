import { setTimeout as wait } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../kernel/clock.js'

const measuredEveryMs = 10_000
/** The quickest of so many answers knows best: nothing held it up on the way. */
const answersAtOnce = 3
/** A machine whose clock is further off is told of: it would mislead whoever reads its log. */
const tolerableMs = 1_000

/** Milliseconds that only go forward, whatever becomes of the machine's date. */
const monotonic = (): number => performance.now()

interface Measured {
  /** The database's time when the ticks were at zero. */
  readonly origin: number
  /** By how much that may be wrong: half the time that the answer took. */
  readonly doubt: number
}

/**
 * The database's time, so that all processes agree on what is due, whatever the clocks of their machines say. Between
 * two measurements the machine only counts on; its date is not looked at.
 */
export class DatabaseClock implements Clock {
  readonly #ending = new AbortController()
  /** Until it is measured, by the machine's date. */
  #origin: number
  #following: Promise<void> = Promise.resolve()
  #isTolerable = true

  constructor(
    private readonly database: { connection<T>(work: (client: ClientBase) => Promise<T>): Promise<T> },
    private readonly log: Logger,
    private readonly ticks: () => number = monotonic,
  ) {
    this.#origin = Date.now() - ticks()
  }

  now(): Date {
    return new Date(this.#origin + this.ticks())
  }

  /** @throws when the database does not answer: nothing may be billed by a time that is only guessed */
  async start(): Promise<void> {
    await this.follow()
    this.#following = this.#keepFollowing()
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  /** Measures anew. What lies within the doubt is left, so that time is not shaken by every answer. */
  async follow(): Promise<void> {
    const { origin, doubt } = await this.database.connection((client) => this.#measured(client))
    if (Math.abs(origin - this.#origin) > doubt) this.#origin = origin
    const isTolerable = Math.abs(this.#machineAheadInMs) <= tolerableMs
    if (this.#isTolerable && !isTolerable) {
      const aheadInSeconds = this.#machineAheadInMs / 1_000
      this.log.warn(
        { aheadInSeconds },
        "this machine's clock is not the database's: what is due goes by the database's",
      )
    }
    this.#isTolerable = isTolerable
  }

  register(registry: Registry): void {
    const machineAhead = () => this.#machineAheadInMs / 1_000
    new Gauge({
      name: 'machine_clock_ahead_seconds',
      help: "How far this machine's clock is ahead of the database's, by which everything goes.",
      registers: [registry],
      collect() {
        this.set(machineAhead())
      },
    })
  }

  get #machineAheadInMs(): number {
    return Date.now() - this.now().getTime()
  }

  async #measured(client: ClientBase): Promise<Measured> {
    let best: Measured | null = null
    for (let answer = 0; answer < answersAtOnce; answer += 1) {
      const asked = this.ticks()
      const { rows } = await client.query<{ now: number }>(
        'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
      )
      const answered = this.ticks()
      const doubt = (answered - asked) / 2
      if (!best || doubt < best.doubt) best = { origin: (rows[0] as { now: number }).now - (asked + doubt), doubt }
    }
    return best as Measured
  }

  async #keepFollowing(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      await wait(measuredEveryMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      await this.follow().catch((error: unknown) => this.log.warn({ err: error }, "the database's time cannot be read"))
    }
  }
}

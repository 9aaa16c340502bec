import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { type RateLimiterAbstract, RateLimiterPostgres } from 'rate-limiter-flexible'
import { RequestError } from '../kernel/request-error.js'

const windowInSeconds = 15 * 60
const perAccount = 10
const perAddress = 100

export interface Attempt {
  /** What is being tried, such as sign-in; each has counters of its own. */
  purpose: string
  /** Whose account; null where only the address is known. */
  account: string | null
  /** The caller's network address. */
  address: string
}

interface Counter {
  limiter: RateLimiterAbstract
  key: string
}

/**
 * Bounds guessing: counts failures, not successes, 10 for an account and 100 for an address in 15 minutes, in
 * the database, so that every process counts together.
 */
export class AttemptLimiter {
  readonly #accounts: RateLimiterAbstract
  readonly #addresses: RateLimiterAbstract
  readonly #lanes = new Map<string, Lane>()

  constructor(
    pool: Pool,
    private readonly enabled: boolean,
  ) {
    const store = {
      storeClient: pool,
      tableName: 'attempt',
      tableCreated: true,
      duration: windowInSeconds,
    }
    this.#accounts = new RateLimiterPostgres({ ...store, keyPrefix: 'account', points: perAccount })
    this.#addresses = new RateLimiterPostgres({ ...store, keyPrefix: 'address', points: perAddress })
  }

  /**
   * Does the work unless too many have failed; counts it as a failure where `failed` says so of its result.
   * Work that throws is not counted.
   * @throws RequestError RATE_LIMITED with the seconds to wait
   */
  async guard<Result>(
    attempt: Attempt,
    failed: (result: Result) => boolean,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (!this.enabled) return work()
    const counters = this.#countersOf(attempt)
    const leaves: Array<() => void> = []
    try {
      for (const counter of counters) leaves.push(await this.#enter(counter))
      const result = await work()
      if (failed(result)) await Promise.all(counters.map(({ limiter, key }) => limiter.penalty(key)))
      return result
    } finally {
      for (const leave of leaves) leave()
    }
  }

  /** Waits while those under way could use the limit up, since a thousand guesses may come in one moment. */
  async #enter(counter: Counter): Promise<() => void> {
    const name = `${counter.limiter.keyPrefix} ${counter.key}`
    const lane = this.#lanes.get(name) ?? new Lane()
    this.#lanes.set(name, lane)
    lane.users += 1
    const leave = (entered: boolean) => {
      if (entered) lane.left()
      lane.users -= 1
      if (lane.users === 0) this.#lanes.delete(name)
    }
    try {
      await lane.enter(counter.limiter.points, () => failuresOf(counter))
      return () => leave(true)
    } catch (error) {
      leave(false)
      throw error
    }
  }

  #countersOf({ purpose, account, address }: Attempt): Counter[] {
    const byAddress = { limiter: this.#addresses, key: keyOf(purpose, address) }
    if (account === null) return [byAddress]
    return [{ limiter: this.#accounts, key: keyOf(purpose, account) }, byAddress]
  }
}

interface Failures {
  count: number
  msBeforeNext: number
}

/** The tries on one key that are under way in this process: with the failures so far they never pass the limit. */
class Lane {
  users = 0
  #running = 0
  #lastDecision: Promise<unknown> = Promise.resolve()
  #waiting: Array<() => void> = []

  enter(limit: number, failures: () => Promise<Failures>): Promise<void> {
    const decision = this.#lastDecision.then(() => this.#decide(limit, failures))
    this.#lastDecision = decision.catch(() => undefined)
    return decision
  }

  left(): void {
    this.#running -= 1
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #decide(limit: number, failures: () => Promise<Failures>): Promise<void> {
    for (;;) {
      // Counted before the failures are read: whoever leaves meanwhile is then counted twice rather than never.
      const running = this.#running
      const { count, msBeforeNext } = await failures()
      if (count >= limit) throw limited(msBeforeNext)
      if (count + running < limit) {
        this.#running += 1
        return
      }
      if (this.#running === running) await new Promise<void>((wake) => this.#waiting.push(wake))
    }
  }
}

async function failuresOf({ limiter, key }: Counter): Promise<Failures> {
  const found = await limiter.get(key)
  return { count: found?.consumedPoints ?? 0, msBeforeNext: found?.msBeforeNext ?? 0 }
}

/** Of one length whatever was sent, and no list of addresses in the database. */
function keyOf(purpose: string, subject: string): string {
  return `${purpose} ${createHash('sha256').update(subject).digest('base64url')}`
}

function limited(msBeforeNext: number): RequestError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000))
  return new RequestError('RATE_LIMITED', `Too many attempts. Try again in ${seconds} seconds.`, seconds)
}

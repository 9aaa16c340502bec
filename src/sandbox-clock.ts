import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { SandboxTime } from './billing/sandbox-clock.port.js'
import { CannotStart } from './kernel/cannot-start.js'

const followInMs = 1_000
const answerInMs = 5_000
/** It is another process's: that one may be started in the same moment. */
const startInMs = 15_000
const againInMs = 200
/** On the way all that falls due there is done, and told. */
const moveInMs = 60_000

/**
 * Billing's time where the sandbox serves: it ticks like the real one, as far ahead as the sandbox has been
 * moved, whoever has moved it; and it stands still for as long as that one was stopped. It never goes back.
 */
export class SandboxClock implements SandboxTime {
  readonly #name = randomUUID()
  readonly #ending = new AbortController()
  #aheadInMs = 0
  /** Null while it ticks. */
  #standsAt: Date | null = null
  #following: Promise<void> = Promise.resolve()

  constructor(
    private readonly base: string,
    private readonly log: Logger,
  ) {}

  now(): Date {
    return this.#standsAt ?? new Date(Date.now() + this.#aheadInMs)
  }

  /** How far it is from the machine's. */
  get #ahead(): number {
    return this.now().getTime() - Date.now()
  }

  /** @throws CannotStart when the sandbox does not answer: nothing may be billed by a time that is only guessed */
  async start(): Promise<void> {
    for (const began = Date.now(); ; await wait(againInMs)) {
      try {
        await this.follow()
        break
      } catch (cause) {
        if (Date.now() - began < startInMs) continue
        const message = `The Stripe sandbox at ${this.base} does not answer: the process that serves it is not running.`
        throw new CannotStart(message, { cause })
      }
    }
    this.#following = this.#keepFollowing()
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  /** Moves the sandbox, and follows it. @throws when the sandbox does not answer, or refuses */
  async moveTo(instant: Date): Promise<number> {
    const before = this.#ahead
    const response = await fetch(`${this.base}/_sandbox/clock`, {
      method: 'POST',
      body: JSON.stringify({ to: instant.toISOString() }),
      signal: AbortSignal.timeout(moveInMs),
    })
    await this.follow()
    // It ticks: an instant that has just passed is reached.
    if (!response.ok && this.now() < instant) throw new Error(`The sandbox's clock answered ${response.status}.`)
    return Math.max(0, this.#ahead - before)
  }

  /** Resolves when the sandbox has delivered all that it had to say. */
  async rest(): Promise<void> {
    await fetch(`${this.base}/_sandbox/clock`, {
      method: 'POST',
      body: JSON.stringify({ advance: 'PT0S' }),
      signal: AbortSignal.timeout(moveInMs),
    })
  }

  /** @param query with which the answer may wait until the clock is moved */
  async follow(query = ''): Promise<void> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(answerInMs)])
    const response = await fetch(`${this.base}/_sandbox/clock${query}`, { signal })
    if (!response.ok) throw new Error(`The sandbox's clock answered ${response.status}.`)
    const { now, frozen } = (await response.json()) as { now: string; frozen: boolean }
    const told = Math.max(this.now().getTime(), new Date(now).getTime())
    this.#aheadInMs = told - Date.now()
    this.#standsAt = frozen ? new Date(told) : null
  }

  /** Asks again at once: by that the sandbox knows that the time that it has told is taken in. */
  async #keepFollowing(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        await this.follow(`?follower=${this.#name}&wait=${followInMs}`)
      } catch (error) {
        if (signal.aborted) return
        this.log.warn({ err: error }, "the sandbox's clock cannot be read")
        await wait(followInMs, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }
}

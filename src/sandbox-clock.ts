import type { Logger } from 'pino'
import type { SandboxTime } from './billing/sandbox-clock.port.js'

const followInMs = 1_000
/** On the way all that falls due there is done, and told. */
const moveInMs = 60_000

/**
 * Billing's time where the sandbox serves: it ticks like the real one, as far ahead as the sandbox has been
 * moved. It is asked once a second, and never goes back.
 */
export class SandboxClock implements SandboxTime {
  #aheadInMs = 0
  #timer: NodeJS.Timeout | null = null

  constructor(
    private readonly base: string,
    private readonly log: Logger,
  ) {}

  now(): Date {
    return new Date(Date.now() + this.#aheadInMs)
  }

  /** @throws when the sandbox does not answer: nothing may be billed by a time that is only guessed */
  async start(): Promise<void> {
    await this.follow()
    this.#timer = setInterval(() => {
      this.follow().catch((error: unknown) => this.log.warn({ err: error }, "the sandbox's clock cannot be read"))
    }, followInMs)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
  }

  /** Moves the sandbox, and follows it. @throws when the sandbox does not answer, or refuses */
  async moveTo(instant: Date): Promise<void> {
    const response = await fetch(`${this.base}/_sandbox/clock`, {
      method: 'POST',
      body: JSON.stringify({ to: instant.toISOString() }),
      signal: AbortSignal.timeout(moveInMs),
    })
    // It ticks: an instant that has just passed is reached.
    if (!response.ok && this.now() < instant) throw new Error(`The sandbox's clock answered ${response.status}.`)
    await this.follow()
  }

  /** Resolves when the sandbox has delivered all that it had to say. */
  async rest(): Promise<void> {
    await fetch(`${this.base}/_sandbox/clock`, {
      method: 'POST',
      body: JSON.stringify({ advance: 'PT0S' }),
      signal: AbortSignal.timeout(moveInMs),
    })
  }

  async follow(): Promise<void> {
    const response = await fetch(`${this.base}/_sandbox/clock`, { signal: AbortSignal.timeout(5_000) })
    if (!response.ok) throw new Error(`The sandbox's clock answered ${response.status}.`)
    const { now } = (await response.json()) as { now: string }
    this.#aheadInMs = Math.max(this.#aheadInMs, new Date(now).getTime() - Date.now())
  }
}

import { performance } from 'node:perf_hooks'

/** Whether somebody waits for the answer: that goes before what a billing run has to hand over. */
export type Lane = 'interactive' | 'background'

/** Elapsed time, apart from every clock that a test or the sandbox may move: Stripe counts real seconds. */
export interface Timing {
  /** Milliseconds since some fixed moment. */
  now(): number
  after(milliseconds: number, run: () => void): void
}

export const realTiming: Timing = {
  now: () => performance.now(),
  after: (milliseconds, run) => void setTimeout(run, milliseconds),
}

const windowInMs = 1_000

/**
 * Lets at most so many requests start within any second, so that Stripe's limit is not met at all; a burst
 * after a quiet second goes through at once.
 */
export class Pacer {
  readonly #starts: number[] = []
  readonly #waiting: Record<Lane, Array<() => void>> = { interactive: [], background: [] }
  #pausedUntil = Number.NEGATIVE_INFINITY
  #wakes = false

  constructor(
    private readonly perSecond: number,
    private readonly timing: Timing = realTiming,
  ) {}

  /** Resolves when the caller may start one request. */
  turn(lane: Lane): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting[lane].push(resolve)
      this.#advance()
    })
  }

  /** Nothing starts for a while: Stripe has asked for it. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.timing.now() + milliseconds)
  }

  #advance(): void {
    for (;;) {
      const lane = this.#waiting.interactive.length > 0 ? this.#waiting.interactive : this.#waiting.background
      if (lane.length === 0) return
      const now = this.timing.now()
      const wait = this.#waitFrom(now)
      if (wait > 0) {
        this.#wakeIn(wait)
        return
      }
      if (this.#starts.push(now) > this.perSecond) this.#starts.shift()
      lane.shift()?.()
    }
  }

  #waitFrom(now: number): number {
    const oldest = this.#starts.length < this.perSecond ? undefined : this.#starts[0]
    const free = oldest === undefined ? now : oldest + windowInMs
    return Math.max(free, this.#pausedUntil) - now
  }

  #wakeIn(milliseconds: number): void {
    if (this.#wakes) return
    this.#wakes = true
    this.timing.after(Math.ceil(milliseconds), () => {
      this.#wakes = false
      this.#advance()
    })
  }
}

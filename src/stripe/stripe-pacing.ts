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
/** How many requests of the background may start at once; what is over comes one by one. */
const backgroundAtOnce = 4

/**
 * Lets at most so many requests start within any second, so that Stripe's limit is not met at all. A burst of those that
 * people wait for goes through at once after a quiet second. The background's are spread over the second: were it used
 * up at its beginning, people would wait for its end.
 */
export class Pacer {
  readonly #starts: number[] = []
  readonly #waiting: Record<Lane, Array<() => void>> = { interactive: [], background: [] }
  #pausedUntil = Number.NEGATIVE_INFINITY
  /** When the background has had its even share of time up to now. */
  #backgroundEvenAt = Number.NEGATIVE_INFINITY
  #wakesAt = Number.POSITIVE_INFINITY

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
      const lane: Lane = this.#waiting.interactive.length > 0 ? 'interactive' : 'background'
      if (this.#waiting[lane].length === 0) return
      const now = this.timing.now()
      const at = Math.max(this.#freeAt(), lane === 'background' ? this.#evenFrom() : 0)
      if (at > now) {
        this.#wakeAt(at)
        return
      }
      if (this.#starts.push(now) > this.perSecond) this.#starts.shift()
      if (lane === 'background') this.#backgroundEvenAt = Math.max(this.#backgroundEvenAt, now) + this.#interval
      this.#waiting[lane].shift()?.()
    }
  }

  get #interval(): number {
    return windowInMs / this.perSecond
  }

  #freeAt(): number {
    const oldest = this.#starts.length < this.perSecond ? undefined : this.#starts[0]
    return Math.max(oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + windowInMs, this.#pausedUntil)
  }

  #evenFrom(): number {
    return this.#backgroundEvenAt - this.#interval * (backgroundAtOnce - 1)
  }

  /** Whoever comes after may have to be let through sooner. */
  #wakeAt(at: number): void {
    if (at >= this.#wakesAt) return
    this.#wakesAt = at
    this.timing.after(Math.ceil(at - this.timing.now()), () => {
      if (this.#wakesAt !== at) return
      this.#wakesAt = Number.POSITIVE_INFINITY
      this.#advance()
    })
  }
}

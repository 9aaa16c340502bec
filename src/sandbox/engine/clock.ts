import type { State } from '../ledger/state.js'

/**
 * Real time, moved forward by an offset that the state keeps. It stands still while it is being moved, and for as
 * long as somebody has stopped it.
 */
export class Clock {
  readonly #state: State
  readonly #realTime: () => number
  #standsAt: number | null = null

  constructor(state: State, realTime: () => number) {
    this.#state = state
    this.#realTime = realTime
  }

  /** In milliseconds. */
  get now(): number {
    return this.#standsAt ?? this.#state.clockStoppedAt ?? this.#realTime() + this.#state.clockOffset
  }

  /** For what belongs to the transport. */
  get realNow(): number {
    return this.#realTime()
  }

  get ticks(): boolean {
    return this.#standsAt === null && this.#state.clockStoppedAt === null
  }

  standAt(instant: number): void {
    this.#standsAt = Math.max(this.now, instant)
  }

  /** Goes on from there, or stands there where it was stopped. What it would have ticked meanwhile is not lost. */
  goOnFrom(instant: number): void {
    const now = Math.max(this.now, instant)
    this.#standsAt = null
    if (this.#state.clockStoppedAt !== null) this.#state.clockStoppedAt = now
    else this.#state.clockOffset = Math.max(this.#state.clockOffset, now - this.#realTime())
  }

  stop(): void {
    this.#state.clockStoppedAt ??= this.now
  }

  tick(): void {
    const now = this.now
    this.#state.clockStoppedAt = null
    this.#state.clockOffset = now - this.#realTime()
  }
}

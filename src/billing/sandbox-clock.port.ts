import type { Clock } from '../kernel/clock.js'

/** The time of the payment sandbox, which billing goes by; only forward. */
export interface SandboxTime extends Clock {
  /**
   * Moves the sandbox, which does all that falls due on the way, and then this clock after it.
   * @returns how many milliseconds were skipped
   */
  moveTo(instant: Date): Promise<number>
}

/** Whatever was set going comes to rest. */
export interface QueuedWork {
  /** Waits until no job is left that could run now; or for long enough. */
  done(): Promise<void>
  /** How many milliseconds it is until a job runs that waits for its hour; null when none does. */
  nextInMs(): Promise<number | null>
  /** So much time was skipped: what waits for its hour waits so much less. */
  skipped(milliseconds: number): Promise<void>
}

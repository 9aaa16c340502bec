import type { Clock } from '../kernel/clock.js'

/** The time of the payment sandbox, which billing goes by; only forward. */
export interface SandboxTime extends Clock {
  /** Moves the sandbox, which does all that falls due on the way, and then this clock after it. */
  moveTo(instant: Date): Promise<void>
}

/** Whatever was set going comes to rest. */
export interface QueuedWork {
  /** Waits until no job is left that could run now; or for long enough. */
  done(): Promise<void>
}

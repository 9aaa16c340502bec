/** Time is handed in, never read in passing: whoever needs it has a clock from its constructor. */
export interface Clock {
  /** The present instant, as a date that the caller may keep. */
  now(): Date
}

/** A clock that stands still until it is moved, and never goes back. */
export class MovableClock implements Clock {
  #now: number

  constructor(start: Date) {
    this.#now = start.getTime()
  }

  now(): Date {
    return new Date(this.#now)
  }

  /** An earlier instant leaves it where it is, since news of the time may come out of order. */
  moveTo(instant: Date): void {
    if (instant.getTime() > this.#now) this.#now = instant.getTime()
  }

  /** @param milliseconds how far forward; a negative number leaves it where it is */
  advance(milliseconds: number): void {
    this.moveTo(new Date(this.#now + milliseconds))
  }
}

/**
 * Time by which periods end and invoices fall due. With the Stripe sandbox it is the sandbox's time, so that
 * a month can pass in a moment.
 */
export type BillingClock = Clock

/** Two kinds of time: sessions, tokens, retries and signatures go by `transport`, which nobody moves. */
export type Clocks = { billing: BillingClock; transport: Clock }

import type { Clock } from '../../src/kernel/clock.js'

/** Ticks like the machine's clock, as far ahead of it as the story has come. */
export class StoryClock implements Clock {
  #aheadInMs = 0

  now(): Date {
    return new Date(Date.now() + this.#aheadInMs)
  }

  pass(milliseconds: number): void {
    this.#aheadInMs += milliseconds
  }
}

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

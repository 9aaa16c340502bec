const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** How long to wait before each further attempt. Stripe publishes no intervals; these are what others have seen. */
const schedules = {
  /** For development: an endpoint that restarts gets what it missed within moments. */
  fast: [100, 500, 2 * second, 5 * second, 15 * second, 30 * second, minute, 5 * minute, 15 * minute, hour],
  /** Three times over a few hours. */
  test: [5 * minute, 30 * minute, 2 * hour],
  /** Three days. */
  live: [5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, ...Array<number>(4).fill(12 * hour)],
} satisfies Record<string, readonly number[]>

export type RetrySchedule = keyof typeof schedules

export const retrySchedules = Object.keys(schedules) as RetrySchedule[]

/** Null when it was the last attempt. */
export function waitAfter(attempts: number, schedule: RetrySchedule): number | null {
  return schedules[schedule][attempts - 1] ?? null
}

import { invalid } from './ledger/stripe-error.js'
import { type RetrySchedule, retrySchedules } from './webhooks/retry-schedule.js'
import { checkVersion, newestVersion } from './wire/api-versions.js'

/** What may be switched while the sandbox runs. */
export interface Settings {
  /** The API version where a request or an endpoint names none. */
  defaultVersion: string
  retries: RetrySchedule
  /** Stripe's limits for test mode: 25 requests a second. */
  rateLimits: boolean
  /** How far search is behind, in seconds. */
  searchLag: number
  /** Where the pages may lead back to, besides this machine: origins such as https://market.example. */
  returnOrigins: readonly string[]
}

export const standardSettings: Settings = {
  defaultVersion: newestVersion,
  retries: 'fast',
  rateLimits: false,
  searchLag: 1,
  returnOrigins: [],
}

/** Reads what is to be switched; what is not named stays. */
export function switched(given: Record<string, unknown>): Partial<Settings> {
  const wanted: Partial<Settings> = {}
  for (const [name, value] of Object.entries(given)) {
    if (name === 'defaultVersion') wanted.defaultVersion = checkVersion(String(value), name)
    else if (name === 'retries' && retrySchedules.includes(value as RetrySchedule))
      wanted.retries = value as RetrySchedule
    else if (name === 'rateLimits' && typeof value === 'boolean') wanted.rateLimits = value
    else if (name === 'searchLag' && typeof value === 'number' && value >= 0) wanted.searchLag = value
    else if (name === 'returnOrigins' && areOrigins(value)) wanted.returnOrigins = value
    else throw invalid(`There is no setting ${name} with the value ${JSON.stringify(value)}.`, { param: name })
  }
  return wanted
}

function areOrigins(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => URL.canParse(String(each)) && new URL(each).origin === each)
}

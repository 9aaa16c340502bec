import { invalid } from '../ledger/stripe-error.js'

/** Those that the sandbox speaks, oldest first. */
export const apiVersions: readonly string[] = `
  2022-11-15 2023-08-16 2023-10-16 2024-04-10 2024-06-20 2024-09-30.acacia 2024-10-28.acacia
  2024-11-20.acacia 2024-12-18.acacia 2025-01-27.acacia 2025-02-24.acacia 2025-03-01.dashboard
  2025-03-31.basil 2025-04-30.basil 2025-05-28.basil 2025-06-30.basil 2025-07-30.basil 2025-08-27.basil
  2025-09-30.clover 2025-10-29.clover 2025-11-17.clover 2025-12-15.clover 2026-01-28.clover
  2026-02-25.clover 2026-03-25.dahlia 2026-04-22.dahlia 2026-05-27.dahlia 2026-06-24.dahlia
  2026-07-29.dahlia 2026-08-26.dahlia 2026-09-30.endive 2026-10-28.endive
`
  .trim()
  .split(/\s+/)

export const newestVersion = apiVersions.at(-1) as string

export function checkVersion(version: string, param?: string): string {
  if (apiVersions.includes(version)) return version
  if (/^\d{4}-\d\d-\d\d$/.test(version) && version < (apiVersions[0] as string)) {
    throw invalid(`The sandbox speaks Stripe's API from ${apiVersions[0]} on, not ${version}.`, { param })
  }
  throw invalid(`Invalid Stripe API version: ${version}`, { param })
}

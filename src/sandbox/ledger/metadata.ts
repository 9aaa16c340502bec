import type { Metadata } from './records.js'
import { invalid } from './stripe-error.js'

const mostKeys = 50

/** Given keys are added, emptied ones go, null takes all away. */
export function mergedMetadata(before: Metadata, given: Record<string, string> | null | undefined): Metadata {
  if (given === undefined) return before
  if (given === null) return {}
  const merged = Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, value]) => value !== ''))
  if (Object.keys(merged).length > mostKeys) {
    throw invalid(`You can only have up to ${mostKeys} metadata keys on an object.`, { param: 'metadata' })
  }
  return merged
}

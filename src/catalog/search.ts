import { nothing } from '../persistence/fence.js'
import type { Query } from '../persistence/tenant-repository.js'

/** Narrows a list to the rows with the words looked for somewhere in one of the columns. */
export function searched(query: Query, search: string | null | undefined, columns: readonly string[]): Query {
  const words = search?.trim() ?? ''
  if (words === '') return query
  // No stored text holds a NUL, and PostgreSQL answers one with an error.
  if (words.includes('\0')) return nothing(query)
  const pattern = `%${words.replace(/[\\%_]/g, '\\$&')}%`
  return query.where((eb) => eb.or(columns.map((column) => eb(column, 'ilike', pattern))))
}

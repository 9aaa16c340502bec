import { type RawBuilder, sql } from 'kysely'
import type { Scope } from '../persistence/tenant-scope.js'

/** The condition under which the scope sees a row, of a table with the columns of an organization’s rows. For statements in plain SQL. */
export function visibleTo(scope: Scope, table: string): RawBuilder<unknown> {
  const column = (name: string) => sql.ref(`${table}.${name}`)
  switch (scope.kind) {
    case 'system':
      return sql`true`
    case 'provider':
      return sql`${column('provider_id')} = any(${[...scope.providers.keys()]}::text[])`
    case 'consumer':
      return sql`${column('marketplace_id')} = ${scope.marketplaceId}
        and ${column('organization_id')} = any(${[...scope.organizations.keys()]}::text[])`
    case 'gateway':
      return sql`${column('provider_id')} = ${scope.providerId} and ${column('marketplace_id')} = ${scope.marketplaceId}`
    case 'anonymous':
      return sql`false`
  }
}

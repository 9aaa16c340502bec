import type { Query } from './tenant-repository.js'
import type { Scope } from './tenant-scope.js'

/** A condition that no row meets. */
export const nothing = (query: Query): Query => query.where((eb) => eb.val(false))

/** Rows of a provider's own side: the provider's people see them, nobody else does. */
export function ofProvider(query: Query, scope: Scope, column: string): Query {
  switch (scope.kind) {
    case 'system':
      return query
    case 'provider':
      return scope.providers.size === 0 ? nothing(query) : query.where(column, 'in', [...scope.providers.keys()])
    default:
      return nothing(query)
  }
}

/**
 * Rows that a consumer organization owns: its members see them, and so do the provider's people and the
 * gateways of its marketplace. The table has the columns providerId, marketplaceId and organizationId.
 */
export function ofOrganization(query: Query, scope: Scope, table: string): Query {
  switch (scope.kind) {
    case 'system':
      return query
    case 'provider':
      return ofProvider(query, scope, `${table}.providerId`)
    case 'consumer':
      return scope.organizations.size === 0
        ? nothing(query)
        : query
            .where(`${table}.marketplaceId`, '=', scope.marketplaceId)
            .where(`${table}.organizationId`, 'in', [...scope.organizations.keys()])
    case 'gateway':
      return query
        .where(`${table}.providerId`, '=', scope.providerId)
        .where(`${table}.marketplaceId`, '=', scope.marketplaceId)
    case 'anonymous':
      return nothing(query)
  }
}

import { Refused } from '../kernel/result.js'
import { demand } from '../persistence/audience.js'
import { managesCatalog } from '../persistence/permissions.js'
import { person, type Scope, worksAt } from '../persistence/tenant-scope.js'

/** For making something. @throws Refused NOT_FOUND for another's provider, NOT_ALLOWED for those without the role */
export function demandCatalogOf(scope: Scope, providerId: string): void {
  const { kind } = person(scope)
  if (kind === 'provider' && !worksAt(scope, providerId)) throw noSuch('provider', 'providerId')
  demand(scope, managesCatalog, { providerId })
}

/**
 * For changing something that was looked for: to other providers' people it is not there, seen on sale or not.
 * @throws Refused NOT_FOUND, or NOT_ALLOWED for those without the role
 */
export function demandManaged<Row extends { providerId: string }>(
  scope: Scope,
  row: Row | null,
  what: string,
  field: string,
): Row {
  const { kind } = person(scope)
  if (!row || (kind === 'provider' && !worksAt(scope, row.providerId))) throw noSuch(what, field)
  demand(scope, managesCatalog, row)
  return row
}

/** One wording for what is missing and for what is someone else's. */
export function noSuch(what: string, field: string): Refused {
  return new Refused([{ code: 'NOT_FOUND', message: `There is no such ${what}.`, field: ['input', field] }])
}

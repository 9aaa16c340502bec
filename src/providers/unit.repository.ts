import { ofProvider } from '../persistence/fence.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { type Scope, system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { Unit, type UnitRow } from './unit.entity.js'

/**
 * What is counted. A provider's people find their units, and so do the consumers of its marketplaces, who read again
 * what they were shown; a stranger is shown them with the quotas of what is public.
 */
export class UnitRepository extends TenantRepository<typeof Unit> {
  constructor() {
    super(Unit, 'Unit')
  }

  protected visible(query: Query, scope: Scope): Query {
    const isConsumers = scope.kind === 'consumer' || scope.kind === 'gateway'
    return isConsumers
      ? query.where('Unit.providerId', '=', scope.providerId)
      : ofProvider(query, scope, 'Unit.providerId')
  }

  /** For fields of quotas that the viewer was shown already, in whichever marketplace. */
  readonly ofQuotas = async (reading: Reading, ids: readonly string[]): Promise<Array<UnitRow | null>> => {
    const found = await rows(reading.as(system), Unit)
      .selectFrom('Unit')
      .selectAll()
      .where('id', 'in', [...new Set(ids)])
      .execute()
    const byId = new Map(found.map((unit) => [unit.id, unit as UnitRow]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  readonly ofProviders = (reading: Reading, providerIds: readonly string[]) =>
    this.grouped(reading, 'providerId', providerIds)
}

import { ofProvider } from '../persistence/fence.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { type Scope, system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { Provider, ProviderInvitation, ProviderMembership, type ProviderRow } from './provider.entity.js'

/** Its own people see a provider whole; its name is public through its marketplaces. */
export class ProviderRepository {
  /** For fields of objects that the viewer was shown already. */
  readonly byIds = async (reading: Reading, ids: readonly string[]): Promise<Array<ProviderRow | null>> => {
    const found = await rows(reading.as(system), Provider)
      .selectFrom('Provider')
      .selectAll()
      .where('id', 'in', [...new Set(ids)])
      .execute()
    const byId = new Map(found.map((provider) => [provider.id, provider as ProviderRow]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  /** For look-ups by id alone: only its people find it. */
  async find(reading: Reading, id: string): Promise<ProviderRow | null> {
    const { scope } = reading
    if (scope.kind !== 'system' && !(scope.kind === 'provider' && scope.providers.has(id))) return null
    const [provider] = await this.byIds(reading, [id])
    return provider ?? null
  }

  /** Whether there is none at all: the database was never used. */
  async isEmpty(reading: Reading): Promise<boolean> {
    return (await rows(reading, Provider).selectFrom('Provider').select('id').limit(1).executeTakeFirst()) === undefined
  }
}

export class ProviderMembershipRepository extends TenantRepository<typeof ProviderMembership> {
  constructor() {
    super(ProviderMembership, 'ProviderMembership')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofProvider(query, scope, 'ProviderMembership.providerId')
  }

  readonly ofUsers = (reading: Reading, userIds: readonly string[]) => this.grouped(reading, 'userId', userIds)
}

export class ProviderInvitationRepository extends TenantRepository<typeof ProviderInvitation> {
  constructor() {
    super(ProviderInvitation, 'ProviderInvitation')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofProvider(query, scope, 'ProviderInvitation.providerId')
  }

  /** Neither accepted nor taken back; one that has expired can be sent again. */
  readonly openOf = (reading: Reading, providerIds: readonly string[]) =>
    this.grouped(reading, 'providerId', providerIds, 'oldest first', (query) =>
      query.where('acceptedAt', 'is', null).where('revokedAt', 'is', null),
    )
}

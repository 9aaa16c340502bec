import type { PageRequest } from '../kernel/page.js'
import { placesOf } from '../persistence/audience.js'
import { nothing, ofOrganization, ofProvider } from '../persistence/fence.js'
import { seesAdministration } from '../persistence/permissions.js'
import { type Query, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { ConsumerOrganization, type ConsumerOrganizationState } from './consumer-organization.entity.js'
import { Invitation, Membership, type MembershipRow } from './membership.entity.js'

export interface OrganizationFilter {
  marketplaceId: string
  search: string | null
  state: ConsumerOrganizationState | null
}

/** An organization is seen by its members, and by the provider's people. */
export class ConsumerOrganizationRepository extends TenantRepository<typeof ConsumerOrganization> {
  constructor() {
    super(ConsumerOrganization, 'ConsumerOrganization')
  }

  protected visible(query: Query, scope: Scope): Query {
    if (scope.kind === 'gateway') {
      return query
        .where('ConsumerOrganization.providerId', '=', scope.providerId)
        .where('ConsumerOrganization.marketplaceId', '=', scope.marketplaceId)
    }
    if (scope.kind !== 'consumer') return ofProvider(query, scope, 'ConsumerOrganization.providerId')
    if (scope.organizations.size === 0) return nothing(query)
    return query
      .where('ConsumerOrganization.marketplaceId', '=', scope.marketplaceId)
      .where('ConsumerOrganization.id', 'in', [...scope.organizations.keys()])
  }

  /** The first of those in these marketplaces that have their bills sent there. */
  async billedAt(
    reading: Reading,
    email: string,
    marketplaceIds: readonly string[],
    atMost: number,
  ): Promise<Array<{ id: string; name: string }>> {
    return this.query(reading)
      .select(['ConsumerOrganization.id', 'ConsumerOrganization.name'])
      .where('ConsumerOrganization.marketplaceId', 'in', marketplaceIds)
      .where('ConsumerOrganization.billingEmail', '=', email)
      .where('ConsumerOrganization.state', 'not in', ['DENIED', 'CLOSED'])
      .orderBy('ConsumerOrganization.id')
      .limit(atMost)
      .execute() as Promise<Array<{ id: string; name: string }>>
  }

  /** Those of a marketplace whose name contains the text, and which are in the state, where either is given. */
  listed(reading: Reading, request: PageRequest, { marketplaceId, search, state }: OrganizationFilter) {
    return this.page(reading, request, 'oldest first', (query) => {
      // No name has a NUL, and PostgreSQL takes none.
      if (search?.includes('\0')) return nothing(query)
      let narrowed = query.where('ConsumerOrganization.marketplaceId', '=', marketplaceId)
      if (state) narrowed = narrowed.where('ConsumerOrganization.state', '=', state)
      if (search) narrowed = narrowed.where('ConsumerOrganization.name', 'ilike', containing(search))
      return narrowed
    })
  }
}

/** A search for the text itself, wherever it stands: its own wildcards mean nothing. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/**
 * Who belongs to an organization, for its members and the provider's people. One's own membership of an
 * organization that is closed to its members does not exist either.
 */
export class MembershipRepository extends TenantRepository<typeof Membership> {
  constructor() {
    super(Membership, 'Membership')
  }

  protected visible(query: Query, scope: Scope): Query {
    return scope.kind === 'gateway' ? nothing(query) : ofOrganization(query, scope, 'Membership')
  }

  readonly ofUsers = (reading: Reading, userIds: readonly string[]) => this.grouped(reading, 'userId', userIds)

  async of(reading: Reading, organizationId: string, userId: string): Promise<MembershipRow | null> {
    const found = await this.query(reading)
      .selectAll('Membership')
      .where('Membership.organizationId', '=', organizationId)
      .where('Membership.userId', '=', userId)
      .executeTakeFirst()
    return (found as MembershipRow | undefined) ?? null
  }
}

/** Open invitations are seen by the organization's administrators and the provider's people. */
export class InvitationRepository extends TenantRepository<typeof Invitation> {
  constructor() {
    super(Invitation, 'Invitation')
  }

  protected visible(query: Query, scope: Scope): Query {
    if (scope.kind === 'gateway') return nothing(query)
    return ofOrganization(query, placesOf(scope, seesAdministration), 'Invitation')
  }

  readonly openOf = (reading: Reading, organizationIds: readonly string[]) =>
    this.grouped(reading, 'organizationId', organizationIds, 'oldest first', (query) =>
      query.where('acceptedAt', 'is', null).where('revokedAt', 'is', null),
    )
}

import { placesOf } from '../persistence/audience.js'
import { nothing, ofOrganization, ofProvider } from '../persistence/fence.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { type Query, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { AccessRequest, type AccessRequestState, Application, Credential, GatewayToken } from './access.entity.js'

export class ApplicationRepository extends TenantRepository<typeof Application> {
  constructor() {
    super(Application, 'Application')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofOrganization(query, scope, 'Application')
  }

  readonly ofOrganization = (organizationId: string) => (query: Query) =>
    query.where('Application.organizationId', '=', organizationId)
}

export class AccessRequestRepository extends TenantRepository<typeof AccessRequest> {
  constructor() {
    super(AccessRequest, 'AccessRequest')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofOrganization(query, scope, 'AccessRequest')
  }

  readonly ofApplications = (reading: Reading, ids: readonly string[]) => this.grouped(reading, 'applicationId', ids)

  readonly ofSubscriptions = (reading: Reading, ids: readonly string[]) =>
    this.grouped(reading, 'productSubscriptionId', ids)

  readonly ofMarketplace = (marketplaceId: string, state: AccessRequestState | null) => (query: Query) => {
    const inMarketplace = query.where('AccessRequest.marketplaceId', '=', marketplaceId)
    return state === null ? inMarketplace : inMarketplace.where('AccessRequest.state', '=', state)
  }
}

/** Gateways see no credential: they ask about a key that they were shown. */
export class CredentialRepository extends TenantRepository<typeof Credential> {
  constructor() {
    super(Credential, 'Credential')
  }

  protected visible(query: Query, scope: Scope): Query {
    return scope.kind === 'gateway' ? nothing(query) : ofOrganization(query, scope, 'Credential')
  }

  readonly ofApplications = (reading: Reading, ids: readonly string[]) => this.grouped(reading, 'applicationId', ids)
}

/** For the provider's administrators and marketplace managers alone. */
export class GatewayTokenRepository extends TenantRepository<typeof GatewayToken> {
  constructor() {
    super(GatewayToken, 'GatewayToken')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofProvider(query, placesOf(scope, managesMarketplaces), 'GatewayToken.providerId')
  }

  /** Those that still work. */
  readonly ofMarketplaces = (reading: Reading, ids: readonly string[]) =>
    this.grouped(reading, 'marketplaceId', ids, 'oldest first', (query) =>
      query.where('GatewayToken.revokedAt', 'is', null),
    )
}

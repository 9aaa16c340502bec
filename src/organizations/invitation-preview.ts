import type { MarketplaceRepository } from '../marketplaces/marketplace.repository.js'
import type { TermsService } from '../marketplaces/terms.service.js'
import { system } from '../persistence/tenant-scope.js'
import type { UnitOfWork } from '../persistence/unit-of-work.js'
import type { ProviderRepository } from '../providers/provider.repository.js'
import type { ConsumerOrganizationRepository } from './consumer-organization.repository.js'
import { isOpenToMembers } from './consumer-organization.rules.js'
import type { InvitationAcceptanceService } from './invitation-acceptance.service.js'
import type { InvitationPreviewType } from './organization.payload.js'

/** What the holder of an invitation's token is shown: whoever has the link was invited. */
export class InvitationPreviews {
  constructor(
    private readonly unitOfWork: UnitOfWork<never>,
    private readonly invitations: InvitationAcceptanceService,
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly marketplaces: MarketplaceRepository,
    private readonly providers: ProviderRepository,
    private readonly terms: TermsService,
  ) {}

  async of(token: string, address: string): Promise<InvitationPreviewType | null> {
    const found = await this.invitations.look(token, address)
    if (!found) return null
    const reading = this.unitOfWork.reading(system)
    const { email, expiresAt, providerId } = found.invitation
    const provider = await this.providers.find(reading, providerId)
    const common = { email, expiresAt, providerName: provider?.name ?? null }
    if (found.kind === 'provider') {
      return { ...common, organizationName: null, marketplaceName: null, marketplace: null, roles: [], terms: null }
    }
    const { organizationId, marketplaceId, roles } = found.invitation
    const [organization, marketplace, terms] = await Promise.all([
      this.organizations.find(reading, organizationId),
      this.marketplaces.find(reading, marketplaceId),
      this.terms.current(reading, marketplaceId),
    ])
    if (!organization || !isOpenToMembers(organization.state)) return null
    return {
      ...common,
      organizationName: organization.name,
      marketplaceName: marketplace?.name ?? null,
      marketplace,
      roles,
      terms,
    }
  }
}

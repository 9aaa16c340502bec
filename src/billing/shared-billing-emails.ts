import type { ConsumerOrganizationRow } from '../organizations/consumer-organization.entity.js'
import type { ConsumerOrganizationRepository } from '../organizations/consumer-organization.repository.js'
import type { OrganizationWarnings } from '../organizations/organization-warnings.port.js'
import type { Reading } from '../persistence/unit-of-work.js'
import type { BillingIntegrationRepository } from './billing-integration.repository.js'

/** As many as a sentence can name. */
const namedAtMost = 3

/**
 * Stripe's customer portal knows people by their address alone. Whoever has that of several customers of one account gets
 * to one of them there, and nobody can say to which.
 */
export class SharedBillingEmails implements OrganizationWarnings {
  constructor(
    private readonly organizations: ConsumerOrganizationRepository,
    private readonly integrations: BillingIntegrationRepository,
  ) {}

  async of(reading: Reading, { id, marketplaceId, billingEmail }: ConsumerOrganizationRow): Promise<string[]> {
    if (!billingEmail) return []
    const marketplaceIds = await this.integrations.sharingPortal(reading, marketplaceId)
    if (marketplaceIds.length === 0) return []
    const billed = await this.organizations.billedAt(reading, billingEmail, marketplaceIds, namedAtMost + 2)
    const others = billed.filter((other) => other.id !== id).map(({ name }) => name)
    if (others.length === 0) return []
    const names = others.slice(0, namedAtMost).join(', ')
    const all = others.length > namedAtMost ? `${names} and others` : names
    return [
      `${billingEmail} is the billing email of ${all}, too: in Stripe's customer portal it signs in to one of them only.`,
    ]
  }
}

import { placesOf } from '../persistence/audience.js'
import { ofProvider } from '../persistence/fence.js'
import { managesMarketplaces } from '../persistence/permissions.js'
import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import { type Scope, system } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import {
  BillingAccount,
  BillingIntegration,
  type BillingIntegrationRow,
  MarketplaceBilling,
} from './billing-integration.entity.js'

/** Seen by the provider's administrators and marketplace managers alone. */
export class BillingIntegrationRepository extends TenantRepository<typeof BillingIntegration> {
  constructor() {
    super(BillingIntegration, 'BillingIntegration')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofProvider(query, placesOf(scope, managesMarketplaces), 'BillingIntegration.providerId')
  }

  /** The connection that each marketplace sells through; null for those who may not see it, too. */
  readonly ofMarketplaces = async (
    reading: Reading,
    marketplaceIds: readonly string[],
  ): Promise<Array<BillingIntegrationRow | null>> => {
    const links = await rows(reading, MarketplaceBilling)
      .selectFrom('MarketplaceBilling')
      .select(['marketplaceId', 'billingIntegrationId'])
      .where('marketplaceId', 'in', [...new Set(marketplaceIds)])
      .where('enabled', '=', true)
      .execute()
    const ids = links.map(({ billingIntegrationId }) => billingIntegrationId)
    const found = ids.length === 0 ? [] : await this.byIds(reading, ids)
    return marketplaceIds.map((id) => {
      const at = links.findIndex(({ marketplaceId }) => marketplaceId === id)
      return at < 0 ? null : (found[at] ?? null)
    })
  }

  /** Whether paid plans can be sold in each now; for everybody. */
  readonly enabledIn = async (reading: Reading, marketplaceIds: readonly string[]): Promise<boolean[]> => {
    const ready = await rows(reading.as(system), MarketplaceBilling, BillingIntegration)
      .selectFrom('MarketplaceBilling')
      .innerJoin('BillingIntegration', 'BillingIntegration.id', 'MarketplaceBilling.billingIntegrationId')
      .select('MarketplaceBilling.marketplaceId')
      .where('MarketplaceBilling.marketplaceId', 'in', [...new Set(marketplaceIds)])
      .where('MarketplaceBilling.enabled', '=', true)
      .where('BillingIntegration.enabled', '=', true)
      .where('BillingIntegration.sealedWebhookSecret', 'is not', null)
      .execute()
    const ids = new Set(ready.map(({ marketplaceId }) => marketplaceId))
    return marketplaceIds.map((id) => ids.has(id))
  }

  /** Where the people of each marketplace's organizations manage payment methods; for everybody. */
  readonly portalsOf = async (reading: Reading, marketplaceIds: readonly string[]): Promise<Array<string | null>> => {
    const found = await rows(reading.as(system), MarketplaceBilling, BillingIntegration)
      .selectFrom('MarketplaceBilling')
      .innerJoin('BillingIntegration', 'BillingIntegration.id', 'MarketplaceBilling.billingIntegrationId')
      .select(['MarketplaceBilling.marketplaceId', 'BillingIntegration.customerPortalUrl'])
      .where('MarketplaceBilling.marketplaceId', 'in', [...new Set(marketplaceIds)])
      .where('MarketplaceBilling.enabled', '=', true)
      .execute()
    const portals = new Map(found.map(({ marketplaceId, customerPortalUrl }) => [marketplaceId, customerPortalUrl]))
    return marketplaceIds.map((id) => portals.get(id) ?? null)
  }

  /** The marketplaces that lead to the portal that this one leads to, itself among them; none where it has no portal. */
  async sharingPortal(reading: Reading, marketplaceId: string): Promise<string[]> {
    const found = await rows(reading.as(system), MarketplaceBilling, BillingIntegration)
      .selectFrom('MarketplaceBilling')
      .innerJoin('BillingIntegration', 'BillingIntegration.id', 'MarketplaceBilling.billingIntegrationId')
      .select('MarketplaceBilling.marketplaceId')
      .where('BillingIntegration.customerPortalUrl', 'is not', null)
      .where('MarketplaceBilling.enabled', '=', true)
      .where('MarketplaceBilling.billingIntegrationId', 'in', (eb) =>
        eb
          .selectFrom('MarketplaceBilling as own')
          .select('own.billingIntegrationId')
          .where('own.marketplaceId', '=', marketplaceId)
          .where('own.enabled', '=', true),
      )
      .execute()
    return found.map((link) => link.marketplaceId)
  }

  /** Whether Stripe charges a payment method that each organization has saved; null for those unknown to Stripe. */
  readonly payingAutomatically = async (
    reading: Reading,
    organizationIds: readonly string[],
  ): Promise<Array<boolean | null>> => {
    const accounts = await rows(reading, BillingAccount)
      .selectFrom('BillingAccount')
      .select(['organizationId', 'paysAutomatically'])
      .where('organizationId', 'in', [...new Set(organizationIds)])
      .where('stripeCustomerId', 'is not', null)
      .execute()
    return organizationIds.map((id) => {
      const own = accounts.filter(({ organizationId }) => organizationId === id)
      return own.length === 0 ? null : own.some(({ paysAutomatically }) => paysAutomatically)
    })
  }

  /** The marketplaces that sell through each. */
  readonly marketplacesOf = async (reading: Reading, integrationIds: readonly string[]): Promise<string[][]> => {
    const links = await rows(reading, MarketplaceBilling)
      .selectFrom('MarketplaceBilling')
      .select(['marketplaceId', 'billingIntegrationId'])
      .where('billingIntegrationId', 'in', [...new Set(integrationIds)])
      .where('enabled', '=', true)
      .orderBy('marketplaceId')
      .execute()
    return integrationIds.map((id) =>
      links.filter(({ billingIntegrationId }) => billingIntegrationId === id).map(({ marketplaceId }) => marketplaceId),
    )
  }
}

import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedFront } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const marketplaceVisibilities = ['PUBLIC', 'PROTECTED'] as const
export type MarketplaceVisibility = (typeof marketplaceVisibilities)[number]

/** A storefront of API products, with its own billing. */
export const Marketplace = defineEntity({
  name: 'Marketplace',
  tableName: 'marketplace',
  ...fencedFront(),
  properties: {
    ...tenantKey,
    /** Part of a public address, so unique among all providers. */
    slug: p.string(),
    name: p.string(),
    description: p.text().nullable(),
    url: p.text().nullable(),
    visibility: p.string().$type<MarketplaceVisibility>(),
    timeZone: p.string(),
    consumerOrganizationsAllowed: p.boolean(),
    selfSignupAllowed: p.boolean(),
    signupApprovalRequired: p.boolean(),
    version: p.integer().version(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['slug'] }],
})
export type MarketplaceRow = InferEntity<typeof Marketplace>

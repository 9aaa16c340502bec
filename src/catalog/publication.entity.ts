import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedByProvider } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const visibilityAudiences = ['EVERYONE', 'SIGNED_IN', 'SELECTED_ORGANIZATIONS'] as const
export type VisibilityAudience = (typeof visibilityAudiences)[number]

/** A product on sale in a marketplace. */
export const Publication = defineEntity({
  name: 'Publication',
  tableName: 'publication',
  ...fencedByProvider(),
  properties: {
    ...tenantKey,
    productId: p.string(),
    marketplaceId: p.string(),
    audience: p.string().$type<VisibilityAudience>(),
    /** With SELECTED_ORGANIZATIONS: who sees it. */
    organizationIds: p.array(),
    publishedAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'productId', 'marketplaceId'] }],
  indexes: [{ properties: ['marketplaceId'] }],
})
export type PublicationRow = InferEntity<typeof Publication>

/** A plan that not everybody who sees the product may see. */
export const PlanVisibility = defineEntity({
  name: 'PlanVisibility',
  tableName: 'plan_visibility',
  ...fencedByProvider(),
  properties: {
    publicationId: p.string().primary(),
    planId: p.string().primary(),
    providerId: p.string().primary(),
    audience: p.string().$type<VisibilityAudience>(),
    organizationIds: p.array(),
  },
})
export type PlanVisibilityRow = InferEntity<typeof PlanVisibility>

import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedOnSale } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const productStates = ['DRAFT', 'ACTIVE', 'DEPRECATED', 'ARCHIVED'] as const
export type ProductState = (typeof productStates)[number]
export const approvalModes = ['AUTOMATIC', 'MANUAL'] as const
export type ApprovalMode = (typeof approvalModes)[number]

/** What is offered: a set of API resources, with plans. */
export const Product = defineEntity({
  name: 'Product',
  tableName: 'product',
  ...fencedOnSale('fence_shows_product(id, provider_id)'),
  properties: {
    ...tenantKey,
    slug: p.string(),
    name: p.string(),
    description: p.text().nullable(),
    icon: p.text().nullable(),
    categories: p.array(),
    tags: p.array(),
    state: p.string().$type<ProductState>(),
    /** Whether an access request to its resources waits for a person. */
    accessApproval: p.string().$type<ApprovalMode>(),
    version: p.integer().version(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'slug'] }],
})
export type ProductRow = InferEntity<typeof Product>

export const ProductRelease = defineEntity({
  name: 'ProductRelease',
  tableName: 'product_release',
  ...fencedOnSale('fence_shows_product(product_id, provider_id)'),
  properties: {
    ...tenantKey,
    productId: p.string(),
    version: p.string(),
    label: p.string().nullable(),
    description: p.text().nullable(),
    releasedAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'productId', 'version'] }],
})
export type ProductReleaseRow = InferEntity<typeof ProductRelease>

/** Which releases of which asset a product takes: 1.0.1, 1.2.*, 1.* or *. */
export const ProductAsset = defineEntity({
  name: 'ProductAsset',
  tableName: 'product_asset',
  ...fencedOnSale('fence_shows_product(product_id, provider_id)'),
  properties: {
    productId: p.string().primary(),
    assetId: p.string().primary(),
    providerId: p.string().primary(),
    versions: p.string(),
    position: p.integer(),
  },
  indexes: [{ properties: ['assetId'] }],
})
export type ProductAssetRow = InferEntity<typeof ProductAsset>

import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql'
import { fencedLike, fencedOnSale } from '../persistence/policies.js'
import { instant, tenantKey } from '../persistence/tenant-table.js'

export const assetStates = ['DRAFT', 'ACTIVE', 'DEPRECATED', 'ARCHIVED'] as const
export type AssetState = (typeof assetStates)[number]

/** A bundle of APIs that products are made of. */
export const Asset = defineEntity({
  name: 'Asset',
  tableName: 'asset',
  ...fencedOnSale(
    'exists (select from product_asset pa where pa.asset_id = asset.id and pa.provider_id = asset.provider_id)',
  ),
  properties: {
    ...tenantKey,
    name: p.string(),
    description: p.text().nullable(),
    state: p.string().$type<AssetState>(),
    createdAt: instant(),
  },
})
export type AssetRow = InferEntity<typeof Asset>

/** A release of an asset; it and its resources never change. */
export const AssetRelease = defineEntity({
  name: 'AssetRelease',
  tableName: 'asset_release',
  ...fencedOnSale(`exists (
    select from product_asset pa
    where pa.asset_id = asset_release.asset_id and pa.provider_id = asset_release.provider_id
      and case when right(pa.versions, 1) = '*'
        then starts_with(asset_release.version, left(pa.versions, -1)) else asset_release.version = pa.versions end)`),
  properties: {
    ...tenantKey,
    assetId: p.string(),
    version: p.string(),
    releasedAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'assetId', 'version'] }],
})
export type AssetReleaseRow = InferEntity<typeof AssetRelease>

/**
 * One API, as it is in the newest release or in the draft. It keeps its id as long as its base path stays,
 * because access is granted to it; base paths are unique within a provider, because a gateway goes by them.
 */
export const ApiResource = defineEntity({
  name: 'ApiResource',
  tableName: 'api_resource',
  ...fencedOnSale('fence_shows_resource(id, provider_id)'),
  properties: {
    ...tenantKey,
    assetId: p.string(),
    basePath: p.string(),
    name: p.string(),
    description: p.text().nullable(),
    apiVersion: p.string().nullable(),
    specificationId: p.string().nullable(),
    /** When the newest release left it out; earlier releases still have it. */
    removedAt: instant().nullable(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['providerId', 'basePath'] }],
  indexes: [{ properties: ['assetId'] }],
})
export type ApiResourceRow = InferEntity<typeof ApiResource>

/** A resource as a release froze it. */
export const ReleasedResource = defineEntity({
  name: 'ReleasedResource',
  tableName: 'released_resource',
  ...fencedOnSale(`exists (
    select from asset_release r where r.id = release_id and r.provider_id = released_resource.provider_id)`),
  properties: {
    releaseId: p.string().primary(),
    resourceId: p.string().primary(),
    providerId: p.string().primary(),
    basePath: p.string(),
    name: p.string(),
    description: p.text().nullable(),
    apiVersion: p.string().nullable(),
    specificationId: p.string().nullable(),
  },
  indexes: [{ properties: ['resourceId'] }],
})
export type ReleasedResourceRow = InferEntity<typeof ReleasedResource>

/** An OpenAPI document as it was given; it never changes. Apart, because it is large and seldom asked for. */
export const ApiSpecification = defineEntity({
  name: 'ApiSpecification',
  tableName: 'api_specification',
  ...fencedLike(`exists (
    select from product_subscription s
    join quota_resource qr on qr.plan_id = s.plan_id and qr.provider_id = s.provider_id
    where s.provider_id = api_specification.provider_id and s.state in ('ACTIVE', 'SUSPENDED')
      and (exists (
          select from api_resource r
          where r.id = qr.resource_id and r.provider_id = qr.provider_id and r.specification_id = api_specification.id)
        or exists (
          select from released_resource rr
          where rr.resource_id = qr.resource_id and rr.provider_id = qr.provider_id
            and rr.specification_id = api_specification.id)))`),
  properties: {
    ...tenantKey,
    document: p.json<Record<string, unknown>>(),
    createdAt: instant(),
  },
})
export type ApiSpecificationRow = InferEntity<typeof ApiSpecification>

import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import {
  ApiResource,
  type ApiResourceRow,
  ApiSpecification,
  Asset,
  AssetRelease,
  ReleasedResource,
  type ReleasedResourceRow,
} from './asset.entity.js'
import { assetsInSight, releasesInSight, resourcesInSight } from './on-sale.fence.js'

/** What is shown of an API: as it is now, or as a release froze it. The id is the resource's either way. */
export type ShownResource = Pick<
  ApiResourceRow,
  'id' | 'providerId' | 'name' | 'description' | 'apiVersion' | 'basePath' | 'specificationId'
>

/** A provider's people see their assets; others those that products in their sight are made of. */
export class AssetRepository extends TenantRepository<typeof Asset> {
  constructor() {
    super(Asset, 'Asset')
  }

  protected visible(query: Query, scope: Scope): Query {
    return assetsInSight(query, scope)
  }
}

/** Others than the provider's people see the releases that a product in their sight takes. */
export class AssetReleaseRepository extends TenantRepository<typeof AssetRelease> {
  constructor() {
    super(AssetRelease, 'AssetRelease')
  }

  protected visible(query: Query, scope: Scope): Query {
    return releasesInSight(query, scope)
  }

  readonly ofAssets = (reading: Reading, assetIds: readonly string[]) =>
    this.grouped(reading, 'assetId', assetIds, 'newest first')

  /** Whoever sees a release sees all that it holds, so nothing is asked for beyond that. */
  readonly resourcesOf = async (reading: Reading, releaseIds: readonly string[]): Promise<ShownResource[][]> => {
    const found = (await rows(reading, ReleasedResource)
      .selectFrom('ReleasedResource')
      .selectAll()
      .where('releaseId', 'in', [...new Set(releaseIds)])
      .orderBy('resourceId')
      .execute()) as ReleasedResourceRow[]
    return releaseIds.map((id) => found.filter(({ releaseId }) => releaseId === id).map(released))
  }
}

/** Others than the provider's people see the APIs of products in their sight, and those they have subscribed to. */
export class ApiResourceRepository extends TenantRepository<typeof ApiResource> {
  constructor() {
    super(ApiResource, 'ApiResource')
  }

  protected visible(query: Query, scope: Scope): Query {
    return resourcesInSight(query, scope)
  }

  /** Those of the newest release, or of the draft. */
  readonly ofAssets = (reading: Reading, assetIds: readonly string[]) =>
    this.grouped(reading, 'assetId', assetIds, 'oldest first', (query) =>
      query.where('ApiResource.removedAt', 'is', null),
    )

  /** Who may have them is the caller's to settle. */
  readonly specifications = async (reading: Reading, ids: readonly string[]): Promise<Array<object | null>> => {
    if (reading.scope.kind === 'anonymous') return ids.map(() => null)
    const found = await rows(reading, ApiSpecification)
      .selectFrom('ApiSpecification')
      .select(['id', 'document'])
      .where('id', 'in', [...new Set(ids)])
      .execute()
    const byId = new Map(found.map(({ id, document }) => [id, document as object]))
    return ids.map((id) => byId.get(id) ?? null)
  }
}

function released({ resourceId, ...row }: ReleasedResourceRow): ShownResource {
  return { id: resourceId, ...row }
}

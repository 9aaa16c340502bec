import { type Query, rows, TenantRepository } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import type { Reading } from '../persistence/unit-of-work.js'
import { AssetRelease } from './asset.entity.js'
import type { AssetReleaseRepository, ShownResource } from './asset.repository.js'
import { ofProductsInSight, productsInSight } from './on-sale.fence.js'
import { Product, ProductAsset, type ProductAssetRow, ProductRelease } from './product.entity.js'
import { newestTaken } from './product.rules.js'

/** A provider's people see their products; others those on sale to them, and those they have bought. */
export class ProductRepository extends TenantRepository<typeof Product> {
  constructor() {
    super(Product, 'Product')
  }

  protected visible(query: Query, scope: Scope): Query {
    return productsInSight(query, scope)
  }

  /** The address parts of the provider that begin like this one. */
  async slugsLike(reading: Reading, providerId: string, slug: string): Promise<Set<string>> {
    const found = await rows(reading, Product)
      .selectFrom('Product')
      .select('slug')
      .where('providerId', '=', providerId)
      // A number at the end may have taken the place of the slug's own last letters.
      .where('slug', 'like', `${slug.slice(0, 50)}%`)
      .execute()
    return new Set(found.map((row) => row.slug))
  }
}

export class ProductReleaseRepository extends TenantRepository<typeof ProductRelease> {
  constructor() {
    super(ProductRelease, 'ProductRelease')
  }

  protected visible(query: Query, scope: Scope): Query {
    return ofProductsInSight(query, scope, 'ProductRelease', 'product_release')
  }

  readonly ofProducts = (reading: Reading, productIds: readonly string[]) =>
    this.grouped(reading, 'productId', productIds, 'newest first')
}

/** What products are made of. */
export class ProductAssetRepository {
  constructor(private readonly releases: Pick<AssetReleaseRepository, 'resourcesOf'>) {}

  /** In the order in which they were named. For loaders. */
  readonly ofProducts = async (reading: Reading, productIds: readonly string[]): Promise<ProductAssetRow[][]> => {
    const query = rows(reading, ProductAsset).selectFrom('ProductAsset') as unknown as Query
    const found = (await ofProductsInSight(query, reading.scope, 'ProductAsset', 'product_asset')
      .selectAll('ProductAsset')
      .where('ProductAsset.productId', 'in', [...new Set(productIds)])
      .orderBy('ProductAsset.position')
      .execute()) as ProductAssetRow[]
    return productIds.map((id) => found.filter(({ productId }) => productId === id))
  }

  /** The APIs of products: those of the newest release that each product takes of each of its assets. For loaders. */
  readonly resourcesOf = async (reading: Reading, productIds: readonly string[]): Promise<ShownResource[][]> => {
    const parts = await this.ofProducts(reading, productIds)
    const taken = await this.releasesTaken(reading, parts.flat())
    const releaseIds = [...new Set(taken.values())].filter((id) => id !== null)
    const resources = releaseIds.length === 0 ? [] : await this.releases.resourcesOf(reading, releaseIds)
    return parts.map((partsOfOne) =>
      partsOfOne.flatMap((part) => resources[releaseIds.indexOf(taken.get(part) as string)] ?? []),
    )
  }

  /** Of each asset the newest release that is taken; null where its range takes none. */
  async releasesTaken<Part extends Pick<ProductAssetRow, 'assetId' | 'versions'>>(
    reading: Reading,
    parts: readonly Part[],
  ): Promise<Map<Part, string | null>> {
    if (parts.length === 0) return new Map()
    const releases = await rows(reading, AssetRelease)
      .selectFrom('AssetRelease')
      .select(['id', 'assetId', 'version'])
      .where('assetId', 'in', [...new Set(parts.map(({ assetId }) => assetId))])
      .execute()
    return new Map(
      parts.map((part) => {
        const ofAsset = releases.filter(({ assetId }) => assetId === part.assetId)
        return [part, newestTaken(part.versions, ofAsset)?.id ?? null]
      }),
    )
  }
}

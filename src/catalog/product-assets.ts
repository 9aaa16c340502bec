import { combine, ok, Refused, type Result, refuse, type UserError, unwrap } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Transaction } from '../persistence/unit-of-work.js'
import { ApiResource, type AssetRow } from './asset.entity.js'
import type { AssetRepository } from './asset.repository.js'
import { Plan, QuotaResource } from './plan.entity.js'
import { ProductAsset, type ProductAssetRow, type ProductRow } from './product.entity.js'
import type { ProductAssetRepository } from './product.repository.js'
import { acceptableRange } from './product.rules.js'

export interface GivenAsset {
  assetId: string
  versions: string
}

const mostAssets = 100
const place = (index: number, key: string): string[] => ['input', 'assets', String(index), key]

/** Of which assets a product is made, and in which releases. */
export class ProductAssets {
  constructor(
    private readonly assets: AssetRepository,
    private readonly parts: ProductAssetRepository,
  ) {}

  /**
   * Makes the product of these assets and no others. The caller holds the product's lock.
   * @throws Refused INVALID, NOT_FOUND, WRONG_STATE for assets out of use or without such a release, IN_USE
   */
  async replace(transaction: Transaction, product: ProductRow, given: readonly GivenAsset[]): Promise<void> {
    const [former = []] = await this.parts.ofProducts(transaction, [product.id])
    const accepted = unwrap(await this.#acceptable(transaction, product, given, former))
    await demandUncovered(transaction, product, former, accepted)
    await rows(transaction, ProductAsset)
      .deleteFrom('ProductAsset')
      .where('productId', '=', product.id)
      .where('providerId', '=', product.providerId)
      .execute()
    if (accepted.length > 0) await rows(transaction, ProductAsset).insertInto('ProductAsset').values(accepted).execute()
    if (product.state !== 'DRAFT') await this.demandReleased(transaction, product, ['input', 'assets'])
  }

  /** @throws Refused WRONG_STATE where a range takes no release: such an asset would give the product nothing */
  async demandReleased(transaction: Transaction, product: ProductRow, field: string[]): Promise<void> {
    const [parts = []] = await this.parts.ofProducts(transaction, [product.id])
    const taken = await this.parts.releasesTaken(transaction, parts)
    const lacking = parts.filter((part) => !taken.get(part))
    const assets = await this.assets.byIds(
      transaction,
      lacking.map(({ assetId }) => assetId),
    )
    const errors = lacking.map(({ versions }, index): UserError => {
      const message = `The asset ${assets[index]?.name ?? ''} has no release ${versions}: release it, or take others.`
      return { code: 'WRONG_STATE', message, field }
    })
    if (errors.length > 0) throw new Refused(errors)
  }

  async #acceptable(
    transaction: Transaction,
    { id: productId, providerId }: ProductRow,
    given: readonly GivenAsset[],
    former: readonly ProductAssetRow[],
  ): Promise<Result<ProductAssetRow[]>> {
    if (given.length > mostAssets) {
      return refuse('LIMIT_REACHED', `A product is made of at most ${mostAssets} assets.`, ['input', 'assets'])
    }
    const ids = given.map(({ assetId }) => assetId)
    const found = ids.length === 0 ? [] : await this.assets.byIds(transaction, ids)
    return combine(
      given.map(({ assetId, versions }, index): Result<ProductAssetRow> => {
        const range = acceptableRange(versions, place(index, 'versions'))
        const asset = found[index]
        if (!asset || asset.providerId !== providerId) {
          return refuse('NOT_FOUND', 'There is no such asset.', place(index, 'assetId'))
        }
        if (ids.indexOf(assetId) !== index) {
          return refuse('INVALID', `The asset ${asset.name} is named twice.`, place(index, 'assetId'))
        }
        const problem = former.some((part) => part.assetId === assetId) ? null : outOfUse(asset)
        if (problem) return refuse('WRONG_STATE', problem, place(index, 'assetId'))
        return range.ok ? ok({ productId, assetId, providerId, versions: range.value, position: index }) : range
      }),
    )
  }
}

function outOfUse({ name, state }: AssetRow): string | null {
  if (state === 'DEPRECATED') return `The asset ${name} is deprecated: no further product takes it.`
  if (state === 'ARCHIVED') return `The asset ${name} is archived.`
  return null
}

/** What a plan covers stays in its product. @throws Refused IN_USE */
async function demandUncovered(
  transaction: Transaction,
  product: ProductRow,
  former: readonly ProductAssetRow[],
  accepted: readonly ProductAssetRow[],
): Promise<void> {
  const removed = former.filter(({ assetId }) => !accepted.some((part) => part.assetId === assetId))
  if (removed.length === 0) return
  const covering = await rows(transaction, ApiResource, QuotaResource, Plan)
    .selectFrom('QuotaResource')
    .innerJoin('ApiResource', 'ApiResource.id', 'QuotaResource.resourceId')
    .innerJoin('Plan', 'Plan.id', 'QuotaResource.planId')
    .select(['Plan.id', 'Plan.name', 'ApiResource.name as resource'])
    .where('QuotaResource.providerId', '=', product.providerId)
    .where('Plan.productId', '=', product.id)
    .where('Plan.state', '!=', 'ARCHIVED')
    .where(
      'ApiResource.assetId',
      'in',
      removed.map(({ assetId }) => assetId),
    )
    .execute()
  const errors = covering.slice(0, 10).map(({ name, resource }): UserError => {
    const message = `The plan ${name} covers the API ${resource}, so its asset stays.`
    return { code: 'IN_USE', message, field: ['input', 'assets'] }
  })
  if (errors.length > 0) throw new Refused(errors)
}

import { newId } from '../kernel/id.js'
import { Refused, type UserError } from '../kernel/result.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Reading, Transaction } from '../persistence/unit-of-work.js'
import { Unit } from '../providers/unit.entity.js'
import type { UnitRepository } from '../providers/unit.repository.js'
import { acceptableUnitName, givenUnit } from '../providers/unit.rules.js'
import { ApiResource } from './asset.entity.js'
import { type PlanRow, Quota, QuotaResource } from './plan.entity.js'
import type { QuotaRepository } from './plan.repository.js'
import { ProductAsset, type ProductRow } from './product.entity.js'
import type { ProductAssetRepository } from './product.repository.js'
import type { AcceptedQuota, GivenQuota } from './quota.rules.js'

const place = (index: number, ...path: string[]): string[] => ['input', 'quotas', String(index), ...path]

/** What plans cover: their quotas, as they are given and as they are stored. */
export class PlanQuotas {
  constructor(
    private readonly quotas: QuotaRepository,
    private readonly units: UnitRepository,
    private readonly parts: ProductAssetRepository,
  ) {}

  /** Gives the plan these quotas and no others. @throws Refused NOT_FOUND for units and APIs that are not there */
  async replace(transaction: Transaction, plan: PlanRow, accepted: readonly AcceptedQuota[]): Promise<void> {
    const { id: planId, providerId } = plan
    const units = await unitIds(transaction, providerId, accepted)
    const resourceIds = await this.resourcesOfProduct(transaction, { id: plan.productId, providerId }, accepted)
    const missing = accepted.flatMap((quota, index) => [
      ...(units.has(quota.unit) ? [] : [noSuch('unit', place(index, 'unit'))]),
      ...quota.resourceIds.flatMap((id, position) =>
        resourceIds.has(id) ? [] : [noSuch('API in this product', place(index, 'resourceIds', String(position)))],
      ),
    ])
    if (missing.length > 0) throw new Refused(missing)
    for (const table of ['Quota', 'QuotaResource'] as const) {
      await rows(transaction, Quota, QuotaResource)
        .deleteFrom(table)
        .where('planId', '=', planId)
        .where('providerId', '=', providerId)
        .execute()
    }
    accepted.forEach(({ unit, resourceIds, ...terms }, position) => {
      const id = newId('quo')
      transaction.em.create(Quota, { id, providerId, planId, unitId: units.get(unit) as string, ...terms, position })
      for (const resourceId of resourceIds) {
        transaction.em.create(QuotaResource, { planId, resourceId, providerId, quotaId: id })
      }
    })
    await transaction.em.flush()
  }

  /** The quotas of a plan, as somebody would give them. */
  async given(reading: Reading, planId: string): Promise<GivenQuota[]> {
    const [quotas = []] = await this.quotas.ofPlans(reading, [planId])
    if (quotas.length === 0) return []
    const quotaIds = quotas.map(({ id }) => id)
    const resources = await this.quotas.resourceIdsOf(reading, quotaIds)
    const unitIds = quotas.map(({ unitId }) => unitId)
    const units = await this.units.ofQuotas(reading, unitIds)
    return quotas.map(({ limit, limitUnits, interval, pricing, unitAmount, packageSize, tiers }, index) => ({
      unit: units[index]?.name ?? '',
      resourceIds: resources[index] ?? [],
      limit,
      limitUnits: limitUnits ?? null,
      interval,
      pricing,
      unitAmount: unitAmount ?? null,
      packageSize: packageSize ?? null,
      tiers: tiers.map(({ to, unitAmount, flatFee }) => ({ to: to === null ? null : BigInt(to), unitAmount, flatFee })),
    }))
  }

  /** Of the APIs that quotas name, those of the product's assets, released or not. */
  async resourcesOfProduct(
    reading: Reading,
    { id, providerId }: Pick<ProductRow, 'id' | 'providerId'>,
    quotas: readonly Pick<GivenQuota, 'resourceIds'>[],
  ): Promise<ReadonlySet<string>> {
    // PostgreSQL takes no NUL in a text, and answers one with an error.
    const ids = quotas.flatMap(({ resourceIds }) => resourceIds).filter((resourceId) => !resourceId.includes('\0'))
    if (ids.length === 0) return new Set()
    const found = await rows(reading, ApiResource, ProductAsset)
      .selectFrom('ApiResource')
      .innerJoin('ProductAsset', 'ProductAsset.assetId', 'ApiResource.assetId')
      .select('ApiResource.id')
      .where('ProductAsset.productId', '=', id)
      .where('ProductAsset.providerId', '=', providerId)
      .where('ApiResource.providerId', '=', providerId)
      .where('ApiResource.id', 'in', [...new Set(ids)])
      .execute()
    return new Set(found.map((resource) => resource.id))
  }

  /** What is offered must be there. @throws Refused WRONG_STATE where the product takes no release with an API of the plan */
  async demandReleased(transaction: Transaction, plan: PlanRow, field: string[]): Promise<void> {
    const covered = (await this.given(transaction, plan.id)).flatMap(({ resourceIds }) => resourceIds)
    if (covered.length === 0) return
    const [taken = []] = await this.parts.resourcesOf(transaction, [plan.productId])
    if (covered.every((id) => taken.some((resource) => resource.id === id))) return
    const message = `${plan.name} covers an API that is in no release its product takes: release the asset, or change the quotas.`
    throw new Refused([{ code: 'WRONG_STATE', message, field }])
  }
}

async function unitIds(transaction: Transaction, providerId: string, quotas: readonly { unit: string }[]) {
  const names = quotas
    .map(({ unit }) => unit)
    .filter((name) => name === givenUnit.name || acceptableUnitName(name, []).ok)
  if (names.length === 0) return new Map<string, string>()
  const found = await rows(transaction, Unit)
    .selectFrom('Unit')
    .select(['id', 'name'])
    .where('providerId', '=', providerId)
    .where('name', 'in', [...new Set(names)])
    .execute()
  return new Map(found.map(({ id, name }) => [name, id]))
}

function noSuch(what: string, field: string[]): UserError {
  return { code: 'NOT_FOUND', message: `There is no such ${what}.`, field }
}

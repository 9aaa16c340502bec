import type { DomainEvent } from '../events/event.js'
import type { Clock } from '../kernel/clock.js'
import { newId } from '../kernel/id.js'
import { combine, Refused, type UserError, unwrap } from '../kernel/result.js'
import { readName, readText } from '../kernel/text.js'
import { rows } from '../persistence/tenant-repository.js'
import type { Scope } from '../persistence/tenant-scope.js'
import { flushUnique } from '../persistence/unique.js'
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js'
import type { AuditLog } from '../providers/audit-log.js'
import {
  ApiResource,
  ApiSpecification,
  Asset,
  AssetRelease,
  type AssetRow,
  type AssetState,
  ReleasedResource,
} from './asset.entity.js'
import type { CreateAssetInput, ReleaseAssetInput } from './asset.input.js'
import type { AssetRepository } from './asset.repository.js'
import { assetLifecycle, assetStepTo, nextRelease } from './asset.rules.js'
import { type AcceptedResource, acceptableResources } from './asset-resources.js'
import { demandCatalogOf, demandManaged } from './catalog-people.js'
import type { OpenApiReader } from './openapi-document.js'
import { Plan, QuotaResource } from './plan.entity.js'
import type { ProductUsage } from './product-usage.port.js'

/** Making assets, releasing them, and taking them out of use. */
export class AssetService {
  constructor(
    private readonly unitOfWork: UnitOfWork<DomainEvent>,
    private readonly assets: AssetRepository,
    private readonly reader: OpenApiReader,
    private readonly usage: ProductUsage,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** @throws Refused INVALID, REQUIRED, LIMIT_REACHED, TAKEN, NOT_ALLOWED; NOT_FOUND for another's provider */
  async createAsset(scope: Scope, input: CreateAssetInput): Promise<AssetRow> {
    const { providerId } = input
    demandCatalogOf(scope, providerId)
    const [name, description] = unwrap(
      combine([readName(input.name, ['input', 'name']), readText(input.description, ['input', 'description'])]),
    )
    const resources = unwrap(await acceptableResources(this.reader, input.resources))
    return this.unitOfWork.run(scope, async (transaction) => {
      const createdAt = this.clock.now()
      const asset = transaction.em.create(Asset, {
        id: newId('ast'),
        providerId,
        name,
        description,
        state: 'DRAFT',
        createdAt,
      })
      await this.#replaceResources(transaction, asset, resources)
      await this.#audited(transaction, asset, 'asset.created', `The asset ${name} was made.`)
      return asset
    })
  }

  /**
   * Freezes the resources as a release, each time another one. What the release leaves out stays known, because
   * earlier releases have it and access may have been granted to it.
   * @throws Refused WRONG_STATE, and as `createAsset`
   */
  async releaseAsset(scope: Scope, input: ReleaseAssetInput): Promise<AssetRow> {
    const seen = await this.assets.find(this.unitOfWork.reading(scope), input.assetId)
    demandManaged(scope, seen, 'asset', 'assetId')
    const resources = input.resources ? unwrap(await acceptableResources(this.reader, input.resources)) : null
    return this.unitOfWork.run(scope, async (transaction) => {
      const asset = await this.#locked(transaction, input.assetId)
      const { state } = unwrap(assetLifecycle.take(asset.state, 'release'))
      if (resources) await this.#replaceResources(transaction, asset, resources)
      asset.state = state
      const releases = await transaction.em.find(AssetRelease, { assetId: asset.id, providerId: asset.providerId })
      const version = nextRelease(
        releases.map((release) => release.version),
        input.releaseType,
      )
      await this.#freeze(transaction, asset, version)
      await this.#audited(transaction, asset, 'asset.released', `${asset.name} was released as ${version}.`)
      return asset
    })
  }

  /** @throws Refused WRONG_STATE; IN_USE for archiving what a plan in use covers; NOT_ALLOWED, NOT_FOUND */
  async setAssetState(scope: Scope, assetId: string, wanted: AssetState): Promise<AssetRow> {
    return this.unitOfWork.run(scope, async (transaction) => {
      const asset = await this.#locked(transaction, assetId)
      const previous = asset.state
      if (wanted === previous) return asset
      const { state } = unwrap(assetLifecycle.take(previous, unwrap(assetStepTo(wanted))))
      if (state === 'ARCHIVED') await this.#demandUnused(transaction, asset)
      asset.state = state
      await transaction.em.flush()
      await this.#audited(transaction, asset, 'asset.state-changed', `${asset.name} is ${state} now, was ${previous}.`)
      return asset
    })
  }

  async #locked(transaction: Transaction, assetId: string): Promise<AssetRow> {
    demandManaged(transaction.scope, await this.assets.find(transaction, assetId), 'asset', 'assetId')
    return (await this.assets.lock(transaction, assetId)) as AssetRow
  }

  /** A resource keeps its id as long as its base path stays. */
  async #replaceResources(transaction: Transaction, asset: AssetRow, accepted: readonly AcceptedResource[]) {
    const { id: assetId, providerId } = asset
    await demandFreePaths(transaction, asset, accepted)
    const former = await transaction.em.find(ApiResource, { assetId, providerId })
    const now = this.clock.now()
    for (const { document, ...described } of accepted) {
      const specificationId = document ? newId('spec') : null
      if (specificationId && document) {
        transaction.em.create(ApiSpecification, { id: specificationId, providerId, document, createdAt: now })
      }
      const known = former.find(({ basePath }) => basePath === described.basePath)
      if (known) transaction.em.assign(known, { ...described, specificationId, removedAt: null })
      else {
        const id = newId('res')
        transaction.em.create(ApiResource, { id, providerId, assetId, ...described, specificationId, createdAt: now })
      }
    }
    for (const resource of former) {
      if (accepted.some(({ basePath }) => basePath === resource.basePath)) continue
      // What was never released is not part of anything: its base path is free again.
      if (asset.state === 'DRAFT') transaction.em.remove(resource)
      else resource.removedAt ??= now
    }
    const message = 'Another API was given one of these base paths at the same moment.'
    await flushUnique(transaction, { code: 'TAKEN', message, field: ['input', 'resources'] })
  }

  async #freeze(transaction: Transaction, asset: AssetRow, version: string) {
    const { id: assetId, providerId } = asset
    const release = { id: newId('astr'), providerId, assetId, version, releasedAt: this.clock.now() }
    transaction.em.create(AssetRelease, release)
    const present = await transaction.em.find(ApiResource, { assetId, providerId, removedAt: null })
    for (const { id, basePath, name, description, apiVersion, specificationId } of present) {
      const content = { basePath, name, description, apiVersion, specificationId }
      transaction.em.create(ReleasedResource, { releaseId: release.id, resourceId: id, providerId, ...content })
    }
    await transaction.em.flush()
  }

  async #demandUnused(transaction: Transaction, asset: AssetRow): Promise<void> {
    const covering = await rows(transaction, ApiResource, QuotaResource, Plan)
      .selectFrom('QuotaResource')
      .innerJoin('ApiResource', 'ApiResource.id', 'QuotaResource.resourceId')
      .innerJoin('Plan', 'Plan.id', 'QuotaResource.planId')
      .select(['Plan.id', 'Plan.name', 'Plan.state'])
      .distinct()
      .where('QuotaResource.providerId', '=', asset.providerId)
      .where('ApiResource.assetId', '=', asset.id)
      .where('Plan.state', 'in', ['ACTIVE', 'DEPRECATED'])
      .execute()
    const errors: UserError[] = []
    for (const plan of covering) {
      const used = plan.state === 'ACTIVE' || (await this.usage.countRunning(transaction, { planId: plan.id })) > 0
      const message = `The plan ${plan.name} needs it: deprecate the plan, and let its subscriptions end.`
      if (used) errors.push({ code: 'IN_USE', message, field: ['input', 'state'] })
    }
    if (errors.length > 0) throw new Refused(errors)
  }

  #audited(transaction: Transaction, asset: AssetRow, action: string, summary: string): Promise<void> {
    const { id, providerId } = asset
    return this.audit.record(transaction, { providerId, action, subjectId: id, summary })
  }
}

/** Gateways go by base paths, so none stands for two APIs of a provider. @throws Refused TAKEN */
async function demandFreePaths(transaction: Transaction, asset: AssetRow, accepted: readonly AcceptedResource[]) {
  const taken = await rows(transaction, ApiResource)
    .selectFrom('ApiResource')
    .select('basePath')
    .where('providerId', '=', asset.providerId)
    .where('assetId', '!=', asset.id)
    .where(
      'basePath',
      'in',
      accepted.map(({ basePath }) => basePath),
    )
    .execute()
  const paths = new Set(taken.map(({ basePath }) => basePath))
  const errors = accepted.flatMap(({ basePath }, index): UserError[] => {
    const message = `Another API is served at ${basePath} already.`
    return paths.has(basePath)
      ? [{ code: 'TAKEN', message, field: ['input', 'resources', String(index), 'basePath'] }]
      : []
  })
  if (errors.length > 0) throw new Refused(errors)
}

import { sql } from 'kysely'
import { ApiResourceRepository, AssetReleaseRepository, AssetRepository } from '../../src/catalog/asset.repository.js'
import { AssetService } from '../../src/catalog/asset.service.js'
import { OpenApiReader } from '../../src/catalog/openapi-document.js'
import {
  ProductAssetRepository,
  ProductReleaseRepository,
  ProductRepository,
} from '../../src/catalog/product.repository.js'
import { ProductService } from '../../src/catalog/product.service.js'
import { ProductAssets } from '../../src/catalog/product-assets.js'
import { ProductReleaseService } from '../../src/catalog/product-release.service.js'
import { entities } from '../../src/entities.js'
import type { DomainEvent } from '../../src/events/event.js'
import { MovableClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/id.js'
import { Refused } from '../../src/kernel/result.js'
import { TermsService } from '../../src/marketplaces/terms.service.js'
import { Database } from '../../src/persistence/database.js'
import type { ConsumerScope, ProviderRole, ProviderScope, Scope } from '../../src/persistence/tenant-scope.js'
import { UnitOfWork } from '../../src/persistence/unit-of-work.js'
import { AuditLog } from '../../src/providers/audit-log.js'
import { ProductSubscriptionRepository } from '../../src/subscriptions/product-subscription.repository.js'
import { createTestDatabase } from '../support/database.js'
import { writing } from '../support/writing.js'

/** The catalog alone, on a real database, for one provider with one marketplace. */
export async function openCatalogHouse() {
  const testDatabase = await createTestDatabase()
  const database = await Database.connect({ url: testDatabase.url, entities })
  const announced: DomainEvent[] = []
  const unitOfWork = new UnitOfWork<DomainEvent>(database, {
    write: async (_, events) => void announced.push(...events),
    committed: () => undefined,
  })
  const clock = new MovableClock(new Date('2026-11-24T10:00:00Z'))
  const audit = new AuditLog(clock)
  const terms = new TermsService(clock)
  const assets = new AssetRepository()
  const assetReleases = new AssetReleaseRepository()
  const resources = new ApiResourceRepository()
  const products = new ProductRepository()
  const productReleases = new ProductReleaseRepository()
  const parts = new ProductAssetRepository(assetReleases)
  const usage = new ProductSubscriptionRepository()
  const productAssets = new ProductAssets(assets, parts)
  const reading = (scope: Scope) => unitOfWork.reading(scope)
  const write = (statement: ReturnType<typeof sql>) => statement.execute(writing(database).kysely)
  const place = { providerId: newId('prov'), marketplaceId: newId('mkt') }

  const house = {
    announced,
    audit,
    clock,
    place,
    unitOfWork,
    usage,
    terms,
    assets,
    assetReleases,
    resources,
    products,
    productReleases,
    parts,
    reading,
    write,
    assetService: new AssetService(unitOfWork, assets, new OpenApiReader(), usage, audit, clock),
    productService: new ProductService(unitOfWork, products, productAssets, terms, audit, clock),
    releaseService: new ProductReleaseService(unitOfWork, products, productAssets, usage, audit, clock),

    provider(...roles: ProviderRole[]): ProviderScope {
      return {
        kind: 'provider',
        userId: newId('usr'),
        sessionId: 'ses',
        providers: new Map([[place.providerId, roles]]),
      }
    },

    stranger(): ProviderScope {
      const providers = new Map<string, ProviderRole[]>([[newId('prov'), ['ADMINISTRATOR']]])
      return { kind: 'provider', userId: newId('usr'), sessionId: 'ses', providers }
    },

    member(...organizationIds: string[]): ConsumerScope {
      const organizations = new Map(organizationIds.map((id) => [id, ['SUBSCRIBER'] as const]))
      return { kind: 'consumer', userId: newId('usr'), sessionId: 'ses', ...place, organizations }
    },

    async marketplace(visibility: 'PUBLIC' | 'PROTECTED', id = newId('mkt')): Promise<string> {
      await write(sql`insert into marketplace (id, provider_id, slug, name, visibility, time_zone,
          consumer_organizations_allowed, self_signup_allowed, signup_approval_required, created_at)
        values (${id}, ${place.providerId}, ${id}, 'Shop', ${visibility}, 'UTC', true, false, false, now())`)
      return id
    },

    async publish(
      productId: string,
      audience: string,
      organizationIds: string[] = [],
      marketplaceId = place.marketplaceId,
    ) {
      await write(sql`insert into publication (id, provider_id, product_id, marketplace_id, audience, organization_ids, published_at)
        values (${newId('pub')}, ${place.providerId}, ${productId}, ${marketplaceId}, ${audience}, ${organizationIds}::text[], now())`)
    },

    async unpublish(productId: string) {
      await write(sql`delete from publication where product_id = ${productId}`)
    },

    /** A plan with one quota over the resources. */
    async plan(productId: string, state: string, resourceIds: readonly string[]): Promise<string> {
      const [planId, quotaId] = [newId('plan'), newId('quo')]
      await write(sql`insert into plan (id, provider_id, product_id, name, type, state, approval, features, trial_days,
          payment_term_days, grace_period_days, cancel_when_past_due, created_at)
        values (${planId}, ${place.providerId}, ${productId}, 'Basic', 'FREE', ${state}, 'AUTOMATIC', '{}', 0, 0, 0, false, now())`)
      for (const resourceId of resourceIds) {
        await write(sql`insert into quota_resource (plan_id, resource_id, provider_id, quota_id)
          values (${planId}, ${resourceId}, ${place.providerId}, ${quotaId})`)
      }
      return planId
    },

    async subscription(organizationId: string, productId: string, planId: string, state = 'ACTIVE'): Promise<string> {
      const id = newId('psub')
      await write(sql`insert into product_subscription (id, provider_id, marketplace_id, organization_id, product_id, plan_id,
          name, state, standing, time_zone, cancel_at_period_end, subscribed_by_user_id, created_at)
        values (${id}, ${place.providerId}, ${place.marketplaceId}, ${organizationId}, ${productId}, ${planId},
          'Pets', ${state}, 'NOT_REQUIRED', 'UTC', false, ${newId('usr')}, now())`)
      return id
    },

    async end(subscriptionId: string) {
      await write(sql`update product_subscription set state = 'CANCELED' where id = ${subscriptionId}`)
    },

    async close() {
      await database.close()
      await testDatabase.drop()
    },
  }
  return house
}
export type CatalogHouse = Awaited<ReturnType<typeof openCatalogHouse>>

/** The errors that something is refused with. */
export async function refusalOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (error instanceof Refused) return error.errors
    throw error
  }
  throw new Error('It was not refused.')
}

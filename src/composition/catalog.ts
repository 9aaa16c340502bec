import { type ApiResourceRepository, AssetReleaseRepository, AssetRepository } from '../catalog/asset.repository.js'
import {
  ApiResourceResolver,
  AssetReleaseResolver,
  AssetResolver,
  ProviderAssetsResolver,
} from '../catalog/asset.resolver.js'
import { AssetService } from '../catalog/asset.service.js'
import type { BillingReadiness } from '../catalog/billing-readiness.port.js'
import { OpenApiReader } from '../catalog/openapi-document.js'
import type { PlanRepository, QuotaRepository } from '../catalog/plan.repository.js'
import { PlanMutations, PlanResolver, ProductPlansResolver, QuotaResolver } from '../catalog/plan.resolver.js'
import { PlanService } from '../catalog/plan.service.js'
import { PlanLifecycleService } from '../catalog/plan-lifecycle.service.js'
import { PlanOffers } from '../catalog/plan-offer.js'
import { PlanQuotas } from '../catalog/plan-quotas.js'
import { ProductAssetRepository, ProductReleaseRepository, ProductRepository } from '../catalog/product.repository.js'
import {
  ProductAssetResolver,
  ProductMutations,
  ProductResolver,
  ProviderProductsResolver,
} from '../catalog/product.resolver.js'
import { ProductService } from '../catalog/product.service.js'
import { ProductAssets } from '../catalog/product-assets.js'
import { ProductReleaseService } from '../catalog/product-release.service.js'
import type { ProductUsage } from '../catalog/product-usage.port.js'
import { PublicationRepository } from '../catalog/publication.repository.js'
import {
  PlanVisibilityResolver,
  ProductPublicationsResolver,
  PublicationResolver,
  StorefrontResolver,
  VisibilityResolver,
} from '../catalog/publication.resolver.js'
import { PublicationService } from '../catalog/publication.service.js'
import { PublicationAudiences } from '../catalog/publication-audiences.js'
import type { ResourceReaders } from '../catalog/resource-readers.port.js'
import { Storefront } from '../catalog/storefront.repository.js'
import type { Foundation } from './foundation.js'
import type { PeopleFeatures } from './people.js'

/** What the features to the right of the catalog provide to it, and the rows that they read as well. */
export interface CatalogSurroundings {
  plans: PlanRepository
  quotas: QuotaRepository
  apiResources: ApiResourceRepository
  usage: ProductUsage
  readers: ResourceReaders
  readiness: BillingReadiness
}

export type CatalogFeature = ReturnType<typeof buildCatalog>

export function buildCatalog(
  { unitOfWork, clocks, mutations, nodes }: Foundation,
  people: PeopleFeatures,
  around: CatalogSurroundings,
) {
  const { marketplaces, organizations, providers, units, terms, audit } = people
  const { plans, quotas, apiResources, usage, readers, readiness } = around
  const clock = clocks.billing

  const assets = new AssetRepository()
  const assetReleases = new AssetReleaseRepository()
  const products = new ProductRepository()
  const productReleases = new ProductReleaseRepository()
  const parts = new ProductAssetRepository(assetReleases)
  const publications = new PublicationRepository()

  const assetService = new AssetService(unitOfWork, assets, new OpenApiReader(), usage, audit, clock)
  const productAssets = new ProductAssets(assets, parts)
  const productService = new ProductService(unitOfWork, products, productAssets, terms, audit, clock)
  const releaseService = new ProductReleaseService(unitOfWork, products, productAssets, usage, audit, clock)
  const planQuotas = new PlanQuotas(quotas, units, parts)
  const planService = new PlanService(unitOfWork, plans, planQuotas, products, audit, clock)
  const planLifecycle = new PlanLifecycleService(unitOfWork, plans, planQuotas, products, usage, audit, clock)
  const offers = new PlanOffers(plans, products, publications, organizations, terms)
  const audiences = new PublicationAudiences(organizations, plans)
  const publicationService = new PublicationService(
    unitOfWork,
    publications,
    audiences,
    products,
    marketplaces,
    plans,
    planLifecycle,
    readiness,
    audit,
    clock,
  )

  nodes.register('ast', 'Asset', (context, id) => context.load(assets.byIds, id))
  nodes.register('res', 'ApiResource', (context, id) => context.load(apiResources.byIds, id))
  nodes.register('prod', 'Product', (context, id) => context.load(products.byIds, id))
  nodes.register('plan', 'Plan', (context, id) => context.load(plans.byIds, id))
  nodes.register('quo', 'Quota', (context, id) => context.load(quotas.byIds, id))
  nodes.register('pub', 'Publication', (context, id) => context.load(publications.byIds, id))

  return {
    products,
    offers,
    resolvers: [
      new AssetResolver(assetService, assetReleases, apiResources, mutations),
      new AssetReleaseResolver(assetReleases),
      new ApiResourceResolver(apiResources, readers),
      new ProviderAssetsResolver(assets),
      new ProductResolver(products, productReleases, parts, providers, terms),
      new ProductMutations(productService, releaseService, mutations),
      new ProductAssetResolver(assets),
      new ProviderProductsResolver(products),
      new PlanResolver(products, quotas, units),
      new PlanMutations(planService, planLifecycle, quotas, units, mutations),
      new QuotaResolver(quotas, units, apiResources),
      new ProductPlansResolver(plans),
      new PublicationResolver(publicationService, publications, products, marketplaces, mutations),
      new VisibilityResolver(organizations),
      new PlanVisibilityResolver(plans),
      new ProductPublicationsResolver(publications),
      new StorefrontResolver(new Storefront()),
    ],
  }
}
